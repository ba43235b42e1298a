"""How right a classifier is in what it asserts: the subjects of the deepest level where it is sure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from classmark_models.classifier import Prediction
from classmark_models.decide import Rule, Subject, decide
from classmark_models.metrics import Figure, share


@dataclass(frozen=True, slots=True)
class AtLevel:
    """What is asserted at one level since no deeper one is sure: for how many of all rows, and how right that is."""

    coverage: Figure
    right: Figure


@dataclass(frozen=True, slots=True)
class Asserted:
    """For how many of all rows something is asserted, how many of the subjects are right, and the same by level.

    A subject that is deeper than the labels of its row is judged by the one above it at their level.
    """

    coverage: Figure
    right: Figure
    levels: dict[str, AtLevel]


class AssertionTally:
    """Counts what is asserted, row by row."""

    def __init__(self) -> None:
        self._rows = 0
        self._answered: Counter[str] = Counter()
        self._subjects: Counter[str] = Counter()
        self._right: Counter[str] = Counter()
        self._levels: dict[str, None] = {}

    def add(self, prediction: Prediction, accepted: Mapping[str, frozenset[int]]) -> None:
        """Count a row; ``accepted`` are the right labels at each level that its labels reach."""
        self._rows += 1
        self._levels |= dict.fromkeys(level for level in prediction.vocabulary.levels if level in prediction.sure)
        if prediction.declined or not prediction.sure:
            return
        every = Rule(prediction.vocabulary.deepest, len(prediction.scores), threshold=0, only_sure=True)
        subjects = decide(prediction.vocabulary, prediction.scores, every, prediction.sure)
        self._answered.update({subject.label.level for subject in subjects})
        for subject in subjects:
            self._subjects[subject.label.level] += 1
            self._right[subject.label.level] += _is_right(subject, accepted)

    def figures(self) -> Asserted | None:
        """Return the figures so far; None of a classifier that states for no level from where on it is sure."""
        if not self._levels:
            return None
        return Asserted(
            share(self._answered.total(), self._rows),
            share(self._right.total(), self._subjects.total()),
            {
                level: AtLevel(
                    share(self._answered[level], self._rows), share(self._right[level], self._subjects[level])
                )
                for level in self._levels
            },
        )


def _is_right(subject: Subject, accepted: Mapping[str, frozenset[int]]) -> bool:
    known = [step for step in (*subject.path, subject) if step.label.level in accepted]
    return bool(known) and known[-1].index in accepted[known[-1].label.level]
