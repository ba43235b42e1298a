"""The Models page: a card for each model, and ways for others to come in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QToolButton, QVBoxLayout, QWidget

from classmark.core.settings import Settings
from classmark.gui.add_model_pane import AddModelPane
from classmark.gui.guide_button import HelpButton
from classmark.gui.icons import Icons
from classmark.gui.model_card import ModelCard
from classmark.gui.models_settings import ModelsSettings
from classmark.gui.parts import button, label, mark
from classmark.gui.standing import Act, Standing
from classmark.gui.theme import UNIT, Theme

_ADD_TIP = "Add a published model by the name of its repository"


class ModelsPage(QFrame):
    """Shows how all models stand; its signals tell what the person wants."""

    asked = Signal(str, Act)
    use_asked = Signal(str, bool)
    import_asked = Signal()
    add_asked = Signal(str)
    settings_saved = Signal(Settings)
    left = Signal()

    def __init__(self, theme: Theme, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark(self, "page")
        self._theme, self._icons = theme, icons
        self.cards: dict[str, ModelCard] = {}
        self._stops: list[QWidget] = []
        self.fault = label("", wrap=True)
        self.fault.hide()
        self.closed = label("", "muted", wrap=True)
        self.closed.hide()
        self.settings = ModelsSettings()
        self.settings.saved.connect(self.settings_saved)
        self.adding = AddModelPane()
        self.adding.asked.connect(self.add_asked)
        self.adding.hide()
        self.settings.hide()
        self._list = QVBoxLayout()
        self._list.setSpacing(UNIT + 4)
        column = QVBoxLayout()
        column.setContentsMargins(3 * UNIT, 2 * UNIT, 3 * UNIT, 3 * UNIT)
        column.setSpacing(UNIT + 4)
        for part in (self.adding, self.settings, self.closed, self.fault):
            column.addWidget(part)
        column.addLayout(self._list)
        column.addStretch(1)
        middle = QWidget()
        middle.setLayout(column)
        middle.setMaximumWidth(128 * UNIT)
        shelf = QWidget()
        mark(shelf, "shelf")
        across = QHBoxLayout(shelf)
        across.setContentsMargins(0, 0, 0, 0)
        across.addStretch(1)
        across.addWidget(middle, 1000)
        across.addStretch(1)
        self.area = QScrollArea(widgetResizable=True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(shelf)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head())
        layout.addWidget(self.area, 1)

    def show_standings(self, standings: Mapping[str, Standing]) -> None:
        """Show all models, those in use and those that are ready first."""
        for name in [name for name in self.cards if name not in standings]:
            card = self.cards.pop(name)
            self._list.removeWidget(card)
            card.deleteLater()
        for name in standings:
            if name not in self.cards:
                self.cards[name] = self._card(name)
        self.fault.hide()
        order = sorted(standings, key=lambda name: not standings[name].holding.is_ready)
        self.cards = {name: self.cards[name] for name in order}
        for place, card in enumerate(self.cards.values()):
            if self._list.indexOf(card) != place:
                self._list.insertWidget(place, card)
        self.refresh(standings)

    def refresh(self, standings: Mapping[str, Standing]) -> None:
        """Show what has changed of the same models."""
        is_only = sum(standing.used for standing in standings.values()) < 2
        for name, standing in standings.items():
            if name in self.cards:
                self.cards[name].show_standing(standing, is_only=is_only)
        stops = [stop for card in self.cards.values() for stop in card.stops]
        if stops != self._stops:
            self._stops = stops
            for one, other in pairwise(stops):
                QWidget.setTabOrder(one, other)

    def show_fault(self, text: str) -> None:
        """Tell what is wrong with all models at once."""
        self.fault.setText(text)
        self.fault.show()

    def show_closed(self, why: str) -> None:
        """Say why no model can be fetched; an empty text where it can."""
        self.closed.setText(f"{why} Models come in as suitcases, or from a folder with their published files.")
        self.closed.setVisible(bool(why))
        self.add.setEnabled(not why)
        self.add.setToolTip(why or _ADD_TIP)
        if why:
            self.adding.hide()

    def take_focus(self) -> None:
        """Let the keys go to the first card."""
        next(iter(self.cards.values()), self.back).setFocus()

    def go_to(self, name: str) -> None:
        """Bring a model's card into view."""
        if name in self.cards:
            self.cards[name].setFocus()
            self.area.ensureWidgetVisible(self.cards[name])

    def ask_for_repo(self) -> None:
        """Ask for a model on the hub."""
        self._show_only(self.adding)
        self.adding.repo.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102 - Qt
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def _head(self) -> QFrame:
        head = QFrame()
        mark(head, "rules")
        self.back = button("Documents", "quiet")
        self._icons.give(self.back, "back")
        self.back.setToolTip("Back to the documents (Esc)")
        self.back.clicked.connect(self.left)
        layout = QHBoxLayout(head)
        layout.setContentsMargins(UNIT, 6, 2 * UNIT, 6)
        layout.setSpacing(UNIT)
        layout.addWidget(self.back)
        layout.addWidget(label("Models", "heading"))
        layout.addStretch(1)
        tip = "Take in a model from a .classmark file"
        layout.addWidget(self._tool("Import a suitcase…", "suitcase", tip, self.import_asked.emit))
        self.add = self._tool("Add from the hub…", "add", _ADD_TIP, self.ask_for_repo)
        layout.addWidget(self.add)
        tip = "Folders and addresses of models"
        layout.addWidget(self._tool("Settings", "settings", tip, lambda: self._show_only(self.settings)))
        layout.addWidget(HelpButton("models", "models"))
        return head

    def _tool(self, text: str, icon: str, tip: str, do: Callable[[], object]) -> QToolButton:
        made = QToolButton(toolButtonStyle=Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        made.setText(f" {text}")
        made.setToolTip(tip)
        made.setAccessibleName(text)
        mark(made, "quiet")
        self._icons.give(made, icon)
        made.clicked.connect(lambda: do())
        return made

    def _show_only(self, pane: QWidget) -> None:
        for each in (self.adding, self.settings):
            each.setVisible(each is pane and each.isHidden())
        self.area.verticalScrollBar().setValue(0)

    def _card(self, name: str) -> ModelCard:
        card = ModelCard(self._theme, self._icons, name)
        card.asked.connect(self.asked)
        card.use_asked.connect(self.use_asked)
        card.moved.connect(lambda step: self._step(name, step))
        return card

    def _step(self, name: str, step: int) -> None:
        names = list(self.cards)
        place = names.index(name) + step
        if 0 <= place < len(names):
            self.go_to(names[place])
