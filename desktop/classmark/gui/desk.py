"""Arranges list, text and subjects by the room there is, and remembers how the person divided it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from classmark.gui.memory import Memory
from classmark.gui.theme import UNIT

_SHARES = {"wide": ((46, 54), (54, 46)), "medium": ((50, 50), (45, 55)), "narrow": ((40, 60), (54, 46))}


class Desk(QWidget):
    """Three panes: side by side in a wide window; the list above the others in a narrow one.

    In a window of medium width the subjects stand above the text, both beside the list.
    """

    def __init__(self, rows: QWidget, text: QWidget, subjects: QWidget, memory: Memory) -> None:
        super().__init__()
        self._memory = memory
        self._arrangement = ""
        self._text, self._subjects = text, subjects
        self._outer = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False, handleWidth=1)
        self._inner = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False, handleWidth=1)
        self._inner.addWidget(text)
        self._inner.addWidget(subjects)
        self._outer.addWidget(rows)
        self._outer.addWidget(self._inner)
        rows.setMinimumSize(42 * UNIT, 15 * UNIT)
        text.setMinimumWidth(34 * UNIT)
        subjects.setMinimumSize(30 * UNIT, 14 * UNIT)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._outer)
        for splitter in (self._outer, self._inner):
            splitter.splitterMoved.connect(self._on_moved)

    @property
    def arrangement(self) -> str:
        """How the panes are arranged: wide, medium or narrow."""
        return self._arrangement

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102 - Qt
        super().resizeEvent(event)
        self._arrange(event.size().width(), event.size().height())

    def _arrange(self, width: int, height: int) -> None:
        arrangement = "wide" if width >= 1720 else "medium" if width >= 1180 else "narrow"
        if arrangement == self._arrangement:
            return
        self._arrangement = arrangement
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        self._outer.setOrientation(down if arrangement == "narrow" else across)
        self._inner.setOrientation(down if arrangement == "medium" else across)
        self._inner.insertWidget(0, self._subjects if arrangement == "medium" else self._text)
        for name, splitter, shares in zip(
            ("outer", "inner"), (self._outer, self._inner), _SHARES[arrangement], strict=True
        ):
            kept = self._memory.splits(f"{arrangement}-{name}")
            length = width if splitter.orientation() is across else height
            splitter.setSizes(kept or [share * max(length, 100) // 100 for share in shares])

    def _on_moved(self) -> None:
        for name, splitter in (("outer", self._outer), ("inner", self._inner)):
            self._memory.keep_splits(f"{self._arrangement}-{name}", splitter.sizes())
