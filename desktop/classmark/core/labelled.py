"""Files of texts with their right subjects: tables, JSON Lines and Annif's own format, plain or gzipped."""

from __future__ import annotations

import csv
import gzip
import json
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from classmark.core.documents import Document, Origin
from classmark.core.language import code, with_language
from classmark_models.errors import ClassmarkError

LONGEST = 4_000_000
"""Bytes of a line, and characters of a field, that are read; a book has a million."""

_TITLE, _ABSTRACT, _BODY = ("title",), ("abstract", "summary", "description"), ("text", "body")
_LABELS = ("labels", "label", "subjects", "subject_uris")
_LANGUAGE, _ID = ("language", "lang"), ("id", "document_id")
_TEXTS = {*_TITLE, *_ABSTRACT, *_BODY}
_ADVICE = (
    "Give columns title, abstract or text and label (several separated by | or ;) in a .csv or .tsv file with a head, "
    "the same keys in a .jsonl file, or Annif's .tsv of a text and its <URIs>; each may be gzipped (.gz)."
)

Fields = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A text with the labels that are right for it: ids, URIs or names; ``line`` is the first it has in its file."""

    line: int
    document: Document
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used, and why, as the end of a sentence about it."""

    line: int
    reason: str


class LabelledFile:
    """Reads one file row by row, in little memory whatever its size."""

    def __init__(self, path: Path) -> None:
        """Take the file's path; ClassmarkError when its name tells of no format that is known."""
        suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
        self._is_gzipped = suffixes[-1:] == [".gz"]
        self._suffix = next(iter(reversed([suffix for suffix in suffixes if suffix != ".gz"])), "")
        if self._suffix not in (".csv", ".tsv", ".jsonl", ".ndjson"):
            raise ClassmarkError(f"{path} is of no format for labelled texts. {_ADVICE}")
        self._path, self._read, self._size = path, 0, 1

    @property
    def share(self) -> float:
        """How much of the file is read, in 0 … 1."""
        return min(self._read / self._size, 1.0)

    def __iter__(self) -> Iterator[LabelledText | BadRow]:
        """Yield each row, or why it cannot be used; OSError, and ClassmarkError when the file is none of these."""
        self._size = max(self._path.stat().st_size, 1)
        with self._path.open("rb") as raw:
            lines = self._lines(raw)
            for line, fields in self._rows(lines):
                self._read = raw.tell()
                yield fields if isinstance(fields, BadRow) else _row(line, fields)

    def _lines(self, raw: BinaryIO) -> Iterator[str]:
        """Yield lines, cut where they are far too long; bytes that are not UTF-8 become surrogates."""
        stream = gzip.GzipFile(fileobj=raw) if self._is_gzipped else raw
        try:
            while line := stream.readline(LONGEST):
                yield line.decode("utf-8-sig", errors="surrogateescape")
                while len(line) == LONGEST and not line.endswith(b"\n"):
                    line = stream.readline(LONGEST)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ClassmarkError(f"{self._path} is damaged or cut short. Copy it again.") from error

    def _rows(self, lines: Iterator[str]) -> Iterator[tuple[int, Fields | BadRow]]:
        if self._suffix not in (".csv", ".tsv"):
            return _json_rows(lines)
        csv.field_size_limit(LONGEST)
        first = next(lines, "")
        # Spreadsheets separate by semicolons where numbers have decimal commas.
        delimiter = "\t" if self._suffix == ".tsv" else max(",;\t", key=first.count)
        names = [cell.strip().casefold() for cell in next(csv.reader([first], delimiter=delimiter), [])]
        if not _TEXTS.isdisjoint(names):
            return _table_rows(lines, names, delimiter)
        if self._suffix == ".tsv" and re.search(r"\t\s*(<|https?://)", first):
            return _annif_rows(chain([first], lines))
        raise ClassmarkError(f"{self._path} has no column of texts in its first line. {_ADVICE}")


def _json_rows(lines: Iterable[str]) -> Iterator[tuple[int, Fields | BadRow]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError):
            fields = None
        if isinstance(fields, dict):
            yield number, {str(key).casefold(): value for key, value in fields.items()}
        else:
            yield number, BadRow(number, "it is not a JSON object")


def _table_rows(lines: Iterable[str], names: list[str], delimiter: str) -> Iterator[tuple[int, Fields | BadRow]]:
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        line = reader.line_num + 2  # the head is the first
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, BadRow(line, f"it is no row of a table ({error})")
            continue
        if len(cells) > len(names):
            yield line, BadRow(line, f"it has {len(cells)} columns where the head has {len(names)}")
        elif cells:
            yield line, dict(zip(names, cells, strict=False))


def _annif_rows(lines: Iterable[str]) -> Iterator[tuple[int, Fields | BadRow]]:
    for number, line in enumerate(lines, 1):
        text, _, uris = line.rstrip("\r\n").partition("\t")
        if line.strip():
            yield number, {"text": text, "labels": uris.split()}


def _row(line: int, fields: Fields) -> LabelledText | BadRow:
    title, abstract, body, language, id_ = (
        _first(fields, names) for names in (_TITLE, _ABSTRACT, _BODY, _LANGUAGE, _ID)
    )
    labels = tuple(_labels(next((fields[name] for name in _LABELS if fields.get(name)), "")))
    if any("\ud800" <= character <= "\udfff" for text in (title, abstract, body, *labels) for character in text):
        return BadRow(line, "it is not in UTF-8")
    document = Document(
        f"line {line}" + (f" ({id_})" if id_ else ""),
        "text",
        title,
        abstract,
        body,
        title_origin=Origin.GIVEN if title else Origin.NONE,
        abstract_origin=Origin.GIVEN if abstract else Origin.NONE,
        language=code(language),
    )
    return LabelledText(line, with_language(document), labels)


def _first(fields: Fields, names: Iterable[str]) -> str:
    """Return the first of some fields that holds anything, composed (NFC), as every document is."""
    found = next((value for name in names if isinstance(value := fields.get(name), str | int) and value != ""), "")
    return unicodedata.normalize("NFC", str(found)).strip()


def _labels(value: object) -> Iterator[str]:
    """Yield the labels of a field: a list, URIs in angle brackets, or words separated by bars or semicolons."""
    if isinstance(value, list):
        parts: Iterable[object] = value
    else:
        text = str(value)
        parts = re.findall(r"<[^<>]*>", text) or text.split("|" if "|" in text else ";")
    for part in parts:
        label = unicodedata.normalize("NFC", " ".join(str(part).strip().removeprefix("<").removesuffix(">").split()))
        if label:
            yield label
