"""The strip that shows which part of a document speaks for the chosen subject."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from classmark.gui.evidence import Piece
from classmark.gui.painting import paint_text, small
from classmark.gui.theme import UNIT, Theme
from classmark_models.decide import LIKELY, POSSIBLE

_BARS = 4 * UNIT


class EvidenceStrip(QWidget):
    """A bar for each window: as high as it speaks for the subject, as wide as its share of the text."""

    chosen = Signal(object)
    """A window was clicked or reached with the arrow keys."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._pieces: tuple[Piece, ...] = ()
        self._current: Piece | None = None
        self._hovered: Piece | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Evidence: which parts of the text speak for the subject")
        theme.changed.connect(self.update)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The windows that are shown."""
        return self._pieces

    @property
    def current(self) -> Piece | None:
        """The window that was chosen last."""
        return self._current

    def show_pieces(self, pieces: tuple[Piece, ...]) -> None:
        """Show other windows, or the same for another subject; the chosen place stays chosen."""
        before = self._current.window if self._current else None
        self._pieces = pieces
        self._hovered = None
        self._current = next((piece for piece in pieces if piece.window == before), None)
        self._describe()
        self.update()

    def choose(self, piece: Piece) -> None:
        """Choose a window as a click does."""
        self._current = piece
        self._describe()
        self.update()
        self.chosen.emit(piece)

    def sizeHint(self) -> QSize:  # noqa: D102 - Qt
        return QSize(200, _BARS + small_height(self) + UNIT)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102 - Qt
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self._theme
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("sunken"))
        painter.drawRoundedRect(QRectF(0, 0, self.width(), _BARS), 4, 4)
        ceiling = max((piece.score for piece in self._pieces), default=0.0)
        for piece, area in self._areas():
            share = piece.score / max(ceiling, 0.2)
            height = max(2.0, (_BARS - 6) * share)
            word = "likely" if piece.score >= LIKELY else "possible" if piece.score >= POSSIBLE else "unsure"
            lit = piece is self._current or piece is self._hovered
            if lit:
                painter.setBrush(theme.color("accent_soft"))
                painter.drawRect(area)
            painter.setBrush(theme.color("accent" if lit else word))
            painter.drawRoundedRect(QRectF(area.left(), area.bottom() - height, area.width(), height), 1.5, 1.5)
        self._paint_legend(painter)
        if self.hasFocus():
            painter.setPen(theme.color("accent"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(0.5, 0.5, self.width() - 1, _BARS - 1), 4, 4)
        painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: D102 - Qt
        self._hover(self._piece_at(event.position()))

    def leaveEvent(self, _event: QEvent) -> None:  # noqa: D102 - Qt
        self._hover(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: D102 - Qt
        if (piece := self._piece_at(event.position())) is not None:
            self.choose(piece)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102 - Qt
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None or not self._pieces:
            super().keyPressEvent(event)
            return
        place = self._pieces.index(self._current) + step if self._current else 0
        self.choose(self._pieces[min(max(place, 0), len(self._pieces) - 1)])

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: D102 - Qt
        super().focusInEvent(event)
        self.update()

    def event(self, event: QEvent) -> bool:  # noqa: D102 - Qt
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            piece = self._piece_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), _sentence(piece) if piece else "", self)
            return True
        return super().event(event)

    def _areas(self) -> list[tuple[Piece, QRectF]]:
        lengths = [_length(piece) for piece in self._pieces]
        total, inner = sum(lengths), self.width() - 4
        areas, left = [], 2.0
        for piece, length in zip(self._pieces, lengths, strict=True):
            width = inner * length / total
            gap = 1.0 if width > 3 else 0.0
            areas.append((piece, QRectF(left, 2, max(1.0, width - gap), _BARS - 4)))
            left += width
        return areas

    def _piece_at(self, position: QPointF) -> Piece | None:
        for piece, area in self._areas():
            if area.left() <= position.x() <= area.right() + 1 and position.y() <= _BARS:
                return piece
        return None

    def _hover(self, piece: Piece | None) -> None:
        if piece is not self._hovered:
            self._hovered = piece
            self.update()

    def _paint_legend(self, painter: QPainter) -> None:
        font = small(self.font())
        area = QRectF(2, _BARS + 4, self.width() - 4, small_height(self))
        piece = self._hovered or self._current
        if piece is not None:
            paint_text(painter, area, _sentence(piece), self._theme.color("text"), font)
        elif self._pieces:
            best = max(self._pieces, key=lambda each: each.score)
            text = f"Strongest: {_sentence(best)}" if len(self._pieces) > 1 else f"Read in one piece: {_sentence(best)}"
            paint_text(painter, area, text, self._theme.color("muted"), font)

    def _describe(self) -> None:
        self.setAccessibleDescription(_sentence(self._current) if self._current else "")


def small_height(widget: QWidget) -> int:
    """Return the height of a second line in a widget's font."""
    return widget.fontMetrics().height()


def _length(piece: Piece) -> float:
    window = piece.window
    return max(1.0, window.end - window.start) if window.part != "head" else max(1.0, window.end - window.start, 400.0)


def _sentence(piece: Piece) -> str:
    return f"{piece.place[0].upper()}{piece.place[1:]} · {piece.score:.2f}"
