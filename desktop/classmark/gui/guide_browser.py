"""The page of the guide that is read: laid out for the room there is, with what was searched for marked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QColor, QFont, QImageReader, QPainter, QPen, QPixmap, QResizeEvent, QTextCursor, QTextDocument
from PySide6.QtWidgets import QTextBrowser, QTextEdit, QWidget

from classmark.core.guide import Page, places
from classmark.gui.guide_html import page_html, style
from classmark.gui.parts import mark
from classmark.gui.theme import UNIT, Theme

_COLUMN = 50
"""The widest a line becomes, in widths of the letter m: longer ones are hard to read."""
_MARGIN = 3 * UNIT
_DENSITY = 2
"""Pixels of a picture for each that it was drawn on."""
_SETTLE = 60
"""Milliseconds after the last change of size before the page is laid out again."""


class GuideBrowser(QTextBrowser):
    """Shows one page; pictures come from the guide's folder alone, and no link is followed by itself."""

    link_chosen = Signal(str)

    def __init__(self, folder: Path, theme: Theme, zoom: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder, self._theme, self._zoom = folder, theme, zoom
        self._page: Page | None = None
        self._words: tuple[str, ...] = ()
        self._marks: list[tuple[int, int]] = []
        self._current = -1
        self._points = max(1.0, self.font().pointSizeF())
        self._settle = QTimer(self, interval=_SETTLE, singleShot=True)
        self._settle.timeout.connect(self._lay_out_again)
        mark(self, "guide")
        self.setAccessibleName("Page of the guide")
        self.setOpenLinks(False)
        self.setUndoRedoEnabled(False)
        self.setLineWrapMode(QTextEdit.LineWrapMode.FixedPixelWidth)
        self.anchorClicked.connect(lambda url: self.link_chosen.emit(url.toString()))
        theme.changed.connect(self._lay_out_again)

    @property
    def page(self) -> Page | None:
        """The page that is shown."""
        return self._page

    @property
    def marks(self) -> int:
        """How many places are marked."""
        return len(self._marks)

    @property
    def current_mark(self) -> int:
        """Which of them was gone to last, from 0; -1 for none."""
        return self._current

    @property
    def progress(self) -> float:
        """How far the page is scrolled, as a share of 1."""
        return self.verticalScrollBar().value() / max(1, self.verticalScrollBar().maximum())

    def show_page(self, page: Page, anchor: str = "", progress: float = 0.0) -> None:
        """Show a page from its beginning, from a heading, or scrolled as far as it was left."""
        self._page, self._current = page, -1
        self._lay_out()
        if anchor:
            self.scrollToAnchor(anchor)
        else:
            self._scroll(progress)

    def mark_words(self, words: Sequence[str]) -> None:
        """Mark where words of a search stand; none takes the marks away."""
        self._words, self._current = tuple(words), -1
        self._find_marks()

    def go_to_mark(self, number: int) -> None:
        """Bring a marked place into view."""
        self._current = number
        self._paint_marks()
        cursor = QTextCursor(self.document())
        cursor.setPosition(self._marks[number][0])
        self.setTextCursor(cursor)
        self.ensureCursorVisible()
        above = self.cursorRect(cursor).top()
        if not self.viewport().height() * 0.15 < above < self.viewport().height() * 0.8:
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() + above - self.viewport().height() // 3)

    def set_zoom(self, zoom: float) -> None:
        """Show text larger or smaller, by a factor."""
        self._zoom = zoom
        self._lay_out_again()

    def loadResource(self, kind: int, name: QUrl | str) -> object:  # noqa: D102 - Qt
        source = name.toString() if isinstance(name, QUrl) else name
        if kind == QTextDocument.ResourceType.ImageResource.value and (path := self._path_of(source)):
            return self._framed(path, self._size_of(source))
        return None

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102 - Qt
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._settle.start()

    def _lay_out_again(self) -> None:
        current, progress = self._current, self.progress
        self._lay_out()
        self._scroll(progress)
        if 0 <= current < len(self._marks):
            self._current = current
            self._paint_marks()

    def _lay_out(self) -> None:
        if self._page is None:
            return
        font = QFont(self.font())
        font.setPointSizeF(self._points * self._zoom)
        document = self.document()
        document.setDefaultFont(font)
        document.setDocumentMargin(_MARGIN)
        document.setDefaultStyleSheet(style(self._theme.tokens, font.pointSizeF()))
        self.setLineWrapColumnOrWidth(self._column + 2 * _MARGIN)
        self.setHtml(page_html(self._page, self._size_of))
        self._find_marks()

    @property
    def _column(self) -> int:
        widest = round(self.fontMetrics().horizontalAdvance("m") * self._zoom * _COLUMN)
        return max(20 * UNIT, min(self.viewport().width() - 2 * _MARGIN, widest))

    def _scroll(self, progress: float) -> None:
        self.verticalScrollBar().setValue(round(progress * self.verticalScrollBar().maximum()))

    def _path_of(self, source: str) -> Path | None:
        path = (self._folder / source).resolve()
        return path if path.is_relative_to(self._folder.resolve()) and path.is_file() else None

    def _size_of(self, source: str) -> QSize:
        path = self._path_of(source)
        natural = QImageReader(str(path)).size() / _DENSITY if path else QSize()
        if natural.width() <= self._column:
            return natural
        return QSize(self._column, round(natural.height() * self._column / natural.width()))

    def _framed(self, path: Path, size: QSize) -> QPixmap:
        """Return a picture in the pixels that are shown, with a line around it that holds on any ground."""
        ratio = self.devicePixelRatioF()
        keep, smooth = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        made = QPixmap(str(path)).scaled(size * ratio, keep, smooth)
        made.setDevicePixelRatio(ratio)
        painter = QPainter(made)
        painter.setPen(QPen(QColor(self._theme.tokens.edge), 1))
        painter.drawRect(QRectF(0.5, 0.5, size.width() - 1, size.height() - 1))
        painter.end()
        return made

    def _find_marks(self) -> None:
        text = self.toPlainText()
        at = [0]
        for character in text:
            at.append(at[-1] + (2 if ord(character) > 0xFFFF else 1))  # Qt counts in UTF-16
        self._marks = [(at[start], at[end]) for start, end in places(text, self._words)]
        self._paint_marks()

    def _paint_marks(self) -> None:
        made = []
        for number, (start, end) in enumerate(self._marks):
            selection = QTextEdit.ExtraSelection()
            cursor = QTextCursor(self.document())
            cursor.setPosition(start)
            cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
            is_current = number == self._current
            selection.format.setBackground(self._theme.color("accent" if is_current else "mark"))
            selection.format.setForeground(self._theme.color("on_accent" if is_current else "text"))
            selection.cursor = cursor
            made.append(selection)
        self.setExtraSelections(made)
