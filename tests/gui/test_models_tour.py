"""A model's whole life in the window, over a hub of our own: got, used, packed, removed, dropped back, used again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot
from tests.models.fetching import FIRST
from tests.models.hub_server import Hub, Repo
from tests.models.ready_packs import ready_pack, tiny_masked_spec, tiny_spec, write_published

from classmark.core.settings import Settings, write_settings
from classmark.gui.engine import local_engine
from classmark.gui.fill_dialog import FillDialog
from classmark.gui.memory import Memory
from classmark.gui.model_card import ModelCard
from classmark.gui.standing import Act
from classmark.gui.theme import Theme
from classmark.gui.window import Window
from classmark_models.spec import BUILTIN_ID, ModelFile, write_spec

LONG = 60_000
TEXT = "Bees in the garden\n" + "The queen of the hive is old, and the honey is in the river. " * 4


@pytest.fixture
def hub(own_home: Path, tmp_path: Path) -> Iterator[Hub]:
    """A hub that has the tiny model, and a profile that knows of both."""
    spec = tiny_spec()
    folder = write_published(tmp_path / "published", spec)
    files: dict[str, bytes | Path] = {path.name: path for path in folder.iterdir()}
    known = tuple(ModelFile(name, "library/tiny", FIRST, None, None, None, optional=False) for name in files)
    entries = own_home / "models" / "catalogue"
    entries.mkdir(parents=True)
    limits = replace(spec.limits, tokens=48)
    write_spec(replace(spec, repo="library/tiny", commit=FIRST, files=known, limits=limits), entries / "tiny.toml")
    with Hub({"library/tiny": Repo({FIRST: files}, frozenset({"model.safetensors"}))}).running() as running:
        write_settings(Settings(hub=running.endpoint))
        yield running


@pytest.fixture
def window(qtbot: QtBot, theme: Theme, memory: Memory) -> Iterator[Window]:
    memory.choice = (BUILTIN_ID,)
    made = Window(local_engine, theme, memory)
    made.resize(1440, 900)
    made.show()
    qtbot.waitUntil(lambda: made.engine is not None and bool(made.models_page.cards), timeout=LONG)
    yield made
    made.close()
    made.deleteLater()


def _click(qtbot: QtBot, card: ModelCard, act: Act) -> None:
    qtbot.waitUntil(lambda: act in card.buttons and card.buttons[act].isVisible(), timeout=LONG)
    QTest.mouseClick(card.buttons[act], Qt.MouseButton.LeftButton)


def _choose(card: ModelCard, act: Act) -> None:
    [action] = [action for action in card.menu.actions() if action.text() == str(act)]
    action.trigger()


def _drop(window: Window, *paths: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPoint(400, 300).toPointF(), copy, mime, left, none))


def test_the_life_of_a_model(
    qtbot: QtBot, hub: Hub, window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.commands["models"].trigger()
    page = window.models_page
    _click(qtbot, page.cards["tiny"], Act.GET)
    _click(qtbot, page.cards["tiny"], Act.DOWNLOAD)
    qtbot.waitUntil(lambda: page.cards["tiny"].accessibleName() == "Tiny: Ready", timeout=LONG)
    assert "tokens a second" in page.cards["tiny"].accessibleDescription()

    page.cards["tiny"].use.click()
    qtbot.waitUntil(lambda: window.toolbar.models.text().strip() == "2 models", timeout=LONG)
    paper = tmp_path / "bees.txt"
    paper.write_text(TEXT, encoding="utf-8")
    _drop(window, paper)
    qtbot.waitUntil(lambda: window.is_at_rest and bool(window.review.results.rows), timeout=LONG)
    [row] = window.review.results.rows
    assert row.answered_by == (BUILTIN_ID, "tiny")
    both = row.result

    suitcase = tmp_path / "tiny.classmark"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(suitcase), ""))
    window.commands["models"].trigger()
    _choose(page.cards["tiny"], Act.EXPORT_SUITCASE)
    qtbot.waitUntil(lambda: page.cards["tiny"].message.text() == f"Written to {suitcase}", timeout=LONG)
    _choose(page.cards["tiny"], Act.REMOVE)
    _click(qtbot, page.cards["tiny"], Act.REALLY_REMOVE)
    qtbot.waitUntil(lambda: "tiny" not in page.cards, timeout=LONG)
    assert window.toolbar.models.text().strip().startswith("OpenAlex")

    _drop(window, suitcase)
    notice = window.notices.about(str(suitcase))
    qtbot.waitUntil(lambda: notice.text.text() == "Tiny is ready to use.", timeout=LONG)
    asked = len(hub.asked)
    QTest.mouseClick(notice.act, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.toolbar.models.text().strip() == "2 models", timeout=LONG)
    window.review.add_text("", TEXT)
    qtbot.waitUntil(lambda: len(window.review.results.rows) == 2 and window.review.results.rows[1].has_answers)
    assert window.review.results.rows[1].answered_by == (BUILTIN_ID, "tiny")
    assert row.result is both
    assert not window.review.outdated
    assert len(hub.asked) == asked


def test_words_are_filled_in(qtbot: QtBot, own_home: Path, window: Window) -> None:
    window.commands["fill"].trigger()
    [dialog] = window.findChildren(FillDialog)
    assert not dialog.isModal()
    assert "Get one on the Models page" in dialog.answer.text()
    QTest.mouseClick(dialog.models, Qt.MouseButton.LeftButton)
    assert window.pages.currentWidget() is window.models_page

    ready_pack(own_home / "models" / "ready" / "tiny-masks", tiny_masked_spec())
    window.keeper.look()
    qtbot.waitUntil(lambda: window.keeper.filler() is not None)
    _click(qtbot, window.models_page.cards["tiny-masks"], Act.FILL)
    dialog = window.findChildren(FillDialog)[-1]
    dialog.text.setPlainText("The <mask> of the hive is <mask>.")
    QTest.mouseClick(dialog.fill, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.words.rowCount() == 10, timeout=LONG)
    first = dialog.words.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert 0 < float(first.rpartition(", ")[2]) <= 1
    dialog.place.setCurrentIndex(1)
    assert dialog.words.index(0).data(Qt.ItemDataRole.AccessibleTextRole) != first
    dialog.text.setPlainText("No word is missing.")
    QTest.mouseClick(dialog.fill, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "There is nothing to fill in" in dialog.answer.text())
    assert dialog.words.rowCount() == 0
    dialog.close()
