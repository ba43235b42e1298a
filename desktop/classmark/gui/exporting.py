"""Asks where the subjects should be written, and writes them beside the window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from classmark.core.documents import Result
from classmark.core.export import FORMATS, write
from classmark.gui.jobs import Lane
from classmark_models.decide import Rule
from classmark_models.errors import ClassmarkError

_NAMES = {"csv": "CSV table, a row for each subject", "jsonl": "JSON Lines, an object for each document"}


class Exporter(QObject):
    """Writes the results that are listed."""

    written = Signal(Path, int)
    failed = Signal(object)

    def __init__(self, errands: Lane, parent: QWidget) -> None:
        super().__init__(parent)
        self._window = parent
        self._errands = errands

    def ask(self, results: Sequence[Result], rule: Rule) -> None:
        """Ask for a file and a format, then write."""
        filters = {f"{_NAMES.get(name, name.upper())} (*.{name})": name for name in FORMATS}
        count = f"{len(results):,} document{'' if len(results) == 1 else 's'}"
        name, chosen = QFileDialog.getSaveFileName(self._window, f"Export {count}", "subjects.csv", ";;".join(filters))
        if name:
            path = Path(name)
            format_name = path.suffix[1:].lower() if path.suffix[1:].lower() in FORMATS else filters[chosen]
            self.write(results, rule, path if path.suffix else path.with_suffix(f".{format_name}"), format_name)

    def write(self, results: Sequence[Result], rule: Rule, path: Path, format_name: str) -> None:
        """Write without asking; ``written`` or ``failed`` follows."""

        def work(_stop: object) -> Iterator[object]:
            try:
                write(results, rule, path, format_name)
            except OSError as error:
                reason = error.strerror or type(error).__name__
                raise ClassmarkError(f"{path} cannot be written ({reason}). Choose another place.") from error
            return iter(())

        job = self._errands.start(work)
        job.finished.connect(lambda: self.written.emit(path, len(results)))
        job.failed.connect(self.failed)
