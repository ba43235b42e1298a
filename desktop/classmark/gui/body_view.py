"""The running text of a document, of any length: laid out in portions, with one stretch highlighted."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from classmark.gui.parts import mark
from classmark.gui.theme import Theme

_PORTION = 20_000
"""Characters that are laid out in one go; more would hold up the window."""
_LINE = 4_000
"""The longest paragraph; longer ones are broken for display, as their layout takes too long in one piece."""


class BodyView(QPlainTextEdit):
    """Shows a long text without holding up the window; offsets are those of the Python string."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._body = ""
        self._loaded = 0
        self._places: list[tuple[int, int]] = [(0, 0)]
        self._stretch: tuple[int, int] | None = None
        self._filling = QTimer(self, interval=0)
        self._filling.timeout.connect(self._on_time_to_fill)
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        mark(self, "body")
        self.setAccessibleName("Text")
        self.setTabChangesFocus(True)
        theme.changed.connect(self._highlight)

    def show_text(self, body: str) -> None:
        """Show another text from its beginning."""
        self._stretch = None
        if body == self._body:
            self._highlight()
            self.verticalScrollBar().setValue(0)
            return
        self._body, self._loaded, self._places = body, 0, [(0, 0)]
        self.setExtraSelections([])
        self.clear()
        self._on_time_to_fill()
        self._filling.start()
        self.verticalScrollBar().setValue(0)

    def show_stretch(self, start: int, end: int) -> None:
        """Highlight a stretch of the text and scroll to it, as soon as it is laid out."""
        self._stretch = (start, end)
        if self._loaded >= min(end, len(self._body)):
            self._go_to_stretch()

    def clear_stretch(self) -> None:
        """Take the highlight away."""
        self._stretch = None
        self._highlight()

    @property
    def highlighted(self) -> str:
        """The text that is highlighted."""
        return "".join(selection.cursor.selectedText() for selection in self.extraSelections())

    def _on_time_to_fill(self) -> None:
        start, end = self._loaded, min(self._loaded + _PORTION, len(self._body))
        if start < end:
            cursor = QTextCursor(self.document())
            cursor.movePosition(QTextCursor.MoveOperation.End)
            cursor.insertText(self._broken(start, end))
            self._loaded = end
            if self._stretch and end >= min(self._stretch[1], len(self._body)) > start:
                self._go_to_stretch()
        if self._loaded >= len(self._body):
            self._filling.stop()

    def _broken(self, start: int, end: int) -> str:
        """Return a stretch with long paragraphs broken, and note what each character's place becomes."""
        pieces: list[str] = []
        at, place = start, self._place(start)
        for line in self._body[start:end].splitlines(keepends=True):
            for offset in range(0, len(line), _LINE):
                piece = line[offset : offset + _LINE]
                broken = offset + _LINE < len(line)
                pieces.append(piece + "\n" if broken else piece)
                at += len(piece)
                place += _units(piece) + broken
                self._places.append((at, place))
        return "".join(pieces)

    def _place(self, offset: int) -> int:
        """Return the position in Qt's document, which counts UTF-16 units, of an offset in the text."""
        low, high = 0, len(self._places)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._places[middle][0] <= offset else (low, middle)
        at, place = self._places[low]
        return place + _units(self._body[at:offset])

    def _go_to_stretch(self) -> None:
        self._highlight()
        if self._stretch is None:
            return
        cursor = QTextCursor(self.document())
        cursor.setPosition(self._place(min(self._stretch[0], len(self._body))))
        self.setTextCursor(cursor)
        above = self.cursorRect().top() // max(1, self.fontMetrics().lineSpacing())
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + above - 2)  # it counts lines

    def _highlight(self) -> None:
        selections = []
        if self._stretch is not None and self._loaded:
            selection = QTextEdit.ExtraSelection()
            cursor = QTextCursor(self.document())
            cursor.setPosition(self._place(min(self._stretch[0], self._loaded)))
            cursor.setPosition(self._place(min(self._stretch[1], self._loaded)), QTextCursor.MoveMode.KeepAnchor)
            style = QTextCharFormat()
            style.setBackground(self._theme.color("mark"))
            selection.cursor = cursor
            selection.format = style
            selections.append(selection)
        self.setExtraSelections(selections)


def _units(text: str) -> int:
    """Return the length of a text in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
