"""Small parts that every panel is made of, marked with the kind by which the style sheet knows them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QWidget

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
