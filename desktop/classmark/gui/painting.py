"""What several cells paint alike: a text in the space there is, a score as bar, word and number."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QTextLayout

from classmark.gui.theme import Theme
from classmark_models.decide import Subject

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_THICKNESS = 4.0


def paint_text(
    painter: QPainter,
    area: QRectF,
    text: str,
    color: QColor,
    font: QFont,
    elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    align: Qt.AlignmentFlag = LEFT,
) -> None:
    """Paint one line of text, shortened to the area's width."""
    painter.setFont(font)
    painter.setPen(color)
    line = QFontMetricsF(font).elidedText(text.replace("\n", " "), elide, area.width())
    painter.drawText(area, align | Qt.TextFlag.TextSingleLine, line)


def paint_wrapped(
    painter: QPainter, area: QRectF, text: str, color: QColor, font: QFont, lines: int = 2, *, is_upper: bool = False
) -> None:
    """Paint text in a few lines about the middle of the area, or from its top; the rest is elided in the last one."""
    metrics = QFontMetricsF(font)
    layout = QTextLayout(text, font)
    layout.beginLayout()
    broken: list[str] = []
    while len(broken) < lines and (line := layout.createLine()).isValid():
        line.setLineWidth(area.width())
        end = len(text) if len(broken) == lines - 1 else line.textStart() + line.textLength()
        broken.append(text[line.textStart() : end].strip())
    layout.endLayout()
    top = area.top() if is_upper else area.center().y() - metrics.lineSpacing() * len(broken) / 2
    for number, part in enumerate(broken):
        place = QRectF(area.left(), top + number * metrics.lineSpacing(), area.width(), metrics.lineSpacing())
        paint_text(painter, place, part, color, font)


def paint_bar(painter: QPainter, area: QRectF, share: float, color: QColor, track: QColor) -> None:
    """Paint a share of 1 as a rounded bar in the middle of the area's height."""
    bar = QRectF(area.left(), area.center().y() - _THICKNESS / 2, area.width(), _THICKNESS)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(track)
    painter.drawRoundedRect(bar, _THICKNESS / 2, _THICKNESS / 2)
    bar.setWidth(max(_THICKNESS, bar.width() * min(share, 1.0)))
    painter.setBrush(color)
    painter.drawRoundedRect(bar, _THICKNESS / 2, _THICKNESS / 2)


def paint_score(painter: QPainter, area: QRectF, subject: Subject, theme: Theme, font: QFont) -> None:
    """Paint a score: word and number on one line and the bar below them, or all on one line in a low area."""
    color, muted = theme.color(subject.word), theme.color("muted")
    number = f"{subject.score:.2f}"
    metrics = QFontMetricsF(font)
    height = metrics.height()
    if area.height() >= 2 * height + 4:
        block = QRectF(area.left(), area.center().y() - (height + 10) / 2, area.width(), height)
        paint_text(painter, block, subject.word, muted, font)
        paint_text(painter, block, number, theme.color("text"), font, align=RIGHT)
        paint_bar(
            painter, QRectF(area.left(), block.bottom() + 2, area.width(), 8), subject.score, color, _track(theme)
        )
        return
    words = max(metrics.horizontalAdvance(word) for word in ("likely", "possible", "unsure"))
    figures = metrics.horizontalAdvance("0.00")
    right = area.right()
    paint_text(
        painter, QRectF(right - figures, area.top(), figures + 1, area.height()), number, theme.color("text"), font
    )
    right -= figures + 8
    paint_text(painter, QRectF(right - words, area.top(), words + 1, area.height()), subject.word, muted, font)
    right -= words + 8
    if right - area.left() >= 16:
        space = QRectF(area.left(), area.top(), right - area.left(), area.height())
        paint_bar(painter, space, subject.score, color, _track(theme))


def _track(theme: Theme) -> QColor:
    return theme.color("line")


def small(font: QFont) -> QFont:
    """Return a font a little smaller, for second lines."""
    made = QFont(font)
    if font.pointSizeF() > 0:
        made.setPointSizeF(font.pointSizeF() * 0.9)
    else:
        made.setPixelSize(max(1, round(font.pixelSize() * 0.9)))
    return made


def bold(font: QFont) -> QFont:
    """Return a font half-bold."""
    made = QFont(font)
    made.setWeight(QFont.Weight.DemiBold)
    return made
