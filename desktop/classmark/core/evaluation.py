"""How right classifiers are: labelled texts and what they say of them, joined row by row to figures."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import numpy.typing as npt

from classmark.core.abreast import Stop
from classmark.core.assertions import Asserted, AssertionTally
from classmark.core.classify import classify_document
from classmark.core.documents import Outcome
from classmark.core.labelled import BadRow, LabelledText
from classmark.core.rows import EXAMPLES, Answered, Rows
from classmark_models.classifier import Classifier, Prediction
from classmark_models.labels import Scores, Vocabulary
from classmark_models.metrics import (
    Bin,
    Figure,
    Truths,
    calibration_error,
    debiased_error,
    f1_at,
    macro,
    mean,
    ndcg_at,
    precision_at,
    recall_at,
    reliability,
    risk_coverage,
    share,
    true_error,
)

GOAL = 0.9
"""What should be right of all that a classifier asserts."""
_RANKED = 10
_POINTS = 200
_SHOWN = 80  # characters of a label that is no label


@dataclass(frozen=True, slots=True)
class Threshold:
    """The least probability from which on ``GOAL`` of the answers is right: with most rows answered."""

    probability: float
    coverage: float
    right: Figure


@dataclass(frozen=True, slots=True)
class Stated:
    """What comes of the probability from which on a classifier states to be sure of a level's best answer."""

    probability: float
    coverage: Figure
    right: Figure


@dataclass(frozen=True, slots=True)
class LevelFigures:
    """How right one classifier is at one level.

    ``top1``, ``top5``: one of the right labels is the best, among the five best, of all rows: a declined one counts by
    what its scores say. ``macro``: the mean over labels. ``lists``: the ranked list against all right labels. The rest
    is of the best answer's probability; of the rows that are not declined are ``calibration_error``, what it would be
    by chance alone (mean and 95th percentile), ``debiased_error`` and ``reliability``. ``risk`` is the area under the
    risk–coverage curve, whose points (coverage, risk) are ``curve``, thinned.
    """

    rows: int
    labels_a_row: float
    top1: Figure
    top5: Figure
    macro: Figure
    lists: dict[str, Figure]
    languages: dict[str, tuple[Figure, Figure]]
    calibration_error: float
    error_by_chance: tuple[float, float]
    debiased_error: float
    reliability: tuple[Bin, ...]
    risk: float
    curve: tuple[tuple[float, float], ...]
    threshold: Threshold | None
    stated: Stated | None
    answered_right: Figure
    declined_right: Figure


@dataclass(frozen=True, slots=True)
class Report:
    """How right one classifier is: figures by level.

    ``unmatched`` rows named no label of it and are left out, with ``unknown_labels`` for examples; in ``vague`` ones a
    label that stands at several levels was taken for the broadest.
    """

    classifier: str
    title: str
    scope: str
    vocabulary: str
    rows: int
    declined: Figure
    unmatched: int
    vague: int
    unknown_labels: tuple[str, ...]
    levels: dict[str, LevelFigures]
    asserted: Asserted | None


class LabelFinder:
    """Finds what labels of a file mean in a vocabulary: by id, URI or name, whatever their case."""

    def __init__(self, vocabulary: Vocabulary, level: str = "") -> None:
        """Take the vocabulary, and the level that labels are of, at least; without one they may be of any."""
        self._vocabulary = vocabulary
        self._levels = vocabulary.levels[: vocabulary.levels.index(level) + 1] if level else vocabulary.levels
        self._is_given, self._least = bool(level), self._levels.index(level) if level else 0
        self._tables: tuple[dict[str, list[tuple[str, int]]], ...] = ({}, {}, {})
        for name in vocabulary.levels:
            for index, label in enumerate(vocabulary.labels(name)):
                for table, key in zip(self._tables, (label.id, label.uri, label.name), strict=True):
                    table.setdefault(key.casefold(), []).append((name, index))

    def find(self, text: str) -> tuple[tuple[str, int], ...]:
        """Return the (level, index) pairs that a label may mean, all of one level; none where it is unknown.

        A name may stand twice at a level: then either is right. One that stands at several levels (as Dewey's 500 does)
        means the level that was given, else the broadest, for that is true of all of them.
        """
        for table in self._tables:
            places = table.get(text.casefold(), []) if text else []
            for level in self._vocabulary.levels[self._least :]:
                if at_level := tuple(place for place in places if place[0] == level):
                    return at_level
        return ()

    def is_vague(self, text: str) -> bool:
        """Tell whether a label stands at several levels, and no level was given to say which is meant."""
        places = next((found for table in self._tables if (found := table.get(text.casefold()))), [])
        return not self._is_given and len({level for level, _ in places}) > 1

    def accepted(self, labels: Sequence[str]) -> tuple[dict[str, frozenset[int]], tuple[str, ...]]:
        """Return the indices that are right at each level that all known labels reach, and unknown labels.

        Given a level, it is the deepest of them.
        """
        found = {label: self.find(label) for label in labels}
        unknown = tuple(label for label, places in found.items() if not places)
        accepted: dict[str, frozenset[int]] = {}
        paths = [
            [dict(self._vocabulary.path(level, index)) for level, index in places]
            for places in found.values()
            if places
        ]
        for level in self._levels:
            if paths and all(level in path for ways in paths for path in ways):
                accepted[level] = frozenset(path[level] for ways in paths for path in ways)
        return accepted, unknown


class _LevelTally:
    """What is kept of the rows at one level: six bytes for each, and counts."""

    def __init__(self, labels: int) -> None:
        self._confidences, self._right, self._declined = array("f"), bytearray(), bytearray()
        self._lists: Counter[tuple[int, int, int]] = Counter()
        self._languages: dict[str, Counter[str]] = {}
        self._by_label = np.zeros((2, labels), np.int64)

    def add(self, scores: Scores, accepted: frozenset[int], language: str, is_declined: bool) -> None:
        order = np.argsort(-scores, kind="stable")[:_RANKED]
        proposed = int(np.count_nonzero(scores[order]))
        hits = [int(index) in accepted for index in order[:proposed]]
        is_right = any(hits[:1])
        self._confidences.append(min(float(scores[order[0]]), 1.0))
        self._right.append(is_right)
        self._declined.append(is_declined)
        self._lists[sum(1 << place for place, hit in enumerate(hits) if hit), proposed, len(accepted)] += 1
        counts = self._languages.setdefault(language or "unknown", Counter())
        counts.update(rows=1, top1=is_right, top5=any(hits[:5]))
        for index in accepted:
            self._by_label[:, index] += is_right, 1

    def figures(self, sure: float | None) -> LevelFigures:
        """Return the figures so far; ``sure`` is the probability from which on the classifier is sure, if it says."""
        confidences = np.frombuffer(self._confidences, np.float32).astype(np.float64)
        right = np.frombuffer(self._right, np.bool_)
        declined = np.frombuffer(self._declined, np.bool_)
        rows = len(right)
        bins = reliability(confidences[~declined], right[~declined])
        # Those that are declined come last, in their own order.
        curve = risk_coverage(confidences - declined, right)
        best = curve.at_least(GOAL)
        chosen = np.unique(np.linspace(0, len(curve.coverage) - 1, _POINTS).round().astype(np.int64))
        by_language = sorted(self._languages.items(), key=lambda item: (-item[1]["rows"], item[0]))
        return LevelFigures(
            rows,
            sum(wanted * count for (_, _, wanted), count in self._lists.items()) / rows,
            share(int(right.sum()), rows),
            share(sum(counts["top5"] for counts in self._languages.values()), rows),
            macro(self._by_label[0], self._by_label[1]),
            self._list_figures(),
            {
                name: (share(counts["top1"], counts["rows"]), share(counts["top5"], counts["rows"]))
                for name, counts in by_language
            },
            calibration_error(bins),
            true_error(confidences[~declined]),
            debiased_error(confidences[~declined], right[~declined]),
            bins,
            curve.area,
            tuple((float(curve.coverage[i]), float(1 - curve.right[i])) for i in chosen),
            Threshold(*best) if best else None,
            _stated(sure, ~declined & (confidences >= np.float32(sure)), right) if sure is not None else None,
            share(int(right[~declined].sum()), int((~declined).sum())),
            share(int(right[declined].sum()), int(declined.sum())),
        )

    def _list_figures(self) -> dict[str, Figure]:
        counts = np.array(list(self._lists.values()), np.int64)
        codes, proposed, wanted = (np.array(column, np.int64) for column in zip(*self._lists, strict=True))
        hits: npt.NDArray[np.bool_] = (codes[:, None] >> np.arange(_RANKED) & 1).astype(np.bool_)
        values = {
            "P@1": precision_at(1, hits, proposed),
            "P@5": precision_at(5, hits, proposed),
            "R@5": recall_at(5, hits, wanted),
            "F1@5": f1_at(5, hits, proposed, wanted),
            "nDCG@5": ndcg_at(5, hits, wanted),
            "nDCG@10": ndcg_at(10, hits, wanted),
        }
        return {name: mean(each, counts) for name, each in values.items()}


def _stated(sure: float, answered: Truths, right: Truths) -> Stated:
    count = int(answered.sum())
    return Stated(sure, share(count, len(right)), share(int(right[answered].sum()), count))


class _Tally:
    """What is kept of one classifier."""

    def __init__(self, classifier: Classifier, level: str) -> None:
        vocabulary = classifier.vocabulary
        self._classifier = classifier
        self._finder = LabelFinder(vocabulary, vocabulary.level_or_deepest(level) if level else "")
        self._levels: dict[str, _LevelTally] = {}
        self._asserted, self._sure = AssertionTally(), dict[str, float]()
        self._rows = self._declined = self._unmatched = self._vague = 0
        self._unknown: dict[str, None] = {}

    def add(self, row: LabelledText, prediction: Prediction) -> None:
        accepted, unknown = self._finder.accepted(row.labels)
        if len(self._unknown) < EXAMPLES:
            self._unknown |= dict.fromkeys(label[:_SHOWN] for label in unknown[:EXAMPLES])
        if not accepted:
            self._unmatched += 1
            return
        self._rows += 1
        self._declined += bool(prediction.declined)
        self._vague += any(map(self._finder.is_vague, row.labels))
        self._asserted.add(prediction, accepted)
        self._sure |= prediction.sure
        for level, indices in accepted.items():
            tally = self._levels.get(level)
            if tally is None:
                tally = self._levels[level] = _LevelTally(len(prediction.vocabulary.labels(level)))
            scores = prediction.vocabulary.roll_up(prediction.scores, level)
            tally.add(scores, indices, row.document.language, bool(prediction.declined))

    def report(self) -> Report:
        vocabulary = self._classifier.vocabulary
        return Report(
            self._classifier.name,
            self._classifier.title,
            self._classifier.scope,
            vocabulary.name,
            self._rows,
            share(self._declined, self._rows),
            self._unmatched,
            self._vague,
            tuple(self._unknown)[:EXAMPLES],
            {
                level: self._levels[level].figures(self._sure.get(level))
                for level in vocabulary.levels
                if level in self._levels
            },
            self._asserted.figures(),
        )


class Evaluation:
    """The figures of some classifiers over rows that come one by one; of a row six bytes a level are kept."""

    def __init__(self, classifiers: Sequence[Classifier], level: str = "") -> None:
        """Take the classifiers, and the level of the labels, the deepest that is measured; by default as they reach.

        In a vocabulary without that level, its deepest is meant.
        """
        self.rows = Rows()
        self._classifiers = classifiers
        self._tallies = [_Tally(each, level) for each in classifiers]
        self._began = perf_counter()

    @property
    def seconds(self) -> float:
        """How long this has taken so far."""
        return perf_counter() - self._began

    def ask(self, row: LabelledText, should_stop: Stop = lambda: False) -> Answered | BadRow:
        """Return what the classifiers say of a row, or why it cannot be used; see ``RowCounter``."""
        if not row.labels:
            return BadRow(row.line, "it has no label")
        result = classify_document(row.document, self._classifiers, should_stop)
        if result.status == Outcome.EMPTY:
            return BadRow(row.line, "it has no text")
        return row, result.predictions

    def count(self, answered: Answered) -> None:
        """Count what the classifiers say of one row."""
        row, predictions = answered
        for tally, prediction in zip(self._tallies, predictions, strict=True):
            tally.add(row, prediction)

    def reports(self) -> tuple[Report, ...]:
        """Return the figures so far, of each classifier in their order."""
        return tuple(tally.report() for tally in self._tallies)
