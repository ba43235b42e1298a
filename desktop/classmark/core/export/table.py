"""CSV: a row per proposed subject, and one for each document and classifier without any."""

from __future__ import annotations

import csv
from typing import TextIO

from classmark.core.documents import Result
from classmark.core.export.records import subjects_of
from classmark_models.decide import Rule, Subject

COLUMNS = (
    *("source", "status", "reason", "title", "language", "pages"),
    *("rank", "level", "id", "uri", "label", "score", "sure", "path", "classifier"),
)
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


class CsvWriter:
    """Writes results as RFC 4180 says, with a line of column names."""

    def __init__(self, stream: TextIO, rule: Rule) -> None:
        self._rule = rule
        self._rows = csv.writer(stream)
        self._rows.writerow(COLUMNS)

    def add(self, result: Result) -> None:
        """Write the rows of one result."""
        for one in result.each():
            self._add(one)

    def _add(self, result: Result) -> None:
        document = result.document
        about = (
            *(harmless(text) for text in (result.source, result.status, result.reason)),
            *((harmless(document.title), document.language, len(document.pages)) if document else ("", "", 0)),
        )
        classifier = result.prediction.classifier if result.prediction else ""
        subjects = subjects_of(result, self._rule)
        for rank, subject in enumerate(subjects, start=1):
            self._rows.writerow([*about, rank, *_cells(subject), classifier])
        if not subjects:
            self._rows.writerow([*about, *[""] * 8, classifier])


def _cells(subject: Subject) -> list[str]:
    label = subject.label
    path = " > ".join(step.label.name for step in subject.path)
    return [
        label.level,
        label.id,
        label.uri,
        label.name,
        f"{subject.score:.4f}",
        "yes" if subject.is_sure else "",
        path,
    ]


def harmless(text: str) -> str:
    """Return text that a spreadsheet does not take for a formula: titles come from files that nobody vouches for."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
