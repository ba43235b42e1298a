"""The start of the window, and why it may not start."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from classmark.core.paths import HOME
from classmark.gui import app

Start = Callable[[], tuple[int, list[str]]]


@pytest.fixture
def refused(qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Return a function that starts the program, reads the dialog, closes it, and returns exit code and words."""
    monkeypatch.setattr(app, "QApplication", lambda _: qapp)

    def start() -> tuple[int, list[str]]:
        told: list[str] = []

        def read() -> None:
            box = QApplication.activeModalWidget()
            assert isinstance(box, QMessageBox)
            told.extend((box.text(), box.informativeText()))
            box.buttons()[0].click()

        QTimer.singleShot(0, read)
        return app.main([]), told

    return start


def test_a_portable_program_that_cannot_write_does_not_start(
    refused: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(HOME)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "classmark-desktop"))
    for name in ("portable.txt", "data"):
        (tmp_path / name).touch()
    code, (title, why) = refused()
    assert (code, title) == (1, "Classmark does not start.")
    assert str(tmp_path / "data") in why
