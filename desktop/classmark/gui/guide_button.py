"""The little button with a question mark that leads to a page of the guide."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton, QWidget

from classmark.gui.parts import mark


class HelpButton(QToolButton):
    """Names a page of the guide; who has the guide gives it its icon and opens the page."""

    def __init__(self, page: str, about: str, parent: QWidget | None = None) -> None:
        """Take the page's name, with ``#`` and a heading if need be, and what it is about, in a few words."""
        super().__init__(parent)
        self.page = page
        mark(self, "quiet")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(f"Read about {about} in the guide")
        self.setAccessibleName(f"Guide: {about}")
