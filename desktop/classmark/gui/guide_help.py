"""F1 and the question marks: which page of the guide is about what the person looks at."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from classmark.gui.guide_button import HelpButton
from classmark.gui.guide_window import GuideWindow
from classmark.gui.icons import Icons
from classmark.gui.memory import Memory
from classmark.gui.theme import Theme
from classmark.resources import asset

_PAGE = "guide"
"""The property of a widget that names the page about it."""


class GuideHelp(QObject):
    """Opens the guide where it is about the widget that has the keys; makes its window when it is first wanted."""

    def __init__(self, action: QAction, theme: Theme, icons: Icons, memory: Memory, parent: QWidget) -> None:
        super().__init__(parent)
        self._action, self._theme, self._icons, self._memory = action, theme, icons, memory
        self.window: GuideWindow | None = None
        action.triggered.connect(lambda: self.open(self._page_here()))
        for button in parent.findChildren(HelpButton):
            icons.give(button, "help", "muted")
            button.clicked.connect(partial(self.open, button.page))

    def explain(self, widget: QWidget, page: str) -> None:
        """Say which page is about a widget and all in it."""
        widget.setProperty(_PAGE, page)

    def attach(self, dialog: QDialog, page: str) -> None:
        """Let F1 open a page in a dialog, too."""
        self.explain(dialog, page)
        dialog.addAction(self._action)

    def open(self, page: str = "", *_: object) -> None:
        """Show the guide with a page, or as it was left."""
        if self.window is None:
            self.window = GuideWindow(asset("guide"), self._theme, self._icons, self._memory)
        self.window.open_page(page)

    def close(self) -> None:
        """Close the guide with the window that it belongs to."""
        if self.window is not None:
            self.window.close()
            self.window.deleteLater()
            self.window = None

    def _page_here(self) -> str:
        widget = QApplication.focusWidget() or QApplication.activeWindow()
        while widget is not None:
            if page := widget.property(_PAGE):
                return str(page)
            widget = widget.parentWidget()
        return ""
