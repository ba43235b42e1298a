"""The chip that says that nothing leaves this computer, and leads to the proof."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QDialog, QPushButton, QWidget

from classmark.core.connections import journal
from classmark.core.seal import UNSEALED, Seal
from classmark.gui.connections_dialog import ConnectionsDialog
from classmark.gui.icons import Icons
from classmark.gui.parts import mark
from classmark.gui.theme import Theme

_OFFLINE = "Offline · nothing leaves this computer"
_UNSEALED = "Offline · the system's seal is not available here"
_CONNECTED = "Connected to the hub · no document leaves"
_TIP = (
    "Reading and classifying happen on this computer only. One thing alone may open a connection: fetching a model, "
    "when you ask for it and the settings allow it."
)


class OfflineChip(QPushButton):
    """A shield and a sentence; a click shows every connection there was."""

    dialog_opened = Signal(QDialog, str)
    """The dialog, and the page of the guide about it."""

    def __init__(self, theme: Theme, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark(self, "seal")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setIconSize(QSize(16, 16))
        self._icons, self._is_connected = icons, False
        self.show_seal(UNSEALED)
        self.clicked.connect(self._on_clicked)
        theme.changed.connect(self._on_theme_changed)

    def show_seal(self, seal: Seal) -> None:
        """Say what holds the program off the network."""
        self._seal = seal
        self.setToolTip(f"{_TIP}\n{seal.sentence}\nClick to see every connection there was.")
        self.setAccessibleDescription(f"{seal.sentence} Shows every connection there was.")
        self.show_connected(self._is_connected)

    def show_connected(self, connected: bool) -> None:
        """Say whether a hub of models is being asked, as a person wanted it."""
        self._is_connected = connected
        said = _CONNECTED if connected else _OFFLINE if self._seal.is_set else _UNSEALED
        self.setText(f" {said}")  # apart from its icon
        self.setAccessibleName(said)
        self._on_theme_changed()

    def _on_clicked(self) -> None:
        dialog = ConnectionsDialog(self._seal, journal(), self._icons, self.window())
        self.dialog_opened.emit(dialog, "privacy")
        dialog.open()

    def _on_theme_changed(self) -> None:
        offline = ("offline", "likely" if self._seal.is_set else "possible")
        self.setIcon(self._icons.get(*(("cloud", "accent") if self._is_connected else offline)))
