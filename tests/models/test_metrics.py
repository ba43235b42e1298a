"""Metrics against values worked out by hand, and against scikit-learn where it is installed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from classmark_models.metrics import (
    Figure,
    Floats,
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

# Four rows: right at places 1 and 3; at 2; nowhere; two proposals only, both right.
HITS = np.array([[1, 0, 1, 0, 0], [0, 1, 0, 0, 0], [0, 0, 0, 0, 0], [1, 1, 0, 0, 0]], np.bool_)
PROPOSED = np.array([5, 5, 0, 2])
WANTED = np.array([3, 1, 2, 7])


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [
        (0, 10, 0.0, 0.27753),
        (10, 10, 0.72247, 1.0),
        (1, 2, 0.09453, 0.90547),
        (81, 263, 0.25527, 0.36623),  # the example of Newcombe 1998
        (15, 148, 0.06240, 0.16053),  # another of his
        (0, 0, 0.0, 1.0),
    ],
)
def test_wilson_intervals(right: int, total: int, low: float, high: float) -> None:
    figure = share(right, total)
    assert figure.value == (right / total if total else 0.0)
    assert (figure.low, figure.high) == pytest.approx((low, high), abs=5e-5)
    assert figure.count == total


def test_the_mean_has_a_bootstrap_interval_that_does_not_change() -> None:
    values: Floats = np.repeat([0.0, 0.5, 1.0], (100, 200, 100))
    figure = mean(values)
    assert figure.value == 0.5
    error = values.std() / 20
    assert (figure.low, figure.high) == pytest.approx((0.5 - 1.96 * error, 0.5 + 1.96 * error), abs=0.004)
    assert figure == mean(values)
    assert figure == mean(np.array([0.0, 0.5, 1.0]), np.array([100, 200, 100])), "rows counted are rows written out"


def test_macro_accuracy_gives_each_label_one_voice() -> None:
    figure = macro(np.array([90, 0, 1]), np.array([100, 0, 4]))
    assert figure.value == pytest.approx((0.9 + 0.25) / 2)
    assert figure.low < figure.value < figure.high
    assert figure.count == 2
    assert macro(np.array([0]), np.array([0])) == Figure(0.0, 0.0, 1.0, 0)


def test_ranked_lists() -> None:
    assert precision_at(1, HITS, PROPOSED).tolist() == [1, 0, 0, 1]
    assert precision_at(5, HITS, PROPOSED).tolist() == [0.4, 0.2, 0, 1]
    assert recall_at(5, HITS, WANTED) == pytest.approx([2 / 3, 1, 0, 2 / 7])
    assert f1_at(5, HITS, PROPOSED, WANTED) == pytest.approx([4 / 8, 2 / 6, 0, 4 / 9])
    second, third = 1 / math.log2(3), 1 / 2
    five = sum(1 / math.log2(place + 1) for place in range(1, 6))
    ideals = [1 + second + third, 1, 1 + second, five]
    gains = [1 + third, second, 0, 1 + second]
    assert ndcg_at(5, HITS, WANTED) == pytest.approx([gain / ideal for gain, ideal in zip(gains, ideals, strict=True)])


def test_ranked_lists_are_those_of_scikit_learn() -> None:
    sklearn = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not among what the tests need")
    random = np.random.default_rng(7)
    scores, truths = random.random((50, 12)), random.random((50, 12)) < 0.3
    truths[:, 0] |= ~truths.any(axis=1)
    order = np.argsort(-scores, axis=1)
    hits, wanted, proposed = np.take_along_axis(truths, order, axis=1), truths.sum(axis=1), np.full(50, 12)
    best = np.zeros_like(truths)
    np.put_along_axis(best, order[:, :5], True, axis=1)
    assert precision_at(5, hits, proposed).mean() == pytest.approx(
        sklearn.precision_score(truths, best, average="samples")
    )
    assert recall_at(5, hits, wanted).mean() == pytest.approx(sklearn.recall_score(truths, best, average="samples"))
    assert f1_at(5, hits, proposed, wanted).mean() == pytest.approx(sklearn.f1_score(truths, best, average="samples"))
    for k in (5, 10):
        assert ndcg_at(k, hits, wanted).mean() == pytest.approx(sklearn.ndcg_score(truths, scores, k=k))


def test_calibration_error_is_the_gap_between_claimed_and_right() -> None:
    confidences = np.array([0.95, 1.0, 0.95, 0.98, 0.30, 0.28, 0.0])
    right = np.array([1, 1, 1, 0, 0, 1, 0], np.bool_)
    bins = reliability(confidences, right)
    assert [(each.right.count, each.right.value) for each in bins] == [(1, 0.0), (2, 0.5), (4, 0.75)]
    assert [each.confidence for each in bins] == pytest.approx([0.0, 0.29, 0.97])
    assert (bins[-1].low, bins[-1].high) == pytest.approx((14 / 15, 1))
    assert calibration_error(bins) == pytest.approx((1 * 0 + 2 * 0.21 + 4 * 0.22) / 7)


def test_chance_alone_makes_an_error_that_is_told_apart() -> None:
    random = np.random.default_rng(1)
    confidences = random.uniform(0.3, 1, 400)
    right = random.random(400) < confidences
    usual, largest = true_error(confidences)
    assert 0.03 < usual < 0.06 < largest < 0.1, "so much 400 rows in 15 bins err when probabilities are true"
    assert true_error(confidences) == (usual, largest)
    assert calibration_error(reliability(confidences, right)) < largest
    assert debiased_error(confidences, right) < 0.03
    modest = confidences - 0.2
    assert calibration_error(reliability(modest, right)) > true_error(modest)[1]
    assert debiased_error(modest, right) == pytest.approx(0.2, abs=0.04)


def test_debiased_error_takes_chance_off() -> None:
    """Two rows a bin, one of them right: the gap of 0.3, squared, less a variance of 0.25 over 1."""
    confidences, right = np.full(30, 0.2), np.arange(30) % 2 == 0
    assert debiased_error(confidences, right) == 0.0
    assert debiased_error(np.full(3000, 0.2), np.arange(3000) % 2 == 0) == pytest.approx((0.09 - 0.25 / 199) ** 0.5)


def test_a_bin_holds_its_upper_end() -> None:
    (only,) = reliability(np.array([1 / 15, 0.01]), np.array([True, False]))
    assert only.high == pytest.approx(1 / 15)


def test_risk_falls_where_the_unsure_are_held_back() -> None:
    curve = risk_coverage(np.array([0.2, 0.9, 0.5, 0.5, 0.0]), np.array([0, 1, 1, 0, 1], np.bool_))
    assert curve.thresholds.tolist() == [0.9, 0.5, 0.2, 0.0]
    assert curve.coverage == pytest.approx([0.2, 0.6, 0.8, 1.0])
    assert curve.right == pytest.approx([1, 2 / 3, 0.5, 0.6])
    # After the first row the two of 0.5 count half a hit each.
    assert curve.area == pytest.approx(1 - (1 + 1.5 / 2 + 2 / 3 + 2 / 4 + 3 / 5) / 5)


def test_the_threshold_answers_most_at_the_wanted_share() -> None:
    confidences = np.linspace(1, 0.01, 100)
    right = np.arange(100) % 10 != 9  # of each ten the last is wrong
    right[50:] = False
    found = risk_coverage(confidences, right).at_least(0.9)
    assert found is not None
    threshold, coverage, figure = found
    assert (threshold, coverage, figure.value, figure.count) == pytest.approx((confidences[49], 0.5, 0.9, 50))


@pytest.mark.parametrize("confidences", [[0.9, 0.8], [0.0, 0.0]])
def test_there_may_be_no_such_threshold(confidences: list[float]) -> None:
    right = np.array([False, False]) if confidences[0] else np.array([True, True])
    assert risk_coverage(np.array(confidences), right).at_least(0.9) is None
