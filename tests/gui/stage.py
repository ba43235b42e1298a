"""A stage for pictures: the real window with the built-in model, on real documents, and what is cut out of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QApplication, QWidget

from classmark.core.seal import Seal, seal
from classmark.gui.engine import local_engine
from classmark.gui.jobs import collect_garbage_here
from classmark.gui.memory import Memory
from classmark.gui.rows import Row
from classmark.gui.theme import Theme
from classmark.gui.window import Window
from classmark_models.spec import BUILTIN_ID

_SECONDS = 60.0
_COLORS = 128


@cache
def _sealed() -> Seal:
    """Seal this process, as the program does with itself."""
    return seal()


class Stage:
    """One window, and blocking ways to bring it where a picture is worth taking."""

    def __init__(
        self, theme: Theme, folder: Path, size: tuple[int, int] = (1120, 720), models: Sequence[str] = (BUILTIN_ID,)
    ) -> None:
        """Open the window; ``folder`` is for what it remembers."""
        memory = Memory(folder / "window.ini")
        memory.choice = tuple(models)
        self.theme, self.memory, self.folder = theme, memory, folder
        self.window = Window(local_engine, theme, memory)
        self.window.chip.show_seal(_sealed())
        collect_garbage_here(self.window)
        self.window.resize(*size)
        self.window.show()
        self.wait(lambda: self.window.engine is not None)

    def wait(self, is_reached: Callable[[], bool]) -> None:
        """Let the window live until something is reached, and a moment longer, so that it is painted."""
        until = time.monotonic() + _SECONDS
        while not is_reached():
            if time.monotonic() > until:
                raise TimeoutError("the window never got there")
            QApplication.processEvents()
            time.sleep(0.005)
        rest = time.monotonic() + 0.4
        while time.monotonic() < rest:
            QApplication.processEvents()
            time.sleep(0.005)

    def add(self, *paths: Path) -> None:
        """Add files and folders, and wait until all are done."""
        self.window.add_paths(paths)
        self.wait(lambda: bool(self.window.review.results.rows) and self.window.is_at_rest)

    def look_at(self, name: str) -> Row:
        """Go to a document by the name of its file."""
        [row] = [row for row in self.window.review.results.rows if row.name == name]
        self.window.list.go_to(row)
        self.wait(lambda: self.window.list.current is row)
        return row

    def save(self, path: Path, *parts: QWidget, margin: int = 0, height: int = 0) -> None:
        """Save a picture of the window, cut to some of its parts, with few colours; ``height`` cuts off below."""
        area = QRect()
        for part in parts or (self.window,):
            area = area.united(QRect(part.mapTo(part.window(), QPoint(0, 0)), part.size()))
        whole = (parts[0] if parts else self.window).window()
        area = area.adjusted(-margin, -margin, margin, margin).intersected(whole.rect())
        if height:
            area.setHeight(min(height, area.height()))
        if not whole.grab(area).save(str(path)):
            raise OSError(f"{path} cannot be written")
        with Image.open(path) as picture:
            picture.convert("RGB").quantize(_COLORS, dither=Image.Dither.NONE).save(path, optimize=True)

    def close(self) -> None:
        """Close the window and wait for its threads."""
        self.window.close()
        self.window.deleteLater()
        QApplication.processEvents()
