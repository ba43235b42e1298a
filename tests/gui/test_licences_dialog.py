"""The licences: reached from About, shown whole, searched by keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, qVersion
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from classmark import resources
from classmark.gui.help_dialogs import AboutDialog
from classmark.gui.licences_dialog import LicencesDialog

_TEXT = "Qt\n  Licence: LGPL-3.0-only\nzlib\n  Licence: Zlib\nPCRE2\n  Licence: BSD-3-Clause\n"


@pytest.fixture
def notices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "THIRD-PARTY-NOTICES.txt").write_text(_TEXT, encoding="utf-8")
    monkeypatch.setattr(resources, "_BESIDE", (tmp_path / "nowhere", tmp_path))
    return tmp_path


@pytest.fixture
def dialog(qtbot: QtBot, notices: Path) -> LicencesDialog:
    about = AboutDialog(())
    qtbot.addWidget(about)
    about.show()
    about.licences.click()
    [made] = about.findChildren(LicencesDialog)
    qtbot.waitUntil(made.search.hasFocus)
    return made


def test_the_whole_text_is_there_and_cannot_be_changed(dialog: LicencesDialog) -> None:
    QTest.keyClicks(dialog.text, "x")
    assert dialog.text.toPlainText() == _TEXT


def test_search_walks_on_and_back_and_around(dialog: LicencesDialog) -> None:
    QTest.keyClicks(dialog.search, "licence")
    lines = []
    for modifier in (Qt.KeyboardModifier.NoModifier,) * 3 + (Qt.KeyboardModifier.ShiftModifier,):
        lines.append((dialog.found.text(), dialog.text.textCursor().blockNumber()))
        QTest.keyClick(dialog.search, Qt.Key.Key_Return, modifier)
    assert lines == [("1 of 3", 1), ("2 of 3", 3), ("3 of 3", 5), ("1 of 3", 1)]
    assert dialog.found.text() == "3 of 3"
    assert dialog.text.textCursor().selectedText() == "Licence"


def test_what_is_not_there_is_said(dialog: LicencesDialog) -> None:
    QTest.keyClicks(dialog.search, "affero")
    assert dialog.found.text() == "Nothing found"
    assert not dialog.next.isEnabled()
    QTest.keyClick(dialog.search, Qt.Key.Key_Return)
    dialog.search.clear()
    assert dialog.found.text() == ""


def test_about_names_qt_and_its_licence(qtbot: QtBot, notices: Path) -> None:
    about = AboutDialog(())
    qtbot.addWidget(about)
    said = " ".join(label.text() for label in about.findChildren(QLabel))
    assert f"Qt and PySide6 {qVersion()}, © The Qt Company Ltd." in said
    assert "LGPL 3" in said


def test_a_checkout_says_where_the_licences_are(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(resources, "_BESIDE", (tmp_path,))
    made = LicencesDialog()
    qtbot.addWidget(made)
    assert "runs from its sources" in made.text.toPlainText()
