"""What every classifier gives: one call from a text to its subjects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from classmark_models.labels import Scores, Vocabulary

Stop = Callable[[], bool]
TOO_LITTLE = "There is too little text to tell what it is about."
BLANK = "It gets the same answer as blank pages and boilerplate do."
FLAT = "No subject stands out: it fits very many subjects equally little."
"""Why a classifier declines, in the same words whichever it is."""
Traces = npt.NDArray[Any]
"""What a classifier keeps of each window to tell its scores again: shape (windows, …), of its own kind."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a document that went through the encoder in one piece.

    ``part`` is ``head`` (title, line end, abstract) or ``body``; ``start`` and ``end`` are offsets in characters into
    that part. ``weight`` is the window's share in the combined scores; the weights of a document add up to 1, and
    windows that say nothing (a table of contents, an empty form) have none. ``best`` is the index of the window's own
    most probable label of the deepest level, ``score`` its probability.
    """

    part: str
    start: int
    end: int
    weight: float
    best: int
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What a classifier says of one document.

    ``classifier`` is its name. ``scores``: probabilities over the deepest level of the vocabulary, float32, shape
    (labels,). ``traces``: a row for each window, which ``Classifier.window_scores`` turns back into probabilities.
    ``declined`` says in a sentence why the scores should not be used, and is empty otherwise. ``sure``: by level, the
    probability from which on a subject is asserted, as far as the classifier states it.
    """

    classifier: str
    vocabulary: Vocabulary
    scores: Scores
    windows: tuple[Window, ...] = ()
    traces: Traces = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    declined: str = ""
    sure: Mapping[str, float] = field(default_factory=dict)


def nothing(name: str, vocabulary: Vocabulary, reason: str) -> Prediction:
    """Return the prediction that tells no more than a reason."""
    count = len(vocabulary.labels(vocabulary.deepest))
    return Prediction(name, vocabulary, np.zeros(count, np.float32), declined=reason)


def windows_of(
    stretches: Iterable[tuple[str, int, int]], weights: Iterable[float], by_window: Iterable[Scores]
) -> tuple[Window, ...]:
    """Return the windows of a document; ``by_window`` are the probabilities in each, shape (labels,)."""
    return tuple(
        Window(*stretch, float(weight), int(row.argmax()), float(row.max()))
        for stretch, weight, row in zip(stretches, weights, by_window, strict=True)
    )


class Classifier(Protocol):
    """A model ready for work: its vocabulary and the way from texts to scores.

    Any number of threads may use it. ``predict`` runs several windows at once by itself, and no more of them whoever
    else asks: several documents at once pay when they are short.
    """

    name: str
    """The id, for programs; ``title`` is for people, ``scope`` says in a sentence what it was made for."""
    title: str
    scope: str
    vocabulary: Vocabulary

    def predict(
        self, title: str, abstract: str, body: str, should_stop: Stop = lambda: False, language: str = ""
    ) -> Prediction:
        """Return what a document is about.

        ``language`` is its ISO 639-1 code where it is known. A text's scores depend on nothing but the text. Raises
        Interrupted when ``should_stop``, asked at each window, returns True.
        """

    def window_scores(self, prediction: Prediction) -> Scores:
        """Return the probabilities of each window by itself, float32, shape (windows, labels)."""

    def close(self) -> None:
        """Let the worker threads end."""
