"""The start of the window: makes its parts, hands them to each other, and catches what nobody caught."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from classmark.core.settings import config_folder
from classmark.gui.alerts import app_version, show_error
from classmark.gui.engine import local_engine
from classmark.gui.icons import app_icon
from classmark.gui.jobs import collect_garbage_here
from classmark.gui.memory import Memory
from classmark.gui.theme import Theme
from classmark.gui.window import Window


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window, with the files and folders that are named, and return the exit code."""
    multiprocessing.freeze_support()
    arguments = list(sys.argv[1:] if argv is None else argv)
    application = QApplication(["classmark", *arguments])
    application.setApplicationName("Classmark")
    application.setApplicationVersion(app_version())
    application.setDesktopFileName("classmark")
    application.setWindowIcon(app_icon())
    folder = config_folder()
    folder.mkdir(parents=True, exist_ok=True)
    memory = Memory(folder / "window.ini")
    window = Window(local_engine, Theme(application, memory.theme), memory)

    def on_unexpected(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        if isinstance(error, KeyboardInterrupt):
            window.close()
        else:
            show_error(error, window)

    sys.excepthook = on_unexpected
    paths = [Path(argument).absolute() for argument in arguments if not argument.startswith("-")]
    collect_garbage_here(window)
    window.show()
    QTimer.singleShot(0, window, lambda: window.add_paths(paths))
    return application.exec()


if __name__ == "__main__":
    sys.exit(main())
