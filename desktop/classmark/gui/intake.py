"""What comes in, whoever brings it: files and folders, suitcases, text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QDialog, QFileDialog, QMenu, QWidget

from classmark.gui.drop_overlay import DropOverlay
from classmark.gui.memory import Memory
from classmark.gui.paste_dialog import PasteDialog
from classmark.gui.review import Review
from classmark.gui.welcome import Welcome

SUITCASE = ".classmark"


class Intake(QObject):
    """Gives documents to the review, suitcases to whom they concern, and remembers what was opened last."""

    suitcases_given = Signal(list)
    dialog_opened = Signal(QDialog, str)
    """A dialog, and the page of the guide about it."""

    def __init__(self, window: QWidget, review: Review, welcome: Welcome, overlay: DropOverlay, memory: Memory) -> None:
        super().__init__(window)
        self._window, self._review, self._welcome = window, review, welcome
        self._overlay, self._memory = overlay, memory
        self.recent_menu = QMenu("Open &recent", window)
        welcome.paste.submitted.connect(review.add_text)
        welcome.recent_chosen.connect(lambda path: self.add_paths([path]))
        self._show_recent()

    def add_paths(self, paths: Sequence[Path]) -> None:
        """Add files and folders; a suitcase among them is a model, and no document."""
        suitcases = [path for path in paths if path.suffix.lower() == SUITCASE and path.is_file()]
        documents = [path for path in paths if path not in suitcases]
        if suitcases:
            self.suitcases_given.emit(suitcases)
        if documents:
            self._memory.add_recent(documents)
            self._show_recent()
            self._review.add(documents)

    def offer(self, event: QDragEnterEvent) -> None:
        """Show that what is dragged over the window may be let go, if it may."""
        if _local_paths(event.mimeData()) or event.mimeData().hasText():
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self._overlay.appear()

    def take(self, event: QDropEvent) -> None:
        """Take in what was dropped."""
        self._overlay.hide()
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self._take_in(event.mimeData())

    def paste(self) -> None:
        """Take in what is in the clipboard."""
        self._take_in(QGuiApplication.clipboard().mimeData())

    def open_files(self) -> None:
        """Ask for files."""
        names, _ = QFileDialog.getOpenFileNames(self._window, "Open files")
        self.add_paths([Path(name) for name in names])

    def open_folder(self) -> None:
        """Ask for a folder."""
        name = QFileDialog.getExistingDirectory(self._window, "Open a folder with everything in it")
        self.add_paths([Path(name)] if name else [])

    def _take_in(self, mime: QMimeData) -> None:
        if paths := _local_paths(mime):
            self.add_paths(paths)
        elif mime.hasText() and self._welcome.isVisible():
            self._welcome.paste.text.setPlainText(mime.text())
            self._welcome.paste.text.setFocus()
        else:
            dialog = PasteDialog(mime.text() if mime.hasText() else "", self._window)
            dialog.submitted.connect(self._review.add_text)
            self.dialog_opened.emit(dialog, "start")
            dialog.open()

    def _show_recent(self) -> None:
        paths = self._memory.recent
        self._welcome.show_recent(paths)
        self.recent_menu.clear()
        for path in paths:
            action = self.recent_menu.addAction(str(path).replace("&", "&&"))
            action.triggered.connect(lambda _=False, path=path: self.add_paths([path]))
        self.recent_menu.addSeparator()
        self.recent_menu.addAction("&Clear this menu", self._on_clear_recent)
        self.recent_menu.setEnabled(bool(paths))

    def _on_clear_recent(self) -> None:
        self._memory.clear_recent()
        self._show_recent()


def _local_paths(mime: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
