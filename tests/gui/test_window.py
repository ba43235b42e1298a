"""What a person does in the window, over the toy engine."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot
from tests.gui.conftest import OpenWindow
from tests.gui.fakes import FakeEngine

from classmark.gui.memory import Memory
from classmark.gui.paste_dialog import PasteDialog
from classmark.gui.rows import Facet, State
from classmark.gui.window import Window
from classmark_models.errors import ModelMissing


def _drop(window: Window, paths: Sequence[Path] = (), text: str = "") -> None:
    mime = QMimeData()
    if paths:
        mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    if text:
        mime.setText(text)
    place, copy = QPoint(400, 300), Qt.DropAction.CopyAction
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entering = QDragEnterEvent(place, copy, mime, left, none)
    window.dragEnterEvent(entering)
    assert entering.isAccepted()
    assert window.overlay.isVisible()
    window.dropEvent(QDropEvent(place.toPointF(), copy, mime, left, none))
    assert not window.overlay.isVisible()


def _rest(qtbot: QtBot, window: Window) -> None:
    qtbot.waitUntil(lambda: window.is_at_rest and bool(window.review.results.rows))
    qtbot.wait(20)


def _states(window: Window) -> dict[str, str]:
    return {row.name: row.word for row in window.review.results.rows}


def test_dropped_folder_is_counted_listed_and_classified(
    qtbot: QtBot, window: Window, papers: Path, memory: Memory
) -> None:
    counted: list[int] = []
    window.review.counting.connect(counted.append)
    _drop(window, [papers])
    _rest(qtbot, window)
    assert counted[-1] == 5
    assert _states(window) == {
        "coral.txt": "Ready",
        "guild.txt": "Ready",
        "reading.txt": "Ready",
        "picture.bin": "Unsupported",
        "void.txt": "Empty",
    }
    assert window.pages.currentWidget() is window.desk
    assert not window.progress.isVisible()
    assert memory.recent == [papers]
    assert window.list.current is window.review.results.rows[0]
    assert window.document.title.text() == "Coral growth"
    assert window.subjects.current is not None
    assert window.subjects.current.label.name.startswith("Ocean Acidification")


def test_pasted_text_becomes_a_row(qtbot: QtBot, window: Window) -> None:
    paste = window.welcome.paste
    assert not paste.button.isEnabled()
    QTest.keyClicks(paste.title, "Reading at school")
    paste.text.setPlainText("How children learn reading and lecture.")
    QTest.mouseClick(paste.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: _states(window) == {"Pasted text 1": "Ready"})
    assert window.list.current is not None
    assert window.list.current.title == "Reading at school"
    assert window.document.abstract.toPlainText() == "How children learn reading and lecture."


def test_text_dropped_on_the_list_opens_the_paste_box(qtbot: QtBot, window: Window, papers: Path) -> None:
    window.add_paths([papers / "coral.txt"])
    _rest(qtbot, window)
    _drop(window, text="The catalogue of a library, its subject headings and more")
    [dialog] = window.findChildren(PasteDialog)
    QTest.mouseClick(dialog.panel.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: _states(window).get("Pasted text 1") == "Ready")


def test_the_clipboard_may_hold_files(qtbot: QtBot, window: Window, papers: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(papers / "coral.txt"))])
    QGuiApplication.clipboard().setMimeData(mime)
    window.commands["paste"].trigger()
    _rest(qtbot, window)
    assert _states(window) == {"coral.txt": "Ready"}


def test_samples(qtbot: QtBot, window: Window) -> None:
    window.commands["samples"].trigger()
    _rest(qtbot, window)
    assert len(window.review.results.rows) >= 5
    assert set(_states(window).values()) == {"Ready"}


def test_a_file_dropped_twice_is_listed_once_and_said(qtbot: QtBot, window: Window, papers: Path) -> None:
    for _ in range(2):
        window.add_paths([papers / "coral.txt"])
        _rest(qtbot, window)
    assert len(window.review.results.rows) == 1
    assert "1 already in the list" in window.statusBar().currentMessage()


def test_rules_change_the_view_without_new_inference(
    qtbot: QtBot, window: Window, engine: FakeEngine, papers: Path
) -> None:
    window.add_paths([papers])
    _rest(qtbot, window)
    asked = engine.predictions
    row = window.review.results.rows[0]
    window.rule_bar.threshold.setValue(0)
    window.rule_bar.level.setCurrentIndex(0)
    qtbot.waitUntil(lambda: row.best is not None and row.best.label.name == "Physical Sciences")
    window.rule_bar.level.setCurrentIndex(3)
    window.rule_bar.top.setValue(2)
    qtbot.waitUntil(lambda: len(row.subjects) == 2)
    window.rule_bar.threshold.setValue(50)
    qtbot.waitUntil(lambda: len(row.subjects) == 1)
    window.rule_bar.threshold.setValue(0)
    window.rule_bar.cumulative.setChecked(True)
    window.rule_bar.together.setValue(0.5)
    qtbot.waitUntil(lambda: len(row.subjects) == 1)
    assert engine.predictions == asked


def test_only_what_is_sure_is_shown_and_exported(
    qtbot: QtBot, window: Window, engine: FakeEngine, papers: Path, tmp_path: Path
) -> None:
    engine.known["toy"].sure = {"field": 0.6}
    window.add_paths([papers / "coral.txt"])
    _rest(qtbot, window)
    row = window.review.results.rows[0]
    assert window.subjects.current is not None
    assert (window.subjects.current.label.level, window.subjects.current.word) == ("field", "sure")
    proposed = len(row.subjects)
    assert proposed > 1
    window.rule_bar.only_sure.click()
    qtbot.waitUntil(lambda: len(row.subjects) == 1)
    with qtbot.waitSignal(window._exporter.written):
        results = [row.result for row in window.review.results.rows if row.result]
        window._exporter.write(results, window.review.results.rule, tmp_path / "sure.csv", "csv")
    lines = (tmp_path / "sure.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 2
    assert ",yes," in lines[1]
    engine.known["toy"].sure = {}
    window.review.add_text("Ocean acidification", "coral ocean seawater")
    qtbot.waitUntil(lambda: window.list.current is not row and window.is_at_rest)
    qtbot.waitUntil(lambda: "Switch off “Only sure”" in window.subjects.message)
    assert "does not state" in window.subjects.message
    window.rule_bar.only_sure.click()
    qtbot.waitUntil(lambda: len(row.subjects) == proposed)


def test_pause_resume_and_cancel(qtbot: QtBot, open_window: OpenWindow, tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"{number:02}.txt").write_text(f"Paper {number}\nocean coral seawater fish", encoding="utf-8")
    window = open_window(FakeEngine(seconds=0.02))
    window.add_paths([path for path in sorted(tmp_path.glob("*.txt"))])
    results = window.review.results
    qtbot.waitUntil(lambda: results.counts()[Facet.READY] >= 3)
    QTest.mouseClick(window.progress.pause, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.is_at_rest)
    done = results.counts()[Facet.READY]
    assert window.progress.pause.text() == "Resume"
    assert window.progress.isVisible()
    qtbot.wait(100)
    assert results.counts()[Facet.READY] == done < 40
    QTest.mouseClick(window.progress.pause, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: results.counts()[Facet.READY] >= done + 3)
    QTest.mouseClick(window.progress.cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.is_at_rest)
    assert not window.progress.isVisible()
    stopped = [row for row in results.rows if row.state is State.STOPPED]
    assert stopped
    assert results.counts()[Facet.READY] + len(stopped) == 40
    window.review.retry(results.rows)
    qtbot.waitUntil(lambda: results.counts()[Facet.READY] == 40)


def test_files_dropped_while_working_are_done_too(qtbot: QtBot, open_window: OpenWindow, papers: Path) -> None:
    window = open_window(FakeEngine(seconds=0.02))
    window.add_paths([papers / "coral.txt", papers / "guild.txt"])
    qtbot.waitUntil(lambda: bool(window.review.results.rows))
    window.add_paths([papers])
    _rest(qtbot, window)
    assert window.review.results.counts()[Facet.READY] == 3


def test_a_pasted_text_does_not_wait_for_the_batch(qtbot: QtBot, open_window: OpenWindow, tmp_path: Path) -> None:
    for number in range(60):
        (tmp_path / f"{number:02}.txt").write_text(f"Paper {number}\nocean coral seawater fish", encoding="utf-8")
    window = open_window(FakeEngine(seconds=0.02))
    window.add_paths([tmp_path])
    qtbot.waitUntil(lambda: window.review.results.counts()[Facet.READY] >= 1)
    window.review.add_text("Acupuncture", "针刺治疗慢性腰痛的随机对照试验, 疼痛评分")
    qtbot.waitUntil(lambda: _states(window).get("Pasted text 1") == "Ready")
    assert window.review.results.counts()[Facet.OPEN] > 0
    window.review.cancel()


def test_failed_rows_are_retried(qtbot: QtBot, window: Window, papers: Path) -> None:
    window.add_paths([papers])
    _rest(qtbot, window)
    (papers / "void.txt").write_text("Permafrost\nмерзлота permafrost мерзлота and more", encoding="utf-8")
    window.commands["retry_all"].trigger()
    _rest(qtbot, window)
    assert _states(window)["void.txt"] == "Ready"
    assert _states(window)["picture.bin"] == "Unsupported"


def test_failures_and_refusals_say_why(qtbot: QtBot, window: Window, papers: Path) -> None:
    (papers / "short.txt").write_text("ab", encoding="utf-8")
    window.add_paths([papers / "void.txt", papers / "short.txt"])
    _rest(qtbot, window)
    void, short = window.review.results.rows
    assert short.state is State.DECLINED
    window.list.go_to(void)
    qtbot.wait(20)
    assert "There is no text in it." in window.subjects.message
    window.list.go_to(short)
    qtbot.wait(20)
    assert "too little text" in window.subjects.message
    assert window.subjects.origin.startswith("toy classifier · ")


def test_a_correction_is_classified_alone_and_undone(
    qtbot: QtBot, window: Window, engine: FakeEngine, papers: Path
) -> None:
    window.add_paths([papers])
    _rest(qtbot, window)
    row, asked = window.review.results.rows[0], engine.predictions
    former = row.result
    title = window.document.title
    title.setFocus()
    title.clear()
    QTest.keyClicks(title, "Zunft Stadt Zunft Stadt medieval")
    assert window.document.apply.isVisible()
    QTest.mouseClick(window.document.apply, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: row.state is State.READY and row.title.startswith("Zunft"))
    assert engine.predictions == asked + 1
    corrected = row.result
    window.commands["undo"].trigger()
    assert row.result is former
    window.commands["redo"].trigger()
    assert row.result is corrected
    assert engine.predictions == asked + 1


def test_a_correction_can_be_taken_back_before_it_is_applied(qtbot: QtBot, window: Window, papers: Path) -> None:
    window.add_paths([papers / "coral.txt"])
    _rest(qtbot, window)
    window.document.abstract.setPlainText("Something else")
    assert window.document.is_edited
    QTest.keyClick(window.document.abstract, Qt.Key.Key_Escape)
    assert not window.document.is_edited
    assert window.document.abstract.toPlainText().startswith("The ocean")


def test_rows_leave_and_come_back(qtbot: QtBot, window: Window, papers: Path) -> None:
    window.add_paths([papers])
    _rest(qtbot, window)
    before = _states(window)
    window.list.go_to(window.review.results.rows[1])
    window.commands["remove"].trigger()
    assert "guild.txt" not in _states(window)
    window.commands["clear"].trigger()
    assert window.pages.currentWidget() is window.welcome
    window.commands["undo"].trigger()
    window.commands["undo"].trigger()
    assert list(_states(window).items()) == list(before.items())
    assert window.pages.currentWidget() is window.desk


def test_clearing_while_working_ends_the_work_and_undo_takes_it_up(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path
) -> None:
    for number in range(20):
        (tmp_path / f"{number:02}.txt").write_text(f"Paper {number}\nocean coral seawater fish", encoding="utf-8")
    engine = FakeEngine(seconds=0.02)
    window = open_window(engine)
    window.add_paths([tmp_path])
    qtbot.waitUntil(lambda: window.review.results.counts()[Facet.READY] >= 2)
    window.commands["clear"].trigger()
    qtbot.waitUntil(lambda: window.is_at_rest)
    assert engine.predictions < 20
    window.commands["undo"].trigger()
    _rest(qtbot, window)
    assert window.review.results.counts()[Facet.READY] == 20


def test_export_writes_what_is_listed(
    qtbot: QtBot, window: Window, papers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.add_paths([papers])
    _rest(qtbot, window)
    target = tmp_path / "subjects.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), "CSV (*.csv)"))
    window.finder.search.setText("coral")
    window.commands["export"].trigger()
    qtbot.waitUntil(lambda: "1 document written" in window.statusBar().currentMessage())
    written = target.read_text(encoding="utf-8")
    assert "coral.txt" in written
    assert "guild.txt" not in written


def test_subjects_are_copied(qtbot: QtBot, window: Window, papers: Path) -> None:
    window.rule_bar.threshold.setValue(0)
    window.add_paths([papers / "coral.txt"])
    _rest(qtbot, window)
    clipboard = QGuiApplication.clipboard()
    for name, text in (
        ("copy_subject", "Ocean Acidification Effects and Responses"),
        ("copy_uri", "https://example.org/topic/0"),
        ("copy_id", "t0"),
    ):
        window.commands[name].trigger()
        assert clipboard.text() == text
    window.commands["copy_all"].trigger()
    assert len(clipboard.text().splitlines()) == 5


def test_an_engine_that_does_not_open_is_told_calmly(qtbot: QtBot, theme: object, memory: Memory, papers: Path) -> None:
    def fail() -> FakeEngine:
        raise ModelMissing("The built-in model is not there. Install the program again.")

    window = Window(fail, theme, memory)  # type: ignore[arg-type]
    qtbot.addWidget(window)
    window.show()
    window.add_paths([papers / "coral.txt"])
    qtbot.waitUntil(lambda: bool(window.findChildren(QMessageBox)))
    [box] = window.findChildren(QMessageBox)
    assert box.text() == "The built-in model is not there. Install the program again."
    assert not box.detailedText()
    qtbot.waitUntil(lambda: _states(window) == {"coral.txt": "Stopped"})
    assert window.findChildren(QMessageBox) == [box]
    assert window.is_at_rest
    box.close()
    window.close()


def test_what_nobody_expected_can_be_copied(qtbot: QtBot, window: Window, engine: FakeEngine, papers: Path) -> None:
    def fail(path: Path) -> None:
        raise ZeroDivisionError(path.name)

    engine.before = fail
    window.add_paths([papers / "coral.txt"])
    qtbot.waitUntil(lambda: bool(window.findChildren(QMessageBox)))
    [box] = window.findChildren(QMessageBox)
    [copy] = [button for button in box.buttons() if button.text() == "Copy details"]
    QTest.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert box.isVisible()
    report = QGuiApplication.clipboard().text()
    assert "ZeroDivisionError" in report
    assert "Qt 6" in report
    box.close()
    engine.before = lambda _path: None
    window.commands["retry"].trigger()
    _rest(qtbot, window)
    assert _states(window) == {"coral.txt": "Ready"}


def test_an_export_that_cannot_be_written_is_told(
    qtbot: QtBot, window: Window, papers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.add_paths([papers / "coral.txt"])
    _rest(qtbot, window)
    target = tmp_path / "nowhere" / "subjects.jsonl"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), "CSV (*.csv)"))
    window.commands["export"].trigger()
    qtbot.waitUntil(lambda: bool(window.findChildren(QMessageBox)))
    [box] = window.findChildren(QMessageBox)
    assert "cannot be written" in box.text()
    box.close()


def test_closing_while_working_leaves_no_thread(qtbot: QtBot, open_window: OpenWindow, tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / f"{number:02}.txt").write_text(f"Paper {number}\nocean coral seawater fish", encoding="utf-8")
    engine = FakeEngine(seconds=0.05)
    window = open_window(engine)
    window.add_paths([tmp_path])
    qtbot.waitUntil(lambda: engine.predictions >= 1)
    window.close()
    assert engine.closed
    assert engine.predictions < 50
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("classmark-")]


@pytest.mark.parametrize(
    ("size", "arrangement"), [((900, 600), "narrow"), ((1440, 900), "medium"), ((2560, 1440), "wide")]
)
def test_panes_are_arranged_by_the_room_there_is(
    qtbot: QtBot, window: Window, papers: Path, size: tuple[int, int], arrangement: str
) -> None:
    window.add_paths([papers])
    _rest(qtbot, window)
    window.resize(*size)
    qtbot.wait(20)
    assert (window.width(), window.height()) == size
    assert window.desk.arrangement == arrangement
    for pane in (window.list, window.document, window.subjects):
        assert pane.width() >= 200
        assert pane.height() >= 100
