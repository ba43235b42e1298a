"""From probabilities to proposed subjects: level, top k, threshold and cumulative cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from classmark_models.labels import Label, Scores, Vocabulary

LIKELY, POSSIBLE = 0.5, 0.2


@dataclass(frozen=True, slots=True)
class Rule:
    """What the person asked for.

    ``level`` is that of the subjects; of a vocabulary without it, the deepest. ``threshold`` is the least probability
    a subject must have; ``cumulative`` keeps the most probable subjects that together reach that probability (None: no
    cut); ``top`` is the most that are kept.
    """

    level: str = "topic"
    top: int = 5
    threshold: float = 0.05
    cumulative: float | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """A label with its probability; ``index`` is its place among the labels of its level."""

    label: Label
    index: int
    score: float
    path: tuple[Subject, ...] = ()
    """The broader subjects, broadest first, without this one."""

    @property
    def place(self) -> str:
        """The names of the broader subjects in one line, broadest first."""
        return " › ".join(step.label.name for step in self.path)

    @property
    def word(self) -> str:
        """The probability in a word: likely, possible or unsure."""
        return "likely" if self.score >= LIKELY else "possible" if self.score >= POSSIBLE else "unsure"


def decide(vocabulary: Vocabulary, scores: Scores, rule: Rule) -> tuple[Subject, ...]:
    """Return the subjects that a rule proposes, most probable first.

    ``scores`` are probabilities over the deepest level, shape (labels,). A cumulative cut keeps the subject that
    crosses the mark, as the reader of "together at least p" expects.
    """
    by_level = _at_every_level(vocabulary, scores)
    level = vocabulary.level_or_deepest(rule.level)
    at_level = by_level[level]
    order = np.argsort(-at_level, kind="stable")[: rule.top]
    chosen = [int(i) for i in order if at_level[i] >= rule.threshold]
    if rule.cumulative is not None:
        before = np.cumsum([0.0, *(at_level[i] for i in chosen[:-1])]) if chosen else np.zeros(0)
        chosen = [i for i, reached in zip(chosen, before, strict=True) if reached < rule.cumulative]
    return tuple(subject_at(vocabulary, by_level, level, i) for i in chosen)


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


def subject_at(vocabulary: Vocabulary, by_level: dict[str, Scores], level: str, index: int) -> Subject:
    """Return one label with its probability and its path; ``by_level`` holds the roll-up of every level."""
    path = tuple(
        Subject(vocabulary.labels(step)[i], i, float(by_level[step][i]))
        for step, i in vocabulary.path(level, index)[:-1]
    )
    return Subject(vocabulary.labels(level)[index], index, float(by_level[level][index]), path)


def _at_every_level(vocabulary: Vocabulary, scores: Scores) -> dict[str, Scores]:
    return {level: vocabulary.roll_up(scores, level) for level in vocabulary.levels}
