"""Small parts that every panel is made of, marked with the kind by which the style sheet knows them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QSizePolicy, QWidget

CENTER = Qt.AlignmentFlag.AlignCenter


def mark(widget: QWidget, kind: str) -> None:
    """Say of what kind a widget is: ``primary``, ``quiet``, ``muted`` or ``card``."""
    widget.setProperty("kind", kind)


def label(text: str = "", kind: str = "", *, wrap: bool = False, centered: bool = False) -> QLabel:
    """Return a label of a kind: ``hero``, ``heading``, ``caption``, ``muted`` or plain."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if centered:
        made.setAlignment(CENTER)
    mark(made, kind)
    return made


def button(text: str, kind: str = "") -> QPushButton:
    """Return a button of a kind: ``primary``, ``quiet``, ``link``, ``chip`` or plain."""
    made = QPushButton(text)
    mark(made, kind)
    if kind in {"link", "chip"}:
        made.setCursor(Qt.CursorShape.PointingHandCursor)
    return made


def line() -> QFrame:
    """Return a hairline across."""
    made = QFrame()
    mark(made, "line")
    return made


class ElidedLabel(QLabel):
    """A line that is shortened in its middle to the room there is; all of it is in its tip."""

    def __init__(self, kind: str = "") -> None:
        super().__init__()
        self._whole = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        mark(self, kind)

    def show_text(self, text: str) -> None:
        """Show another text."""
        self._whole = text
        self.setToolTip(text)
        self.setAccessibleName(text)
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102 - Qt
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        self.setText(self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideMiddle, max(40, self.width())))
