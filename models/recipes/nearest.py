"""How often a graph that was rounded finds the nearest topic that float32 finds, and how near those lie."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recipes.corpora import part, read_records
from recipes.prove import sib_sentences
from recipes.tables import csv_rows, json_rows
from recipes.topics import Floats, read_topics

SENTENCES, TITLES, ABSTRACTS = 120, 500, 500
_END = re.compile(r"(?<=[.!?])\s")


@dataclass(frozen=True, slots=True)
class Nearest:
    """What a graph makes of texts: their vectors, and their likeness to each topic, shape (texts, topics).

    Directions are taken from the middle of all topics where ``centred``, as the app takes them.
    """

    vectors: Floats
    likeness: Floats

    @classmethod
    def of(cls, vectors: Floats, topics: Floats, *, centred: bool) -> Nearest:
        """Compare unit vectors of texts with those of topics."""
        centre = topics.mean(axis=0) * centred
        texts, names = (rows - centre for rows in (vectors, topics))
        texts, names = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (texts, names))
        return cls(vectors, texts @ names.T)

    @property
    def best(self) -> npt.NDArray[np.intp]:
        """Each text's nearest topic, shape (texts,)."""
        return np.asarray(self.likeness.argmax(axis=1))

    @property
    def margins(self) -> Floats:
        """By how much the nearest topic is nearer than the second, in cosines, shape (texts,)."""
        second, first = np.sort(self.likeness, axis=1)[:, -2:].T
        return np.asarray(first - second)

    def is_shortlisted(self, chosen: npt.NDArray[np.intp], count: int = 3) -> npt.NDArray[np.bool_]:
        """Return which texts have ``chosen`` among the few nearest, shape (texts,)."""
        best = np.argsort(-self.likeness, axis=1)[:, :count]
        return np.asarray((best == chosen[:, None]).any(axis=1))


def topic_names(data: Path) -> list[str]:
    """Return the names of the topics; one that several share comes once."""
    return list(dict.fromkeys(topic["topic_name"] for topic in read_topics(data / "openalex_topics.csv")))


def calibration_texts(data: Path) -> list[str]:
    """Return the texts that the built-in encoder is calibrated by: names and summaries of 113 topics."""
    topics = sorted(read_topics(data / "openalex_topics.csv"), key=lambda topic: int(topic["topic_id"]))
    return [f"{topic['topic_name']}. {topic['summary']}" for topic in topics[::40]]


def sample(data: Path, *, english: bool) -> dict[str, list[str]]:
    """Return sentences, library titles and abstracts by kind: in English, or in all languages that there are."""
    papers = list(csv_rows(data / "arxiv_abstracts.csv.gz"))
    if english:
        sentences = [row["text"] for row in json_rows(data / "sib200_dev.jsonl.gz") if row["lang"] == "eng_Latn"]
        sentences += [_END.split(row["abstract"].strip())[0] for row in papers[-SENTENCES:]]
        sentences = sentences[:SENTENCES]
    else:
        own = Path(__file__).with_name("sentences.txt").read_text(encoding="utf-8").splitlines()
        sentences = [*own, *sib_sentences(data)]
    records = [record for record in read_records(data) if part(record.id) == "development" and record.title]
    records = [record for record in records if record.language == "eng" or not english]
    summaries = [record.text("s") for record in records if record.summary][: ABSTRACTS // 2]
    papers = papers[: ABSTRACTS - len(summaries)]
    titles = [record.original or record.title for record in records if not record.summary]
    return {
        "sentences": sentences,
        "titles": titles[:: len(titles) // TITLES][:TITLES],
        "abstracts": summaries + [f"{paper['title']}\n{paper['abstract']}" for paper in papers],
    }
