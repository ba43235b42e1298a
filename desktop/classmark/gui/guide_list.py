"""The left side of the guide: its pages by section, or the pages on which a search was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from classmark.core.guide import Guide, Hit
from classmark.gui.painting import bold, paint_text, paint_wrapped, small
from classmark.gui.parts import label, mark
from classmark.gui.theme import UNIT, Theme

_ENTRY = Qt.ItemDataRole.UserRole
_SNIPPET_LINES = 3
_LONGEST = 40
"""Characters of a search that are repeated where nothing was found."""
_BREAK = "\u200b"
"""Between letters: a word that is longer than a line may be broken anywhere."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A section (without a page), a page, or a hit (with a snippet)."""

    title: str
    page: str = ""
    anchor: str = ""
    snippet: str = ""


class GuideList(QStackedWidget):
    """Tells which page the person wants; ``chosen`` carries its name and a heading on it, or nothing."""

    chosen = Signal(str, str)

    def __init__(self, guide: Guide, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._guide = guide
        self.rows = QListWidget()
        self.rows.setItemDelegate(_EntryDelegate(theme, self.rows))
        self.rows.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.rows.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.rows.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.rows.setMouseTracking(True)
        mark(self.rows, "guide")
        self._empty = label("", "muted", wrap=True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._empty.setContentsMargins(2 * UNIT, 2 * UNIT, 2 * UNIT, 2 * UNIT)
        self.addWidget(self.rows)
        self.addWidget(self._empty)
        self.rows.currentItemChanged.connect(self._on_current_changed)
        self.show_contents()

    @property
    def message(self) -> str:
        """What stands in place of the list, if anything."""
        return self._empty.text() if self.currentWidget() is self._empty else ""

    @property
    def pages(self) -> tuple[str, ...]:
        """The pages in the list, from top to bottom."""
        entries = [self.rows.item(row).data(_ENTRY) for row in range(self.rows.count())]
        return tuple(entry.page for entry in entries if entry.page)

    def show_contents(self) -> None:
        """List all pages."""
        entries: list[_Entry] = []
        section = ""
        for page in self._guide.pages:
            if page.section != section:
                section = page.section
                entries.append(_Entry(section))
            entries.append(_Entry(page.title, page.name))
        self._show(entries, "Pages of the guide")

    def show_hits(self, hits: Sequence[Hit], query: str) -> None:
        """List the pages that a search has found, or say that there are none."""
        self._show([_Entry(hit.page.title, hit.page.name, hit.anchor, hit.snippet) for hit in hits], "Pages found")
        if not hits:
            said = query.strip()
            said = f"{said[:_LONGEST]}…" if len(said) > _LONGEST else said
            self._empty.setText(f"No page mentions “{_BREAK.join(said)}”.\n\nTry fewer words, or their beginnings.")
            self._empty.setAccessibleName(f"No page mentions {said}")
            self.setCurrentWidget(self._empty)

    def select(self, page: str) -> None:
        """Show as chosen which page is read, without telling so."""
        blocked = self.rows.blockSignals(True)
        for row in range(self.rows.count()):
            if self.rows.item(row).data(_ENTRY).page == page:
                self.rows.setCurrentRow(row)
        self.rows.blockSignals(blocked)

    def _show(self, entries: Sequence[_Entry], name: str) -> None:
        blocked = self.rows.blockSignals(True)
        self.rows.clear()
        for entry in entries:
            item = QListWidgetItem(entry.title)
            item.setData(_ENTRY, entry)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{entry.title}. {entry.snippet}".strip(" ."))
            if not entry.page:
                item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.rows.addItem(item)
        self.rows.setAccessibleName(name)
        self.rows.blockSignals(blocked)
        self.setCurrentWidget(self.rows)

    def _on_current_changed(self, item: QListWidgetItem | None, _before: object = None) -> None:
        if item is not None and (entry := item.data(_ENTRY)).page:
            self.chosen.emit(entry.page, entry.anchor)


class _EntryDelegate(QStyledItemDelegate):
    """Paints a section as a caption, a page as a line, a hit as a title over its snippet."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        entry: _Entry = index.data(_ENTRY)
        height = QFontMetrics(option.font).height()
        if entry.snippet:
            return QSize(64, height + _SNIPPET_LINES * QFontMetrics(small(option.font)).lineSpacing() + 2 * UNIT)
        return QSize(64, height + (UNIT + 4 if entry.page else 2 * UNIT + 4))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        entry: _Entry = index.data(_ENTRY)
        theme, area, font = self._theme, QRectF(option.rect), option.font
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver) and bool(entry.page)
        height = QFontMetrics(font).height()
        painter.save()
        painter.fillRect(area, theme.color("accent_soft" if selected else "hover" if hovered else "surface"))
        if selected:
            painter.fillRect(QRectF(area.left(), area.top(), 3, area.height()), theme.color("accent"))
        inner = area.adjusted(2 * UNIT, 0, -UNIT, 0)
        if not entry.page:
            lower = inner.adjusted(0, UNIT, 0, 0)
            paint_text(painter, lower, entry.title, theme.color("muted"), bold(small(font)))
        elif not entry.snippet:
            paint_text(painter, inner, entry.title, theme.color("text"), bold(font) if selected else font)
        else:
            upper = QRectF(inner.left(), inner.top() + UNIT - 2, inner.width(), height)
            paint_text(painter, upper, entry.title, theme.color("text"), bold(font))
            lower = QRectF(inner.left(), upper.bottom(), inner.width(), inner.bottom() - upper.bottom())
            paint_wrapped(
                painter, lower, entry.snippet, theme.color("muted"), small(font), _SNIPPET_LINES, is_upper=True
            )
        painter.restore()
