"""Shows the third-party notices: who made what this program is built from, and the texts of the licences."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontDatabase, QKeyEvent, QKeySequence, QShortcut, QTextCursor
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from classmark.gui.parts import button, label, mark
from classmark.gui.theme import UNIT
from classmark.resources import third_party_notices

# More places than anyone walks along are not counted.
_COUNTED = 999

_NOT_RELEASED = (
    "This copy of Classmark does not come from an installer: it runs from its sources or from Python packages, each of "
    "which carries its own licence.\n\nA released Classmark shows here everything that it is built from, "
    "with the texts of all licences, and has the same text in THIRD-PARTY-NOTICES.txt beside the program."
)


class LicencesDialog(QDialog):
    """A long text with a search box; Return walks on from place to place, Shift and Return back."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Licences")
        self.resize(QSize(120 * UNIT, 88 * UNIT).boundedTo(self.screen().availableSize() * 0.9))
        place = third_party_notices()
        self.text = QPlainTextEdit(place.read_text(encoding="utf-8") if place else _NOT_RELEASED)
        self.text.setReadOnly(True)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.text.setAccessibleName("Third-party notices and licence texts")
        if place:
            self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.search = QLineEdit(placeholderText="Search names and texts", clearButtonEnabled=True)
        mark(self.search, "search")
        self.search.setAccessibleName("Search the licences")
        self.found = label("", "muted")
        self.found.setMinimumWidth(16 * UNIT)
        self.previous, self.next = button("Previous"), button("Next")
        self._places: list[QTextCursor] = []
        self._at = -1
        bar = QHBoxLayout()
        bar.setSpacing(UNIT)
        bar.addWidget(self.search, 1)
        for part in (self.found, self.previous, self.next):
            bar.addWidget(part)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * UNIT, 2 * UNIT, 2 * UNIT, 2 * UNIT)
        layout.setSpacing(UNIT)
        layout.addLayout(bar)
        layout.addWidget(self.text, 1)
        if place:
            lies = label(f"This text lies in {place}", "muted", wrap=True)
            lies.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            layout.addWidget(lies)
        box = QDialogButtonBox()
        close = box.addButton(QDialogButtonBox.StandardButton.Close)
        box.rejected.connect(self.reject)
        layout.addWidget(box)
        # Return belongs to the search.
        for each in (close, self.previous, self.next):
            each.setAutoDefault(False)
        self.search.textChanged.connect(self._on_search)
        self.next.clicked.connect(lambda: self._go(1))
        self.previous.clicked.connect(lambda: self._go(-1))
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self, self.search.setFocus)
        self._on_search("")
        self.search.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102 - Qt
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.search.hasFocus():
            self._go(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        else:
            super().keyPressEvent(event)

    def _on_search(self, wanted: str) -> None:
        self._places, self._at = [], -1
        cursor = QTextCursor(self.text.document())
        while wanted and len(self._places) <= _COUNTED:
            cursor = self.text.document().find(wanted, cursor)
            if cursor.isNull():
                break
            self._places.append(QTextCursor(cursor))
        self.previous.setEnabled(bool(self._places))
        self.next.setEnabled(bool(self._places))
        if self._places:
            self._go(1)
        else:
            self.found.setText("Nothing found" if wanted else "")
            self.text.moveCursor(QTextCursor.MoveOperation.Start)

    def _go(self, step: int) -> None:
        if not self._places:
            return
        self._at = (self._at + step) % len(self._places)
        self.text.setTextCursor(self._places[self._at])
        self.text.centerCursor()
        many = len(self._places) > _COUNTED
        self.found.setText(f"{self._at + 1} of {'more than ' if many else ''}{min(len(self._places), _COUNTED):,}")
