"""The small pane that asks for a model on the hub by the name of its repository."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from classmark.gui.parts import button, label, mark
from classmark.gui.theme import UNIT

_NOTE = (
    "Any classifier of the families BERT, DistilBERT, RoBERTa and XLM-R. The hub is asked what it is; nothing is "
    "downloaded yet."
)


class AddModelPane(QFrame):
    """Asks for a repository; ``asked`` carries its name."""

    asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark(self, "card")
        self.repo = QLineEdit(placeholderText="organisation/name, as on its page on the hub")
        self.repo.setAccessibleName("Repository on the hub")
        self.add = button("Add", "primary")
        self.answer = label("", "", wrap=True)
        self.answer.hide()
        close = button("Close", "quiet")
        line = QHBoxLayout()
        line.setSpacing(UNIT)
        line.addWidget(self.repo, 1)
        line.addWidget(self.add)
        line.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * UNIT, 2 * UNIT, 2 * UNIT, 2 * UNIT)
        layout.setSpacing(UNIT)
        layout.addWidget(label("Add a model from the hub", "heading"))
        layout.addWidget(label(_NOTE, "muted", wrap=True))
        layout.addLayout(line)
        layout.addWidget(self.answer)
        close.clicked.connect(self.hide)
        self.add.clicked.connect(self._on_add)
        self.repo.returnPressed.connect(self._on_add)

    def tell(self, text: str, *, is_waiting: bool = False) -> None:
        """Tell what became of it, or that the hub is being asked."""
        self.answer.setText(text)
        self.answer.setVisible(bool(text))
        self.add.setEnabled(not is_waiting)

    def _on_add(self) -> None:
        if (repo := self.repo.text().strip()) and self.add.isEnabled():
            self.asked.emit(repo)
