"""The parts of the View menu that are made while the program runs: themes, and the levels of the classifiers in use."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu

from classmark.gui.memory import Memory
from classmark.gui.rule_bar import RuleBar
from classmark.gui.theme import Theme, ThemeMode


def add_themes(menu: QMenu, theme: Theme, memory: Memory) -> None:
    """Offer the themes, and remember which one was chosen."""
    themes = menu.addMenu("&Theme")
    group = QActionGroup(themes)

    def choose(mode: ThemeMode) -> None:
        memory.theme = mode
        theme.set_mode(mode)

    for mode, text in zip(ThemeMode, ("Follow the &system", "&Light", "&Dark"), strict=True):
        action = themes.addAction(text)
        action.setCheckable(True)
        action.setChecked(mode is theme.mode)
        action.triggered.connect(lambda _=False, mode=mode: choose(mode))
        group.addAction(action)


class LevelActions(QObject):
    """An action with a number key for each level of the rule bar."""

    def __init__(self, menu: QMenu, rule_bar: RuleBar) -> None:
        super().__init__(menu)
        self._menu, self._rule_bar = menu, rule_bar
        self._actions: list[QAction] = []

    def show_levels(self, levels: Sequence[str]) -> None:
        """Offer other levels."""
        for action in self._actions:
            self._menu.removeAction(action)
            action.deleteLater()
        self._actions = [self._menu.addAction(f"Subjects by {level}") for level in levels]
        for number, action in enumerate(self._actions):
            if number < 9:
                action.setShortcut(QKeySequence(f"Ctrl+{number + 1}"))
            action.triggered.connect(lambda _=False, number=number: self._rule_bar.level.setCurrentIndex(number))
