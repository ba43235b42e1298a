"""The one place where an error is shown."""

from __future__ import annotations

import logging
import platform
import traceback
from importlib.metadata import PackageNotFoundError, version

from PySide6.QtCore import QSize, Qt, qVersion
from PySide6.QtGui import QGuiApplication, QPalette
from PySide6.QtWidgets import QLabel, QMessageBox, QWidget

from classmark.gui.icons import tinted
from classmark.gui.theme import UNIT
from classmark_models.errors import ClassmarkError

_log = logging.getLogger(__name__)


def show_error(error: BaseException, parent: QWidget | None = None) -> QMessageBox:
    """Show an error calmly, without waiting for an answer; what nobody expected can be copied for a report."""
    box = _box(parent)
    if isinstance(error, ClassmarkError):
        box.setText(str(error))
        box.setStandardButtons(QMessageBox.StandardButton.Ok)
    else:
        _log.error("unexpected error", exc_info=error)
        report = describe(error)
        box.setText("Something went wrong that we did not expect.")
        box.setInformativeText(
            "What is in the list is kept. If it happens again, please send us the details below; "
            "they name files of the program, not your documents."
        )
        box.setDetailedText(report)
        copy = box.addButton("Copy details", QMessageBox.ButtonRole.ActionRole)
        box.addButton(QMessageBox.StandardButton.Close)
        copy.clicked.disconnect()
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(report))
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()
    return box


def refuse_to_start(error: ClassmarkError) -> None:
    """Say why there will be no window, and wait until the person has read it."""
    box = _box(None)
    box.setText("Classmark does not start.")
    box.setInformativeText(str(error))
    for label in box.findChildren(QLabel):
        if label.text() == str(error):
            label.setMinimumWidth(55 * UNIT)  # a path that is broken up can hardly be read
    box.setStandardButtons(QMessageBox.StandardButton.Close)
    box.exec()


def describe(error: BaseException) -> str:
    """Return version, system and traceback, for a report."""
    lines = [
        f"Classmark {app_version()}",
        f"{platform.platform()}, Python {platform.python_version()}, Qt {qVersion()}",
    ]
    return "\n".join([*lines, "", *traceback.format_exception(error)])


def app_version() -> str:
    """Return the installed version, or ``checkout`` when the program runs from its source."""
    try:
        return version("classmark")
    except PackageNotFoundError:
        return "checkout"


def _box(parent: QWidget | None) -> QMessageBox:
    box = QMessageBox(parent)
    box.setWindowTitle("Classmark")
    color = box.palette().color(QPalette.ColorRole.BrightText).name()
    box.setIconPixmap(tinted("alert", color, color).pixmap(QSize(32, 32), box.devicePixelRatioF()))
    return box
