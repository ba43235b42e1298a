"""Write the cards of the built-in classifiers: what they are worth on rows that they did not learn from.

    PYTHONPATH=../desktop:. python -m recipes.cards --data DATA --part test --card cards [--model ID] [--every N]

DATA is the folder with the sets that ``development.py`` and ``corpora.py`` name; --model and --every make it shorter.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from classmark.core.cards import Section, write_card
from classmark.core.documents import Document
from classmark.core.evaluation import Evaluation, Report
from classmark.core.labelled import LabelledText
from classmark.core.language import code
from classmark.core.rows import count_rows
from classmark_models.collection import Collection
from classmark_models.labels import read_vocabulary
from classmark_models.pack import BUILTIN
from classmark_models.spec import BUILTIN_ID
from classmark_models.trained import HEADS
from recipes.corpora import Kind, part, read_records
from recipes.development import rows as field_rows
from recipes.lcc import Outline, read_ranges
from recipes.small_corpora import MEASURED, Row, newsgroups, spheres, subjects
from recipes.small_corpora import measured as measured_titles

Part = Literal["development", "test"]
Rows = Callable[[Path, Part], Iterator[LabelledText]]


@dataclass(frozen=True)
class Set:
    """Rows that some classifiers are measured on; ``level`` is that of the labels where they stand at several.

    In a vocabulary without it the deepest level is meant, so one name serves classifiers that are measured together.
    """

    models: tuple[str, ...]
    name: str
    about: str
    rows: Rows
    level: str = ""

    @property
    def word(self) -> str:
        """The name, fit for the name of a file."""
        return self.name.casefold().replace(" ", "-").replace("_", "-")


def _fields(group: str, data: Path, wanted: Part) -> Iterator[LabelledText]:
    for line, row in enumerate(field_rows(data, wanted == "test"), 1):
        if row.group == group:
            document = Document(row.group, "text", row.title, row.abstract, language=row.language)
            yield LabelledText(line, document, tuple(sorted(row.fields)))


def _library(kind: Kind, data: Path, wanted: Part) -> Iterator[LabelledText]:
    shelves = read_vocabulary(BUILTIN / HEADS / "labels_lcc.csv", "lcc")
    known = {label.id for label in shelves.labels(shelves.deepest)}
    outline = Outline(each for each in read_ranges() if each.id in known)
    for line, record in enumerate(read_records(data), 2):
        labels = tuple(filter(None, (outline.find(record.lcc, record.number), record.dewey, *record.headings)))
        if labels and record.text(kind) and part(record.id) == wanted:
            title = record.original if kind == "o" else record.title
            summary = record.summary if kind == "s" else ""
            document = Document(record.id, "text", title, summary, language=code(record.language))
            yield LabelledText(line, document, labels)


def _small(read: Callable[[Path], Iterator[Row]], kind: str, data: Path, wanted: Part) -> Iterator[LabelledText]:
    for line, row in enumerate(read(data), 1):
        if row.kind == kind and row.part == wanted:
            yield text_of(line, row)


def _titles_of(name: str, data: Path, _: Part) -> Iterator[LabelledText]:
    for line, row in enumerate(measured_titles(data, name), 1):
        yield text_of(line, row)


def text_of(line: int, row: Row) -> LabelledText:
    """Return a row as the app reads it: a post is the body of a document, all else title and abstract."""
    title, _, abstract = ("", "", "") if row.kind in ("post", "bare post") else row.text.partition("\n")
    body = "" if title else row.text
    language = code(row.language)
    return LabelledText(
        line,
        Document(row.kind, "text", title, abstract, body, language=language),
        tuple(label for label, _ in row.shares),
    )


_ACCEPTED = (
    "A row is right in any of the fields that a cataloguer would accept for its class, so lists of several say little."
)
_RECORDS = "Books of the Library of Congress; its own class, Dewey number and topical headings are right."
_LIBRARY = ("lcc", "ddc", "lcsh")
_PAPERS = "Papers of arXiv; a row is right in any of the groups that its categories belong to."
_EIGHT = "Books of the Library of Congress; the subject follows from class and Dewey number by rules."
_NEVER = "No row of this set was learnt from; of its classes those count that plainly are one of the subjects."
SETS = (
    Set(
        (BUILTIN_ID,),
        "Library titles",
        f"Titles of books in 14 languages. {_ACCEPTED}",
        partial(_fields, "library titles"),
    ),
    Set((BUILTIN_ID,), "arXiv abstracts", f"Titles with abstracts. {_ACCEPTED}", partial(_fields, "arXiv abstracts")),
    Set(
        (BUILTIN_ID,),
        "Chinese abstracts",
        f"Abstracts of Chinese papers of 67 disciplines. {_ACCEPTED}",
        partial(_fields, "Chinese abstracts"),
    ),
    Set(_LIBRARY, "Titles", f"Titles with subtitles, as catalogued. {_RECORDS}", partial(_library, "a"), "heading"),
    Set(_LIBRARY, "Original titles", f"Titles in their own script. {_RECORDS}", partial(_library, "o"), "heading"),
    Set(_LIBRARY, "Titles and summaries", f"Titles with summaries. {_RECORDS}", partial(_library, "s"), "heading"),
    Set(("newsgroups",), "Posts", "Whole posts, headers kept.", partial(_small, newsgroups, "post"), "newsgroup"),
    Set(
        ("newsgroups",),
        "Bare posts",
        "Posts without headers, quotes and signatures.",
        partial(_small, newsgroups, "bare post"),
        "newsgroup",
    ),
    Set(("spheres",), "Titles", f"Titles alone. {_PAPERS}", partial(_small, spheres, "title")),
    Set(
        ("spheres",),
        "Titles and abstracts",
        f"Titles with abstracts. {_PAPERS}",
        partial(_small, spheres, "title and abstract"),
    ),
    Set(("subjects-8",), "Titles", f"Titles with subtitles. {_EIGHT}", partial(_small, subjects, "a")),
    Set(("subjects-8",), "Original titles", f"Titles in their own script. {_EIGHT}", partial(_small, subjects, "o")),
    Set(("subjects-8",), "Titles and summaries", f"Titles with summaries. {_EIGHT}", partial(_small, subjects, "s")),
    *(Set(("subjects-8",), f"Set {name}", f"Titles alone. {_NEVER}", partial(_titles_of, name)) for name in MEASURED),
)


def measured(
    collection: Collection, models: Iterable[str], one: Set, rows: Iterable[LabelledText]
) -> tuple[Report, ...]:
    """Return the figures of some models on the rows of a set, in one pass over them."""
    with contextlib.ExitStack() as stack:
        classifiers = [stack.enter_context(contextlib.closing(collection.open(name))) for name in models]
        evaluation = Evaluation(classifiers, one.level)
        for number in count_rows(rows, evaluation):
            if number % 1000 == 0:
                print(f"{one.name}: {number:,} rows, {evaluation.seconds:,.0f} s", flush=True)
    return evaluation.reports()


def main() -> None:
    """Write a card for each model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--part", choices=["development", "test"], required=True)
    parser.add_argument("--card", type=Path, required=True, help="the folder to write to")
    parser.add_argument("--model", action="append", help="only the cards of these")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth row of each set")
    arguments = parser.parse_args()
    sections: dict[str, list[Section]] = {}
    with TemporaryDirectory() as nowhere:
        collection = Collection(Path(nowhere))
        known = set(arguments.model or collection.specs())
        for one in SETS:
            models = [name for name in one.models if name in known and name in collection.specs()]
            if not models:
                continue
            rows = islice(one.rows(arguments.data, arguments.part), 0, None, arguments.every)
            for report in measured(collection, models, one, rows):
                every = f", every {arguments.every}th row" if arguments.every > 1 else ""
                about = f"{one.about} The {arguments.part} part{every}."
                sections.setdefault(report.classifier, []).append(Section(one.name, about, report, one.word))
    for each in sections.values():
        print(write_card(arguments.card, each))


if __name__ == "__main__":
    main()
