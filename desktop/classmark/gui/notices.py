"""Bars under the toolbar that tell something, and offer one thing to do about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from classmark.gui.icons import Icons
from classmark.gui.parts import button, label, mark
from classmark.gui.theme import UNIT


class Notice(QFrame):
    """One bar; it stays until something else is told, or it is put away."""

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark(self, "notice")
        self.text = label("", wrap=True)
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName("Progress")
        self.act = button("")
        self.away = QToolButton()
        self.away.setAccessibleName("Put this notice away")
        mark(self.away, "quiet")
        icons.give(self.away, "close")
        for each in (self.act, self.away):
            each.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys where they were
        words = QVBoxLayout()
        words.setSpacing(6)
        words.addWidget(self.text)
        words.addWidget(self.bar)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * UNIT, 6, UNIT, 6)
        layout.setSpacing(UNIT)
        layout.addLayout(words, 1)
        layout.addWidget(self.act)
        layout.addWidget(self.away)
        self._is_put_away = False
        self._do: Callable[[], object] = lambda: None
        self.act.clicked.connect(lambda: self._do())
        self.away.clicked.connect(self._on_put_away)

    def tell(
        self,
        text: str,
        action: str = "",
        do: Callable[[], object] = lambda: None,
        progress: tuple[int, int] | None = None,
    ) -> None:
        """Show a text, a button if there is something to do, and a bar with how much of how much, if there is."""
        self.text.setText(text)
        self.setAccessibleName(text)
        self.act.setText(action)
        self.act.setVisible(bool(action))
        self._do = do
        self.bar.setVisible(progress is not None)
        self.away.setVisible(progress is None)
        if progress is not None:
            self.bar.setRange(0, progress[1])
            self.bar.setValue(progress[0])
        self.setVisible(not self._is_put_away)

    def allow(self) -> None:
        """Let it be seen again after the person has put it away."""
        self._is_put_away = False

    def _on_put_away(self) -> None:
        self._is_put_away = True
        self.hide()


class Notices(QWidget):
    """The bars, by what they are about."""

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self._bars: dict[str, Notice] = {}
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)

    def about(self, topic: str) -> Notice:
        """Return the bar about a topic; hidden until it tells something."""
        if topic not in self._bars:
            bar = Notice(self._icons, self)
            bar.hide()
            self._bars[topic] = bar
            self._layout.addWidget(bar)
        return self._bars[topic]
