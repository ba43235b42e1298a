"""The row of buttons at the top of the window, and the one that tells which models are in use."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from classmark.gui.parts import mark
from classmark.gui.theme import UNIT


class Toolbar(QFrame):
    """Buttons for actions: what brings documents in on the left; the models, and what is done, on the right."""

    def __init__(
        self, left: Sequence[QAction], models: QAction, right: Sequence[QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        mark(self, "toolbar")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(UNIT, 0, 2 * UNIT, UNIT)
        layout.setSpacing(4)
        self._buttons = [self._button(action) for action in left]
        for button in self._buttons:
            layout.addWidget(button)
        layout.addStretch(1)
        self.models = ModelsButton(models)
        layout.addWidget(self.models)
        for action in right:
            button = self._button(action)
            layout.addWidget(button)
            if action is right[-1]:
                mark(button, "primary")

    def _button(self, action: QAction) -> QToolButton:
        button = QToolButton(toolButtonStyle=Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        mark(button, "quiet")
        button.setDefaultAction(action)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(action.iconText().strip())
        return button


class ModelsButton(QToolButton):
    """Tells which models are in use; leads to the Models page."""

    def __init__(self, action: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._action = action
        mark(self, "quiet")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clicked.connect(action.trigger)
        action.changed.connect(self._on_action_changed)
        self.show_titles(())

    def show_titles(self, titles: Sequence[str]) -> None:
        """Name the models in use, or count them where there are several."""
        text = titles[0] if len(titles) == 1 else f"{len(titles)} models" if titles else "Models"
        room = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, 24 * UNIT)
        self.setText(f" {room}".replace("&", "&&"))
        said = "; ".join(titles) or "none yet"
        self.setAccessibleName(f"Models in use: {said}")
        self.setToolTip(f"{self._action.toolTip()}\nIn use: {said}")
        self._on_action_changed()

    def _on_action_changed(self) -> None:
        self.setIcon(self._action.icon())
