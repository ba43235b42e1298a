"""The box for a title and a text that are typed or pasted."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from classmark.gui.parts import button, label
from classmark.gui.theme import UNIT


class PastePanel(QWidget):
    """Takes a title and an abstract; ``submitted`` carries both."""

    submitted = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QLineEdit(placeholderText="Title")
        self.title.setAccessibleName("Title to classify")
        self.text = QPlainTextEdit(
            placeholderText="Abstract, table of contents, or any stretch of the text", tabChangesFocus=True
        )
        self.text.setAccessibleName("Abstract or text to classify")
        self.text.setMinimumHeight(9 * UNIT)
        self.button = button("Classify", "primary")
        self.button.setEnabled(False)
        hint = label("In any of about a hundred languages", "muted")
        bar = QHBoxLayout()
        bar.setSpacing(UNIT)
        bar.addWidget(hint, 1)
        bar.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(UNIT)
        layout.addWidget(self.title)
        layout.addWidget(self.text, 1)
        layout.addLayout(bar)
        self.title.textChanged.connect(self._on_changed)
        self.text.textChanged.connect(self._on_changed)
        self.title.returnPressed.connect(self._on_submit)
        self.button.clicked.connect(self._on_submit)
        self.text.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: D102 - Qt
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            confirm = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and confirm:
                self._on_submit()
                return True
        return super().eventFilter(watched, event)

    def _on_changed(self) -> None:
        self.button.setEnabled(bool(self.title.text().strip() or self.text.toPlainText().strip()))

    def _on_submit(self) -> None:
        if self.button.isEnabled():
            title, text = self.title.text().strip(), self.text.toPlainText().strip()
            self.title.clear()
            self.text.clear()
            self.submitted.emit(title, text)
