"""The chip that says that nothing leaves this computer."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from classmark.gui.icons import Icons
from classmark.gui.parts import mark
from classmark.gui.theme import UNIT, Theme


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
        layout.addWidget(QLabel("Offline · nothing leaves this computer"))
        self.setToolTip("Classmark opens no connection: reading and classifying happen on this computer only.")
        theme.changed.connect(self._on_theme_changed)
        self._on_theme_changed()

    def _on_theme_changed(self) -> None:
        shield = self._icons.get("offline", "likely")
        self._shield.setPixmap(shield.pixmap(QSize(16, 16), self.devicePixelRatioF()))
