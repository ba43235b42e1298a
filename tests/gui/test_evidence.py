"""Which part of a long document speaks for a subject: the figures, the strip, the highlighted text."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from tests.gui.fakes import FakeEngine, vocabulary

from classmark.core.documents import Document
from classmark.gui.body_view import BodyView
from classmark.gui.evidence import place_of, weigh
from classmark.gui.theme import Theme
from classmark.gui.window import Window as AppWindow
from classmark_models.classifier import Window
from classmark_models.decide import Rule, decide

HEAD = "Zunft und Stadt. " * 40
TAIL = "The coral in the ocean. " * 40
PAGED = Document("x", "pdf", "Title", "", HEAD + TAIL, pages=(0, 300, 600, 900))


@pytest.mark.parametrize(
    ("window", "place"),
    [
        (Window("head", 0, 5, 0.5, 0, 0.9), "title and abstract"),
        (Window("body", 0, 250, 0.5, 0, 0.9), "page 1"),
        (Window("body", 250, 650, 0.5, 0, 0.9), "pages 1–3"),
        (Window("body", 300, 600, 0.5, 0, 0.9), "page 2"),
        (Window("body", 950, 1200, 0.5, 0, 0.9), "page 4"),
    ],
)
def test_places(window: Window, place: str) -> None:
    assert place_of(PAGED, window) == place


def test_a_place_without_pages() -> None:
    document = Document("x", "text", body="a" * 1000)
    assert place_of(document, Window("body", 500, 600, 0.1, 0, 0.1)) == "50% into the text"


def test_windows_are_weighed_at_every_level() -> None:
    engine, words = FakeEngine(), vocabulary()
    prediction = engine.classify_document(PAGED, lambda: False).prediction
    assert prediction is not None
    scores = engine.window_scores(prediction)
    assert scores is not None
    for level in words.levels:
        [best] = decide(words, prediction.scores, Rule(level=level, top=1))
        pieces = weigh(PAGED, prediction, scores, best)
        assert len(pieces) == len(prediction.windows)
        assert all(0 <= piece.score <= 1.0001 for piece in pieces)
    topics = {subject.label.name: subject for subject in decide(words, prediction.scores, Rule(top=8))}
    guild, ocean = (
        [piece.score for piece in weigh(PAGED, prediction, scores, topics[name]) if piece.window.part == "body"]
        for name in ("Medieval European Urban History", "Ocean Acidification Effects and Responses")
    )
    assert guild[0] > 0.9 > 0.1 > guild[-1]
    assert ocean[-1] > 0.9 > 0.1 > ocean[0]


def test_a_click_on_the_strip_highlights_that_part(qtbot: QtBot, window: AppWindow, tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("A long text\n" + HEAD * 3 + "\n" + TAIL * 5, encoding="utf-8")
    window.add_paths([path])
    strip, body = window.document.strip, window.document.body
    qtbot.waitUntil(lambda: len(strip.pieces) > 3)
    qtbot.wait(50)
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(strip.width() - 6, 10))
    assert strip.current is strip.pieces[-1]
    assert "coral" in body.highlighted
    assert body.verticalScrollBar().value() > 0
    piece = strip.pieces[-1].window
    document = window.list.current.document if window.list.current else None
    assert document is not None
    assert body.highlighted.replace("\u2029", "\n") == document.body[piece.start : piece.end]
    QTest.keyClick(strip, Qt.Key.Key_Left)
    assert strip.current is strip.pieces[-2]


def test_the_strip_follows_the_chosen_subject(qtbot: QtBot, window: AppWindow, tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("A long text\n" + HEAD * 3 + TAIL * 3, encoding="utf-8")
    window.add_paths([path])
    qtbot.waitUntil(lambda: len(window.document.strip.pieces) > 3)
    before = [piece.score for piece in window.document.strip.pieces]
    tree = window.subjects.tree
    tree.setFocus()
    for _ in range(12):
        QTest.keyClick(tree, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: [piece.score for piece in window.document.strip.pieces] != before)


@pytest.mark.parametrize(
    "body",
    [
        "plain text, several lines\n" * 3000,
        "one paragraph without any end " * 3000,
        "𝄞 music 🎼 and 漢字 in astral planes\n" * 2000,
        "",
    ],
)
def test_highlights_are_where_they_should_be(qtbot: QtBot, theme: Theme, body: str) -> None:
    view = BodyView(theme)
    qtbot.addWidget(view)
    view.resize(500, 300)
    view.show()
    view.show_text(body)
    start, end = len(body) * 2 // 3, len(body) * 2 // 3 + 500
    view.show_stretch(start, end)
    qtbot.waitUntil(lambda: not body or bool(view.highlighted))
    shown = view.highlighted.replace("\u2029", "").replace("\n", "")
    assert shown == body[start:end].replace("\n", "")
