"""From probabilities to proposed subjects: what is sure, level, top k, threshold and cumulative cut."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from classmark_models.labels import Label, Scores, Vocabulary

LIKELY, POSSIBLE = 0.5, 0.2
NOWHERE: Mapping[str, float] = MappingProxyType({})
"""Of a classifier that states for no level from where on it is sure."""
_Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Rule:
    """What the person asked for.

    ``level`` is that of the subjects; of a vocabulary without it, the deepest. ``threshold`` is the least probability
    a subject must have; ``cumulative`` keeps the most probable subjects that together reach that probability (None: no
    cut); ``top`` is the most that are kept. ``only_sure`` leaves out what the classifier is not sure of.
    """

    level: str = "topic"
    top: int = 5
    threshold: float = 0.05
    cumulative: float | None = None
    only_sure: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """A label with its probability; ``index`` is its place among the labels of its level."""

    label: Label
    index: int
    score: float
    path: tuple[Subject, ...] = ()
    """The broader subjects, broadest first, without this one."""
    is_sure: bool = False
    """Whether the classifier asserts it, or one below it: nine of ten such answers are right."""

    @property
    def place(self) -> str:
        """The names of the broader subjects in one line, broadest first, without any that is called the same."""
        return " › ".join(step.label.name for step in self.path if step.label.name != self.label.name)

    @property
    def word(self) -> str:
        """How probable it is in a word: sure, likely, possible or unsure."""
        if self.is_sure:
            return "sure"
        return "likely" if self.score >= LIKELY else "possible" if self.score >= POSSIBLE else "unsure"


def decide(
    vocabulary: Vocabulary, scores: Scores, rule: Rule, sure: Mapping[str, float] = NOWHERE
) -> tuple[Subject, ...]:
    """Return the subjects that a rule proposes: what is sure above its level first, then most probable first.

    ``scores`` are probabilities over the deepest level, shape (labels,). ``sure`` states by level from which
    probability on a subject is asserted; asserted are those of the deepest level, down to the rule's, where there are
    any. A cumulative cut keeps the subject that crosses the mark, as the reader of "together at least p" expects.
    """
    by_level = _at_every_level(vocabulary, scores)
    level = vocabulary.level_or_deepest(rule.level)
    asserted = _asserted(vocabulary, by_level, level, sure)
    at_level = by_level[level]
    order = np.argsort(-at_level, kind="stable")[: rule.top]
    chosen = [int(i) for i in order if at_level[i] >= rule.threshold]
    if rule.cumulative is not None:
        before = np.cumsum([0.0, *(at_level[i] for i in chosen[:-1])]) if chosen else np.zeros(0)
        chosen = [i for i, reached in zip(chosen, before, strict=True) if reached < rule.cumulative]
    kept = [(of, i) for of, i in asserted if by_level[of][i] >= rule.threshold][: rule.top]
    places = kept if rule.only_sure else [*dict.fromkeys([*kept, *((level, i) for i in chosen)])][: rule.top]
    known = frozenset(step for place in asserted for step in vocabulary.path(*place))
    return tuple(subject_at(vocabulary, by_level, *place, known) for place in places)


def _asserted(
    vocabulary: Vocabulary, by_level: dict[str, Scores], level: str, sure: Mapping[str, float]
) -> list[_Place]:
    """Return what is sure, most probable first: labels of one level, the deepest that has such, down to ``level``."""
    for each in reversed(vocabulary.levels[: vocabulary.levels.index(level) + 1]):
        if each in sure and by_level[each].max() >= sure[each]:
            order = np.argsort(-by_level[each], kind="stable")
            return [(each, int(i)) for i in order[: np.count_nonzero(by_level[each] >= sure[each])]]
    return []


def back_off(vocabulary: Vocabulary, scores: Scores, confidence: float) -> Subject:
    """Return the most probable subject of the deepest level that reaches ``confidence``.

    When no level does, the broadest level's best subject is returned: its score says that even that is unsure.
    """
    by_level = _at_every_level(vocabulary, scores)
    for level in reversed(vocabulary.levels):
        best = int(np.argmax(by_level[level]))
        if by_level[level][best] >= confidence:
            return subject_at(vocabulary, by_level, level, best)
    broadest = vocabulary.levels[0]
    return subject_at(vocabulary, by_level, broadest, int(np.argmax(by_level[broadest])))


def subject_at(
    vocabulary: Vocabulary, by_level: dict[str, Scores], level: str, index: int, sure: frozenset[_Place] = frozenset()
) -> Subject:
    """Return one label with its probability and its path.

    ``by_level`` holds the roll-up of every level, ``sure`` the places (level, index) of what is sure.
    """

    def subject(step: str, i: int, path: tuple[Subject, ...] = ()) -> Subject:
        return Subject(vocabulary.labels(step)[i], i, float(by_level[step][i]), path, (step, i) in sure)

    return subject(level, index, tuple(subject(*step) for step in vocabulary.path(level, index)[:-1]))


def _at_every_level(vocabulary: Vocabulary, scores: Scores) -> dict[str, Scores]:
    return {level: vocabulary.roll_up(scores, level) for level in vocabulary.levels}
