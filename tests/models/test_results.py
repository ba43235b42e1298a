"""Figures that recipes keep, and the tables that are made of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from classmark_models.metrics import Figure
from recipes.results import OURS, Result, by_language, languages_table, read, table, write


def figure(by: str, value: float, language: str = "", measure: str = "accuracy") -> Result:
    return Result.of("LCC letter", "title", by, measure, Figure(value, value - 0.1, value + 0.1, 60), language)


def test_results_are_kept(tmp_path: Path) -> None:
    sure = Result.accuracy("LCC letter", "title", np.arange(60) > 5, np.linspace(0.4, 1, 60))
    write(tmp_path / "new" / "test.json", [sure, figure("SVM", 0.5)])
    assert read(tmp_path / "new" / "test.json") == [sure, figure("SVM", 0.5)]
    assert (sure.rows, sure.by) == (60, OURS)
    assert sure.mark == pytest.approx(0.4)


def test_ours_stands_beside_the_best_of_the_others() -> None:
    lines = list(table([figure("SVM", 0.5), figure(OURS, 0.7), figure("Annif", 0.6), figure("SVM", 0.4, "en")]))
    assert lines[2:] == [
        "| LCC letter | title | accuracy | 0.700 | 0.600–0.800 | 60 |  |  |  | 0.600 | 0.500–0.700 | Annif |"
    ]


def test_what_only_others_answer_is_told() -> None:
    assert list(table([figure("SVM", 0.5)]))[2].count("0.500") == 1


def test_languages_stand_side_by_side() -> None:
    lines = list(languages_table([figure(OURS, 0.7, "en"), figure("SVM", 0.5, "en"), figure("SVM", 0.4, "fi")]))
    assert lines[0] == "| by language | en | fi |"
    assert lines[2] == "| LCC letter, title | 0.700 (0.500) | (0.400) |"
    assert list(languages_table([figure(OURS, 0.7)])) == []


def test_languages_with_few_rows_are_no_figure() -> None:
    languages = np.array(["en"] * 60 + ["fi"] * 50 + ["ko"] * 49)
    found = list(by_language("LCC letter", "title", OURS, languages, np.arange(159) < 60))
    assert [(one.language, one.measure, one.value, one.rows) for one in found] == [
        ("en", "accuracy", 1.0, 60),
        ("fi", "accuracy", 0.0, 50),
        ("", "mean of languages", 0.5, 2),
    ]
