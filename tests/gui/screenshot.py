"""Makes assets/screenshot.png: the real window with the real classifier's subjects for the samples.

Usage: screenshot.py [FILE] [--dark] [--size 1440x900]. Needs a screen, or QT_QPA_PLATFORM=offscreen.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from classmark.gui.engine import local_engine
from classmark.gui.jobs import collect_garbage_here
from classmark.gui.memory import Memory
from classmark.gui.theme import Theme, ThemeMode
from classmark.gui.window import Window
from classmark.resources import asset

SHOWN = "en-ocean-acidification.md"


def main() -> int:
    options = _options()
    application = QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        theme = Theme(application, ThemeMode.DARK if options.dark else ThemeMode.LIGHT)
        window = Window(local_engine, theme, Memory(Path(folder) / "window.ini"))
        collect_garbage_here(window)
        window.resize(*map(int, options.size.split("x")))
        window.show()
        window.commands["samples"].trigger()
        steps = iter((lambda: _look(window), lambda: _choose(window), lambda: _save(window, options.file)))

        def go_on() -> None:
            if window.review.results.rows and window.is_at_rest:
                next(steps)()

        timer = QTimer(interval=500)
        timer.timeout.connect(go_on)
        timer.start()
        return application.exec()


def _look(window: Window) -> None:
    [row] = [row for row in window.review.results.rows if row.name == SHOWN]
    window.list.go_to(row)


def _choose(window: Window) -> None:
    window.document.strip.choose(max(window.document.strip.pieces[1:], key=lambda piece: piece.score))


def _save(window: Window, path: Path) -> None:
    saved = window.grab().save(str(path))
    window.close()
    QApplication.exit(0 if saved else 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, nargs="?", default=asset("samples").parent / "screenshot.png")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--size", default="1440x900")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
