"""Which parts of a document speak for a subject: a probability for each window, with its place and pages."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from classmark.core.documents import Document
from classmark_models.classifier import Prediction, Window
from classmark_models.decide import Subject
from classmark_models.labels import Scores


@dataclass(frozen=True, slots=True)
class Piece:
    """One window of a document, and how much it speaks for the subject that is looked at."""

    window: Window
    score: float
    place: str
    """Where it stands, for people: ``title and abstract``, ``page 3``, ``pages 3–4``, ``12 % into the text``."""


def weigh(document: Document, prediction: Prediction, scores: Scores, subject: Subject) -> tuple[Piece, ...]:
    """Return the windows with the probability that each gives to a subject of any level.

    ``scores``: probabilities over the deepest level, shape (windows, labels).
    """
    below = prediction.vocabulary.ancestor_of_each(subject.label.level) == subject.index
    shares = scores[:, below].sum(axis=1)
    return tuple(
        Piece(window, float(share), place_of(document, window))
        for window, share in zip(prediction.windows, shares, strict=True)
    )


def place_of(document: Document, window: Window) -> str:
    """Say where a window stands in its document."""
    if window.part == "head":
        return "title and abstract"
    if len(document.pages) > 1:
        first = max(1, bisect_right(document.pages, window.start))
        last = max(first, bisect_right(document.pages, max(window.start, window.end - 1)))
        return f"page {first}" if first == last else f"pages {first}–{last}"
    if window.start == 0:
        return "beginning of the text"
    return f"{window.start / max(1, len(document.body)):.0%} into the text"
