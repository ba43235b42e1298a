"""The records that the built-in classifiers learn from and are measured on, and which part each belongs to."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from recipes.tables import csv_rows

Part = Literal["development", "test", "training"]
Kind = Literal["a", "o", "s"]

KINDS: tuple[Kind, ...] = ("a", "o", "s")
"""What is embedded of a record: title and subtitle; the title in its own script; title, subtitle and summary."""

KINDS_IN_WORDS = {"a": "title", "o": "title in its own script", "s": "title and summary"}
"""What kinds are called in tables."""

WIDTH = 384
_CLASS = re.compile(r"([A-HJ-NP-VZ][A-Z]{0,2}) ?(\d{1,4}(?:\.\d+)?)")
_NO_CLASS = "MLC"
_DEWEY = re.compile(r"[\[/ ]*(\d{3})(?!\d)")


@dataclass(frozen=True, slots=True)
class Record:
    """A book of the Library of Congress; what it lacks is empty.

    ``lcc`` is the subclass (``QA``), ``number`` what follows it (``76.73``), ``dewey`` three digits, ``headings``
    topical headings without subdivisions.
    """

    id: str
    language: str
    title: str
    original: str
    summary: str
    lcc: str
    number: str
    dewey: str
    headings: tuple[str, ...]

    def text(self, kind: Kind) -> str:
        """Return what an encoder reads of the record, empty where the record lacks it."""
        match kind:
            case "a":
                return self.title
            case "o":
                return self.original
            case "s":
                return f"{self.title}\n{self.summary}" if self.summary else ""


def part(identifier: str) -> Part:
    """Return the part of a row: a twentieth each for development and test, by a hash of its id."""
    byte = hashlib.sha256(identifier.encode()).digest()[0]
    return "development" if byte < 13 else "test" if byte < 26 else "training"


def read_records(data: Path) -> list[Record]:
    """Read ``loc_books.csv.gz``, in the order of the file."""
    return list(map(_record, csv_rows(data / "loc_books.csv.gz")))


def places(records: Sequence[Record], kind: Kind) -> list[int]:
    """Return which records have a text of one kind; titles are taken of all, also where they are empty."""
    return [place for place, record in enumerate(records) if kind == "a" or record.text(kind)]


def read_embeddings(folder: Path, kind: Kind) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float16]]:
    """Return the places of the records with a text of one kind, and its embeddings, (texts, 384), mapped.

    They are those that ``python -m recipes.embed`` has written.
    """
    ids = np.load(folder / f"{kind}_ids.npy", allow_pickle=False)
    return ids, np.memmap(folder / f"{kind}.f16", np.float16, "r", shape=(len(ids), WIDTH))


def _record(row: dict[str, str]) -> Record:
    dewey = _DEWEY.match(row["ddc"])
    return Record(
        row["lccn"].strip(),
        row["lang"],
        ". ".join(words for words in (row["title"].strip(), row["subtitle"].strip()) if words),
        row["title_880"].strip(),
        row["summary_520"].strip(),
        *_class_number(row["lcc"].strip().upper()),
        dewey[1] if dewey else "",
        tuple(dict.fromkeys(_headings(row["subjects_lcsh"]))),
    )


def _class_number(text: str) -> tuple[str, str]:
    """Return a class of the outline and its number; shelf marks of minimal records and of collections are none."""
    found = _CLASS.match(text)
    return (found[1], found[2]) if found and found[1] != _NO_CLASS else ("", "")


def _headings(text: str) -> Iterator[str]:
    for subject in text.split(" | "):
        if heading := subject.split("--")[0].strip().rstrip("."):
            yield heading
