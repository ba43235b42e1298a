"""Colours and measures of the window, light and dark, and the style sheet made from them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from string import Template

from PySide6.QtCore import QDir, QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontInfo, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from classmark.resources import asset

_ICONS = "icons"
UNIT = 8
"""Every distance is a multiple of this, in device-independent pixels."""


class ThemeMode(StrEnum):
    """What the person asked for."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Tokens:
    """The named colours of one theme."""

    window: str
    surface: str
    sunken: str
    hover: str
    line: str
    edge: str
    text: str
    muted: str
    accent: str
    accent_hover: str
    on_accent: str
    accent_soft: str
    sure: str
    likely: str
    possible: str
    unsure: str
    warm: str
    bad: str
    mark: str


LIGHT = Tokens(
    window="#F5F6F8",
    surface="#FFFFFF",
    sunken="#ECEEF2",
    hover="#F0F2F7",
    line="#DFE3E9",
    edge="#C3CAD5",
    text="#1A2130",
    muted="#5A6577",
    accent="#3450C4",
    accent_hover="#2A43AB",
    on_accent="#FEFEFF",
    accent_soft="#E4E9FC",
    sure="#12633A",
    likely="#1F7F4C",
    possible="#B26A00",
    unsure="#6E7A8C",
    warm="#E08B3E",
    bad="#B8322A",
    mark="#FFF0C2",
)
DARK = Tokens(
    window="#16191F",
    surface="#1E222A",
    sunken="#12151A",
    hover="#272C36",
    line="#303642",
    edge="#47505F",
    text="#E8EBF1",
    muted="#A0AABA",
    accent="#8FA5FF",
    accent_hover="#A9BAFF",
    on_accent="#10142A",
    accent_soft="#2B3560",
    sure="#82E5AE",
    likely="#5CC98D",
    possible="#F0B35A",
    unsure="#8E99AA",
    warm="#F0A55E",
    bad="#FF8A80",
    mark="#57481A",
)


class Theme(QObject):
    """The colours in use; follows the system until the person chooses."""

    changed = Signal()

    def __init__(self, application: QApplication, mode: ThemeMode = ThemeMode.SYSTEM) -> None:
        super().__init__()
        self._application = application
        self.mode = mode
        self.tokens = LIGHT
        application.setStyle("Fusion")
        application.styleHints().colorSchemeChanged.connect(self._on_system_changed)
        self.set_mode(mode)

    @property
    def is_dark(self) -> bool:
        """Whether the dark colours are in use."""
        return self.tokens is DARK

    def color(self, token: str) -> QColor:
        """Return a named colour of the theme in use."""
        return QColor(str(getattr(self.tokens, token)))

    def set_mode(self, mode: ThemeMode) -> None:
        """Use the light or the dark colours, or follow the system."""
        self.mode = mode
        schemes = {ThemeMode.LIGHT: Qt.ColorScheme.Light, ThemeMode.DARK: Qt.ColorScheme.Dark}
        QGuiApplication.styleHints().setColorScheme(schemes.get(mode, Qt.ColorScheme.Unknown))
        self._use()

    def _on_system_changed(self) -> None:
        self._use()

    def _use(self) -> None:
        dark = self.mode is ThemeMode.DARK or (
            self.mode is ThemeMode.SYSTEM and QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
        )
        self.tokens = DARK if dark else LIGHT
        self._application.setPalette(palette(self.tokens))
        self._application.setStyleSheet(style_sheet(self.tokens, self._application.font()))
        self.changed.emit()


def palette(tokens: Tokens) -> QPalette:
    """Return the palette that the parts drawn by Qt itself follow."""
    role = QPalette.ColorRole
    colors = {
        role.Window: tokens.window,
        role.WindowText: tokens.text,
        role.Base: tokens.surface,
        role.AlternateBase: tokens.hover,
        role.Text: tokens.text,
        role.PlaceholderText: tokens.muted,
        role.Button: tokens.surface,
        role.ButtonText: tokens.text,
        role.BrightText: tokens.bad,
        role.Highlight: tokens.accent,
        role.HighlightedText: tokens.on_accent,
        role.ToolTipBase: tokens.text,
        role.ToolTipText: tokens.window,
        role.Link: tokens.accent,
        role.Mid: tokens.line,
        role.Light: tokens.surface,
        role.Midlight: tokens.hover,
        role.Dark: tokens.edge,
        role.Shadow: tokens.sunken,
        role.Accent: tokens.accent,
    }
    made = QPalette()
    for at, color in colors.items():
        made.setColor(at, QColor(color))
    for at in (role.WindowText, role.Text, role.ButtonText):
        faded = QColor(tokens.muted)
        faded.setAlpha(130)
        made.setColor(QPalette.ColorGroup.Disabled, at, faded)
    return made


def style_sheet(tokens: Tokens, font: QFont) -> str:
    """Return the application's style sheet, with sizes that follow the system's font.

    The little marks of the controls come from the icon folder, by a name of Qt's own: in a style sheet its path must
    have no space and no parenthesis, as in ``C:/Program Files (x86)``.
    """
    QDir.setSearchPaths(_ICONS, [str(asset("icons"))])
    marks = {name: f"{_ICONS}:control-{name}.svg" for name in ("down", "up", "right", "tick")}
    points = QFontInfo(font).pointSizeF()
    sizes = {"large": f"{points * 1.2:.1f}pt", "hero": f"{points * 1.7:.1f}pt"}
    return Template(asset("classmark.qss").read_text(encoding="utf-8")).substitute(asdict(tokens), **marks, **sizes)
