"""Files that macOS hands to the running program: from the Finder, by a drop on the Dock, under "Open with"."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QFileOpenEvent


class OpenedFiles(QObject):
    """An event filter of the application, which is told of such files one by one."""

    opened = Signal(object)
    """A Path."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take what is a file; a link to the web is not ours."""
        if isinstance(event, QFileOpenEvent) and event.file():
            self.opened.emit(Path(event.file()))
            return True
        return super().eventFilter(watched, event)
