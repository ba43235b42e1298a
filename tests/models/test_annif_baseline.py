from __future__ import annotations

import csv
from pathlib import Path

import pytest

from recipes.annif_baseline import LEAST_USES, report, write_corpus, write_vocabulary
from recipes.corpora import Part, Record, part


def records(wanted: Part, count: int, heading: str, summary: str = "") -> list[Record]:
    ids = (name for name in map(str, range(10_000)) if part(name) == wanted)
    return [
        Record(next(ids), "eng", "On cats. A guide", "", summary, "", "", "", (heading, "Rare")) for _ in range(count)
    ]


@pytest.mark.parametrize(
    ("of", "count", "lines"),
    [
        ("training", LEAST_USES, "<urn:heading:0>\tCats\n<urn:heading:1>\tRare\n"),
        ("training", LEAST_USES - 1, ""),
        ("test", LEAST_USES, ""),
    ],
)
def test_the_vocabulary_is_what_training_rows_use_often(tmp_path: Path, of: Part, count: int, lines: str) -> None:
    write_vocabulary(tmp_path / "lcsh.tsv", records(of, count, "Cats"))
    assert (tmp_path / "lcsh.tsv").read_text(encoding="utf-8") == lines


@pytest.mark.parametrize(
    ("summary", "text"), [("", "On cats. A guide"), ("All, of them", "On cats. A guide\nAll, of them")]
)
def test_a_corpus_has_text_and_known_headings(tmp_path: Path, summary: str, text: str) -> None:
    rows = records("training", 1, "Cats", summary)
    assert write_corpus(tmp_path / "rows.csv", rows, {"Cats": "urn:heading:7"}) == {rows[0].id: {"urn:heading:7"}}
    with (tmp_path / "rows.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == [
            {"document_id": rows[0].id, "text": text, "subject_uris": "urn:heading:7"}
        ]


def test_figures_are_of_ranked_answers() -> None:
    found = report("title", "Annif", [["a", "b", "c", "d", "e"], ["b"]], [{"a"}, {"a", "c"}])
    assert {one.measure: (round(one.value, 3), round(one.low, 3), round(one.high, 3)) for one in found} == {
        "F1@5": (0.167, 0.0, 0.333),
        "nDCG@5": (0.5, 0.0, 1.0),
        "nDCG@10": (0.5, 0.0, 1.0),
        "P@1": (0.5, 0.0, 1.0),
    }
