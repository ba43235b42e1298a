"""Texts for the small classifiers: newsgroup posts, arXiv papers, titles of the library with their subjects.

Each row has the part that the hash of its id puts it in. Sets whose terms allow no training are read by ``measured``.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recipes.corpora import Part
from recipes.corpora import part as split
from recipes.development import LANGUAGES
from recipes.small_subjects import SPHERE_RULES, of_lcc, of_record
from recipes.tables import csv_rows, json_rows
from recipes.topics import read_topics


@dataclass(frozen=True, slots=True)
class Row:
    """A text with its labels; ``shares`` add up to 1, the first is that of the main label.

    ``place``: which library record it comes from, -1 for none. ``words``: what n-grams are taken from, where that is
    more than what the encoder reads.
    """

    kind: str
    part: Part
    text: str
    shares: tuple[tuple[str, float], ...]
    language: str = "en"
    place: int = -1
    words: str = ""

    @property
    def best(self) -> str:
        """The main label."""
        return self.shares[0][0]


_QUOTED = re.compile(r"(writes in|writes:|wrote:|says:|said:|^In article|^Quoted from|^\||^>)")


def bare(post: str) -> str:
    """Return a post without headers, quotes and signature, by the rules that scikit-learn made usual."""
    body = post.partition("\n\n")[2]
    lines = "\n".join(line for line in body.split("\n") if not _QUOTED.search(line)).strip().split("\n")
    ends = [place for place, line in enumerate(lines) if not line.strip().strip("-")]
    return "\n".join(lines[: ends[-1]] if ends and ends[-1] else lines)


def newsgroups(data: Path) -> Iterator[Row]:
    """Yield each post twice, with its headers and bare; the encoder reads the bare text of both."""
    for record in json_rows(data / "20news_train.jsonl.gz"):
        part, text, shares = split(record["id"]), bare(record["text"]), ((record["label"], 1.0),)
        yield Row("post", part, text, shares, words=record["text"])
        yield Row("bare post", part, text, shares)


SPHERES = {
    "cs": "Computer Science",
    "econ": "Economics",
    "eess": "Electrical Engineering and Systems Science",
    "math": "Mathematics",
    "physics": "Physics",
    "q-bio": "Quantitative Biology",
    "q-fin": "Quantitative Finance",
    "stat": "Statistics",
}
_OLD_ARCHIVES = {"alg-geom": "math", "funct-an": "math", "dg-ga": "math", "q-alg": "math", "cmp-lg": "cs"}
ENOUGH_PHYSICS = 20
"""Of the titles that are physics alone, those are taken whose second byte of the hash is below this: one in 13."""

# OpenAlex fields and subfields whose topics are what a group publishes; the longest id that fits counts.
TOPIC_SPHERES = {
    "13": "q-bio", "1105": "q-bio", "17": "cs", "1711": "eess", "1803": "math", "1804": "stat", "2002": "econ",
    "2003": "q-fin", "2207": "eess", "2208": "eess", "2214": "eess", "2404": "q-bio", "2406": "q-bio", "26": "math",
    "2613": "stat", "2804": "q-bio", "31": "physics",
}  # fmt: skip


def spheres_of(categories: str, primary: str) -> tuple[tuple[str, float], ...]:
    """Return the groups of a paper's arXiv categories with their shares, that of the primary category first."""

    def group(category: str) -> str:
        archive = category.partition(".")[0]
        archive = _OLD_ARCHIVES.get(archive, archive)
        return SPHERES[archive if archive in SPHERES else "physics"]

    names = categories.split() or [primary]
    counts = Counter(map(group, names))
    first = group(primary)
    ordered = [first, *sorted(counts.keys() - {first})]
    total = len(names) if first in counts else len(names) + 1
    return tuple((name, max(counts[name], 1) / total) for name in ordered)


def spheres(data: Path) -> Iterator[Row]:
    """Yield titles, titles with abstracts, topics of OpenAlex, library titles and descriptions of groups."""
    with_abstract = set()
    for record in csv_rows(data / "arxiv_abstracts.csv.gz"):
        with_abstract.add(record["arxiv_id"])
        shares = spheres_of(record["categories"], record["primary_category"])
        part = split(hashlib.sha256(record["abstract"].encode()).hexdigest())
        yield Row("title", part, record["title"], shares)
        yield Row("title and abstract", part, f"{record['title']}\n{record['abstract']}", shares)
    for record in csv_rows(data / "arxiv_titles.csv.gz"):
        key = hashlib.sha256(record["title"].encode())
        shares = spheres_of(record["categories"], record["primary_category"])
        is_rare = shares != ((SPHERES["physics"], 1.0),)
        if record["arxiv_id"] not in with_abstract and (is_rare or key.digest()[1] < ENOUGH_PHYSICS):
            yield Row("title", split(key.hexdigest()), record["title"], shares)
    for topic in read_topics(data / "openalex_topics.csv"):
        found = TOPIC_SPHERES.get(topic["subfield_id"]) or TOPIC_SPHERES.get(topic["field_id"])
        if found is not None:
            shares = ((SPHERES[found], 1.0),)
            yield Row("topic", "training", topic["topic_name"], shares)
            yield Row("topic", "training", f"{topic['topic_name']}\n{topic['summary']}", shares)
    for place, record in enumerate(csv_rows(data / "loc_books.csv.gz")):
        if found := of_lcc(record["lcc"], SPHERE_RULES):
            yield Row("a", "training", _book_title(record), ((SPHERES[found], 1.0),), place=place)
    group = ""
    for line in Path(__file__).with_name("small_spheres.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            group = SPHERES[line[2:].strip()]
        elif line.strip():
            yield Row("description", "training", line, ((group, 1.0),))


def _book_title(record: dict[str, str]) -> str:
    return ". ".join(text for text in (record["title"].strip(), record["subtitle"].strip()) if text)


ONE_IN = {"humanities": 6, "world": 2}
"""Of these subjects one title in so many is taken, else history and literature would be half of all."""


def subjects(data: Path) -> Iterator[Row]:
    """Yield library titles: as catalogued, in the original script, and with a summary."""
    for place, record in enumerate(csv_rows(data / "loc_books.csv.gz")):
        subject, key = of_record(record["lcc"], record["ddc"]), record["lccn"].strip()
        if not subject or hashlib.sha256(key.encode()).digest()[1] % ONE_IN.get(subject, 1):
            continue
        title = _book_title(record)
        summary = f"{title}\n{record['summary_520'].strip()}" if record["summary_520"].strip() else ""
        for kind, text in (("a", title), ("o", record["title_880"].strip()), ("s", summary)):
            if text:
                language = LANGUAGES.get(record["lang"], "other")
                yield Row(kind, split(key), text, ((subject, 1.0),), language, place)


# Classes of news and of Chinese papers with a plain counterpart among the eight subjects.
MEASURED = {
    "huffpost": {
        "ENTERTAINMENT": "art", "POLITICS": "world", "WORLD NEWS": "world", "CRIME": "world", "BUSINESS": "business",
        "SCIENCE": "science", "TECH": "technology", "RELIGION": "humanities",
    },
    "thucnews_titles": {
        "stocks": "business", "finance": "business", "realty": "business", "politics": "world", "society": "world",
        "science": "technology", "entertainment": "art",
    },
    "tnews": {
        "news_entertainment": "art", "news_culture": "humanities", "news_tech": "technology",
        "news_finance": "business", "news_stock": "business", "news_house": "business", "news_world": "world",
        "news_military": "world", "news_car": "technology",
    },
    "cls_ctg": {
        "工学": "technology", "农学": "technology", "理学": "science", "医学": "health", "管理学": "business",
        "经济学": "business", "法学": "world", "军事学": "world", "文学": "humanities", "哲学": "humanities",
        "历史学": "humanities", "艺术学": "art",
    },
}  # fmt: skip


ENOUGH = 2000


def measured(data: Path, name: str) -> Iterator[Row]:
    """Yield about 2,000 titles of one of the ``MEASURED`` sets, with the subject that their class stands for."""
    language = "en" if name == "huffpost" else "zh"
    found = []
    for record in json_rows(data / f"{name}.jsonl.gz"):
        subject = MEASURED[name].get(record.get("label") or record.get("category", ""))
        if subject is not None:
            text = record.get("title") or record["headline"]
            found.append(Row(name, "test", text, ((subject, 1.0),), language))
    yield from found[:: max(1, len(found) // ENOUGH)]
