"""What the tests of the window share: no screen, a window over the toy engine, no thread left behind."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[2]))

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from tests.gui.fakes import FakeEngine

from classmark.core.paths import HOME
from classmark.gui.jobs import collect_garbage_here
from classmark.gui.memory import Memory
from classmark.gui.theme import Theme, ThemeMode
from classmark.gui.window import Window

OpenWindow = Callable[[FakeEngine], Window]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Said by the offscreen platform, and only by it, of every dialog and of what comes to the front.
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.qt_log_ignore("does not support (propagateSizeHints|raise)", extend=True))


@pytest.fixture(autouse=True)
def _no_thread_left() -> Iterator[None]:
    yield
    left = [thread.name for thread in threading.enumerate() if thread.name.startswith("classmark-")]
    assert not left


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv(HOME, str(home))
    return home


@pytest.fixture(scope="session")
def _theme(qapp: QApplication) -> Theme:
    collect_garbage_here(qapp)
    return Theme(qapp, ThemeMode.LIGHT)


@pytest.fixture
def theme(_theme: Theme) -> Theme:
    if _theme.mode is not ThemeMode.LIGHT:
        _theme.set_mode(ThemeMode.LIGHT)
    return _theme


@pytest.fixture
def memory(tmp_path_factory: pytest.TempPathFactory) -> Memory:
    made = Memory(tmp_path_factory.mktemp("settings") / "window.ini")
    made.choice = ("toy",)
    return made


@pytest.fixture
def open_window(qtbot: QtBot, theme: Theme, memory: Memory) -> Iterator[OpenWindow]:
    windows: list[Window] = []

    def open_one(engine: FakeEngine) -> Window:
        window = Window(lambda: engine, theme, memory)
        windows.append(window)
        window.resize(1440, 900)
        window.show()
        qtbot.waitExposed(window)
        qtbot.waitUntil(lambda: window.engine is not None)
        return window

    yield open_one
    for window in windows:
        window.close()
        window.deleteLater()


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def window(open_window: OpenWindow, engine: FakeEngine) -> Window:
    return open_window(engine)


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """A folder with three good files in two folders, a binary, an empty one, and litter."""
    folder = tmp_path / "papers"
    (folder / "inner").mkdir(parents=True)
    (folder / "coral.txt").write_text("Coral growth\n" + "The ocean and its seawater. " * 80, encoding="utf-8")
    (folder / "guild.txt").write_text("Zunft und Stadt\n" + "Die Zunft in der Stadt. " * 10, encoding="utf-8")
    (folder / "inner" / "reading.txt").write_text("Reading at six\n" + "Reading and lecture. " * 10, encoding="utf-8")
    (folder / "picture.bin").write_bytes(b"\xff\xfe\xfd" * 50)
    (folder / "void.txt").write_text(" \n", encoding="utf-8")
    (folder / ".hidden").write_text("hidden", encoding="utf-8")
    return folder
