"""Rows of labelled texts through classifiers, short ones side by side, to whatever counts the answers."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from classmark.core.abreast import Stop, abreast
from classmark.core.documents import size
from classmark.core.labelled import BadRow, LabelledText
from classmark_models.classifier import Prediction

EXAMPLES = 10
Row: TypeAlias = LabelledText | BadRow
Answered: TypeAlias = tuple[LabelledText, tuple[Prediction, ...]]
"""A row, and what each classifier says of it."""


@dataclass(slots=True)
class Rows:
    """How many rows there were, and how many could not be used, the first of them by name."""

    used: int = 0
    bad: int = 0
    first_bad: list[BadRow] = field(default_factory=list)

    def refuse(self, row: BadRow) -> None:
        """Count a row that cannot be used."""
        self.bad += 1
        if len(self.first_bad) < EXAMPLES:
            self.first_bad.append(row)


class RowCounter(Protocol):
    """Figures that grow row by row."""

    rows: Rows

    def ask(self, row: LabelledText, should_stop: Stop = lambda: False) -> Answered | BadRow:
        """Return what the classifiers say of a row, or why it cannot be used; by any thread.

        Raises Interrupted when ``should_stop`` returned True.
        """

    def count(self, answered: Answered) -> None:
        """Count what the classifiers say of one row; ``rows`` is counted already."""


def count_rows(rows: Iterable[Row], counter: RowCounter, should_stop: Stop = lambda: False) -> Iterator[int]:
    """Ask about rows and count them, in their order; yield how many there were so far.

    Raises Interrupted when ``should_stop`` returned True, and what ``rows`` raise.
    """

    def take(_stop: Stop) -> Generator[Row, None, None]:
        yield from rows

    def ask(row: Row, stop: Stop) -> Answered | BadRow:
        return row if isinstance(row, BadRow) else counter.ask(row, stop)

    answers = abreast(take, ask, lambda row: 0 if isinstance(row, BadRow) else size(row.document), should_stop)
    for number, answered in enumerate(answers, 1):
        if isinstance(answered, BadRow):
            counter.rows.refuse(answered)
        else:
            counter.rows.used += 1
            counter.count(answered)
        yield number
