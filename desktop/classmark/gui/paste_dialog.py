"""The paste box in a dialog, for when the list fills the window."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from classmark.gui.paste_panel import PastePanel
from classmark.gui.theme import UNIT


class PasteDialog(QDialog):
    """Asks for a title and a text."""

    submitted = Signal(str, str)

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Paste a title and an abstract")
        self.resize(72 * UNIT, 42 * UNIT)
        self.panel = PastePanel()
        self.panel.text.setPlainText(text)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * UNIT, 2 * UNIT, 2 * UNIT, 2 * UNIT)
        layout.addWidget(self.panel)
        self.panel.submitted.connect(self.submitted)
        self.panel.submitted.connect(self.accept)
