"""Calibration by what is known of a text, and thresholds from which on nine of ten answers are right."""

from __future__ import annotations

import numpy as np
import pytest

from classmark_models.metrics import share
from classmark_models.trained_head import Floats, Output
from recipes import calibration
from recipes.calibration import fit_each_alone, fit_one_of_many, softmax, sure_from, thresholds


def output(calibration: Floats, labels: int) -> Output:
    return Output(
        np.zeros((labels, 1), np.int8), np.ones(labels, np.float32), np.zeros(labels, np.float32), calibration
    )


def texts(count: int, labels: int) -> tuple[Floats, Floats]:
    """Return true logits and lengths."""
    random = np.random.default_rng(0)
    logits = random.normal(size=(count, labels)) * random.uniform(1, 3, (count, 1))
    return logits.astype(np.float32), random.uniform(2, 6, count).astype(np.float32)


def test_overconfident_scores_of_long_texts_are_cooled() -> None:
    true, lengths = texts(20_000, 4)
    heat = np.exp(0.2 + 0.15 * (lengths - 4))[:, None]
    answers = (true + np.random.default_rng(1).gumbel(size=true.shape)).argmax(axis=1)
    fitted = fit_one_of_many(true * heat, lengths, np.eye(4, dtype=np.float32)[answers])
    assert fitted.shape == (2, 3)
    assert not fitted[1].any()
    found = softmax(output(fitted, 4).calibrated(true * heat, lengths))
    assert np.abs(found - softmax(true)).mean() < 0.005
    assert np.abs(softmax(true * heat) - softmax(true)).mean() > 0.02


def test_a_handful_of_texts_gives_nearly_one_temperature(monkeypatch: pytest.MonkeyPatch) -> None:
    true, lengths = texts(12, 4)
    answers = (true + np.random.default_rng(2).gumbel(size=true.shape)).argmax(axis=1)
    shares = np.eye(4, dtype=np.float32)[answers]
    held_back = fit_one_of_many(true, lengths, shares)[0, 1:]
    monkeypatch.setattr(calibration, "_PULL", 0.0)
    free = fit_one_of_many(true, lengths, shares)[0, 1:]
    assert (np.abs(held_back) < 0.7 * np.abs(free)).all()


def test_headings_are_judged_by_what_stands_beside_them() -> None:
    """The same logit is worth less where others are as high."""
    random = np.random.default_rng(3)
    logits = (random.normal(size=(20_000, 6)) * 2).astype(np.float32)
    rest = np.log(np.exp(logits).sum(axis=1, keepdims=True))
    meant = 1.2 * logits - 0.7 * rest
    right = random.random(meant.shape) < 1 / (1 + np.exp(-meant))
    shown = np.argsort(-logits, axis=1)[:, :3]
    lengths = np.full(len(logits), 3, np.float32)
    fitted = fit_each_alone(logits, lengths, shown, np.take_along_axis(right, shown, 1))
    found = np.take_along_axis(output(fitted, 6).calibrated(logits, lengths), shown, 1)
    assert np.abs(found - np.take_along_axis(meant, shown, 1)).mean() < 0.1


def test_threshold_is_where_the_interval_of_all_lies_above() -> None:
    random = np.random.default_rng(4)
    confidences = random.uniform(0, 1, 4000)
    right = random.random(4000) < confidences
    kinds = np.full(4000, "title")
    mark = sure_from(confidences, right, kinds)
    assert mark is not None
    answered = confidences >= mark
    assert share(int(right[answered].sum()), int(answered.sum())).low >= 0.9
    answered = confidences >= mark - 0.001
    assert share(int(right[answered].sum()), int(answered.sum())).low < 0.9
    worse = np.where(np.arange(4000) < 400, "summary", "title")
    right[:400] &= random.random(400) < 0.8
    raised = sure_from(confidences, right, worse)
    assert raised is None or raised > mark, "one kind of text that is often wrong raises it for all"


@pytest.mark.parametrize(("right", "expected"), [(np.ones(200, np.bool_), 0.5), (np.arange(200) % 2 == 0, None)])
def test_nothing_is_sure_below_one_half(
    right: np.ndarray[tuple[int], np.dtype[np.bool_]], expected: float | None
) -> None:
    assert sure_from(np.linspace(0.2, 0.9, 200), right, np.full(200, "title")) == expected


def test_broader_levels_answer_for_what_is_left_to_them() -> None:
    """Where the class is sure, half of the rest is wrong: together with the sure subclasses it would seem right."""
    random = np.random.default_rng(5)
    deep = random.random(2000) < 0.5
    broad = np.where(deep, 0.95, random.uniform(0.5, 0.95, 2000))
    right = deep | (random.random(2000) < np.where(broad > 0.8, 0.99, 0.5))
    levels = {"class": (broad, right), "subclass": (np.where(deep, 0.9, 0.1), deep)}
    found = thresholds(levels, np.full(2000, "title"))
    assert list(found) == ["class", "subclass"]
    assert found["subclass"] == 0.5
    left = ~deep & (broad >= found["class"])
    assert right[left].mean() >= 0.9
    assert thresholds({"class": (broad, np.zeros(2000, np.bool_))}, np.full(2000, "title")) == {}
