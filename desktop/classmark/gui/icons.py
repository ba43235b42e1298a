"""Our SVG drawings as icons and pictures, tinted in the colours of the theme."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from classmark.gui.theme import LIGHT, Theme
from classmark.resources import asset

_SIZES = (16, 20, 24, 32, 48)
_SMALL = 24


@cache
def _source(name: str) -> str:
    return asset(name).read_text(encoding="utf-8")


@cache
def _renderer(name: str, color: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(_source(f"icons/{name}.svg").replace("currentColor", color).encode()))


def paint_icon(painter: QPainter, name: str, color: str, area: QRectF) -> None:
    """Paint one of ``assets/icons`` in a colour."""
    _renderer(name, color).render(painter, area)


@cache
def tinted(name: str, color: str, faded: str) -> QIcon:
    """Return one of ``assets/icons`` in a colour, with a faded drawing for disabled controls."""
    icon = QIcon()
    for mode, tint in ((QIcon.Mode.Normal, color), (QIcon.Mode.Disabled, faded)):
        for size in _SIZES:
            icon.addPixmap(_pixmap(_renderer(name, tint), QSize(size, size), 1.0), mode)
    return icon


def app_drawing(size: int) -> Path:
    """Return the drawing of the application's icon for a size in pixels: small ones show less, and that bolder."""
    return asset("classmark.svg" if size > _SMALL else "classmark-small.svg")


def app_icon() -> QIcon:
    """Return the application's icon in the sizes that window systems ask for."""
    icon = QIcon()
    for size in (16, 24, 32, 48, 64, 128, 256):
        icon.addPixmap(_pixmap(QSvgRenderer(str(app_drawing(size))), QSize(size, size), 1.0))
    return icon


def picture(name: str, theme: Theme, size: QSize, ratio: float) -> QPixmap:
    """Return an illustration; it is drawn in the light colours, which are exchanged for those in use."""
    source = _source(name)
    for token, color in asdict(LIGHT).items():
        source = source.replace(color, f"@{token}@")
    for token, color in asdict(theme.tokens).items():
        source = source.replace(f"@{token}@", color)
    return _pixmap(QSvgRenderer(QByteArray(source.encode())), size, ratio)


def _pixmap(renderer: QSvgRenderer, size: QSize, ratio: float) -> QPixmap:
    pixmap = QPixmap(size * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, size.width(), size.height()))
    painter.end()
    return pixmap


class Icons(QObject):
    """Gives icons to actions and buttons, and gives them anew when the theme changes."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._given: dict[int, Callable[[], None]] = {}
        theme.changed.connect(self._on_theme_changed)

    def get(self, name: str, token: str = "text") -> QIcon:
        """Return an icon in a colour of the theme in use."""
        tokens = self._theme.tokens
        return tinted(name, str(getattr(tokens, token)), tokens.edge)

    def give(self, target: QObject, name: str, token: str = "text") -> None:
        """Set the icon of anything that has ``setIcon`` now and whenever the theme changes."""

        def set_icon() -> None:
            target.setIcon(self.get(name, token))  # type: ignore[attr-defined]

        key = id(target)
        self._given[key] = set_icon
        target.destroyed.connect(lambda: self._given.pop(key, None))
        set_icon()

    def _on_theme_changed(self) -> None:
        for set_icon in list(self._given.values()):
            set_icon()
