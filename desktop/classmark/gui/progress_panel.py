"""How far the work has come, how long it will take, and how to pause or end it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from classmark.gui.icons import Icons
from classmark.gui.parts import button, label, mark
from classmark.gui.theme import UNIT
from classmark.gui.wording import duration


class ProgressPanel(QFrame):
    """A line that is there only while there is something to tell."""

    paused = Signal()
    resumed = Signal()
    cancelled = Signal()

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark(self, "progress")
        self._icons = icons
        self._is_paused = False
        self.text = label()
        self._left = label("", "muted")
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName("Progress")
        self.pause = button("Pause", "quiet")
        self.cancel = button("Cancel", "quiet")
        icons.give(self.cancel, "close")
        icons.give(self.pause, "pause")
        text = QVBoxLayout()
        text.setSpacing(6)
        words = QHBoxLayout()
        words.setSpacing(UNIT)
        words.addWidget(self.text)
        words.addStretch(1)
        words.addWidget(self._left)
        text.addLayout(words)
        text.addWidget(self.bar)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * UNIT, UNIT, UNIT, UNIT)
        layout.setSpacing(UNIT)
        layout.addLayout(text, 1)
        layout.addSpacing(UNIT)
        layout.addWidget(self.pause)
        layout.addWidget(self.cancel)
        self.pause.clicked.connect(self._on_pause)
        self.cancel.clicked.connect(self.cancelled)
        self.hide()

    def show_counting(self, count: int) -> None:
        """Tell how many files have been found so far."""
        self._show(f"Counting… {count:,} {'file' if count == 1 else 'files'}", "", 0, 0)
        self.pause.hide()

    def show_opening(self) -> None:
        """Tell that the classifier is being opened."""
        self._show("Opening the classifier…", "", 0, 0)
        self.pause.hide()

    def show_running(self, done: int, total: int, name: str, seconds_left: float | None) -> None:
        """Tell how many documents are done, which one is in hand, and how long the rest will take."""
        self._set_paused(False)
        self._show(
            f"{done:,} of {total:,} · {name}" if name else f"{done:,} of {total:,}", duration(seconds_left), done, total
        )

    def show_paused(self, done: int, total: int) -> None:
        """Tell that the work rests."""
        self._set_paused(True)
        self._show(f"Paused · {done:,} of {total:,}", "", done, total)

    def _show(self, text: str, left: str, done: int, total: int) -> None:
        self.text.setText(
            self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, max(200, self.width() - 400))
        )
        self._left.setText(left)
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        self.pause.show()
        self.show()

    def _set_paused(self, paused: bool) -> None:
        if paused != self._is_paused:
            self._is_paused = paused
            self.pause.setText("Resume" if paused else "Pause")
            self._icons.give(self.pause, "resume" if paused else "pause")

    def _on_pause(self) -> None:
        (self.resumed if self._is_paused else self.paused).emit()
