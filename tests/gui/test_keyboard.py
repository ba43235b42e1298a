"""Everything by keys, and names for those who do not see the screen."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from classmark.gui.actions import TABLE
from classmark.gui.help_dialogs import AboutDialog
from classmark.gui.rows import Facet
from classmark.gui.window import Window


def _rest(qtbot: QtBot, window: Window) -> None:
    qtbot.waitUntil(lambda: window.is_at_rest and bool(window.review.results.rows))
    qtbot.wait(20)


def test_no_key_is_given_twice() -> None:
    keys = [entry.keys for entry in TABLE if entry.keys]
    assert len(keys) == len(set(keys))


def test_from_paste_to_removal_by_keys(qtbot: QtBot, window: Window) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    paste = window.welcome.paste
    paste.title.setFocus()
    QTest.keyClicks(paste.title, "Reading and lecture at six")
    QTest.keyClick(paste.title, Qt.Key.Key_Return)
    _rest(qtbot, window)
    qtbot.waitUntil(lambda: window.review.results.counts()[Facet.READY] == 1)
    assert window.list.hasFocus()
    QTest.keyClick(window.list, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert window.rule_bar.rule.level == "domain"
    QTest.keyClick(window.list, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert window.finder.search.hasFocus()
    window.list.setFocus()
    QTest.keyClick(window.list, Qt.Key.Key_Delete)
    assert not window.review.results.rows
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert len(window.review.results.rows) == 1


def test_deleting_a_letter_does_not_delete_a_row(qtbot: QtBot, window: Window, papers: Path) -> None:
    window.activateWindow()
    window.add_paths([papers / "coral.txt"])
    _rest(qtbot, window)
    window.document.title.setFocus()
    window.document.title.setCursorPosition(0)
    QTest.keyClick(window.document.title, Qt.Key.Key_Delete)
    assert window.document.title.text() == "oral growth"
    assert len(window.review.results.rows) == 1


def test_arrows_walk_the_list(qtbot: QtBot, window: Window, papers: Path) -> None:
    window.add_paths([papers])
    _rest(qtbot, window)
    window.list.setFocus()
    QTest.keyClick(window.list, Qt.Key.Key_Down)
    assert window.list.current is window.review.results.rows[1]
    qtbot.waitUntil(lambda: window.document.title.text() == "Zunft und Stadt")


def test_tab_reaches_every_pane(qtbot: QtBot, window: Window, papers: Path) -> None:
    window.activateWindow()
    window.add_paths([papers / "coral.txt"])
    _rest(qtbot, window)
    window.list.setFocus()
    reached: set[QWidget] = set()
    for _ in range(60):
        focused = QApplication.focusWidget()
        if focused is not None:
            reached.add(focused)
            QTest.keyClick(focused, Qt.Key.Key_Tab)
    assert {
        window.list,
        window.document.title,
        window.document.abstract,
        window.document.strip,
        window.document.body,
        window.subjects.tree,
        window.rule_bar.level,
        window.finder.search,
    } <= reached


def test_every_control_has_a_name(qtbot: QtBot, window: Window, papers: Path) -> None:
    window.add_paths([papers])
    _rest(qtbot, window)
    kinds = (QAbstractButton, QAbstractSlider, QComboBox, QLineEdit, QPlainTextEdit)
    nameless = [
        widget
        for kind in kinds
        for widget in window.findChildren(kind)
        if widget.isVisible()
        and widget.focusPolicy() is not Qt.FocusPolicy.NoFocus
        and not widget.accessibleName()
        and not (isinstance(widget, QAbstractButton) and widget.text())
        and not widget.objectName().startswith("qt_")
        and not isinstance(widget.parent(), QComboBox)
    ]
    assert not nameless


def test_about_opens(qtbot: QtBot, window: Window) -> None:
    window.commands["about"].trigger()
    [about] = window.findChildren(AboutDialog)
    assert about.isVisible()
    about.close()
