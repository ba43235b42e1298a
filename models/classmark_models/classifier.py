"""One call from a text to its subjects: texts → windows → embeddings → probabilities."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from classmark_models.labels import Scores

Embeddings = npt.NDArray[np.float32]
"""Unit vectors, float32, shape (rows, width of the encoder)."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a document that went through the encoder in one piece.

    ``part`` is ``head`` (title and abstract) or ``body``; for the body, ``start`` and ``end`` are offsets in
    characters. ``weight`` is the window's share in the combined scores; the weights of a document add up to 1.
    """

    part: str
    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What a classifier says of one document.

    ``scores``: probabilities over the deepest level of the vocabulary, float32, shape (labels,). ``embeddings``: one
    row per window; ``Classifier.window_scores`` turns them back into probabilities for each window.
    ``declined`` says in a sentence why the scores should not be used, and is empty otherwise.
    """

    classifier: str
    scores: Scores
    windows: tuple[Window, ...] = ()
    embeddings: Embeddings = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    declined: str = ""
