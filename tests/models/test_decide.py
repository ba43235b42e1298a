"""From probabilities to proposed subjects."""

from __future__ import annotations

import numpy as np
import pytest
from tests.models.toys import label, small_vocabulary

from classmark_models.decide import LIKELY, POSSIBLE, Rule, Subject, back_off, decide
from classmark_models.labels import Label, Vocabulary

SMALL = small_vocabulary()
# Exact in binary: sums are free of rounding. By topic; fields 0.25, 0.125, 0.625; domains 0.25, 0.75.
SCORES = np.array([0.0625, 0.1875, 0.0625, 0.125, 0.5, 0.0625], np.float32)


def ids(subjects: tuple[Subject, ...]) -> list[str]:
    return [subject.label.id for subject in subjects]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule("topic", top=3), ["t4", "t1", "t3"]),
        (Rule("topic", top=1), ["t4"]),
        (Rule("topic", top=99), ["t4", "t1", "t3", "t0", "t2", "t5"]),
        (Rule("field", top=99), ["f2", "f0", "f1"]),
        (Rule("domain", top=99), ["d1", "d0"]),
        (Rule("domain", top=1), ["d1"]),
        (Rule("topic", threshold=0.1875), ["t4", "t1"]),
        (Rule("topic", threshold=0.1876), ["t4"]),
        (Rule("topic", threshold=0.51), []),
        (Rule("topic", threshold=1), []),
        (Rule("topic", top=2, threshold=0.1), ["t4", "t1"]),
        (Rule("topic", cumulative=0.0), []),
        (Rule("topic", cumulative=1e-9), ["t4"]),
        (Rule("topic", cumulative=0.5), ["t4"]),
        (Rule("topic", cumulative=0.51), ["t4", "t1"]),
        (Rule("topic", cumulative=0.6875), ["t4", "t1"]),
        (Rule("topic", cumulative=0.8), ["t4", "t1", "t3"]),
        (Rule("topic", top=99, cumulative=1.0), ["t4", "t1", "t3", "t0", "t2", "t5"]),
        (Rule("topic", top=1, cumulative=0.8), ["t4"]),
        (Rule("topic", threshold=0.15, cumulative=1.0), ["t4", "t1"]),
        (Rule("topic", threshold=0.51, cumulative=0.5), []),
        (Rule("field", cumulative=0.7), ["f2", "f0"]),
        (Rule("domain", cumulative=0.75), ["d1"]),
    ],
)
def test_rule(rule: Rule, expected: list[str]) -> None:
    assert ids(decide(SMALL, SCORES, rule)) == expected


def test_default_rule_keeps_the_five_best_topics() -> None:
    assert ids(decide(SMALL, SCORES, Rule())) == ["t4", "t1", "t3", "t0", "t2"]


def test_equal_scores_keep_the_order_of_the_vocabulary() -> None:
    even = np.full(6, 1 / 6, np.float32)
    assert ids(decide(SMALL, even, Rule("topic", top=4))) == ["t0", "t1", "t2", "t3"]


def test_subject_carries_its_place_probability_and_path() -> None:
    (best,) = decide(SMALL, SCORES, Rule("topic", top=1))
    assert (best.label, best.index, best.score) == (label("t4", "topic", 2, "Immunology"), 4, 0.5)
    assert [(step.label.id, step.index, step.score) for step in best.path] == [("d1", 1, 0.75), ("f2", 2, 0.625)]
    assert [step.path for step in best.path] == [(), ()]
    (broad,) = decide(SMALL, SCORES, Rule("domain", top=1))
    assert broad.path == ()


def test_labels_of_one_name_are_proposed_apart() -> None:
    two = [subject for subject in decide(SMALL, SCORES, Rule("topic", top=2)) if subject.label.name == "Immunology"]
    assert [subject.path[-1].label.id for subject in two] == ["f2", "f0"]


def test_vocabulary_without_the_level_gives_its_deepest() -> None:
    assert decide(SMALL, SCORES, Rule("genus")) == decide(SMALL, SCORES, Rule(SMALL.deepest))


SURE = {"domain": 0.7, "field": 0.6, "topic": 0.5}


@pytest.mark.parametrize(
    ("rule", "sure", "expected"),
    [
        (Rule(only_sure=True), SURE, ["t4"]),
        (Rule(only_sure=True), SURE | {"topic": 0.51}, ["f2"]),
        (Rule(only_sure=True), SURE | {"topic": 0.51, "field": 0.63}, ["d1"]),
        (Rule(only_sure=True), {"domain": 0.75}, ["d1"]),
        (Rule(only_sure=True), {"domain": 0.76}, []),
        (Rule(only_sure=True), {}, []),
        (Rule("field", only_sure=True), SURE, ["f2"]),
        (Rule("domain", only_sure=True), SURE, ["d1"]),
        (Rule("field", only_sure=True), {"topic": 0.5}, []),
        (Rule(threshold=0.7, only_sure=True), SURE | {"topic": 0.51}, []),
        (Rule(top=2), SURE, ["t4", "t1"]),
        (Rule(top=3), SURE | {"topic": 0.51}, ["f2", "t4", "t1"]),
        (Rule(top=1), SURE | {"topic": 0.51}, ["f2"]),
        (Rule(threshold=0.6), {"domain": 0.7}, ["d1"]),
        (Rule("domain", top=1), {"domain": 0.7}, ["d1"]),
        (Rule(cumulative=0.5), {"domain": 0.7}, ["d1", "t4"]),
    ],
)
def test_deepest_level_that_is_sure_is_asserted(rule: Rule, sure: dict[str, float], expected: list[str]) -> None:
    assert ids(decide(SMALL, SCORES, rule, sure)) == expected


def test_what_holds_a_sure_subject_is_sure() -> None:
    best, other = decide(SMALL, SCORES, Rule(top=2), {"topic": 0.5})
    assert [step.is_sure for step in (*best.path, best)] == [True, True, True]
    assert [step.is_sure for step in (*other.path, other)] == [False, False, False]
    field, topic = decide(SMALL, SCORES, Rule(top=2), {"field": 0.6})
    assert [step.is_sure for step in (*field.path, field)] == [True, True]
    assert [step.is_sure for step in (*topic.path, topic)] == [True, True, False]
    assert (field.word, topic.word) == ("sure", "likely")


def test_all_headings_that_reach_the_threshold_are_asserted() -> None:
    headings = Vocabulary("headings", [("heading", [label(f"h{n}", "heading") for n in range(4)])])
    scores = np.array([0.7, 0.2, 0.9, 0.8], np.float32)
    sure = {"heading": 0.75}
    assert ids(decide(headings, scores, Rule(only_sure=True), sure)) == ["h2", "h3"]
    assert ids(decide(headings, scores, Rule(only_sure=True, top=1), sure)) == ["h2"]
    assert [(each.label.id, each.is_sure) for each in decide(headings, scores, Rule(top=3), sure)] == [
        ("h2", True),
        ("h3", True),
        ("h0", False),
    ]


@pytest.mark.parametrize(
    ("confidence", "expected", "score"),
    [
        (0.0, "t4", 0.5),
        (0.5, "t4", 0.5),
        (0.51, "f2", 0.625),
        (0.625, "f2", 0.625),
        (0.7, "d1", 0.75),
        (0.75, "d1", 0.75),
        (0.9, "d1", 0.75),
        (1.0, "d1", 0.75),
    ],
)
def test_back_off_takes_the_deepest_level_that_is_sure_enough(confidence: float, expected: str, score: float) -> None:
    subject = back_off(SMALL, SCORES, confidence)
    assert (subject.label.id, subject.score) == (expected, score)
    assert [step.label.id for step in subject.path] == ["d1", "f2"][: SMALL.levels.index(subject.label.level)]


def test_back_off_may_leave_the_best_topics_branch() -> None:
    """The best domain need not hold the best topic: its topics can be many and weak."""
    spread = np.array([0.1875, 0.375, 0, 0.1875, 0.125, 0.125], np.float32)
    assert back_off(SMALL, spread, 0.3).label.id == "t1"
    assert back_off(SMALL, spread, 0.6).label.id == "d1"


@pytest.mark.parametrize(
    ("score", "word"),
    [
        (1.0, "likely"),
        (LIKELY, "likely"),
        (0.4999, "possible"),
        (POSSIBLE, "possible"),
        (0.1999, "unsure"),
        (0.0, "unsure"),
    ],
)
def test_probability_in_a_word(score: float, word: str) -> None:
    assert Subject(label("d0", "domain"), 0, score).word == word


@pytest.mark.parametrize(
    ("name", "place"), [("AE Encyclopedias", "A General works"), ("AE1-90 Old", "A General works › AE Encyclopedias")]
)
def test_a_subject_that_is_all_of_the_broader_one_is_told_once(name: str, place: str) -> None:
    names = {"class": "A General works", "subclass": "AE Encyclopedias", "range": name}
    path = tuple(Subject(Label(level, "", own, level), 0, 1.0) for level, own in names.items())
    assert Subject(path[2].label, 0, 1.0, path[:2]).place == place
