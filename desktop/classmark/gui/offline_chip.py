"""The chip that says that nothing leaves this computer."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from classmark.gui.icons import Icons
from classmark.gui.parts import mark
from classmark.gui.theme import UNIT, Theme

_OFFLINE = "Offline · nothing leaves this computer"
_TIP = (
    "Reading and classifying happen on this computer only. A connection is opened for one thing: to fetch a model when "
    "you say so."
)


class OfflineChip(QFrame):
    """A shield and a sentence."""

    def __init__(self, theme: Theme, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark(self, "chip")
        self._icons = icons
        self._shield = QLabel()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(UNIT, 2, UNIT, 2)
        layout.setSpacing(6)
        layout.addWidget(self._shield)
        self._text = QLabel()
        layout.addWidget(self._text)
        self.show_connected(False)
        theme.changed.connect(self._on_theme_changed)

    def show_connected(self, connected: bool) -> None:
        """Say whether a hub of models is being asked, as a person wanted it."""
        self._is_connected = connected
        self._text.setText("Connected to the hub · no document leaves" if connected else _OFFLINE)
        self.setToolTip(_TIP)
        self.setAccessibleName(self._text.text())
        self._on_theme_changed()

    def _on_theme_changed(self) -> None:
        name, token = ("cloud", "accent") if self._is_connected else ("offline", "likely")
        shield = self._icons.get(name, token)
        self._shield.setPixmap(shield.pixmap(QSize(16, 16), self.devicePixelRatioF()))
