"""The small pane for the settings of models: where they lie, and where they come from."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from classmark.core.paths import data_folder
from classmark.core.settings import NAMES, Settings
from classmark.gui.parts import button, label, mark
from classmark.gui.theme import UNIT

_TEXTS = {
    "models": ("Models folder", "Models are written here"),
    "shared": ("Shared folder", "Models that others keep, only read, as on a reading room's server"),
    "hub": ("Hub", "Where published models come from"),
    "exports": ("Exports", "A hub and an organisation on it that keep models made ready by Classmark; asked first"),
}
_FOLDERS = ("models", "shared")


class ModelsSettings(QFrame):
    """Shows the settings; ``saved`` tells others."""

    saved = Signal(Settings)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark(self, "card")
        self.fields: dict[str, QLineEdit] = {}
        self.answer = label("", "muted", wrap=True)
        self.answer.hide()
        placeholders = {
            "models": str(data_folder() / "models"),
            "shared": "none",
            "hub": "https://huggingface.co",
            "exports": "none, as https://hub.example.org/our-library",
        }
        grid = QGridLayout()
        grid.setHorizontalSpacing(UNIT)
        grid.setVerticalSpacing(UNIT)
        for row, name in enumerate(NAMES):
            text, tip = _TEXTS[name]
            field = QLineEdit(placeholderText=placeholders[name])
            field.setToolTip(tip)
            field.setAccessibleName(text)
            field.setAccessibleDescription(tip)
            self.fields[name] = field
            caption = label(text)
            caption.setToolTip(tip)
            caption.setBuddy(field)
            grid.addWidget(caption, row, 0)
            grid.addWidget(field, row, 1)
            if name in _FOLDERS:
                choose = button("Choose…")
                choose.setAccessibleName(f"Choose the {text.lower()}")
                choose.clicked.connect(lambda _=False, name=name: self._on_choose(name))
                grid.addWidget(choose, row, 2)
        self.save = button("Save", "primary")
        close = button("Close", "quiet")
        self.save.clicked.connect(self._on_save)
        close.clicked.connect(self.hide)
        buttons = QHBoxLayout()
        buttons.setSpacing(UNIT)
        buttons.addWidget(self.answer, 1)
        buttons.addStretch(0)
        buttons.addWidget(close)
        buttons.addWidget(self.save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * UNIT, 2 * UNIT, 2 * UNIT, 2 * UNIT)
        layout.setSpacing(UNIT)
        layout.addWidget(label("Where models lie and come from", "heading"))
        layout.addLayout(grid)
        layout.addLayout(buttons)

    def show_settings(self, settings: Settings) -> None:
        """Fill the fields."""
        for name, field in self.fields.items():
            field.setText(getattr(settings, name))

    def tell(self, text: str) -> None:
        """Say what became of saving."""
        self.answer.setText(text)
        self.answer.setVisible(bool(text))

    def _on_choose(self, name: str) -> None:
        if folder := QFileDialog.getExistingDirectory(self, _TEXTS[name][0], self.fields[name].text()):
            self.fields[name].setText(folder)

    def _on_save(self) -> None:
        self.saved.emit(Settings(**{name: field.text().strip() for name, field in self.fields.items()}))
