"""The life of the list: what comes in, what is asked of the runner, what comes back, what is undone."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from time import monotonic

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from classmark.core.documents import Document, Origin
from classmark.core.sources import find_files
from classmark.gui.commands import ClassifyAgain, Correct, RemoveRows
from classmark.gui.jobs import Job, Lane, Stop
from classmark.gui.results_model import ResultsModel
from classmark.gui.rows import Row, State
from classmark.gui.runner import Runner

_PORTION = 256
"""Files that are counted before the count is told."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work has come since it last began."""

    done: int
    total: int
    name: str = ""
    seconds_left: float | None = None


class Review(QObject):
    """Keeps the list and the runner in step; tells what the window should show of it."""

    counting = Signal(int)
    changed = Signal()
    """Something about the work has changed: it began, went on, rests or ended."""
    arrived = Signal(list)
    """New rows are in the list."""
    skipped = Signal(int)
    """So many files were in the list already."""
    taken = Signal(list)
    """These rows have new results."""
    failed = Signal(object)

    def __init__(self, runner: Runner, errands: Lane, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.results = ResultsModel(self)
        self.undo_stack = QUndoStack(self)
        self._runner, self._errands = runner, errands
        self._counts: list[Job] = []
        self._queue: deque[Row] = deque()
        self._texts = count(1)
        self._paused = False
        self._began, self._done = 0.0, 0
        runner.opened.connect(self._on_opened)
        runner.yielded.connect(self._on_yielded)
        runner.finished.connect(self._on_finished)
        runner.failed.connect(self._on_failed)

    # What the work stands at

    @property
    def is_counting(self) -> bool:
        """Whether files are being counted."""
        return bool(self._counts)

    @property
    def is_paused(self) -> bool:
        """Whether the person has paused the work."""
        return self._paused

    @property
    def waiting(self) -> int:
        """How many documents wait or are in hand, without those typed or corrected, which are not waited for."""
        return sum(row.state is State.WAITING or self._is_in_hand(row) for row in self.results.rows)

    @property
    def outdated(self) -> list[Row]:
        """The documents that were answered by other classifiers than those in use by now."""
        return [row for row in self.results.rows if row.has_answers and row.answered_by != self._runner.in_use]

    @property
    def progress(self) -> Progress:
        """How far the work has come."""
        left = self.waiting
        in_hand = self._queue[0].name if self._queue else ""
        each = (monotonic() - self._began) / self._done if self._done >= 3 else None
        return Progress(self._done, self._done + left, in_hand, each * left if each is not None else None)

    # What the person does

    def add(self, paths: Sequence[Path]) -> None:
        """Count the files in paths, then add and classify them."""
        found: list[Path] = []
        job = self._errands.start(lambda stop: _portions(paths, stop))
        self._counts.append(job)

        def on_yielded(portions: list[list[Path]]) -> None:
            for portion in portions:
                found.extend(portion)
            self.counting.emit(len(found))

        def on_finished() -> None:
            self._counts.remove(job)
            if not job.cancelled:
                self._add_files(found)
            self.changed.emit()

        def on_failed(failure: BaseException) -> None:
            self._counts.remove(job)
            self._on_failed(failure)

        job.yielded.connect(on_yielded)
        job.finished.connect(on_finished)
        job.failed.connect(on_failed)
        self.counting.emit(0)

    def add_text(self, title: str, text: str) -> None:
        """Add and classify a text that was typed or pasted."""
        name = f"Pasted text {next(self._texts)}"
        origins = Origin.GIVEN if title else Origin.NONE, Origin.GIVEN if text else Origin.NONE
        document = Document(name, "", title, text, "", *origins)
        row = Row(name)
        self.results.insert([(len(self.results.rows), row)])
        self.results.ask(row, document)
        self._runner.classify(document)
        self.arrived.emit([row])

    def correct(self, row: Row, document: Document) -> None:
        """Classify one document again with another title or abstract."""
        self.undo_stack.push(Correct(self.results, row, document, self._runner.classify))

    def classify_again(self, rows: Sequence[Row]) -> None:
        """Ask the classifiers that are chosen now about documents that others have answered; it can be undone."""
        if rows:
            self.undo_stack.push(ClassifyAgain(self.results, rows, self._runner.leave_out, self._go_on))

    def remove(self, rows: Sequence[Row]) -> None:
        """Take rows out of the list; it can be undone."""
        if rows:
            self.undo_stack.push(RemoveRows(list(rows), self._take_out, self._put_back))

    def retry(self, rows: Iterable[Row]) -> None:
        """Read failed or stopped documents again."""
        again = [row for row in rows if row.can_be_retried]
        self.results.set_state([row for row in again if row.asked is None], State.WAITING)
        for row in again:
            if row.asked is not None:
                self.results.ask(row, row.asked)
                self._runner.classify(row.asked)
        self._go_on()

    def pause(self) -> None:
        """Let the work rest; the document in hand begins anew when it goes on."""
        self._paused = True
        self._runner.stop()
        self.changed.emit()

    def resume(self) -> None:
        """Go on after a pause."""
        self._paused = False
        self._go_on()

    def cancel(self) -> None:
        """End counting and classifying; what is done stays, the rest can be retried."""
        for job in self._counts:
            job.cancel()
        self._paused = False
        self._end_waiting()
        self._runner.stop()
        self.changed.emit()

    # What comes back

    def _add_files(self, found: Sequence[Path]) -> None:
        rows = self.results.add(found)
        if len(rows) < len(found):
            self.skipped.emit(len(found) - len(rows))
        if rows:
            self.arrived.emit(rows)
            self._go_on()

    def _go_on(self) -> None:
        if not self._runner.busy and not self._paused:
            rows = [row for row in self.results.rows if row.state is State.WAITING]
            again = [row for row in rows if row.asked is not None]
            files = [row for row in rows if row.asked is None and row.path is not None]
            if again or files:
                self._queue = deque([*again, *files])
                self._began, self._done = monotonic(), 0
                self._runner.start(
                    (row.asked for row in again if row.asked is not None),
                    (row.path for row in files if row.path is not None),
                )
                self._mark_next()
        self.changed.emit()

    def _is_in_hand(self, row: Row) -> bool:
        return row.state is State.WORKING and bool(self._queue) and self._queue[0] is row

    def _end_waiting(self) -> None:
        """Give each document that waits for another answer the one that it had; stop those that have none."""
        rows = [row for row in self.results.rows if row.state is State.WAITING or self._is_in_hand(row)]
        again = [(row, row.result) for row in rows if row.asked is not None and row.result is not None]
        self._queue.clear()
        self.results.set_state(rows, State.STOPPED)
        for row, result in again:
            self.results.restore(row, result)

    def _mark_next(self) -> None:
        while self._queue and not self._is_due(self._queue[0]):
            self._queue.popleft()
        if self._queue:
            self.results.set_state([self._queue[0]], State.WORKING)

    def _is_due(self, row: Row) -> bool:
        return row.state in {State.WAITING, State.WORKING} and self.results.row_of(row.source) is row

    def _take_out(self, rows: Sequence[Row]) -> list[tuple[int, Row]]:
        self._runner.leave_out(row.source for row in rows)
        placed = self.results.remove(rows)
        self._mark_next()
        self.changed.emit()
        return placed

    def _put_back(self, placed: Sequence[tuple[int, Row]]) -> None:
        for _, row in placed:
            if row.state is State.WORKING and row.asked is None:
                row.state = State.WAITING
        rows = self.results.insert(placed)
        for row in rows:
            if row.asked is not None and row.state is State.WORKING:
                self._runner.classify(row.asked)
        self._go_on()

    def _on_opened(self) -> None:
        self.results.set_bylines(self._runner.bylines)
        self.changed.emit()

    def _on_yielded(self, results: list[object]) -> None:
        self.results.set_bylines(self._runner.bylines)
        queued = set(map(id, self._queue))
        rows = self.results.take(results)  # type: ignore[arg-type]
        self._done += sum(id(row) in queued for row in rows)
        self._mark_next()
        if rows:
            self.taken.emit(rows)
        self.changed.emit()

    def _on_finished(self) -> None:
        self.results.set_state([row for row in self._queue if self._is_in_hand(row)], State.WAITING)
        self._queue.clear()
        self._go_on()

    def _on_failed(self, failure: BaseException) -> None:
        if not self._runner.busy:
            self._end_waiting()
            self.results.set_state([row for row in self.results.rows if row.state is State.WORKING], State.STOPPED)
        self.failed.emit(failure)
        self.changed.emit()


def _portions(paths: Sequence[Path], stop: Stop) -> Iterator[list[Path]]:
    portion: list[Path] = []
    for path in find_files(paths):
        if stop():
            return
        portion.append(path)
        if len(portion) == _PORTION:
            yield portion
            portion = []
    yield portion
