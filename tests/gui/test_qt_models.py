"""The two Qt models, with Qt's own tester and by what they say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, Qt
from pytestqt.qtbot import QtBot
from tests.gui.fakes import FakeClassifier, FakeEngine, groups

from classmark.core.documents import Document, Result
from classmark.gui.fill_dialog import CandidatesModel
from classmark.gui.results_model import Column, ResultsModel, language_name
from classmark.gui.rows import Byline, Facet, Opinion, Row, State
from classmark.gui.subjects_model import NODE, SubjectsModel
from classmark_models.decide import Rule
from classmark_models.published.fill_mask import Candidate

PATHS = [Path(f"/papers/{name}.txt") for name in ("a", "b", "c", "d")]
TEXTS = ("coral ocean seawater", "Zunft Stadt", "reading lecture lire", "catalog librar")


def _result(path: Path, title: str, text: str) -> Result:
    document = Document(str(path), "text", title, text, text, language="en")
    return FakeEngine().classify_document(document, lambda: False)


@pytest.fixture
def results(qtbot: QtBot) -> ResultsModel:
    made = ResultsModel()
    made.add(PATHS)
    made.take([_result(path, f"Title {n}", text * 3) for n, (path, text) in enumerate(zip(PATHS, TEXTS, strict=True))])
    return made


def _texts(results: ResultsModel, column: Column) -> list[str]:
    return [str(results.index(place, column).data()) for place in range(results.rowCount())]


def test_results_satisfy_qt(results: ResultsModel, qtmodeltester: Any) -> None:
    qtmodeltester.check(results)
    results.sort(Column.DOCUMENT, Qt.SortOrder.DescendingOrder)
    results.narrow(Facet.ALL, "title")
    results.remove(results.rows[1:3])
    results.add([Path("/papers/new.txt")])
    results.narrow(Facet.OPEN, "")
    qtmodeltester.check(results)


def test_a_file_is_listed_once(results: ResultsModel) -> None:
    assert results.add([PATHS[0], Path("/papers/e.txt"), Path("/papers/e.txt")]) == [results.rows[-1]]
    assert len(results.rows) == 5


def test_sorting_and_back_to_the_order_of_arrival(results: ResultsModel) -> None:
    results.sort(Column.DOCUMENT, Qt.SortOrder.DescendingOrder)
    assert _texts(results, Column.DOCUMENT) == ["Title 3", "Title 2", "Title 1", "Title 0"]
    results.sort(-1)
    assert _texts(results, Column.DOCUMENT) == ["Title 0", "Title 1", "Title 2", "Title 3"]


@pytest.mark.parametrize(
    ("facet", "search", "count"),
    [
        (Facet.ALL, "", 4),
        (Facet.READY, "", 4),
        (Facet.FAILED, "", 0),
        (Facet.ALL, "title 2", 1),
        (Facet.ALL, "HISTORY", 1),
        (Facet.ALL, "b.txt title", 1),
        (Facet.ALL, "nothing", 0),
    ],
)
def test_narrowing(qtbot: QtBot, results: ResultsModel, facet: Facet, search: str, count: int) -> None:
    qtbot.wait(20)  # subjects are searched once they are decided
    results.narrow(facet, search)
    assert results.rowCount() == count


def test_removed_rows_come_back_to_their_places(results: ResultsModel) -> None:
    before = list(results.rows)
    placed = results.remove([before[0], before[2]])
    assert [row.source for row in results.rows] == [str(PATHS[1]), str(PATHS[3])]
    results.insert(placed)
    assert list(results.rows) == before
    assert list(results.shown) == before


def test_all_rows_follow_a_rule_without_being_looked_at(qtbot: QtBot, results: ResultsModel) -> None:
    rule = Rule(level="domain", top=1)
    results.set_rule(rule)
    qtbot.waitUntil(lambda: all(row.is_decided(rule) for row in results.rows))
    assert {row.subjects[0].label.level for row in results.rows} == {"domain"}


def test_a_broader_subject_stands_in_where_nothing_satisfies_the_rule(results: ResultsModel) -> None:
    row = results.rows[0]
    text = "coral fish " * 3
    results.restore(row, _result(PATHS[0], "", text))
    results.set_rule(Rule(threshold=0.8))
    index = results.index(0, Column.SUBJECT)
    assert index.data() == "Oceanography"
    assert row.is_fallback
    assert "No topic satisfies the rule" in index.data(Qt.ItemDataRole.ToolTipRole)


def test_an_answer_to_something_taken_back_is_passed_over(results: ResultsModel) -> None:
    row = results.rows[0]
    former = row.result
    assert former is not None
    assert former.document is not None
    corrected = Document(row.source, "text", "Corrected", "catalog")
    results.ask(row, corrected)
    assert row.state is State.WORKING
    assert row.title == "Corrected"
    assert not results.take([former])
    results.restore(row, former)
    assert not results.take([FakeEngine().classify_document(corrected, lambda: False)])
    assert row.result is former


def test_failures_say_what_and_why(results: ResultsModel) -> None:
    [row] = results.add([Path("/papers/locked.pdf")])
    results.take([Result(row.source, "encrypted", "It asks for a password.")])
    assert row.word == "Encrypted"
    assert row.icon == ("encrypted", "bad")
    assert results.index_of(row).siblingAtColumn(Column.SUBJECT).data() == "It asks for a password."
    assert row.can_be_retried
    assert not Row("Pasted text 1", None, State.FAILED).can_be_retried


@pytest.mark.parametrize(("code", "name"), [("de", "German"), ("zh", "Chinese"), ("", ""), ("xx", "")])
def test_language_names(code: str, name: str) -> None:
    assert language_name(code) == name


def test_subjects_satisfy_qt_and_stand_under_their_paths(qtbot: QtBot, qtmodeltester: Any) -> None:
    subjects = SubjectsModel()
    qtmodeltester.check(subjects)
    [opinion] = _opinions("coral coral fish zunft", Rule(top=3))
    proposed = opinion.subjects
    subjects.show([opinion], {})
    qtmodeltester.check(subjects)
    deepest = subjects.index_of(opinion, proposed[0])
    names = []
    index = deepest
    while index.isValid():
        names.append(index.data())
        index = index.parent()
    assert names[::-1] == [step.label.name for step in (*proposed[0].path, proposed[0])]
    assert deepest.data(NODE).proposed
    assert not deepest.parent().data(NODE).proposed
    assert "proposed topic" in deepest.data(Qt.ItemDataRole.AccessibleTextRole)
    assert subjects.rowCount(QModelIndex()) == 2


def test_answers_of_several_classifiers_stand_under_their_names(qtmodeltester: Any) -> None:
    opinions = _opinions("coral coral fish zunft", Rule(level="subfield", top=2), groups())
    subjects = SubjectsModel()
    subjects.show(opinions, {"toy": Byline("Toys", "Eight topics.", ())})
    qtmodeltester.check(subjects)
    tops = [subjects.index(place, 0) for place in range(subjects.rowCount())]
    assert [top.data() for top in tops] == ["Toys", "groups"]
    assert "Eight topics." in tops[0].data(Qt.ItemDataRole.AccessibleTextRole)
    for opinion, top, level in zip(opinions, tops, ("subfield", "group"), strict=True):
        index = subjects.index_of(opinion, opinion.subjects[0])
        assert opinion.subjects[0].label.level == level
        while index.parent().isValid():
            index = index.parent()
        assert index == top


def test_a_row_tells_the_best_of_each_classifier_and_who_declined(qtbot: QtBot) -> None:
    strict = groups()
    strict.declines_below = 1000
    engine = FakeEngine()
    results = ResultsModel()
    results.add(PATHS[:2])
    for path, classifiers in zip(PATHS, ([FakeClassifier(), groups()], [FakeClassifier(), strict]), strict=False):
        engine.classifiers = tuple(classifiers)
        document = Document(str(path), "text", "Coral", "coral ocean seawater", "coral ocean " * 9, language="en")
        results.take([engine.classify_document(document, lambda: False)])
    qtbot.waitUntil(lambda: results.lines == 2)
    both, one = results.rows
    assert results.index_of(both).siblingAtColumn(Column.SUBJECT).data() == (
        "Ocean Acidification Effects and Responses; sci.ocean"
    )
    assert one.state is State.READY
    tip = results.index_of(one).siblingAtColumn(Column.SUBJECT).data(Qt.ItemDataRole.ToolTipRole)
    assert "There is too little text to tell." in tip
    assert [opinion.best is None for opinion in one.opinions] == [False, True]


def test_what_is_sure_stands_first_with_all_above_it(qtmodeltester: Any) -> None:
    surely = {"field": 0.5, "topic": 0.9}
    [opinion] = _opinions("coral coral fish zunft", Rule(top=3), sure=surely)
    first, *rest = opinion.subjects
    assert (first.label.level, first.word, len(rest)) == ("field", "sure", 2)
    assert opinion.candidate == rest[0]
    subjects = SubjectsModel()
    subjects.show((opinion,), {})
    qtmodeltester.check(subjects)
    index = subjects.index_of(opinion, first)
    assert index.data(NODE).proposed
    assert index.parent().data(NODE).subject.is_sure
    assert not index.parent().data(NODE).proposed
    below = subjects.index_of(opinion, rest[0])
    assert not below.data(NODE).subject.is_sure
    assert "nine of ten" in index.data(Qt.ItemDataRole.ToolTipRole)
    assert "nine of ten" not in below.data(Qt.ItemDataRole.ToolTipRole)
    assert index.siblingAtColumn(1).data().startswith("sure ")


@pytest.mark.parametrize(
    ("sure", "silence"),
    [
        ({"topic": 0.99}, "Nothing is sure."),
        ({}, "Nothing is sure. This classifier does not state from where on it is."),
    ],
)
def test_silence_is_explained_where_nothing_is_sure(sure: dict[str, float], silence: str) -> None:
    row = Row("x")
    [opinion] = _opinions("coral coral fish zunft", Rule(only_sure=True), sure=sure, row=row)
    assert (opinion.best, opinion.fallback, opinion.silence, row.reason) == (None, None, silence, silence)
    assert row.result is not None
    row.result = replace(row.result, reason="Page 3 could not be read.")
    row.decide(Rule(only_sure=True))
    assert row.reason == silence, "a remark on the reading does not hide why there is nothing"
    [opinion] = row.decide(Rule())
    assert (opinion.silence, row.reason) == ("", "Page 3 could not be read.")


def _opinions(
    text: str, rule: Rule, *others: FakeClassifier, sure: dict[str, float] | None = None, row: Row | None = None
) -> tuple[Opinion, ...]:
    engine, row = FakeEngine(), row or Row("x")
    engine.classifiers = (FakeClassifier(), *others)
    engine.classifiers[0].sure = sure or {}
    row.take(engine.classify_document(Document("x", "", text, text), lambda: False))
    return row.decide(rule)


def test_words_that_fit_satisfy_qt(qtmodeltester: Any) -> None:
    words = CandidatesModel()
    qtmodeltester.check(words)
    words.show((Candidate("kinase", 0.75), Candidate(" ", 0.25)))
    qtmodeltester.check(words)
    assert words.rowCount() == 2
    assert words.index(0).data(Qt.ItemDataRole.AccessibleTextRole) == "kinase, 0.750"
