"""The chip and the dialog behind it: the state of the seal, every connection, the page for IT."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from classmark.core.connections import HEAD, NONE_YET, tell
from classmark.core.seal import Seal
from classmark.gui.connections_dialog import ConnectionsDialog, ConnectionsModel, StatementDialog
from classmark.gui.icons import Icons
from classmark.gui.offline_chip import OfflineChip
from classmark.gui.theme import Theme
from classmark.gui.window import Window
from classmark_models.journal import Connection, Journal

SEALED = Seal("Linux")
OPEN = Seal(reason="seccomp: Operation not permitted")
PLACE = {"host": "hub.test", "port": 443, "purpose": "fetch", "model": "bio-lm"}
LINES = [
    {"before": 3},
    {"opened": "2026-11-20T09:00:00.000+00:00", "id": "a", **PLACE},
    {
        **{"closed": "2026-11-20T09:00:02.000+00:00", "id": "a", "address": "192.0.2.1"},
        **{"sent": 800, "received": 5_000_000, "outcome": ""},
    },
    {"opened": "2026-11-21T09:00:00.000+00:00", "id": "b", **PLACE},
]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    path = tmp_path / "connections.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES), encoding="utf-8")
    return Journal(path)


@pytest.fixture
def dialog(qtbot: QtBot, theme: Theme, journal: Journal) -> Iterator[ConnectionsDialog]:
    dialog = ConnectionsDialog(SEALED, journal, Icons(theme))
    qtbot.addWidget(dialog)
    dialog.show()
    yield dialog
    dialog.close()


@pytest.mark.parametrize(
    ("seal", "text"),
    [
        (SEALED, "Offline · nothing leaves this computer"),
        (OPEN, "Offline · the system's seal is not available here"),
    ],
)
def test_chip_claims_no_more_than_is_true(qtbot: QtBot, theme: Theme, seal: Seal, text: str) -> None:
    chip = OfflineChip(theme, Icons(theme))
    chip.show_seal(seal)
    qtbot.addWidget(chip)
    assert (chip.text().strip(), chip.accessibleName()) == (text, text)
    assert seal.sentence in chip.toolTip()
    assert seal.sentence in chip.accessibleDescription()
    chip.show_connected(True)
    assert chip.text().strip() == chip.accessibleName() == "Connected to the hub · no document leaves"
    chip.show_connected(False)
    assert chip.text().strip() == text


def test_chip_is_reached_by_keys_and_opens_the_dialog(qtbot: QtBot, window: Window, own_home: Path) -> None:
    assert window.chip.focusPolicy() & Qt.FocusPolicy.TabFocus
    window.chip.setFocus()
    QTest.keyClick(window.chip, Qt.Key.Key_Space)
    [dialog] = window.findChildren(ConnectionsDialog)
    qtbot.waitUntil(dialog.isVisible)
    assert dialog.pages.currentWidget() is dialog.empty
    assert dialog.empty.text() == NONE_YET
    assert not dialog.copy.isEnabled()
    assert str(own_home / "connections.jsonl") in "".join(
        each.text() for each in dialog.findChildren(type(dialog.empty))
    )
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_every_connection_is_shown_the_newest_first(dialog: ConnectionsDialog, journal: Journal) -> None:
    assert dialog.pages.currentWidget() is dialog.table
    shown = [
        tuple(dialog.model.data(dialog.model.index(row, column)) for column in range(len(HEAD)))
        for row in range(dialog.model.rowCount())
    ]
    older, newer = journal.read().connections
    assert shown == [tell(newer).words, tell(older).words]
    assert dialog.summary.text() == "2 connections, 5.0 MB received; 3 older ones are kept no more."
    assert dialog.state.text() == SEALED.sentence


def test_journal_is_copied_and_saved(
    dialog: ConnectionsDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    dialog.copy.click()
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("When\tWhere\tWhy")
    target = tmp_path / "saved.tsv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    dialog.save.click()
    assert target.read_text(encoding="utf-8") == copied
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "none" / "saved.tsv"), ""))
    dialog.save.click()
    [box] = dialog.findChildren(QMessageBox)
    assert "cannot be written" in box.text()
    box.close()


def test_a_journal_that_cannot_be_read_is_said(qtbot: QtBot, theme: Theme, tmp_path: Path) -> None:
    (tmp_path / "connections.jsonl").mkdir()
    dialog = ConnectionsDialog(OPEN, Journal(tmp_path / "connections.jsonl"), Icons(theme))
    qtbot.addWidget(dialog)
    assert "cannot be read" in dialog.empty.text()
    assert dialog.state.text() == OPEN.sentence


def test_the_page_for_it_is_there(qtbot: QtBot, dialog: ConnectionsDialog) -> None:
    dialog.statement.click()
    [page] = dialog.findChildren(StatementDialog)
    qtbot.waitUntil(page.isVisible)
    assert "a statement for IT" in page.page.toPlainText()
    page.close()


def test_model(qtmodeltester: Any) -> None:
    model = ConnectionsModel()
    model.show([tell(Connection(datetime(2026, 11, 21, tzinfo=UTC), "hub.test", 443, "fetch", "bio-lm"))])
    qtmodeltester.check(model)
