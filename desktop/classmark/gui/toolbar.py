"""The row of buttons at the top of the window."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from classmark.gui.parts import mark
from classmark.gui.theme import UNIT


class Toolbar(QFrame):
    """Buttons for actions: what brings documents in on the left, what is done with them on the right."""

    def __init__(self, left: Sequence[QAction], right: Sequence[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark(self, "toolbar")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(UNIT, 0, 2 * UNIT, UNIT)
        layout.setSpacing(4)
        self._buttons = [self._button(action) for action in left]
        for button in self._buttons:
            layout.addWidget(button)
        layout.addStretch(1)
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
