"""How the cells of the list are painted."""

from __future__ import annotations

from PySide6.QtCore import QObject, QRectF, QSize
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from classmark.gui.icons import paint_icon
from classmark.gui.painting import bold, paint_score, paint_text, paint_wrapped, small
from classmark.gui.results_model import ROW, Column, Index, ResultsModel
from classmark.gui.rows import Opinion, Row, State
from classmark.gui.theme import UNIT, Theme
from classmark_models.decide import Subject

_BYLINE = 0.35
"""The most of a line that a classifier's name takes from a long subject."""


def row_height(metrics: QFontMetrics, lines: int) -> int:
    """Return the height of a row with so many answers, in pixels; two lines at least."""
    return max(2, lines) * (metrics.height() + 2) + 2 * UNIT


def _places(row: Row, area: QRectF, option: QStyleOptionViewItem) -> list[tuple[Opinion, QRectF]]:
    """Return each classifier's answer with its line; a single one has the whole area."""
    if len(row.opinions) < 2:
        return [(opinion, area) for opinion in row.opinions]
    height = QFontMetrics(option.font).height() + 2
    top = area.center().y() - height * len(row.opinions) / 2
    return [
        (opinion, QRectF(area.left(), top + place * height, area.width(), height))
        for place, opinion in enumerate(row.opinions)
    ]


class ResultsDelegate(QStyledItemDelegate):
    """Paints two lines to a cell: what it is, and where it stands; answers of several classifiers a line each."""

    def __init__(self, results: ResultsModel, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._results, self._theme = results, theme

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:  # noqa: D102 - Qt
        return QSize(64, row_height(QFontMetrics(option.font), self._results.lines))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:  # noqa: D102 - Qt
        row: Row | None = index.data(ROW)
        if row is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, area = self._theme, QRectF(option.rect)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        ground = "accent_soft" if selected else "hover" if hovered else "surface"
        painter.fillRect(area, theme.color(ground))
        if selected and index.column() == 0:
            painter.fillRect(QRectF(area.left(), area.top(), 3, area.height()), theme.color("accent"))
        painter.fillRect(QRectF(area.left(), area.bottom() - 1, area.width(), 1), theme.color("line"))
        inner = area.adjusted(UNIT, 0, -UNIT, -1)
        match Column(index.column()):
            case Column.STATE:
                self._paint_state(painter, inner.adjusted(UNIT, 0, 0, 0), option, row)
            case Column.DOCUMENT:
                self._paint_lines(painter, inner, option, row.title, _whereabouts(row, option), strong=True)
            case Column.LANGUAGE:
                text = str(index.data() or "")
                paint_text(painter, inner, text, theme.color("muted"), option.font)
            case Column.SUBJECT:
                self._paint_subject(painter, inner, option, row)
            case Column.SCORE:
                for opinion, place in _places(row, inner, option):
                    if opinion.best is not None:
                        paint_score(painter, place, opinion.best, theme, option.font)
        painter.restore()

    def _paint_state(self, painter: QPainter, area: QRectF, option: QStyleOptionViewItem, row: Row) -> None:
        name, token = row.icon
        tokens = self._theme.tokens
        paint_icon(painter, name, str(getattr(tokens, token)), QRectF(area.left(), area.center().y() - 9, 18, 18))
        text = area.adjusted(18 + UNIT, 0, 0, 0)
        paint_text(painter, text, row.word, self._theme.color("text"), option.font)

    def _paint_subject(self, painter: QPainter, area: QRectF, option: QStyleOptionViewItem, row: Row) -> None:
        best = row.best
        if best is None:
            if row.state in {State.FAILED, State.DECLINED, State.READY}:
                paint_wrapped(painter, area, row.reason, self._theme.color("muted"), small(option.font))
        elif len(row.opinions) > 1:
            for opinion, place in _places(row, area, option):
                self._paint_opinion(painter, place, option, opinion)
        elif row.is_fallback:
            self._paint_lines(
                painter, area, option, best.label.name, f"No narrower subject · this is a {best.label.level}"
            )
        else:
            candidate = row.opinions[0].candidate
            below = f"perhaps {candidate.label.name}" if candidate else _fitting_path(best, option, area.width())
            self._paint_lines(painter, area, option, best.label.name, below)

    def _paint_opinion(self, painter: QPainter, area: QRectF, option: QStyleOptionViewItem, opinion: Opinion) -> None:
        """Paint one classifier's best subject, and after it, as far as there is room, whose word it is."""
        font, lesser = option.font, small(option.font)
        silence = "Declined" if opinion.prediction.declined else "Nothing is sure"
        text = opinion.best.label.name if opinion.best else silence
        color = self._theme.color("text" if opinion.best else "muted")
        title = self._results.title_of(opinion)
        wanted = QFontMetrics(font).horizontalAdvance(text) + 1
        room = min(QFontMetrics(lesser).horizontalAdvance(title) + 1, int(area.width() * _BYLINE))
        width = min(wanted, int(area.width()) - room - UNIT)
        paint_text(painter, QRectF(area.left(), area.top(), width, area.height()), text, color, font)
        after = area.adjusted(width + UNIT, 0, 0, 0)
        paint_text(painter, after, title, self._theme.color("muted"), lesser)

    def _paint_lines(
        self,
        painter: QPainter,
        area: QRectF,
        option: QStyleOptionViewItem,
        first: str,
        second: str,
        *,
        strong: bool = False,
    ) -> None:
        font = option.font
        height = QFontMetrics(font).height()
        top = area.center().y() - height - 1 if second else area.center().y() - height / 2
        upper = QRectF(area.left(), top, area.width(), height)
        paint_text(painter, upper, first, self._theme.color("text"), bold(font) if strong else font)
        lower = QRectF(area.left(), upper.bottom() + 2, area.width(), height)
        paint_text(painter, lower, second, self._theme.color("muted"), small(font))


def _fitting_path(subject: Subject, option: QStyleOptionViewItem, width: float) -> str:
    """Return the broader subjects, the broadest left out as far as there is no room for them."""
    metrics = QFontMetrics(small(option.font))
    names = [step.label.name for step in subject.path]
    text = " › ".join(names)
    while len(names) > 1 and metrics.horizontalAdvance(text) > width:
        names = names[1:]
        text = " › ".join(["…", *names])
    return text


def _whereabouts(row: Row, option: QStyleOptionViewItem) -> str:
    table = option.widget
    has_column = not (isinstance(table, QTableView) and table.isColumnHidden(Column.LANGUAGE))
    parts = [] if has_column or row.document is None else [row.document.language.upper()]
    if row.document is not None and row.document.title:
        parts.append(row.name)
    if row.path is not None:
        parts.append(row.path.parent.name)
    if row.document is not None and len(row.document.pages) > 1:
        parts.append(f"{len(row.document.pages)} pages")
    return " · ".join(part for part in parts if part)
