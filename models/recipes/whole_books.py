"""Compare the ways to make one answer of a whole book's windows, on books whose classes are known.

    PYTHONPATH=../desktop:. python -m recipes.whole_books --books FOLDER --cache DIR [--windows 48]

FOLDER holds documents that the app can read, and ``classes.csv`` with the columns ``file``, ``work`` (what editions and
translations have in common), ``lcc`` and ``ddc`` (those that are right, apart by spaces: ``HB QA`` and ``3 5``),
``field`` (names of OpenAlex's fields) and ``heading`` (parts of right headings, small letters), these two apart by
``|``. What is embedded lies in DIR; run again with more windows, it goes on where it stopped.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classmark.core.documents import Document
from classmark.core.readers import Limits
from classmark.core.reading import ReaderProcess
from classmark_models.ngrams import bag_ids
from classmark_models.pack import BUILTIN, open_pack
from classmark_models.session import Encoder
from classmark_models.tokens import TokenIds, Tokenizer, count_letters
from recipes.corpora import WIDTH
from recipes.window_rules import FIRST, Book, Judge, read_book, report, rules, write_book

_ENDS_IN_PAGE = re.compile(r"\S.{2,120}?[\s.·…_]{2,}(\d{1,4}|[ivxl]{1,6})\s*")
_CONTENTS = re.compile(
    r"\W*(table of |brief )?(contents|inhalt(sverzeichnis)?|table des mati[èe]res|sommaire|[íi]ndice|indice|sommario"
    r"|оглавление|содержание|innehåll|目次|目录|目錄|차례|daftar isi)\W*",
    re.IGNORECASE,
)
_SEARCHED, _LONGEST_ENTRY, _MOST_ENTRIES, _LEAST_ENTRIES = 60_000, 120, 120, 6


@dataclass(frozen=True)
class Answer:
    """What is right for a book: any of each."""

    file: str
    work: str
    lcc: frozenset[str]
    ddc: frozenset[str]
    field: frozenset[str]
    heading: frozenset[str]


def read_answers(path: Path) -> list[Answer]:
    """Read ``classes.csv``."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Answer(
                row["file"],
                row["work"] or row["file"],
                frozenset(row["lcc"].split()),
                frozenset(row["ddc"].split()),
                frozenset(row["field"].split("|")),
                frozenset(row["heading"].split("|")),
            )
            for row in csv.DictReader(file)
        ]


def contents_of(body: str) -> str:
    """Return the entries of a table of contents in the first pages, a line each, without their pages; or nothing.

    They are the short lines that follow a line such as "Contents", or those that end in dots and a number.
    """
    lines = [line.strip() for line in body[:_SEARCHED].split("\n")]
    for place, line in enumerate(lines):
        if _CONTENTS.fullmatch(line):
            entries: list[str] = []
            for entry in lines[place + 1 :]:
                if len(entry) > _LONGEST_ENTRY or len(entries) == _MOST_ENTRIES:
                    break
                entries.append(entry)
            if sum(map(bool, entries)) >= _LEAST_ENTRIES:
                return _entries(entries)
    dotted = [line for line in lines if _ENDS_IN_PAGE.fullmatch(line)]
    return _entries(dotted[:_MOST_ENTRIES]) if len(dotted) >= _LEAST_ENTRIES else ""


def _entries(lines: Sequence[str]) -> str:
    bare = (re.sub(r"[\s.·…_]*(\d{1,4}|\b[ivxl]{1,6})?$", "", line).strip(" .·…_") for line in lines)
    return "\n".join(line for line in bare if sum(map(str.isalpha, line)) > 2)


def order_of(count: int) -> list[int]:
    """Return places of windows, so that any first part of them has the beginning and lies evenly over the rest."""
    rest = range(min(FIRST, count), count)
    bits = max(len(rest) - 1, 0).bit_length()
    spread = (int(f"{place:0{bits}b}"[::-1], 2) if bits else place for place in range(1 << bits))
    return [*range(min(FIRST, count)), *(rest[place] for place in spread if place < len(rest))]


class Shelf:
    """The encoder at work on books, and what it has read of each, kept in a folder."""

    def __init__(self, cache: Path, windows: int) -> None:
        pack = open_pack(BUILTIN)
        self._encoder = Encoder(pack.file("encoder.onnx"), workers=1)
        self._tokenizer = Tokenizer(pack.file("tokenizer.json"), pack.facts["prompt"], pack.facts["max_tokens"])
        self._name = pack.fact("files")["encoder.onnx.data"]["sha256"][:12]
        self._cache, self._windows = cache, windows
        cache.mkdir(parents=True, exist_ok=True)

    def close(self) -> None:
        """Let the worker threads end."""
        self._encoder.close()

    def known(self, path: Path) -> Book | None:
        """Return the book of a file that was read before, if so many windows of it were."""
        kept = self._kept(path)
        book = read_book(kept) if kept.exists() else None
        return book if book is not None and len(book.places) >= min(self._windows, book.count) else None

    def _kept(self, path: Path) -> Path:
        with path.open("rb") as file:
            return self._cache / f"{self._name}-book-{hashlib.file_digest(file, 'sha256').hexdigest()[:24]}.npz"

    def book(self, path: Path, document: Document) -> Book:
        """Return what the encoder sees of a document: its title, its contents, its head, and windows of its body."""
        title, abstract, body = document.title.strip(), document.abstract.strip(), document.body
        head = "\n".join(part for part in (title, abstract) if part)
        contents = contents_of(body)
        spans = list(self._tokenizer.windows(body))
        places = order_of(len(spans))[: self._windows]
        texts = [title, f"{title}\n{contents}", *(body[spans[place].start : spans[place].end] for place in places)]
        heads = [head[span.start : span.end] for span in self._tokenizer.windows(head)][:2]
        ids = [self._tokenizer.encode(text) for text in texts[:2]] + [spans[place].ids for place in places]
        ids += [self._tokenizer.encode(text) for text in heads]
        vectors, ngrams = self._embedded(ids), [bag_ids(text) for text in [*texts, *heads]]
        letters = np.array([count_letters(text) for text in [*texts, *heads]], np.int64)
        body_rows = np.argsort(places, kind="stable") + 2
        head_rows = np.arange(2 + len(places), len(ids))
        rows = np.concatenate([[0, 1], head_rows, body_rows]).astype(np.intp)
        book = Book(
            has_abstract=bool(abstract),
            has_contents=bool(contents),
            heads=len(heads),
            places=np.sort(places).astype(np.intp),
            count=len(spans),
            letters=letters[rows],
            embeddings=vectors[rows].astype(np.float32),
            ngrams=[ngrams[row] for row in rows],
        )
        write_book(self._kept(path), book)
        return book

    def _embedded(self, rows: Sequence[TokenIds]) -> npt.NDArray[np.float16]:
        """Return the embeddings of rows of ids; those that were computed before are read."""
        kept = self._cache / f"{self._name}-{_digest(rows[:3])}.npz"
        known: dict[str, npt.NDArray[np.float16]] = {}
        if kept.exists():
            with np.load(kept, allow_pickle=False) as file:
                known = dict(zip(file["names"].tolist(), file["vectors"], strict=True))
        names = [_digest([row]) for row in rows]
        missing = {name: row for name, row in zip(names, rows, strict=True) if name not in known}
        if missing:
            vectors = self._encoder.embed_all(missing.values())
            known |= {name: vector.astype(np.float16) for name, vector in zip(missing, vectors, strict=True)}
            np.savez(kept, names=np.array(list(known)), vectors=np.stack(list(known.values())))
        return np.stack([known[name] for name in names]).reshape(-1, WIDTH)


def _digest(rows: Sequence[TokenIds]) -> str:
    return hashlib.sha256(b"".join(row.tobytes() for row in rows)).hexdigest()[:24]


def books_of(folder: Path, answers: Sequence[Answer], shelf: Shelf) -> Iterator[tuple[Answer, Book]]:
    """Yield the books that can be read, with what is right for them."""
    with ReaderProcess(Limits(seconds=300)) as reader:
        for answer in answers:
            path = folder / answer.file
            book = shelf.known(path)
            if book is None:
                reading = reader.read(path)
                if reading.document is None:
                    print(f"{answer.file}: {reading.reason}")
                    continue
                book = shelf.book(path, reading.document)
                print(f"{answer.file}: {reading.document.title!r}, {book.read} windows", flush=True)
            yield answer, book


def main() -> None:
    """Read the books and print a line for each rule."""
    parser = argparse.ArgumentParser(description="Compare the ways to combine the windows of whole books.")
    parser.add_argument("--books", type=Path, required=True, help="the folder with documents and classes.csv")
    parser.add_argument("--cache", type=Path, required=True, help="the folder for what is embedded")
    parser.add_argument("--windows", type=int, default=48, help="the most windows of a body that are read")
    options = parser.parse_args()
    shelf = Shelf(options.cache, options.windows)
    compared = rules(order_of)
    judge = Judge(compared)
    judged = [
        judge.book(book, answer.work, answer.lcc, answer.ddc, answer.field, answer.heading)
        for answer, book in books_of(options.books, read_answers(options.books / "classes.csv"), shelf)
    ]
    shelf.close()
    for line in report(compared, judged):
        print(line)


if __name__ == "__main__":
    main()
