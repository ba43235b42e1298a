"""Labelled texts and a classifier's answers, joined to figures, tables and cards."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from tests.models.toys import small_vocabulary

from classmark.core.cards import Section, write_card
from classmark.core.curves import Panel, picture
from classmark.core.documents import Document
from classmark.core.evaluation import Evaluation, LabelFinder, Report
from classmark.core.figure_table import asserted_of, table_of
from classmark.core.labelled import BadRow, LabelledText
from classmark.core.out_of_scope import OutOfScope
from classmark.core.rows import count_rows
from classmark_models.classifier import Prediction, Stop
from classmark_models.labels import Label, Scores, Vocabulary

VOCABULARY = small_vocabulary()


class Scripted:
    """A classifier whose answers are known; titles that it does not know it declines, with nothing to show."""

    name, title, scope = "scripted", "A | scripted *one*", "Nothing <at> all."

    def __init__(self, answers: Mapping[str, list[float]], vocabulary: Vocabulary = VOCABULARY) -> None:
        self.vocabulary, self._answers = vocabulary, answers

    def predict(
        self, title: str, abstract: str, body: str, should_stop: Stop = lambda: False, language: str = ""
    ) -> Prediction:
        count = len(self.vocabulary.labels(self.vocabulary.deepest))
        scores = np.array(self._answers.get(title.rstrip("?"), [0] * count), np.float32)
        return Prediction(self.name, self.vocabulary, scores, declined="" if title in self._answers else "Unknown.")

    def window_scores(self, prediction: Prediction) -> Scores:
        raise NotImplementedError

    def close(self) -> None:
        pass


# Topics t0, t4, t5 belong to field f2, t1 and t2 to f0, t3 to f1; f1 and f2 to domain d1.
ANSWERS = {"sure": [0.0, 0.9, 0.1, 0.0, 0.0, 0.0], "torn": [0.3, 0.0, 0.0, 0.4, 0.3, 0.0]}


def asserted(*rows: LabelledText, sure: Mapping[str, float]) -> Report:
    class Sure(Scripted):
        def predict(self, *parts: Any, **more: Any) -> Prediction:
            return replace(super().predict(*parts, **more), sure=sure)

    evaluation = Evaluation([Sure(ANSWERS)])
    assert list(count_rows(rows, evaluation)) == [*range(1, len(rows) + 1)]
    return evaluation.reports()[0]


def row(title: str, *labels: str, language: str = "en", line: int = 2) -> LabelledText:
    return LabelledText(line, Document("line", "text", title, language=language), labels)


def evaluated(*rows: LabelledText | BadRow, level: str = "") -> Evaluation:
    evaluation = Evaluation([Scripted(ANSWERS)], level)
    assert list(count_rows(rows, evaluation)) == [*range(1, len(rows) + 1)]
    return evaluation


@pytest.mark.parametrize(
    ("text", "level", "found"),
    [
        ("t1", "", [("topic", 1)]),
        ("T1", "", [("topic", 1)]),
        ("https://example.org/f2", "", [("field", 2)]),
        ("name of D1", "", [("domain", 1)]),
        ("immunology", "", [("topic", 1), ("topic", 4)]),
        ("t1", "field", [("topic", 1)]),
        ("d1", "field", []),
        ("unheard of", "", []),
        ("", "", []),
    ],
)
def test_labels_are_found(text: str, level: str, found: list[tuple[str, int]]) -> None:
    assert list(LabelFinder(VOCABULARY, level).find(text)) == found


def test_a_name_of_several_levels_means_the_one_that_was_given() -> None:
    tens = Vocabulary(
        "tens", [("tens", [Label("500", "", "Sc", "tens")]), ("ones", [Label("500", "", "Sc", "ones", 0)])]
    )
    assert LabelFinder(tens).find("500") == (("tens", 0),)
    assert LabelFinder(tens, "ones").find("500") == (("ones", 0),)
    evaluations = Evaluation([Scripted({"sure": [1.0]}, tens)]), Evaluation([Scripted({"sure": [1.0]}, tens)], "ones")
    for evaluation, vague in zip(evaluations, (1, 0), strict=True):
        list(count_rows([row("sure", "500")], evaluation))
        assert evaluation.reports()[0].vague == vague


def test_broader_labels_are_right_too() -> None:
    finder = LabelFinder(VOCABULARY)
    assert finder.accepted(["t0"])[0] == {"domain": {1}, "field": {2}, "topic": {0}}
    accepted, unknown = finder.accepted(["t0", "f0", "odd"])
    assert accepted == {"domain": {0, 1}, "field": {0, 2}}, "no deeper than all of them reach"
    assert unknown == ("odd",)
    assert LabelFinder(VOCABULARY, "field").accepted(["t0"])[0] == {"domain": {1}, "field": {2}}
    assert LabelFinder(VOCABULARY, "field").accepted(["d0"]) == ({}, ("d0",))


def test_figures_are_those_of_the_rows() -> None:
    rows = [
        row("sure", "t1"),
        row("sure", "t3"),
        row("torn", "t0", "t4", language="de"),
        row("torn?", "t3"),
        row("?", "t1"),
    ]
    (report,) = evaluated(*rows).reports()
    assert (report.rows, report.unmatched, report.declined.value) == (5, 0, 0.4)
    assert list(report.levels) == ["domain", "field", "topic"]
    topic, field = report.levels["topic"], report.levels["field"]
    assert (topic.top1.value, topic.top5.value) == (2 / 5, 3 / 5), "the declined count by what their scores say"
    assert field.top1.value == 2 / 5
    assert field.languages["de"][0].value == 1, "0.6 of f2 where topic t3 is the best"
    assert topic.macro.value == pytest.approx((1 / 2 + 1 / 2 + 0 + 0) / 4)
    assert topic.languages["en"][0].value == 2 / 4
    assert topic.languages["de"][0].value == 0
    assert (topic.answered_right.value, topic.answered_right.count) == (1 / 3, 3)
    assert (topic.declined_right.value, topic.declined_right.count) == (1 / 2, 2)
    assert topic.labels_a_row == 6 / 5
    assert topic.lists["P@1"].value == 2 / 5
    assert topic.lists["P@5"].value == pytest.approx((1 / 2 + 0 + 2 / 3 + 1 / 3 + 0) / 5)
    assert topic.lists["R@5"].value == 3 / 5
    # Answered: 0.9 right, 0.9 wrong, 0.4 wrong.
    assert topic.calibration_error == pytest.approx((2 * 0.4 + 1 * 0.4) / 3)
    assert topic.threshold is None
    assert field.threshold is None, "one of two answers of probability 1 is wrong"


def test_the_threshold_is_of_what_is_not_declined() -> None:
    (report,) = evaluated(row("sure", "t1"), row("sure", "t2"), row("torn", "f2"), row("torn?", "f2")).reports()
    threshold = report.levels["field"].threshold
    assert threshold is not None
    assert threshold.coverage == pytest.approx(3 / 4), "the declined row would have been right"
    assert threshold.probability == pytest.approx(0.6)
    assert threshold.right.value == 1


def test_what_is_asserted_is_judged_at_the_deepest_level_that_is_sure() -> None:
    """Torn: topics 0.3, 0.4 and 0.3, fields 0.4 and 0.6; sure: 0.9."""
    rows = [row("sure", "t1"), row("sure", "t2"), row("torn", "t0"), row("torn", "f1"), row("torn?", "t0")]
    report = asserted(*rows, sure={"domain": 0.95, "field": 0.6, "topic": 0.5})
    figures = report.asserted
    assert figures is not None
    assert (figures.coverage.value, figures.right.value) == (4 / 5, 2 / 4), "the declined row is asserted nothing"
    assert {name: (at.coverage.value, at.right.value) for name, at in figures.levels.items()} == {
        "domain": (0, 0),
        "field": (2 / 5, 1 / 2),
        "topic": (2 / 5, 1 / 2),
    }
    stated = report.levels["field"].stated
    assert stated is not None
    assert (stated.probability, stated.coverage.value, stated.right.value) == (0.6, 4 / 5, 3 / 4)
    table = {cells[0]: cells[1:] for cells in table_of(report)}
    assert table["stated to be sure from"] == ["0.950", "0.600", "0.500"]
    assert table["asserted here, since no deeper level is sure"][1].startswith("40.0%")
    assert asserted_of(report).endswith("50.0% (15.0–85.0) right, for 80.0% (37.6–96.4) of the rows")


def test_subject_deeper_than_the_labels_is_judged_by_the_one_above() -> None:
    figures = asserted(row("sure", "f0"), row("sure", "d1"), sure={"topic": 0.9}).asserted
    assert figures is not None
    assert {name: at.right.value for name, at in figures.levels.items()} == {"topic": 1 / 2}


def test_classifier_that_states_nothing_asserts_nothing() -> None:
    report = asserted(row("sure", "t1"), sure={})
    assert report.asserted is None
    assert asserted_of(report) == ""
    assert report.levels["topic"].stated is None
    assert not [cells for cells in table_of(report) if "stated" in cells[0]]


def test_rows_that_cannot_count_are_told() -> None:
    evaluation = evaluated(
        row("sure", "t1"), row("sure", "odd"), row("sure", line=9), row("", "t1", line=10), BadRow(11, "x")
    )
    assert (evaluation.rows.used, evaluation.rows.bad) == (2, 3)
    assert [bad.line for bad in evaluation.rows.first_bad] == [9, 10, 11]
    (report,) = evaluation.reports()
    assert (report.rows, report.unmatched, report.unknown_labels) == (1, 1, ("odd",))


def test_no_level_deeper_than_was_asked_for() -> None:
    (report,) = evaluated(row("sure", "t1"), level="field").reports()
    assert list(report.levels) == ["domain", "field"]


def test_out_of_scope_texts_should_be_declined() -> None:
    work = OutOfScope([Scripted(ANSWERS)])
    list(count_rows([row("sure", "recipe"), row("soup", "recipe"), row("", "blank"), BadRow(5, "x")], work))
    (report,) = work.reports()
    assert (report.declined.value, report.declined.count) == (2 / 3, 3)
    assert {kind: figure.value for kind, figure in report.kinds.items()} == {"recipe": 0.5, "blank": 1.0}
    assert report.answered == ("line",)
    assert (work.rows.used, work.rows.bad) == (3, 1)


def test_the_table_has_a_column_for_each_level() -> None:
    (report,) = evaluated(row("sure", "t1"), row("torn", "f2")).reports()
    table = table_of(report)
    assert table[0] == ["", "domain", "field", "topic"]
    assert {len(cells) for cells in table} == {4}
    assert next(cells for cells in table if cells[0] == "rows") == ["rows", "2", "2", "1"]
    assert next(cells for cells in table if cells[0] == "best is right")[3] == "100.0% (20.7–100.0)"


def test_a_card_names_pictures_that_are_there(tmp_path: Path) -> None:
    rows = [row("sure", "t1"), row("torn", "f2", language="de"), row("torn?", "f0")]
    (report,) = evaluated(*rows).reports()
    (nothing,) = evaluated(row("sure", "odd")).reports()
    sections = [Section("a_[b].csv", "Of *two*.", report, "first"), Section("none", "", nothing, "second")]
    card = write_card(tmp_path / "cards", sections)
    text = card.read_text(encoding="utf-8")
    assert card.name == "scripted.md"
    assert "# A \\| scripted \\*one\\*" in text
    assert "## a\\_\\[b\\].csv" in text
    assert "No row named a subject" in text
    pictures = re.findall(r"!\[[^\n]*\]\((\S+)\)", text)
    assert pictures == ["scripted-first-reliability.svg", "scripted-first-risk.svg"]
    for name in pictures:
        ElementTree.parse(card.parent / name)
    before = {file.name: file.read_bytes() for file in card.parent.iterdir()}
    write_card(tmp_path / "cards", sections)
    assert before == {file.name: file.read_bytes() for file in card.parent.iterdir()}, (
        "the same figures, the same bytes"
    )


def test_pictures_show_points_where_they_belong() -> None:
    panel = Panel("<level>", [(0, 0), (0.5, 0.25), (1, 0.9)], [(0, 0.1), (1, 0.1)], top=0.5)
    root = ElementTree.fromstring(picture([panel, panel], "across & out", "up", "What is shown"))
    svg = "{http://www.w3.org/2000/svg}"
    (first, _) = root.findall(f"{svg}g")
    curve = next(line for line in first.findall(f"{svg}polyline") if line.get("class") == "curve")
    assert curve.get("points") == "0.0,200.0 100.0,100.0 200.0,0.0", "what is higher than the frame stays in it"
    texts = [each.text for each in first.iter(f"{svg}text")]
    assert {"<level>", "across & out", "up", "0.5", "1"} <= set(texts)
    assert "prefers-color-scheme:dark" in (root.findtext(f"{svg}style") or "")


def test_reports_can_be_written_as_plain_values() -> None:
    (report,) = evaluated(row("sure", "t1")).reports()
    assert asdict(report)["levels"]["topic"]["top1"]["value"] == 1
