"""Light and dark: contrast, drawings, the choice that is remembered."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QSize
from PySide6.QtGui import QAction, QColor, QPalette
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QCheckBox
from pytestqt.qtbot import QtBot

from classmark.gui.actions import TABLE
from classmark.gui.icons import app_icon, picture
from classmark.gui.memory import Memory
from classmark.gui.theme import DARK, LIGHT, Theme, ThemeMode, Tokens, style_sheet
from classmark.gui.window import Window
from classmark.resources import asset
from classmark_models.decide import Rule

ICONS = sorted(asset("icons").glob("*.svg"))


def _luminance(name: str) -> float:
    color = QColor(name)
    parts = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (color.redF(), color.greenF(), color.blueF())
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("front", "back", "least"),
    [
        ("text", "surface", 7.0),
        ("text", "accent_soft", 7.0),
        ("text", "mark", 7.0),
        ("muted", "surface", 4.5),
        ("muted", "window", 4.5),
        ("muted", "accent_soft", 4.5),
        ("on_accent", "accent", 4.5),
        ("accent", "surface", 4.5),
        ("bad", "surface", 4.5),
        ("likely", "surface", 3.0),
        ("possible", "surface", 3.0),
        ("unsure", "surface", 3.0),
    ],
)
def test_contrast_is_enough(tokens: Tokens, front: str, back: str, least: float) -> None:
    """WCAG 2.2: 4.5 for text, 3 for what is drawn."""
    colors = asdict(tokens)
    assert _contrast(colors[front], colors[back]) >= least


@pytest.mark.parametrize("path", ICONS, ids=lambda path: path.stem)
def test_icons_are_sound(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert QSvgRenderer(QByteArray(text.encode())).isValid()
    if not path.stem.startswith("control-"):
        assert 'viewBox="0 0 24 24"' in text
        assert 'stroke-width="1.75"' in text
        assert "#" not in text


def test_every_action_finds_its_icon() -> None:
    assert {entry.icon for entry in TABLE if entry.icon} <= {path.stem for path in ICONS}


def test_the_style_sheet_leaves_nothing_open(qapp: QApplication) -> None:
    for tokens in (LIGHT, DARK):
        assert "${" not in style_sheet(tokens, qapp.font())


def test_marks_are_drawn_wherever_the_program_lies(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "Program Files (x86)" / "Bücher & «Regale» 100 %"
    shutil.copytree(asset("icons"), place / "icons")
    shutil.copy(asset("classmark.qss"), place)
    monkeypatch.setattr("classmark.gui.theme.asset", lambda name: place / name)
    sheet = style_sheet(LIGHT, qapp.font())
    pictures = []
    for each in (sheet, sheet.replace("url(icons:control-tick.svg)", "none")):
        box = QCheckBox()
        qtbot.addWidget(box)
        box.setStyleSheet(each)
        box.setChecked(True)
        pictures.append(box.grab().toImage())
    assert pictures[0] != pictures[1]


def test_dark_is_dark_everywhere(qtbot: QtBot, window: Window, theme: Theme, memory: Memory) -> None:
    light = window.grab().toImage()
    before = window.commands["undo"].icon().pixmap(QSize(24, 24)).toImage()
    [choice] = [action for action in window.findChildren(QAction) if action.text() == "&Dark"]
    choice.trigger()
    assert theme.is_dark
    assert memory.theme is ThemeMode.DARK
    assert QApplication.palette().color(QPalette.ColorRole.Window) == QColor(DARK.window)
    dark = window.grab().toImage()
    assert dark.pixelColor(4, 300).lightness() < 60 < 200 < light.pixelColor(4, 300).lightness()
    assert window.commands["undo"].icon().pixmap(QSize(24, 24)).toImage() != before


def test_the_picture_changes_with_the_theme(theme: Theme) -> None:
    size = QSize(200, 120)
    light = picture("drop.svg", theme, size, 1.0).toImage()
    theme.set_mode(ThemeMode.DARK)
    assert picture("drop.svg", theme, size, 1.0).toImage() != light


def test_the_program_has_an_icon(qapp: QApplication) -> None:
    assert {16, 32, 256} <= {size.width() for size in app_icon().availableSizes()}


def test_memory(tmp_path: Path) -> None:
    file, gone = tmp_path / "a.txt", tmp_path / "gone.txt"
    file.write_text("a", encoding="utf-8")
    memory = Memory(tmp_path / "window.ini")
    memory.theme = ThemeMode.DARK
    memory.add_recent([file, gone])
    memory.keep_splits("wide-outer", [100, 200])
    assert memory.rule == Rule()
    memory.rule = Rule("field", 3, 0.25, 0.9, only_sure=True)
    again = Memory(tmp_path / "window.ini")
    assert again.theme is ThemeMode.DARK
    assert again.recent == [file]
    assert again.splits("wide-outer") == [100, 200]
    assert again.rule == Rule("field", 3, 0.25, 0.9, only_sure=True)
    again.clear_recent()
    assert again.recent == []
