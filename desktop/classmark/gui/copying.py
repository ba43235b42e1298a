"""Copies subjects to the clipboard."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from classmark.gui.actions import Actions
from classmark.gui.results_view import ResultsView
from classmark.gui.subjects_panel import SubjectsPanel
from classmark_models.decide import Subject


class Copying(QObject):
    """Does what the copying actions say; ``copied`` tells the first line."""

    copied = Signal(str)

    def __init__(self, commands: Actions, subjects: SubjectsPanel, rows: ResultsView, parent: QObject) -> None:
        super().__init__(parent)
        self._subjects, self._rows = subjects, rows
        parts: dict[str, Callable[[Subject], str]] = {
            "copy_subject": lambda subject: subject.label.name,
            "copy_uri": lambda subject: subject.label.uri,
            "copy_id": lambda subject: subject.label.id,
        }
        for name, part in parts.items():
            commands[name].triggered.connect(lambda _=False, part=part: self._copy_part(part))
        commands["copy_all"].triggered.connect(self._copy_all)

    def _copy_part(self, part: Callable[[Subject], str]) -> None:
        if (subject := self._subjects.current) is not None:
            self._copy(part(subject))

    def _copy_all(self) -> None:
        if (row := self._rows.current) is not None:
            self._copy("\n".join(dict.fromkeys(subject.label.name for subject in row.subjects)))

    def _copy(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.copied.emit(text.partition("\n")[0])
