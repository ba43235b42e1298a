"""What can be undone: leaving the list, corrections, and answers of other classifiers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from PySide6.QtGui import QUndoCommand

from classmark.core.documents import Document, Result
from classmark.gui.results_model import ResultsModel
from classmark.gui.rows import Row


class RemoveRows(QUndoCommand):
    """Take rows out of the list; undone, they are back in their places."""

    def __init__(
        self,
        rows: Sequence[Row],
        remove: Callable[[Sequence[Row]], list[tuple[int, Row]]],
        insert: Callable[[Sequence[tuple[int, Row]]], None],
    ) -> None:
        super().__init__(f"Remove {rows[0].title}" if len(rows) == 1 else f"Remove {len(rows):,} documents")
        self._rows, self._remove, self._insert = rows, remove, insert
        self._placed: list[tuple[int, Row]] = []

    def redo(self) -> None:
        """Take the rows out."""
        self._placed = self._remove(self._rows)

    def undo(self) -> None:
        """Put the rows back."""
        self._insert(self._placed)


class Correct(QUndoCommand):
    """Classify one document with another title or abstract; undone, its former result is back at once."""

    def __init__(
        self, results: ResultsModel, row: Row, document: Document, classify: Callable[[Document], None]
    ) -> None:
        super().__init__(f"Correct {row.title}")
        self._results, self._row, self._document, self._classify = results, row, document, classify
        self._before = row.result
        self._after: Result | None = None

    def redo(self) -> None:
        """Ask for the corrected document's result, or put it back when it is known."""
        if self._after is not None:
            self._results.restore(self._row, self._after)
        else:
            self._results.ask(self._row, self._document)
            self._classify(self._document)

    def undo(self) -> None:
        """Put the former result back, and keep the corrected one for redoing."""
        if self._row.asked is None:
            self._after = self._row.result
        if self._before is not None:
            self._results.restore(self._row, self._before)


class ClassifyAgain(QUndoCommand):
    """Ask other classifiers about documents; undone, the former answers are back at once."""

    def __init__(
        self,
        results: ResultsModel,
        rows: Sequence[Row],
        leave_out: Callable[[Iterable[str]], None],
        go_on: Callable[[], None],
    ) -> None:
        super().__init__(f"Classify {len(rows):,} {'document' if len(rows) == 1 else 'documents'} again")
        self._results, self._leave_out, self._go_on = results, leave_out, go_on
        self._before = [(row, row.result) for row in rows if row.result is not None]
        self._after: dict[int, Result] = {}

    def redo(self) -> None:
        """Ask for other answers, or put those back that are known."""
        for row, _ in self._before:
            if id(row) in self._after:
                self._results.restore(row, self._after[id(row)])
        self._results.ask_again(row for row, _ in self._before if id(row) not in self._after)
        self._go_on()

    def undo(self) -> None:
        """Put the former answers back, and keep those that came for redoing."""
        self._leave_out(row.source for row, _ in self._before)
        for row, before in self._before:
            if row.asked is None and row.result is not None and row.result is not before:
                self._after[id(row)] = row.result
            self._results.restore(row, before)
