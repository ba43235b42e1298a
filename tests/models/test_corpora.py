from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from recipes.corpora import part as part_of
from recipes.corpora import places, read_records

COLUMNS = ("lccn", "lang", "title", "subtitle", "title_880", "lcc", "ddc", "subjects_lcsh", "summary_520")


def written(folder: Path, **fields: str) -> Path:
    with gzip.open(folder / "loc_books.csv.gz", "wt", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, COLUMNS)
        rows.writeheader()
        rows.writerow(dict.fromkeys(COLUMNS, "") | fields)
    return folder


@pytest.mark.parametrize(
    ("marked", "meant"),
    [
        ("QA76.73.J38", ("QA", "76.73")),
        ("RX671", ("RX", "671")),
        (" kjv 444.B3", ("KJV", "444")),
        ("Bl1175.S7", ("BL", "1175")),
        *(
            (text, ("", ""))
            for text in ("MLCS 2009/40525 (B)", "MLC 2004/00112", "Microfiche 96/58899", "CPB Box no. 3")
        ),
        *((text, ("", "")) for text in ("Unclassified 15", "IN PROCESS", "LAW", "X10", "T", "")),
    ],
)
def test_only_classes_of_the_outline_count(tmp_path: Path, marked: str, meant: tuple[str, str]) -> None:
    record = read_records(written(tmp_path, lcc=marked))[0]
    assert (record.lcc, record.number) == meant


@pytest.mark.parametrize(
    ("marked", "meant"),
    [("510/.7", "510"), ("[005.1]", "005"), ("", ""), ("5101", ""), ("[Fic]", ""), ("943 s", "943")],
)
def test_dewey_is_three_digits(tmp_path: Path, marked: str, meant: str) -> None:
    assert read_records(written(tmp_path, ddc=marked))[0].dewey == meant


def test_headings_stand_once_and_without_subdivisions(tmp_path: Path) -> None:
    subjects = "Botany, Medical | Homeopathy--Materia medica. | Homeopathy | "
    assert read_records(written(tmp_path, subjects_lcsh=subjects))[0].headings == ("Botany, Medical", "Homeopathy")


def test_a_record_has_the_texts_that_it_has(tmp_path: Path) -> None:
    records = read_records(written(tmp_path, title="Seas ", subtitle="a history", summary_520="Of water."))
    assert [records[0].text(kind) for kind in ("a", "o", "s")] == ["Seas. a history", "", "Seas. a history\nOf water."]
    assert [places(records, kind) for kind in ("a", "o", "s")] == [[0], [], [0]]


@pytest.mark.parametrize(("identifier", "part"), [("00000002", "training"), ("51", "development"), ("9", "test")])
def test_parts_are_fixed(identifier: str, part: str) -> None:
    assert part_of(identifier) == part
