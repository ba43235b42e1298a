"""Probabilities that mean what they say, and the thresholds from which on nine of ten answers are right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from classmark_models.metrics import share
from classmark_models.trained_head import Floats, circumstances

Truths = npt.NDArray[np.bool_]
Kinds = npt.NDArray[np.str_]
Wide = npt.NDArray[np.float64]

GOAL = 0.9
ALL = (0, 1, 2)
"""The places of what ``circumstances`` tells: 1, length, sum."""
_MARKS = [mark / 1000 for mark in range(500, 1000)]
_ROUNDS, _PULL = 40, 10.0
"""``_PULL`` holds the slopes back as much as some ten texts push them: small sets get nearly one temperature."""


def softmax(logits: npt.NDArray[np.floating]) -> Floats:
    """Return probabilities that add up to 1 in each row, shape as given."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def fit_one_of_many(logits: Floats, lengths: Floats, shares: Floats, used: Sequence[int] = ALL) -> Floats:
    """Return the calibration of one answer among many under which the right shares are likeliest, as in ``Output``.

    A temperature (Guo et al. 2017) whose logarithm is linear in what is known of a text, of which those ``used`` count.
    ``shares``: of the labels in each text, shape (texts, labels), each row adding up to 1.
    """
    wide = logits.astype(np.float64)
    known, undo = _standardized(circumstances(logits, lengths), used)
    meant = (wide * shares).sum(axis=1)

    def push(weights: Wide) -> tuple[Wide, Wide]:
        slope = np.exp(known @ weights)
        chances = softmax(wide * slope[:, None]).astype(np.float64)
        middle = (chances * wide).sum(axis=1)
        spread = (chances * wide**2).sum(axis=1) - middle**2
        return known.T @ (slope * (middle - meant)), (known * (slope**2 * spread)[:, None]).T @ known

    weights = _settled(push, np.zeros(3), np.array([0.0, _PULL, _PULL]))
    return np.stack([undo @ weights, np.zeros(3)]).astype(np.float32)


def fit_each_alone(
    logits: Floats, lengths: Floats, shown: npt.NDArray[np.intp], right: Truths, used: Sequence[int] = ALL
) -> Floats:
    """Return the calibration of labels that do not exclude each other, as in ``Output``.

    Slope and shift (Platt 1999) that are linear in what is known of a text, of which those ``used`` count. ``shown``:
    the labels that are judged of each text, shape (texts, count); ``right``: which of them are right.
    """
    known, undo = _standardized(circumstances(logits, lengths), used)
    chosen = np.take_along_axis(logits, shown, 1).astype(np.float64)
    each = np.repeat(known, shown.shape[1], axis=0)
    flat, hits = chosen.ravel(), right.ravel()

    def push(weights: Wide) -> tuple[Wide, Wide]:
        steep = np.exp(each @ weights[:3]) * flat
        chances = 1 / (1 + np.exp(-np.clip(steep + each @ weights[3:], -80, 80)))
        ways = np.concatenate([each * steep[:, None], each], axis=1)
        return ways.T @ (chances - hits), (ways * (chances * (1 - chances))[:, None]).T @ ways

    weights = _settled(push, np.zeros(6), np.array([0.0, _PULL, _PULL] * 2))
    return np.stack([undo @ weights[:3], undo @ weights[3:]]).astype(np.float32)


def sure_from(confidences: npt.NDArray[np.floating], right: Truths, kinds: Kinds) -> float | None:
    """Return from which probability on nine of ten are right, in thousandths, 0.5 at least; None if from nowhere.

    It is the lowest at which the whole 95 % interval (Wilson's) of what is right in all rows lies above nine of ten, as
    Geifman and El-Yaniv 2017 ask, and that of no kind of text lies below. All arrays have shape (rows,).
    """
    for mark in _MARKS:
        answered = confidences >= mark
        whole = share(int(right[answered].sum()), int(answered.sum()))
        if whole.low >= GOAL and all(
            share(int(right[own].sum()), int(own.sum())).high >= GOAL
            for own in (answered & (kinds == kind) for kind in np.unique(kinds))
        ):
            return mark
    return None


def thresholds(levels: Mapping[str, tuple[npt.NDArray[np.floating], Truths]], kinds: Kinds) -> dict[str, float]:
    """Return from which probability on each level is asserted; levels where nothing can be are left out.

    ``levels``, broadest first: the probability of the best answer and whether it is right, shape (rows,). A level is
    asked for only where no deeper one is sure, so its threshold is found on those rows: the others, which are nearly
    all right, would hide what is wrong among them.
    """
    sure: dict[str, float] = {}
    left = np.ones(len(kinds), np.bool_)
    for level in reversed([*levels]):
        confidences, right = levels[level]
        found = sure_from(confidences[left], right[left], kinds[left]) if left.any() else None
        if found is not None:
            sure[level] = found
            left &= confidences < found
    return {level: sure[level] for level in levels if level in sure}


def _settled(push: Callable[[Wide], tuple[Wide, Wide]], weights: Wide, pull: Wide) -> Wide:
    """Return the weights at which what pushes them rests: Fisher scoring, with a pull towards 0."""
    for _ in range(_ROUNDS):
        slope, curvature = push(weights)
        step = np.linalg.solve(curvature + np.diag(pull + 1e-9), slope + pull * weights)
        weights = weights - np.clip(step, -0.5, 0.5)
        if np.abs(step).max() < 1e-9:
            break
    return weights


def _standardized(known: Floats, used: Sequence[int]) -> tuple[Wide, Wide]:
    """Return what is known with mean 0 and deviation 1, and the matrix that takes weights back, shape (3, 3).

    What is not ``used`` becomes 0.
    """
    wide = known.astype(np.float64)
    middle, spread = wide.mean(axis=0), np.maximum(wide.std(axis=0), 1e-9)
    middle[0], spread[0] = 0.0, 1.0
    undo = np.diag(1 / spread)
    undo[0, 1:] = -middle[1:] / spread[1:]
    return (wide - middle) / spread * np.isin(np.arange(3), used), undo
