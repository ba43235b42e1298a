"""Several classifiers for one batch: chosen, answering side by side, exchanged, and undone."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot
from tests.gui.conftest import OpenWindow
from tests.gui.fakes import FakeEngine

from classmark.gui.rows import Facet, State
from classmark.gui.rule_bar import RuleBar, merge_levels
from classmark.gui.window import Window
from classmark_models.decide import Rule


def _rest(qtbot: QtBot, window: Window) -> None:
    qtbot.waitUntil(lambda: window.is_at_rest and bool(window.review.results.rows))
    qtbot.wait(20)


@pytest.mark.parametrize(
    ("kinds", "merged"),
    [
        ([], ()),
        ([("domain", "topic")], ("domain", "topic")),
        ([("domain", "topic"), ("kind", "group")], ("domain", "topic", "kind", "group")),
        ([("domain", "topic"), ("domain", "field", "topic")], ("domain", "field", "topic")),
        ([("topic",), ("domain", "topic")], ("topic", "domain")),
    ],
)
def test_levels_of_several_vocabularies(kinds: list[tuple[str, ...]], merged: tuple[str, ...]) -> None:
    assert merge_levels(kinds) == merged


def test_the_rule_keeps_its_level_while_no_model_has_it(qtbot: QtBot) -> None:
    bar = RuleBar(("domain", "field"), Rule(level="field"))
    qtbot.addWidget(bar)
    bar.show_levels(("kind", "group"), "group")
    assert bar.level.currentText() == "Group"
    assert bar.rule.level == "field"
    bar.show_levels(("domain", "field"), "field")
    assert bar.level.currentText() == "Field"
    bar.level.setCurrentIndex(0)
    assert bar.rule.level == "domain"


def test_answers_stand_side_by_side(qtbot: QtBot, window: Window, papers: Path) -> None:
    window.use_models(("toy", "groups"))
    window.add_paths([papers / "coral.txt"])
    _rest(qtbot, window)
    assert window.rule_bar.levels == ("domain", "field", "subfield", "topic", "kind", "group")
    [row] = window.review.results.rows
    assert row.answered_by == ("toy", "groups")
    tree = window.subjects.tree.model()
    assert [tree.index(place, 0).data() for place in range(tree.rowCount())] == ["toy classifier", "Toy groups"]
    window.commands["copy_all"].trigger()
    copied = QGuiApplication.clipboard().text().splitlines()
    assert copied[0].startswith("Ocean")
    assert "sci.ocean" in copied
    qtbot.waitUntil(lambda: bool(window.document.strip.pieces))
    before = window.document.strip.pieces
    window.subjects.tree.setCurrentIndex(tree.index(0, 0, tree.index(0, 0, tree.index(1, 0))))
    qtbot.waitUntil(lambda: bool(window.document.strip.pieces) and window.document.strip.pieces != before)
    assert window.subjects.current is not None
    assert window.subjects.current.label.name == "sci.ocean"


def test_a_model_that_cannot_be_opened_leaves_the_others_working(qtbot: QtBot, window: Window, papers: Path) -> None:
    window.use_models(("toy", "gone"))
    window.add_paths([papers / "coral.txt"])
    _rest(qtbot, window)
    assert window.review.results.rows[0].answered_by == ("toy",)
    assert not window.review.outdated


def test_the_choice_may_change_faster_than_models_open(qtbot: QtBot, window: Window, papers: Path) -> None:
    for names in (("groups",), ("toy", "groups"), ("toy",), ("groups", "toy")):
        window.use_models(names)
    qtbot.waitUntil(lambda: window.rule_bar.levels[0] == "kind")
    window.add_paths([papers / "coral.txt"])
    _rest(qtbot, window)
    assert window.review.results.rows[0].answered_by == ("groups", "toy")


def test_answers_are_exchanged_and_undone_without_reading_again(
    qtbot: QtBot, window: Window, engine: FakeEngine, papers: Path
) -> None:
    window.add_paths([papers])
    _rest(qtbot, window)
    for path in papers.rglob("*.txt"):
        path.unlink()
    ready = [row for row in window.review.results.rows if row.state is State.READY]
    former = [row.result for row in ready]
    window.use_models(("groups",))
    qtbot.waitUntil(lambda: len(window.review.outdated) == 3)
    window.review.classify_again(window.review.outdated)
    _rest(qtbot, window)
    assert {row.answered_by for row in ready} == {("groups",)}
    assert not window.review.outdated
    asked = engine.predictions
    window.commands["undo"].trigger()
    assert [row.result for row in ready] == former
    window.commands["redo"].trigger()
    assert {row.answered_by for row in ready} == {("groups",)}
    assert engine.predictions == asked


def test_exchanging_can_be_cancelled_and_paused(qtbot: QtBot, open_window: OpenWindow, tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"{number:02}.txt").write_text(f"Paper {number}\nocean coral seawater fish", encoding="utf-8")
    engine = FakeEngine()
    window = open_window(engine)
    window.add_paths(sorted(tmp_path.glob("*.txt")))
    _rest(qtbot, window)
    results = window.review.results
    engine.seconds = 0.02
    window.use_models(("toy", "groups"))
    qtbot.waitUntil(lambda: len(window.review.outdated) == 30)
    window.review.classify_again(window.review.outdated)
    qtbot.waitUntil(lambda: sum(len(row.answered_by) == 2 for row in results.rows) >= 2)
    assert window.progress.isVisible()
    window.review.pause()
    qtbot.waitUntil(lambda: window.is_at_rest)
    assert results.counts()[Facet.OPEN] > 0
    window.review.resume()
    qtbot.waitUntil(lambda: sum(len(row.answered_by) == 2 for row in results.rows) >= 5)
    window.review.cancel()
    qtbot.waitUntil(lambda: window.is_at_rest)
    assert results.counts()[Facet.READY] == 30
    assert 5 <= sum(len(row.answered_by) == 2 for row in results.rows) < 30


def test_new_documents_go_to_the_new_choice_while_a_batch_runs(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path
) -> None:
    for number in range(20):
        (tmp_path / f"{number:02}.txt").write_text(f"Paper {number}\nocean coral seawater fish", encoding="utf-8")
    window = open_window(FakeEngine(seconds=0.02))
    window.add_paths(sorted(tmp_path.glob("*.txt")))
    results = window.review.results
    qtbot.waitUntil(lambda: results.counts()[Facet.READY] >= 3)
    window.use_models(("groups",))
    qtbot.waitUntil(lambda: results.counts()[Facet.READY] == 20)
    kinds = [row.answered_by for row in results.rows]
    assert kinds[0] == ("toy",)
    assert kinds[-1] == ("groups",)
    assert kinds == sorted(kinds, reverse=True)
