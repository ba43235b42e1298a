"""How many texts that belong nowhere classifiers decline, by kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from classmark.core.abreast import Stop
from classmark.core.labelled import LabelledText
from classmark.core.rows import EXAMPLES, Answered, Rows
from classmark_models.classifier import Classifier
from classmark_models.metrics import Figure, share


@dataclass(frozen=True, slots=True)
class Declining:
    """How many texts that belong nowhere one classifier declines: in all, by kind, and the first that it does not."""

    classifier: str
    declined: Figure
    kinds: dict[str, Figure]
    answered: tuple[str, ...]


class OutOfScope:
    """Counts what classifiers decline of texts that belong nowhere; the label of a row tells its kind."""

    def __init__(self, classifiers: Sequence[Classifier]) -> None:
        self.rows = Rows()
        self._classifiers = classifiers
        self._kinds: list[dict[str, list[bool]]] = [{} for _ in classifiers]
        self._answered: list[list[str]] = [[] for _ in classifiers]

    def ask(self, row: LabelledText, should_stop: Stop = lambda: False) -> Answered:
        """Return what the classifiers say of a row, a blank one too; see ``RowCounter``."""
        document = row.document
        parts = document.title, document.abstract, document.body
        return row, tuple(each.predict(*parts, should_stop, document.language) for each in self._classifiers)

    def count(self, answered: Answered) -> None:
        """Count what is declined of one row."""
        row, predictions = answered
        for prediction, kinds, found in zip(predictions, self._kinds, self._answered, strict=True):
            kinds.setdefault(row.labels[0] if row.labels else "text", []).append(bool(prediction.declined))
            if not prediction.declined and len(found) < EXAMPLES:
                found.append(row.document.source)

    def reports(self) -> tuple[Declining, ...]:
        """Return the figures so far, of each classifier in their order."""
        return tuple(
            Declining(
                classifier.name,
                share(sum(map(sum, kinds.values())), sum(map(len, kinds.values()))),
                {kind: share(sum(each), len(each)) for kind, each in kinds.items()},
                tuple(answered),
            )
            for classifier, kinds, answered in zip(self._classifiers, self._kinds, self._answered, strict=True)
        )
