"""The self-test of the window: it is made without a screen, and classifies a file."""

from __future__ import annotations

import os
from functools import partial
from time import monotonic

from PySide6.QtCore import QEventLoop, qVersion
from PySide6.QtWidgets import QApplication

from classmark.core.broker import Broker
from classmark.core.paths import config_folder
from classmark.core.seal import seal
from classmark.core.selftest import SelfTest, check
from classmark.core.settings import read_settings
from classmark.core.workshop_process import Task, run_task
from classmark.gui.engine import local_engine
from classmark.gui.memory import Memory
from classmark.gui.theme import Theme
from classmark.gui.window import Window
from classmark.gui.workbench import run_here
from classmark.resources import asset
from classmark_models.errors import ClassmarkError, ModelMissing

_PATIENCE = 60.0
"""Seconds that the window has to answer."""


def selftest(broker: Broker | None) -> int:
    """Do the self-test in a process of its own, which it seals; return the exit code."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with SelfTest("classmark-desktop") as test:
        with test.step("window") as found:
            application = QApplication(["classmark"])
            held = seal()
            found["seal"] = held.sentence
            found["qt"] = qVersion()
            memory = Memory(config_folder() / "window.ini")
            window = Window(local_engine, Theme(application), memory, partial(run_here, broker=broker))
            window.chip.show_seal(held)
            window.show()
            _use(window)
            window.close()
        with test.step("helper"):
            _call_helper(broker)
        check(test, ("classmark", "classmark_models"))
    return test.tell()


def _use(window: Window) -> None:
    """Give the window a file and see it classified; ClassmarkError when it is not."""
    window.add_paths([min(asset("samples").iterdir())])
    deadline = monotonic() + _PATIENCE
    rows = window.review.results.rows
    while not (rows and window.is_at_rest and rows[0].result) and monotonic() < deadline:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)
    if not rows or rows[0].result is None or rows[0].result.status != "ok":
        raise ClassmarkError(f"the window has classified nothing: {rows}")
    picture = window.grab().toImage()
    if len({picture.pixel(x, y) for x in range(picture.width()) for y in range(0, picture.height(), 10)}) < 10:
        raise ClassmarkError("the window is blank")


def _call_helper(broker: Broker | None) -> None:
    """Let the helper that may fetch refuse what does not exist; that needs no network."""
    try:
        list(run_task(read_settings(), Task("estimate", {"name": "no-such-model"}), broker=broker))
    except ModelMissing:
        return
    raise ClassmarkError("the helper finds a model that does not exist")
