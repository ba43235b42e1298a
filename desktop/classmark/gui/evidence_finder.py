"""Fetches, off the window's thread, what each window of the document that is looked at says."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject, Signal

from classmark.gui.engine import Engine
from classmark.gui.evidence import weigh
from classmark.gui.jobs import Lane
from classmark.gui.rows import Row
from classmark_models.classifier import Prediction
from classmark_models.decide import Subject
from classmark_models.labels import Scores


class EvidenceFinder(QObject):
    """Answers which parts of a document speak for a subject; keeps the scores of one prediction."""

    found = Signal(str, tuple)
    """A subject's name and the pieces of the document; empty when there is nothing to show."""
    failed = Signal(object)

    def __init__(self, errands: Lane, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._errands = errands
        self._prediction: Prediction | None = None
        self._scores: Scores | None = None
        self._asked: tuple[Row, Subject] | None = None

    def ask(
        self, engine: Engine | None, row: Row | None, prediction: Prediction | None, subject: Subject | None
    ) -> None:
        """Ask for the pieces of a row's document; ``found`` follows."""
        if engine is None or row is None or subject is None or prediction is None or not prediction.windows:
            self._asked = None
            self.found.emit("", ())
            return
        self._asked = (row, subject)
        if prediction is self._prediction and self._scores is not None:
            self._answer()
            return
        self._prediction, self._scores = prediction, None

        def work(_stop: object) -> Iterator[object]:
            if prediction is self._prediction:  # else the person has gone on meanwhile
                yield (prediction, engine.window_scores(prediction))

        job = self._errands.start(work)
        job.yielded.connect(self._on_yielded)
        job.failed.connect(self.failed)

    def _on_yielded(self, answers: list[tuple[Prediction, Scores | None]]) -> None:
        for prediction, scores in answers:
            if prediction is self._prediction:
                self._scores = scores
                self._answer()

    def _answer(self) -> None:
        prediction, scores = self._prediction, self._scores
        if self._asked is None or prediction is None:
            return
        row, subject = self._asked
        if row.document is None or row.result is None or prediction not in row.result.predictions:
            return
        pieces = weigh(row.document, prediction, scores, subject) if scores is not None else ()
        self.found.emit(subject.label.name, pieces)
