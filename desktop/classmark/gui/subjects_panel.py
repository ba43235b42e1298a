"""The subjects of the document that is looked at, as a tree with scores, or the reason why there are none."""

from __future__ import annotations

from PySide6.QtCore import QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QStackedLayout,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from classmark.gui.painting import bold, paint_score, paint_text
from classmark.gui.parts import label, mark
from classmark.gui.rows import Row, State
from classmark.gui.subjects_model import NODE, Index, Node, SubjectsModel
from classmark.gui.theme import UNIT, Theme
from classmark_models.decide import Rule, Subject
from classmark_models.labels import Vocabulary


class SubjectsPanel(QFrame):
    """Shows what the rule proposes; ``chosen`` tells whose evidence the person wants to see."""

    chosen = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark(self, "pane")
        self._subjects = SubjectsModel(self)
        self._row: Row | None = None
        self.tree = QTreeView()
        self.tree.setModel(self._subjects)
        self.tree.setItemDelegate(_SubjectDelegate(theme, self.tree))
        self.tree.setAccessibleName("Subjects")
        self.tree.setHeaderHidden(True)
        self.tree.setUniformRowHeights(True)
        self.tree.setIndentation(2 * UNIT + 2)
        self.tree.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(10 * UNIT)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(1, 25 * UNIT)
        self._caption = label("Subjects", "caption")
        self._note = label("", "muted")
        self._empty = label("", "muted", wrap=True, centered=True)
        self._empty.setContentsMargins(4 * UNIT, UNIT, 4 * UNIT, UNIT)
        self._origin = label("", "muted", wrap=True)
        self._origin.setContentsMargins(2 * UNIT, UNIT, 2 * UNIT, UNIT)
        self._origin.hide()
        head = QHBoxLayout()
        head.setContentsMargins(2 * UNIT, UNIT + 4, 2 * UNIT, UNIT)
        head.addWidget(self._caption)
        head.addStretch(1)
        head.addWidget(self._note)
        self._pages = QStackedLayout()
        self._pages.addWidget(self.tree)
        self._pages.addWidget(self._empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addLayout(self._pages, 1)
        layout.addWidget(self._origin)
        self.tree.selectionModel().currentRowChanged.connect(self._on_current_changed)

    @property
    def current(self) -> Subject | None:
        """The subject that is selected."""
        node: Node | None = self.tree.currentIndex().data(NODE)
        return node.subject if node else None

    @property
    def message(self) -> str:
        """What stands in place of the tree, if anything."""
        return self._empty.text() if self._pages.currentWidget() is self._empty else ""

    def show_row(self, row: Row | None, vocabulary: Vocabulary | None, rule: Rule) -> None:
        """Show what a rule proposes for a row; the selected subject stays selected where it is still there."""
        before = self.current if row is self._row else None
        self._row = row
        subjects = row.decide(vocabulary, rule) if row else ()
        if row is not None and row.is_fallback and row.best is not None:
            subjects = (row.best,)
        self._note.setText("" if row is None or not subjects else _note(row, rule, len(subjects)))
        self._subjects.show(subjects)
        self._pages.setCurrentIndex(0 if subjects else 1)
        self._empty.setText(_why_empty(row))
        self.tree.expandAll()
        kept = self._subjects.index_of(before) if before else None
        if subjects:
            self.tree.setCurrentIndex(kept if kept and kept.isValid() else self._subjects.index_of(subjects[0]))
        else:
            self.chosen.emit(None)

    def show_origin(self, name: str, scope: str) -> None:
        """Say which classifier the subjects come from, and what it is for."""
        self._origin.setText(f"{name} · {scope}")
        self._origin.show()

    def resizeEvent(self, event: object) -> None:  # noqa: D102 - Qt
        super().resizeEvent(event)  # type: ignore[arg-type]
        units = self.width() // UNIT
        self.tree.header().resizeSection(1, (15 if units < 48 else 19 if units < 64 else 25) * UNIT)

    def _on_current_changed(self) -> None:
        self.chosen.emit(self.current)


class _SubjectDelegate(QStyledItemDelegate):
    """Paints a subject's name, bold when it is proposed, and its score."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(64, QFontMetrics(option.font).height() + UNIT + 4)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        node: Node = index.data(NODE)
        area, font, theme = QRectF(option.rect), option.font, self._theme
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(area, theme.color("accent_soft" if selected else "surface"))
        if index.column() == 0:
            color = theme.color("text" if node.proposed or selected else "muted")
            style = bold(font) if node.proposed else font
            paint_text(painter, area.adjusted(4, 0, -UNIT, 0), node.subject.label.name, color, style)
        else:
            paint_score(painter, area.adjusted(0, 0, -2 * UNIT, 0), node.subject, theme, font)
        painter.restore()


def _note(row: Row, rule: Rule, count: int) -> str:
    if row.is_fallback and row.best is not None:
        return f"No {rule.level} satisfies the rule; a {row.best.label.level} does"
    return f"{count} proposed"


def _why_empty(row: Row | None) -> str:
    if row is None:
        return "Select a document to see its subjects."
    if row.state in {State.WAITING, State.WORKING}:
        return "This document has not been read yet."
    if row.state is State.STOPPED:
        return "Stopped before this document was read. Retry it to get its subjects."
    return row.reason or "There is nothing to show."
