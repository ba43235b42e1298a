"""The start of the window, and why it may not start."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from classmark.core.paths import HOME
from classmark.gui import app
from classmark.gui.theme import ThemeMode
from classmark_models.spec import BUILTIN_ID

Start = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def refused(qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Return a function that starts the program, reads the dialog, closes it, and returns exit code and words."""
    monkeypatch.setattr(app, "QApplication", lambda _: qapp)

    def start(argv: Sequence[str] | None = ()) -> tuple[int, list[str]]:
        told: list[str] = []

        def read() -> None:
            box = QApplication.activeModalWidget()
            assert isinstance(box, QMessageBox)
            told.extend((box.text(), box.informativeText()))
            box.buttons()[0].click()

        QTimer.singleShot(0, read)
        return app.main(argv), told

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


@pytest.mark.parametrize(("name", "text"), [("window.ini", "[General]\nformat=2\n"), ("settings.toml", "format = 2\n")])
def test_a_file_of_a_newer_version_keeps_the_window_shut(name: str, text: str, refused: Start, own_home: Path) -> None:
    (own_home / name).write_text(text)
    code, (title, why) = refused()
    assert (code, title) == (1, "Classmark does not start.")
    assert why.startswith(f"{own_home / name} was written by a newer Classmark")
    assert (own_home / name).read_text() == text
    assert [path.name for path in own_home.iterdir()] == [name]


@pytest.mark.parametrize(
    ("policy", "is_closed"), [("", False), ("[locked]\nnetwork = 'never'", True), ("nonsense", True)]
)
def test_where_it_lets_nothing_be_fetched_nothing_could(
    policy: str,
    is_closed: bool,
    refused: Start,
    own_home: Path,
    policies: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    policies[0].write_text(policy)
    (own_home / "window.ini").write_text("[General]\nformat=2\n")  # so that no window opens
    begun: list[str] = []
    monkeypatch.setattr(app, "start_broker", lambda: begun.append("broker"))
    monkeypatch.setattr(app, "seal", lambda: begun.append("seal"))
    monkeypatch.setattr(sys, "argv", ["classmark-desktop"])
    refused(None)
    assert begun == (["seal"] if is_closed else ["broker", "seal"])


@pytest.mark.skipif(
    sys.platform in ("win32", "darwin"), reason="these systems have registries and dialogs of their own"
)
def test_what_qt_remembers_of_folders_lies_with_ours(qapp: QApplication, own_home: Path) -> None:
    app._memory()
    dialogs = QSettings(QSettings.Scope.UserScope, "QtProject")
    assert Path(dialogs.fileName()) == own_home / "QtProject.conf"


def test_where_nothing_can_be_written_the_window_remembers_nothing(
    qapp: QApplication, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own_home / "file").touch()
    monkeypatch.setenv(HOME, str(own_home / "file" / "home"))
    memory = app._memory()
    memory.theme = ThemeMode.DARK
    assert app._memory().choice == (BUILTIN_ID,)
