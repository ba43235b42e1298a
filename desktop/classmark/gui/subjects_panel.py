"""The subjects of the document that is looked at, as a tree with scores, or the reason why there are none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QModelIndex, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter
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

from classmark.gui.guide_button import HelpButton
from classmark.gui.icons import paint_icon
from classmark.gui.painting import bold, paint_score, paint_text, small
from classmark.gui.parts import label, mark
from classmark.gui.rows import Byline, Opinion, Row, State
from classmark.gui.subjects_model import NODE, Index, Node, SubjectsModel
from classmark.gui.theme import UNIT, Theme
from classmark_models.decide import Rule, Subject

_CHECK = 16
"""How far the tick of what is sure moves a name, in pixels."""


class SubjectsPanel(QFrame):
    """Shows what the rule proposes; ``chosen`` tells the prediction and the subject that the person looks at."""

    chosen = Signal(object, object)

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
        head.addWidget(HelpButton("answers", "reading the answers"))
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
        return self._node.subject if self._node else None

    @property
    def _node(self) -> Node | None:
        node: Node | None = self.tree.currentIndex().data(NODE)
        return node

    @property
    def message(self) -> str:
        """What stands in place of the tree, if anything."""
        return self._empty.text() if self._pages.currentWidget() is self._empty else ""

    @property
    def origin(self) -> str:
        """The name and the scope of the only classifier, where there is but one."""
        return self._origin.text()

    def show_row(self, row: Row | None, bylines: Mapping[str, Byline], rule: Rule) -> None:
        """Show what a rule proposes for a row; the selected subject stays selected where it is still there."""
        before = self._node if row is self._row else None
        self._row = row
        opinions = row.decide(rule) if row else ()
        firsts = [(opinion, opinion.best) for opinion in opinions if opinion.best is not None]
        self._note.setText(_note(opinions, rule))
        self._show_origin(opinions, bylines)
        self._subjects.show(opinions if firsts else (), bylines)
        self._pages.setCurrentIndex(0 if firsts else 1)
        self._empty.setText(_why_empty(row, bylines))
        if len(opinions) > 1:
            for place in range(self._subjects.rowCount()):
                self.tree.setFirstColumnSpanned(place, QModelIndex(), True)
        self.tree.expandAll()
        if not firsts:
            self.chosen.emit(None, None)
            return
        kept = self._subjects.index_of(before.opinion, before.subject) if before and before.subject else None
        opinion, best = firsts[0]
        self.tree.setCurrentIndex(kept if kept and kept.isValid() else self._subjects.index_of(opinion, best))

    def _show_origin(self, opinions: Sequence[Opinion], bylines: Mapping[str, Byline]) -> None:
        """Say which classifier the subjects come from, and what it is for; several stand in the tree."""
        name = opinions[0].prediction.classifier if len(opinions) == 1 else ""
        only = next(iter(bylines.values())) if len(bylines) == 1 else None
        byline = bylines.get(name, only) if len(opinions) < 2 else None
        self._origin.setText(f"{byline.title} · {byline.scope}" if byline else "")
        self._origin.setVisible(byline is not None)

    def resizeEvent(self, event: object) -> None:  # noqa: D102 - Qt
        super().resizeEvent(event)  # type: ignore[arg-type]
        units = self.width() // UNIT
        self.tree.header().resizeSection(1, (15 if units < 48 else 19 if units < 64 else 25) * UNIT)

    def _on_current_changed(self) -> None:
        node = self._node
        self.chosen.emit(node.opinion.prediction if node and node.subject else None, node.subject if node else None)


class _SubjectDelegate(QStyledItemDelegate):
    """Paints a subject's name, ticked when it is sure and bold when it is proposed, and its score.

    A classifier's name stands over a note.
    """

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        node: Node = index.data(NODE)
        height = QFontMetrics(option.font).height()
        if node.subject is not None:
            return QSize(64, height + UNIT + 4)
        return QSize(64, height + QFontMetrics(small(option.font)).height() + 2 * UNIT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        node: Node = index.data(NODE)
        area, font, theme = QRectF(option.rect), option.font, self._theme
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(area, theme.color("accent_soft" if selected else "surface"))
        if node.subject is None:
            self._paint_classifier(painter, area, node, font, index.row() > 0)
        elif index.column() == 0:
            if node.subject.is_sure:
                paint_icon(painter, "sure", theme.tokens.sure, QRectF(area.left() + 2, area.center().y() - 8, 16, 16))
                area = area.adjusted(_CHECK, 0, 0, 0)
            color = theme.color("text" if node.proposed or selected else "muted")
            style = bold(font) if node.proposed else font
            paint_text(painter, area.adjusted(4, 0, -UNIT, 0), node.title, color, style)
        else:
            paint_score(painter, area.adjusted(0, 0, -2 * UNIT, 0), node.subject, theme, font)
        painter.restore()

    def _paint_classifier(self, painter: QPainter, area: QRectF, node: Node, font: QFont, ruled: bool) -> None:
        theme, declined = self._theme, bool(node.opinion.prediction.declined)
        if ruled:
            painter.fillRect(QRectF(0, area.top(), area.right(), 1), theme.color("line"))
        height = QFontMetrics(font).height()
        upper = QRectF(area.left() + 4, area.top() + UNIT - 2, area.width() - UNIT, height)
        if declined:
            paint_icon(painter, "declined", theme.tokens.possible, QRectF(upper.left(), upper.center().y() - 8, 16, 16))
        indent = 16 + UNIT // 2 if declined else 0
        paint_text(painter, upper.adjusted(indent, 0, 0, 0), node.title, theme.color("accent"), bold(font))
        lower = upper.translated(0, height + 2)
        paint_text(painter, lower, node.note, theme.color("muted"), small(font))


def _note(opinions: Sequence[Opinion], rule: Rule) -> str:
    if len(opinions) == 1 and opinions[0].fallback is not None:
        return f"No {opinions[0].level(rule)} satisfies the rule; a {opinions[0].fallback.label.level} does"
    subjects = [subject for opinion in opinions for subject in opinion.subjects]
    sure = sum(subject.is_sure for subject in subjects)
    if not sure:
        return f"{len(subjects)} proposed" if subjects else ""
    return f"{sure} sure · {len(subjects) - sure} more" if len(subjects) > sure else f"{sure} sure"


def _why_empty(row: Row | None, bylines: Mapping[str, Byline]) -> str:
    if row is None:
        return "Select a document to see its subjects."
    if row.state in {State.WAITING, State.WORKING}:
        return "This document has not been read yet."
    if row.state is State.STOPPED:
        return "Stopped before this document was read. Retry it to get its subjects."
    if len(row.opinions) > 1 and row.state is State.DECLINED:
        names = [(opinion.prediction.classifier, opinion.prediction.declined) for opinion in row.opinions]
        return "\n\n".join(f"{bylines[name].title if name in bylines else name}\n{why}" for name, why in names)
    if row.state is State.READY and row.reason:
        return f"{row.reason}\n\nSwitch off “Only sure” to see what is possible."
    return row.reason or "There is nothing to show."
