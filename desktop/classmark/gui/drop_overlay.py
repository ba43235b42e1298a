"""The veil over the window while something is dragged over it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from classmark.gui.icons import paint_icon
from classmark.gui.painting import bold, small
from classmark.gui.theme import UNIT, Theme


class DropOverlay(QWidget):
    """Covers its parent and says that it may be let go here."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._under = theme, parent
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()
        parent.installEventFilter(self)

    def appear(self) -> None:
        """Cover the parent."""
        self.setGeometry(self._under.rect())
        self.raise_()
        self.show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: D102 - Qt
        if event.type() is QEvent.Type.Resize:
            self.setGeometry(self._under.rect())
        return super().eventFilter(watched, event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102 - Qt
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = theme.color("window")
        veil.setAlpha(232)
        painter.fillRect(self.rect(), veil)
        frame = QRectF(self.rect()).adjusted(2 * UNIT, 2 * UNIT, -2 * UNIT, -2 * UNIT)
        painter.setPen(QPen(theme.color("accent"), 2, Qt.PenStyle.DashLine))
        soft = theme.color("accent_soft")
        soft.setAlpha(120)
        painter.setBrush(soft)
        painter.drawRoundedRect(frame, 12, 12)
        center = frame.center()
        card = QRectF(center.x() - 216, center.y() - 96, 432, 176)
        painter.setPen(QPen(theme.color("line"), 1))
        painter.setBrush(theme.color("surface"))
        painter.drawRoundedRect(card, 12, 12)
        paint_icon(painter, "open", theme.tokens.accent, QRectF(center.x() - 24, center.y() - 72, 48, 48))
        title = bold(self.font())
        if title.pointSizeF() > 0:
            title.setPointSizeF(title.pointSizeF() * 1.5)
        painter.setFont(title)
        painter.setPen(theme.color("text"))
        middle = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        painter.drawText(QRectF(frame.left(), center.y() - 8, frame.width(), 40), middle, "Let go to add them")
        painter.setFont(small(self.font()))
        painter.setPen(theme.color("muted"))
        note = "Files, folders with everything in them, models in a suitcase"
        painter.drawText(QRectF(frame.left(), center.y() + 28, frame.width(), 40), middle, note)
        painter.end()
