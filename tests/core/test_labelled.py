"""Files of texts with known subjects: what is read, and how what cannot be used is told."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from classmark.core.labelled import LONGEST, BadRow, LabelledFile, LabelledText
from classmark_models.errors import ClassmarkError


def rows_of(path: Path, name: str, content: str | bytes) -> list[LabelledText | BadRow]:
    data = content.encode() if isinstance(content, str) else content
    file = path / name
    file.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return list(LabelledFile(file))


def texts_of(path: Path, name: str, content: str | bytes) -> list[LabelledText]:
    rows = rows_of(path, name, content)
    return [row for row in rows if isinstance(row, LabelledText)]


TABLE = 'Title,Summary,label,Language,id\n"Bees, wasps","They\nsting.",Zoology|Botany,ger,b1\nStars,,x; y,,\n'
LINES = "\n".join(
    json.dumps(row)
    for row in (
        {
            "title": "Bees, wasps",
            "summary": "They\nsting.",
            "labels": ["Zoology", "Botany"],
            "language": "de",
            "id": "b1",
        },
        {"title": "Stars", "label": "x; y"},
    )
)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", TABLE),
        ("a.csv", "\ufeff" + TABLE),
        ("a.csv.gz", TABLE),
        (
            "a.tsv",
            'title\tabstract\tlabels\tlang\tid\nBees, wasps\t"They\nsting."\tZoology|Botany\tde\tb1\nStars\t\tx; y',
        ),
        ("a.csv", 'title;abstract;label;language;id\nBees, wasps;"They\nsting.";Zoology|Botany;de;b1\nStars;;"x; y";;'),
        ("a.jsonl", LINES),
        ("a.b.JSONL.gz", LINES),
    ],
)
def test_formats_hold_the_same(tmp_path: Path, name: str, content: str) -> None:
    bees, stars = texts_of(tmp_path, name, content)
    assert (bees.document.title, bees.document.abstract, bees.document.body) == ("Bees, wasps", "They\nsting.", "")
    assert bees.document.language == "de"
    assert "b1" in bees.document.source
    assert bees.labels == ("Zoology", "Botany")
    assert (stars.document.title, stars.labels) == ("Stars", ("x", "y"))


def test_annif_corpora(tmp_path: Path) -> None:
    plain = 'Of "bees\t<http://e.org/1> <http://e.org/2>\n\nOf stars\t<http://e.org/3>\n'
    bees, stars = texts_of(tmp_path, "annif.tsv", plain)
    assert (bees.document.body, bees.labels) == ('Of "bees', ("http://e.org/1", "http://e.org/2"))
    assert (stars.line, stars.labels) == (3, ("http://e.org/3",))
    (table,) = texts_of(tmp_path, "annif.csv", "text,subject_uris\nOf bees,<http://e.org/1> <http://e.org/2>\n")
    assert (table.document.body, table.labels) == ("Of bees", bees.labels)


def test_languages_that_nobody_stated_are_recognised(tmp_path: Path) -> None:
    (row,) = texts_of(tmp_path, "a.csv", "title,label\nDie Besteuerung von Unternehmen in Deutschland,x\n")
    assert row.document.language == "de"


def test_bad_rows_are_named_by_line(tmp_path: Path) -> None:
    huge = "x" * (LONGEST + 10)
    table = f"title,label\na,1\nb,1,2\nc\udcff,1\n\n{huge},1\nd,1\n".encode(errors="surrogateescape")
    rows = rows_of(tmp_path, "a.csv", table)
    assert [(row.line, isinstance(row, BadRow)) for row in rows] == [
        *[(2, False), (3, True), (4, True), (6, False), (7, False)]
    ]
    assert [row.labels for row in rows if isinstance(row, LabelledText)] == [("1",), (), ("1",)], "the cut row has none"
    lines = rows_of(tmp_path, "a.jsonl", '{"title": "a"}\n[1]\n{"title": \n' + "[" * 100_000 + '\n{"title": "e"}\n')
    assert [(row.line, isinstance(row, BadRow)) for row in lines] == [
        *[(1, False), (2, True), (3, True), (4, True), (5, False)]
    ]


def test_a_quote_that_never_closes_costs_some_rows_only(tmp_path: Path) -> None:
    table = 'title,label\n"never closed,1\n' + f"{'y' * 1000},2\n" * (LONGEST // 1000 + 1) + "last,3\n"
    rows = rows_of(tmp_path, "a.csv", table)
    assert isinstance(rows[0], BadRow)
    assert rows[0].line == 2
    assert isinstance(rows[-1], LabelledText)
    assert rows[-1].document.title == "last"


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.txt", "title,label\n"), ("a.csv", "name,label\na,b\n"), ("a.csv", ""), ("a.tsv", "some\ttable\n")],
)
def test_files_of_other_kinds_are_refused(tmp_path: Path, name: str, content: str) -> None:
    with pytest.raises(ClassmarkError, match="Give columns title"):
        rows_of(tmp_path, name, content)


def test_damaged_archives_are_refused(tmp_path: Path) -> None:
    data = gzip.compress(b"title,label\nBees,x\n" * 1000)
    for number, damaged in enumerate((data[: len(data) // 2], b"no archive", data[:30] + b"\xff" * 30)):
        file = tmp_path / f"{number}.csv.gz"
        file.write_bytes(damaged)
        with pytest.raises(ClassmarkError, match="damaged or cut short"):
            list(LabelledFile(file))


def test_how_far_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("title,label\n" + "Bees,x\n" * 50_000, encoding="utf-8")
    file = LabelledFile(tmp_path / "a.csv")
    assert file.share == 0
    shares = [file.share for _ in file]
    assert shares == sorted(shares)
    assert 0.2 < shares[25_000] < 0.8
    assert shares[-1] == 1
