"""The window over the built-in classifier: from the samples to the right fields, in five languages."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from classmark.gui.engine import local_engine
from classmark.gui.memory import Memory
from classmark.gui.theme import Theme
from classmark.gui.window import Window
from classmark_models.decide import Rule
from classmark_models.spec import BUILTIN_ID

# Learning to read is as much the one as the other: their probabilities differ by less than rounding changes them.
FIELDS = {
    "de-lithium-ionen-batterien.md": ("de", "Engineering"),
    "en-library-cataloguing.txt": ("en", "Social Sciences"),
    "en-ocean-acidification.md": ("en", "Earth and Planetary Sciences"),
    "fr-apprentissage-lecture.html": ("fr", "Psychology", "Social Sciences"),
    "ru-vechnaya-merzlota.txt": ("ru", "Environmental Science"),
    "zh-traditional-medicine-trial.txt": ("zh", "Medicine"),
}


def test_samples_in_five_languages(qtbot: QtBot, theme: Theme, memory: Memory) -> None:
    memory.choice = (BUILTIN_ID,)
    window = Window(local_engine, theme, memory)
    qtbot.addWidget(window)
    window.show()
    window.commands["samples"].trigger()
    qtbot.waitUntil(lambda: bool(window.review.results.rows) and window.is_at_rest, timeout=60_000)
    window.rule_bar.level.setCurrentIndex(1)
    rule = Rule(level="field")
    found = {}
    for row in window.review.results.rows:
        [opinion] = row.decide(rule)
        field = next(subject.label.name for subject in opinion.subjects if subject.label.level == "field")
        found[row.name] = (row.document.language if row.document else "", field)
    assert found.keys() == FIELDS.keys()
    for name, (language, field) in found.items():
        assert language == FIELDS[name][0]
        assert field in FIELDS[name][1:], name
    qtbot.waitUntil(lambda: len(window.document.strip.pieces) >= 2)
    window.close()


def test_a_correction_and_a_pasted_text(qtbot: QtBot, theme: Theme, memory: Memory) -> None:
    memory.choice = (BUILTIN_ID,)
    window = Window(local_engine, theme, memory)
    qtbot.addWidget(window)
    window.show()
    window.review.add_text("Coral bleaching on tropical reefs", "Corals lose their algae when the sea is too warm.")
    [row] = window.review.results.rows
    qtbot.waitUntil(lambda: row.word == "Ready", timeout=60_000)
    assert row.document is not None
    assert row.document.language == "en"
    assert row.best is not None
    assert row.best.is_sure
    [opinion] = row.opinions
    assert opinion.candidate is not None
    assert "Coral" in opinion.candidate.label.name
    window.close()
