"""The guide in its window: pages, links, the search, F1, size and zoom."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QTextDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QMessageBox
from pytestqt.qtbot import QtBot
from tests.gui.guide_keys import keyboard_page
from tests.gui.screenshot import SCENES

from classmark.core.guide import read_guide
from classmark.core.markdown import Kind, Picture, lines_of, spans
from classmark.gui.actions import MORE_KEYS, TABLE
from classmark.gui.connections_dialog import ConnectionsDialog
from classmark.gui.fill_dialog import FillDialog
from classmark.gui.guide_button import HelpButton
from classmark.gui.guide_window import GuideWindow
from classmark.gui.help_dialogs import AboutDialog
from classmark.gui.icons import Icons
from classmark.gui.memory import Memory
from classmark.gui.paste_dialog import PasteDialog
from classmark.gui.theme import Theme, ThemeMode
from classmark.gui.window import Window
from classmark.resources import asset
from classmark_models.errors import ClassmarkError

PAGES = read_guide(asset("guide"))
_SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def guide(qtbot: QtBot, theme: Theme, memory: Memory) -> Iterator[GuideWindow]:
    made = GuideWindow(asset("guide"), theme, Icons(theme), memory)
    made.resize(780, 600)  # within the offscreen screen
    made.open_page("start")
    qtbot.waitExposed(made)
    yield made
    made.close()
    made.deleteLater()


def test_keys_page_is_what_the_table_makes() -> None:
    page = (asset("guide") / "keyboard.md").read_text(encoding="utf-8")
    assert page == keyboard_page(), "write it anew: python -m tests.gui.guide_keys"


def test_every_key_that_is_told_is_there() -> None:
    known = {entry.keys for entry in TABLE} | {key for _, keys in MORE_KEYS for key in keys} | {"Tab", "Alt"}
    told = {
        span.text
        for page in PAGES.pages
        for block in page.blocks
        for line in lines_of(block)
        for span in spans(line)
        if span.kind is Kind.KEY
    }
    assert told <= known


def test_every_picture_is_made_by_a_scene() -> None:
    shown = {Path(block.source).stem for page in PAGES.pages for block in page.blocks if isinstance(block, Picture)}
    assert shown == set(SCENES)


def test_scenes_are_painted(tmp_path: Path) -> None:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", "tests.gui.screenshot", "rule", "--into", str(tmp_path)]
    subprocess.run(command, check=True, env=environment, timeout=120)
    with Image.open(tmp_path / "rule.png") as picture:
        assert picture.width > 2 * picture.height
        assert len(picture.convert("RGB").getcolors(1 << 24) or ()) > 10


def test_every_page_is_reached_and_shown(guide: GuideWindow) -> None:
    assert guide.list.pages == tuple(page.name for page in PAGES.pages)
    for page in PAGES.pages:
        guide.go_to(page.name)
        assert guide.page == page.name
        assert guide.browser.toPlainText().startswith(page.title)
        assert page.title in guide.windowTitle()


def test_pictures_fit_the_column(qtbot: QtBot, guide: GuideWindow) -> None:
    shown = [page.name for page in PAGES.pages if any(isinstance(block, Picture) for block in page.blocks)]
    for width in (780, 560):
        guide.resize(width, 600)
        for name in shown:
            guide.go_to(name)
            qtbot.wait(100)
            assert guide.browser.document().size().width() <= guide.browser.viewport().width()


def test_links_lead_on_and_back(guide: GuideWindow) -> None:
    guide.browser.link_chosen.emit("many.md#the-states")
    assert guide.page == "many"
    assert guide.browser.progress > 0
    guide.browser.link_chosen.emit("export.md")
    guide.back.click()
    assert guide.page == "many"
    assert guide.browser.progress > 0
    guide.back.click()
    assert guide.page == "start"
    assert not guide.back.isEnabled()
    guide.forward.click()
    assert guide.page == "many"


def test_the_mouse_goes_back_and_forward(guide: GuideWindow) -> None:
    guide.go_to("many")
    for part in (guide.browser.viewport(), guide.list.rows.viewport()):
        QTest.mouseClick(part, Qt.MouseButton.BackButton)
        assert guide.page == "start"
        QTest.mouseClick(part, Qt.MouseButton.ForwardButton)
        assert guide.page == "many"


def test_what_is_no_page_is_not_followed(guide: GuideWindow) -> None:
    for target in ("../README.md", "file:///etc/passwd", "nothing.md"):
        guide.browser.link_chosen.emit(target)
        assert guide.page == "start"


def test_pictures_come_from_the_guide_alone(guide: GuideWindow, tmp_path: Path) -> None:
    image = QTextDocument.ResourceType.ImageResource.value
    assert guide.browser.loadResource(image, "pictures/start.png") is not None
    for source in ("https://example.org/a.png", str(asset("screenshot.png")), "../screenshot.png"):
        assert guide.browser.loadResource(image, source) is None


def test_addresses_outside_are_shown_and_not_followed(guide: GuideWindow) -> None:
    guide.browser.link_chosen.emit("https://example.org/")
    [box] = guide.findChildren(QMessageBox)
    assert box.isVisible()
    assert box.informativeText() == "https://example.org/"
    [copy] = [each for each in box.buttons() if each.text() == "Copy the address"]
    copy.click()
    assert QApplication.clipboard().text() == "https://example.org/"
    assert guide.page == "start"
    box.close()


def test_search_as_one_types(guide: GuideWindow) -> None:
    QTest.keyClicks(guide.search, "damaged")
    assert set(guide.list.pages) >= {"many", "problems"}
    assert guide.page == guide.list.pages[0]
    assert guide.browser.marks > 0
    assert guide.found.text().startswith("1 of ")
    first = guide.page
    for _ in range(guide.browser.marks):
        QTest.keyClick(guide.search, Qt.Key.Key_Return)
    assert guide.page == guide.list.pages[1]
    QTest.keyClick(guide.search, Qt.Key.Key_Return, _SHIFT)
    assert guide.page == first
    assert guide.browser.current_mark == guide.browser.marks - 1
    QTest.keyClick(guide.search, Qt.Key.Key_Escape)
    assert not guide.search.text()
    assert not guide.browser.marks
    assert guide.list.pages == tuple(page.name for page in PAGES.pages)
    QTest.keyClick(guide.search, Qt.Key.Key_Escape)
    assert not guide.isVisible()


@pytest.mark.parametrize("query", ["qqq", "q" * 3000, "<b>q</b>"])
def test_nothing_found_is_said(guide: GuideWindow, query: str) -> None:
    width = guide.width()
    guide.search.setText(query)
    said = guide.list.message.replace("\u200b", "")
    assert said.startswith(f"No page mentions “{query[:40]}")
    assert guide.width() == width
    assert guide.list.width() < width / 2
    QTest.keyClick(guide.search, Qt.Key.Key_Return)
    assert not guide.found.text()


def test_a_hit_is_clicked(guide: GuideWindow) -> None:
    guide.search.setText("suitcase")
    place = list(guide.list.pages).index("problems")
    guide.list.rows.scrollToItem(guide.list.rows.item(place))
    area = guide.list.rows.visualItemRect(guide.list.rows.item(place))
    QTest.mouseClick(
        guide.list.rows.viewport(), Qt.MouseButton.LeftButton, pos=area.topLeft() + QPoint(20, area.height() // 2)
    )
    assert guide.page == "problems"
    assert (guide.browser.marks, guide.browser.current_mark) == (1, 0)


def test_zoom_and_size_are_remembered(qtbot: QtBot, guide: GuideWindow, theme: Theme, memory: Memory) -> None:
    before = guide.browser.document().defaultFont().pointSizeF()
    guide.larger.click()
    guide.larger.click()
    large = guide.browser.document().defaultFont().pointSizeF()
    assert large > before * 1.2
    guide.resize(700, 555)
    guide.close()
    again = GuideWindow(asset("guide"), theme, Icons(theme), memory)
    again.open_page()
    assert (again.width(), again.height()) == (700, 555)
    assert again.page == PAGES.pages[0].name
    assert again.browser.document().defaultFont().pointSizeF() == large
    for _ in range(20):
        again.smaller.click()
    assert not again.smaller.isEnabled()
    again.close()
    again.deleteLater()


def test_colours_follow_the_theme(guide: GuideWindow, theme: Theme) -> None:
    guide.search.setText("probability")

    def marked() -> str:
        [*_, last] = guide.browser.extraSelections()
        return last.format.background().color().name()

    before = marked()
    theme.set_mode(ThemeMode.DARK)
    assert marked() != before
    assert theme.tokens.text in guide.browser.document().defaultStyleSheet()


def test_every_control_has_a_name(guide: GuideWindow) -> None:
    assert all(button.accessibleName() for button in (guide.back, guide.forward, guide.smaller, guide.larger))
    assert guide.search.accessibleName()
    assert guide.list.rows.accessibleName()
    assert guide.browser.accessibleName()


def test_f1_opens_the_page_about_what_is_looked_at(qtbot: QtBot, window: Window, papers: Path) -> None:
    def page() -> str:
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_F1)
        assert window.guide.window is not None
        assert window.guide.window.isVisible()
        return window.guide.window.page

    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.welcome.paste.title.setFocus()
    assert page() == "start"
    window.add_paths([papers])
    qtbot.waitUntil(lambda: window.is_at_rest and bool(window.review.results.rows))
    for widget, name in (
        (window.list, "many"),
        (window.document.abstract, "checking"),
        (window.subjects.tree, "answers"),
        (window.rule_bar.top, "choosing"),
    ):
        window.activateWindow()
        widget.setFocus()
        assert page() == name
    window.commands["models"].trigger()
    qtbot.waitUntil(lambda: bool(window.models_page.cards))
    window.models_page.take_focus()
    assert page() == "models"
    window.commands["shortcuts"].trigger()
    assert window.guide.window is not None
    assert window.guide.window.page == "keyboard"
    window.close()
    assert window.guide.window is None


@pytest.mark.parametrize(
    ("command", "kind", "page"),
    [
        ("about", AboutDialog, "privacy"),
        ("connections", ConnectionsDialog, "privacy"),
        ("fill", FillDialog, "models"),
        ("paste", PasteDialog, "start"),
    ],
)
def test_f1_in_dialogs(
    qtbot: QtBot, window: Window, papers: Path, command: str, kind: type[AboutDialog], page: str
) -> None:
    window.add_paths([papers])
    qtbot.waitUntil(lambda: window.is_at_rest and bool(window.review.results.rows))
    QApplication.clipboard().setText("words")
    window.commands[command].trigger()
    [dialog] = window.findChildren(kind)
    dialog.activateWindow()
    qtbot.waitUntil(dialog.isActiveWindow)
    QTest.keyClick(QApplication.focusWidget() or dialog, Qt.Key.Key_F1)
    assert window.guide.window is not None
    assert window.guide.window.page == page
    dialog.close()


def test_f1_in_messages(qtbot: QtBot, window: Window) -> None:
    window.review.failed.emit(ClassmarkError("It did not work."))
    [box] = window.findChildren(QMessageBox)
    box.activateWindow()
    qtbot.waitUntil(box.isActiveWindow)
    QTest.keyClick(box, Qt.Key.Key_F1)
    assert window.guide.window is not None
    assert window.guide.window.page == "problems"
    box.close()


def test_question_marks_lead_to_their_pages(qtbot: QtBot, window: Window) -> None:
    buttons = window.findChildren(HelpButton)
    assert {button.page for button in buttons} == {"answers", "choosing", "models"}
    for button in buttons:
        assert isinstance(button, QAbstractButton)
        button.click()
        assert window.guide.window is not None
        assert window.guide.window.page == button.page
