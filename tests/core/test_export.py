"""Results to files: CSV as the csv module reads it, JSON Lines as json does; files appear whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classmark.core.documents import Document, Result
from classmark.core.export import FORMATS, open_output, write
from classmark.core.export.records import record_of, subjects_of
from classmark.core.export.table import COLUMNS, harmless
from classmark_models.classifier import Prediction, Window
from classmark_models.decide import Rule
from classmark_models.labels import Label, Vocabulary

VOCABULARY = Vocabulary(
    "toy",
    [
        ("domain", [Label("d0", "u:d0", "Life", "domain"), Label("d1", "u:d1", "Matter, energy", "domain")]),
        (
            "topic",
            [
                Label("t0", "u:t0", 'Cells "in vivo"', "topic", 0),
                Label("t1", "u:t1", "Étoiles", "topic", 1),
                Label("t2", "u:t2", "Crystals", "topic", 1),
            ],
        ),
    ],
)
PREDICTION = Prediction(
    "toy classifier",
    VOCABULARY,
    np.array([0.25, 0.625, 0.125], np.float32),
    (Window("head", 0, 12, 0.25, 1, 0.87654321), Window("body", 3, 99, 0.75, 2, 0.5)),
)
DOCUMENT = Document("stars.pdf", "pdf", title="Stars", body="Stars shine.\fGas glows.", pages=(0, 13), language="fr")
OK = Result("stars.pdf", "ok", "", DOCUMENT, (PREDICTION,), 1.23456)
DECLINED = Result(
    "blank.txt",
    "declined",
    "Nothing in it.",
    Document("blank.txt", "text"),
    (replace(PREDICTION, declined="Nothing."),),
)
DAMAGED = Result("broken.pdf", "damaged", "It is broken.")
RULE = Rule("topic", top=2, threshold=0.0)


def csv_rows(*results: Result, rule: Rule = RULE) -> list[dict[str, str]]:
    stream = io.StringIO(newline="")
    writer = FORMATS["csv"](stream, rule)
    for result in results:
        writer.add(result)
    return list(csv.DictReader(io.StringIO(stream.getvalue(), newline=""), strict=True))


def jsonl_lines(*results: Result, rule: Rule = RULE) -> list[dict[str, Any]]:
    stream = io.StringIO(newline="")
    writer = FORMATS["jsonl"](stream, rule)
    for result in results:
        writer.add(result)
    assert stream.getvalue().count("\n") == len(results)
    return [json.loads(line) for line in stream.getvalue().split("\n")[:-1]]


@pytest.mark.parametrize(
    ("result", "rule", "expected"),
    [
        (OK, RULE, ["t1", "t0"]),
        (OK, Rule("domain", threshold=0), ["d1", "d0"]),
        (OK, Rule("topic", threshold=0.9), []),
        (DECLINED, RULE, []),
        (DAMAGED, RULE, []),
        (replace(OK, predictions=()), RULE, []),
    ],
)
def test_subjects(result: Result, rule: Rule, expected: list[str]) -> None:
    assert [subject.label.id for subject in subjects_of(result, rule)] == expected


def test_record() -> None:
    assert record_of(OK, RULE) == {
        "source": "stars.pdf",
        "status": "ok",
        "reason": "",
        "title": "Stars",
        "language": "fr",
        "pages": 2,
        "windows": [
            {
                **{"part": "head", "start": 0, "end": 12, "weight": 0.25},
                **{"id": "t1", "label": "Étoiles", "score": 0.8765},
            },
            {"part": "body", "start": 3, "end": 99, "weight": 0.75, "id": "t2", "label": "Crystals", "score": 0.5},
        ],
        "results": [
            {
                **{"id": "t1", "uri": "u:t1", "label": "Étoiles", "score": 0.625, "level": "topic", "sure": False},
                "path": [
                    {
                        **{"id": "d1", "uri": "u:d1", "label": "Matter, energy", "score": 0.75, "level": "domain"},
                        **{"sure": False},
                    }
                ],
            },
            {
                **{"id": "t0", "uri": "u:t0", "label": 'Cells "in vivo"', "score": 0.25, "level": "topic"},
                "sure": False,
                "path": [{"id": "d0", "uri": "u:d0", "label": "Life", "score": 0.25, "level": "domain", "sure": False}],
            },
        ],
        "classifier": "toy classifier",
        "seconds": 1.235,
    }


def test_jsonl_is_a_line_for_each_result() -> None:
    lines = jsonl_lines(OK, DECLINED, DAMAGED)
    assert [line["source"] for line in lines] == ["stars.pdf", "blank.txt", "broken.pdf"]
    assert lines[0] == record_of(OK, RULE)
    assert [len(line["results"]) for line in lines] == [2, 0, 0]
    assert [line["classifier"] for line in lines] == ["toy classifier", "toy classifier", ""]
    assert lines[2]["windows"] == []
    assert {tuple(line) for line in lines} == {tuple(record_of(OK, RULE))}


@pytest.mark.parametrize("title", ["two\nlines", "\u2028\x85\x0b\x0c", '"quoted", \\ and 天', "\x00\x1b", ""])
def test_no_title_breaks_a_line(title: str) -> None:
    titled = replace(OK, document=replace(DOCUMENT, title=title))
    assert [line["title"] for line in jsonl_lines(titled, titled)] == [title, title]
    if "\x00" not in title:
        assert [row["title"] for row in csv_rows(titled, rule=Rule("topic", top=1))] == [title]


def test_csv_is_a_row_for_each_subject() -> None:
    first, second, declined, damaged = csv_rows(OK, DECLINED, DAMAGED)
    assert tuple(first) == COLUMNS
    assert first == {
        **{"source": "stars.pdf", "status": "ok", "reason": "", "title": "Stars", "language": "fr", "pages": "2"},
        **{"rank": "1", "level": "topic", "id": "t1", "uri": "u:t1", "label": "Étoiles", "score": "0.6250"},
        **{"sure": "", "path": "Matter, energy", "classifier": "toy classifier"},
    }
    assert (second["rank"], second["label"], second["path"]) == ("2", 'Cells "in vivo"', "Life")
    assert (declined["status"], declined["rank"], declined["id"]) == ("declined", "", "")
    assert declined["classifier"] == "toy classifier"
    assert (damaged["status"], damaged["reason"], damaged["pages"]) == ("damaged", "It is broken.", "0")
    assert damaged["classifier"] == ""


@pytest.mark.parametrize(
    ("rule", "ids", "sure"),
    [(RULE, ["d1", "t1"], ["yes", ""]), (replace(RULE, only_sure=True), ["d1"], ["yes"])],
)
def test_what_is_sure_comes_first_and_is_marked(rule: Rule, ids: list[str], sure: list[str]) -> None:
    stated = replace(OK, predictions=(replace(PREDICTION, sure={"domain": 0.7, "topic": 0.65}),))
    rows, (line,) = csv_rows(stated, rule=rule), jsonl_lines(stated, rule=rule)
    assert [(row["id"], row["sure"]) for row in rows] == list(zip(ids, sure, strict=True))
    assert [row["rank"] for row in rows] == ["1", "2"][: len(ids)]
    assert [(each["id"], each["sure"]) for each in line["results"]] == [
        (of, mark == "yes") for of, mark in zip(ids, sure, strict=True)
    ]
    assert all(step["sure"] for each in line["results"] for step in each["path"])


def test_document_of_which_nothing_is_sure_keeps_its_row() -> None:
    (row,) = csv_rows(OK, rule=replace(RULE, only_sure=True))
    assert (row["source"], row["status"], row["id"]) == ("stars.pdf", "ok", "")


def test_csv_without_results_names_its_columns() -> None:
    stream = io.StringIO(newline="")
    FORMATS["csv"](stream, RULE)
    assert stream.getvalue() == ",".join(COLUMNS) + "\r\n"


def test_csv_paths_begin_with_the_broadest() -> None:
    deep = Vocabulary(
        "deep",
        [
            ("a", [Label("1", "u", "Broad", "a")]),
            ("b", [Label("2", "u", "Middle", "b", 0)]),
            ("c", [Label("3", "u", "Narrow", "c", 0)]),
        ],
    )
    stream = io.StringIO(newline="")
    scores = np.ones(1, np.float32)
    FORMATS["csv"](stream, Rule("c")).add(replace(OK, predictions=(Prediction("deep", deep, scores),)))
    (row,) = csv.DictReader(io.StringIO(stream.getvalue(), newline=""))
    assert (row["label"], row["path"]) == ("Narrow", "Broad > Middle")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30 123", "'+49 30 123"),
        ("-2 degrees", "'-2 degrees"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1+1", "'\t=1+1"),
        ("\r=1+1", "'\r=1+1"),
        ("1+1=2", "1+1=2"),
        ("Stars - a history", "Stars - a history"),
        ("'=1+1", "'=1+1"),
        ("", ""),
    ],
)
def test_formulas_are_made_harmless(text: str, expected: str) -> None:
    assert harmless(text) == expected
    odd = Result(text, "ok", text, replace(DOCUMENT, title=text), (PREDICTION,))
    for row in csv_rows(odd):
        assert (row["source"], row["reason"], row["title"]) == (expected, expected, expected)
    assert jsonl_lines(odd)[0]["title"] == text, "programs get what stands there"


@pytest.mark.parametrize("format_name", FORMATS)
def test_file_is_written(format_name: str, tmp_path: Path) -> None:
    path = tmp_path / f"subjects.{format_name}"
    write([OK, DAMAGED], RULE, path, format_name)
    assert list(tmp_path.iterdir()) == [path]
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbfsource,") is (format_name == "csv")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        text = stream.read()
    if format_name == "csv":
        assert [row["label"] for row in csv.DictReader(io.StringIO(text, newline=""))][:1] == ["Étoiles"]
        assert text.count("\r\n") == text.count("\n") == 4
    else:
        assert json.loads(text.split("\n")[0])["results"][0]["label"] == "Étoiles"
        assert "\r" not in text


@pytest.mark.skipif(os.name == "nt", reason="rights of POSIX")
@pytest.mark.parametrize("there_before", [False, True])
def test_file_has_the_rights_of_any_new_file(there_before: bool, tmp_path: Path) -> None:
    path, other = tmp_path / "subjects.csv", tmp_path / "other"
    other.touch()
    if there_before:
        path.touch()
    write([OK], RULE, path, "csv")
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(other.stat().st_mode)


class Broke(Exception):
    """What the results raise midway."""


def broken() -> Iterator[Result]:
    yield OK
    yield OK
    raise Broke


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("old", [b"what stood there before", None], ids=["replacing", "new"])
def test_failing_midway_leaves_what_was_there(old: bytes | None, format_name: str, tmp_path: Path) -> None:
    path = tmp_path / f"subjects.{format_name}"
    if old is not None:
        path.write_bytes(old)
    with pytest.raises(Broke):
        write(broken(), RULE, path, format_name)
    assert list(tmp_path.iterdir()) == ([path] if old is not None else [])
    if old is not None:
        assert path.read_bytes() == old


def test_old_file_stands_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "subjects.jsonl"
    path.write_bytes(b"old")
    seen: list[bytes] = []

    def results() -> Iterator[Result]:
        for _ in range(3):
            yield OK
            seen.append(path.read_bytes())

    write(results(), RULE, path, "jsonl")
    assert seen == [b"old"] * 3
    assert path.read_bytes().count(b"\n") == 3


def test_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        write([OK], RULE, tmp_path / "nowhere" / "subjects.csv", "csv")
    folder = tmp_path / "folder.csv"
    folder.mkdir()
    (folder / "kept").touch()
    with pytest.raises(OSError, match=r"folder\.csv"):
        write([OK], RULE, folder, "csv")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["folder.csv", "kept"]


@pytest.mark.parametrize("format_name", FORMATS)
def test_source_that_is_no_text_is_written(format_name: str, tmp_path: Path) -> None:
    """On Linux a file may have any bytes for a name; Python hands those over as lone surrogates."""
    path = tmp_path / "subjects"
    with open_output(path, format_name) as stream:
        FORMATS[format_name](stream, RULE).add(replace(OK, source="caf\udce9.pdf"))
    text = path.read_text(encoding="utf-8-sig")
    if format_name == "jsonl":
        assert json.loads(text)["source"] == "caf\udce9.pdf"
    else:
        assert "caf\\udce9.pdf" in text
