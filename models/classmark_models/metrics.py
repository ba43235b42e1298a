"""How good answers are: shares with intervals, ranked lists, calibration, and risk against coverage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]

BINS = 15
RESAMPLES = 1000
_WORLDS = 200
_Z = 1.959963984540054  # of the normal distribution 95 % lie within so many deviations of its mean


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its 95 % interval, and the number of rows (or labels) that it is the mean of."""

    value: float
    low: float
    high: float
    count: int


def share(right: int, total: int) -> Figure:
    """Return a share with its Wilson score interval (Wilson 1927); of nothing it is 0, between 0 and 1."""
    if total == 0:
        return Figure(0.0, 0.0, 1.0, 0)
    value = right / total
    middle = value + _Z**2 / (2 * total)
    reach = _Z * np.sqrt(value * (1 - value) / total + _Z**2 / (4 * total**2))
    low, high = ((middle + sign * reach) / (1 + _Z**2 / total) for sign in (-1, 1))
    # The ends touch 0 and 1 but for rounding where none or all are right.
    return Figure(value, float(low) if right else 0.0, float(high) if right < total else 1.0, total)


def mean(values: Floats, weights: Counts | None = None, seed: int = 0) -> Figure:
    """Return the mean of at least one value with its bootstrap interval (percentiles of 1,000 resamples, seeded).

    ``values``, shape (n,), stand ``weights`` times each (once without). Rows of one value are exchangeable, so how
    often each value is drawn is multinomial: the same as drawing rows, and no slower for many of them.
    """
    weights = np.ones(len(values), np.int64) if weights is None else weights
    distinct, places = np.unique(values, return_inverse=True)
    counts = np.bincount(places, weights=weights).astype(np.int64)
    total = int(counts.sum())
    drawn = np.random.default_rng(seed).multinomial(total, counts / total, RESAMPLES) @ distinct / total
    low, high = np.percentile(drawn, (2.5, 97.5))
    return Figure(float(counts @ distinct / total), float(low), float(high), total)


def macro(right: Counts, total: Counts, seed: int = 0) -> Figure:
    """Return the mean over labels of the share of their rows that is right; labels without rows are left out.

    ``right`` and ``total`` count the rows of each label, shape (labels,). As ``recall_score(average="macro")`` of
    scikit-learn where each row has one label. The interval is from 1,000 seeded resamples of the rows of each label:
    it tells nothing of labels that are not in the file.
    """
    right, total = right[total > 0], total[total > 0]
    if len(total) == 0:
        return Figure(0.0, 0.0, 1.0, 0)
    drawn = np.random.default_rng(seed).binomial(total, right / total, (RESAMPLES, len(total))) / total
    low, high = np.percentile(drawn.mean(axis=1), (2.5, 97.5))
    return Figure(float((right / total).mean()), float(low), float(high), len(total))


def precision_at(k: int, hits: Truths, proposed: Counts) -> Floats:
    """Return, for each row, the share of the ``k`` best proposals that is right; 0 without any.

    ``hits``: whether the 1st, 2nd … best proposal is right, shape (rows, k or more); ``proposed``: how many there are
    in all, shape (rows,), since fewer than ``k`` are divided by their own number. As Annif's ``Precision@k``, which is
    ``precision_score(average="samples")`` of scikit-learn.
    """
    return np.asarray(hits[:, :k].sum(axis=1) / np.clip(proposed, 1, k))


def recall_at(k: int, hits: Truths, wanted: Counts) -> Floats:
    """Return, for each row, the share of the right labels that is among the ``k`` best proposals.

    ``wanted``: how many labels are right, at least 1, shape (rows,). As ``recall_score(average="samples")`` of
    scikit-learn of the ``k`` best.
    """
    return np.asarray(hits[:, :k].sum(axis=1) / wanted)


def f1_at(k: int, hits: Truths, proposed: Counts, wanted: Counts) -> Floats:
    """Return the harmonic mean of precision and recall at ``k`` for each row, shape (rows,).

    As Annif's ``F1@5``, which is ``f1_score(average="samples")`` of scikit-learn of the ``k`` best.
    """
    return np.asarray(2 * hits[:, :k].sum(axis=1) / (np.minimum(proposed, k) + wanted))


def ndcg_at(k: int, hits: Truths, wanted: Counts) -> Floats:
    """Return the normalized discounted cumulative gain of the ``k`` best for each row (Järvelin and Kekäläinen 2002).

    A hit at place i is worth 1 / log2(i + 1); the best order there can be has min(k, wanted) hits at its head. As
    Annif's ``NDCG@k`` for rows with a right label; it counts the others, which are left out here, as 1.
    """
    discounts = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(discounts)[np.minimum(wanted, k) - 1]
    return np.asarray(hits[:, :k] @ discounts / ideal)


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows of like confidence: how many, what they claim in the mean, and how many of them are right."""

    low: float
    high: float
    confidence: float
    right: Figure


def reliability(confidences: Floats, right: Truths) -> tuple[Bin, ...]:
    """Return what is right at each confidence: 15 bins of equal width, those without rows left out.

    ``confidences``: probability of each best answer, in 0 … 1, shape (rows,); a bin holds its upper end, as in Guo et
    al. 2017.
    """
    places = np.clip(np.ceil(confidences * BINS).astype(np.int64) - 1, 0, BINS - 1)
    return tuple(
        Bin(
            place / BINS,
            (place + 1) / BINS,
            float(confidences[places == place].mean()),
            share(int(right[places == place].sum()), int((places == place).sum())),
        )
        for place in np.unique(places).tolist()
    )


def calibration_error(bins: tuple[Bin, ...]) -> float:
    """Return the expected calibration error: the mean gap between claimed and right, by rows (Naeini et al. 2015)."""
    total = sum(each.right.count for each in bins)
    return sum(each.right.count * abs(each.right.value - each.confidence) for each in bins) / max(total, 1)


def true_error(confidences: Floats, seed: int = 0) -> tuple[float, float]:
    """Return what ``calibration_error`` finds where probabilities are true, on as many rows: mean and 95th percentile.

    In 200 seeded worlds each answer is right as often as its probability says (consistency resampling, Bröcker and
    Smith 2007). An error near the mean is that of chance alone.
    """
    random = np.random.default_rng(seed)
    errors = [
        calibration_error(reliability(confidences, random.random(len(confidences)) < confidences))
        for _ in range(_WORLDS)
    ]
    return float(np.mean(errors)), float(np.percentile(errors, 95))


def debiased_error(confidences: Floats, right: Truths) -> float:
    """Return the root mean square gap between claimed and right, without what chance alone adds to it.

    15 bins of equally many rows; chance is taken off as in Kumar et al. 2019 (arXiv:1909.10155), and 0 returned where
    it explains all. It weighs large gaps more than ``calibration_error`` does.
    """
    bins = [each for each in np.array_split(np.argsort(confidences, kind="stable"), BINS) if len(each) > 1]
    total = 0.0
    for each in bins:
        share_right = right[each].mean()
        gap = share_right - confidences[each].mean()
        total += len(each) * (gap**2 - share_right * (1 - share_right) / (len(each) - 1))
    return float(np.sqrt(max(total / max(sum(map(len, bins)), 1), 0.0)))


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """What is right of the answers that are given, when the least sure ones are held back.

    One point for each confidence that occurs, highest first: at ``thresholds[i]`` a share ``coverage[i]`` of all rows
    is answered, and ``right[i]`` of these are right. ``rows`` counts all rows. ``area`` under the risk (1 − right), in
    0 … 1, is the mean risk over all coverages (Geifman and El-Yaniv 2017; rows of one confidence in mean order).
    """

    thresholds: Floats
    coverage: Floats
    right: Floats
    rows: int
    area: float

    def at_least(self, goal: float) -> tuple[float, float, Figure] | None:
        """Return threshold, coverage and what is right where most is answered and ``goal`` of it is right.

        Rows of confidence 0 or less, which a classifier declines, are never answered. None when no threshold does it.
        """
        good = np.flatnonzero((self.right >= goal) & (self.thresholds > 0))
        if len(good) == 0:
            return None
        place = int(good[-1])
        answered = round(self.coverage[place] * self.rows)
        right = share(round(self.right[place] * answered), answered)
        return float(self.thresholds[place]), float(self.coverage[place]), right


def risk_coverage(confidences: Floats, right: Truths) -> RiskCoverage:
    """Return the curve for the confidence of each best answer and whether it is right, shape (rows,), one at least."""
    rows = len(confidences)
    order = np.argsort(-confidences, kind="stable")
    sorted_ = confidences[order]
    ends = np.flatnonzero(np.append(sorted_[1:] != sorted_[:-1], True))
    answered, hits = ends + 1, np.cumsum(right[order])[ends]
    # Within rows of one confidence the hits grow evenly, whatever their order.
    expected = np.interp(np.arange(1, rows + 1), np.append(0, answered), np.append(0, hits))
    area = float(1 - np.mean(expected / np.arange(1, rows + 1)))
    return RiskCoverage(sorted_[ends], answered / rows, hits / answered, rows, area)
