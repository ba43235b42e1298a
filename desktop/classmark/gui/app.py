"""The start of the window: makes its parts, hands them to each other, and catches what nobody caught."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from types import TracebackType

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication

from classmark.core.broker import start_broker
from classmark.core.paths import WINDOW_MEMORY, check_portable, config_folder
from classmark.core.seal import UNSEALED, seal
from classmark.core.settings import is_closed_for_good, read_settings
from classmark.gui.alerts import app_version, refuse_to_start, show_error
from classmark.gui.arguments import parser
from classmark.gui.engine import local_engine
from classmark.gui.icons import app_icon
from classmark.gui.jobs import collect_garbage_here
from classmark.gui.memory import Memory
from classmark.gui.opened_files import OpenedFiles
from classmark.gui.theme import Theme
from classmark.gui.window import Window
from classmark.gui.workbench import run_here
from classmark_models.errors import ClassmarkError, NewerFormat

DESKTOP_ID = "org.classmark.Classmark"
"""The name by which a Linux desktop finds the entry, the icon and the taskbar's group of the window."""


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window, with the files and folders that are named, and return the exit code.

    1 where it cannot start, which a dialog has told. Given no arguments it takes those of the process, which is the
    program's own then, and seals it for good.
    """
    multiprocessing.freeze_support()
    is_program = argv is None
    # Where IT lets nothing be fetched, there is no process at all that could.
    broker = start_broker() if is_program and not is_closed_for_good() else None
    arguments = list(sys.argv[1:] if argv is None else argv)
    asked, _ = parser().parse_known_args(arguments)
    if asked.selftest:
        from classmark.gui.selftest import selftest

        return selftest(broker)
    application = QApplication(["classmark", *arguments])
    # The screen may be on another computer; it is connected by now.
    held = seal() if is_program else UNSEALED
    application.setApplicationName("Classmark")
    application.setApplicationVersion(app_version())
    application.setDesktopFileName(DESKTOP_ID)
    application.setWindowIcon(app_icon())
    try:
        memory = _memory()
    except ClassmarkError as error:
        Theme(application)  # which colours the dialog
        refuse_to_start(error)
        if broker is not None:
            broker.close()
        return 1
    window = Window(local_engine, Theme(application, memory.theme), memory, partial(run_here, broker=broker))
    window.chip.show_seal(held)
    opened_files = OpenedFiles(application)
    opened_files.opened.connect(lambda path: window.add_paths([path]))
    application.installEventFilter(opened_files)

    def on_unexpected(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        if isinstance(error, KeyboardInterrupt):
            window.close()
        else:
            show_error(error, window)

    sys.excepthook = on_unexpected
    collect_garbage_here(window)
    window.show()

    def begin() -> None:
        window.add_paths([path.absolute() for path in asked.paths])
        if asked.begin:
            window.commands[asked.begin].trigger()

    QTimer.singleShot(0, window, begin)
    code = application.exec()
    if broker is not None:
        broker.close()
    return code


def _memory() -> Memory:
    """Return what the window remembers; ClassmarkError where it must not start."""
    check_portable()
    _check_settings()
    folder = config_folder()
    with suppress(OSError):  # where nothing can be written nothing is remembered, and all else works
        folder.mkdir(parents=True, exist_ok=True)
    # Qt's own file dialog remembers folders, and would do so beside what all other programs with Qt remember.
    QSettings.setPath(QSettings.Format.NativeFormat, QSettings.Scope.UserScope, str(folder))
    return Memory(folder / WINDOW_MEMORY)


def _check_settings() -> None:
    """Raise NewerFormat for settings of a newer Classmark; what else is wrong with them the window tells."""
    try:
        read_settings()
    except NewerFormat:
        raise
    except ClassmarkError:
        return


if __name__ == "__main__":
    sys.exit(main())
