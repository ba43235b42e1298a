"""The values that travel between rooms: Document, Reading and Result."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # The reading process knows documents and has no use for a runtime of models.
    from classmark_models.classifier import Prediction


class Outcome(StrEnum):
    """How reading one file ended."""

    READ = "read"
    NO_TEXT_LAYER = "no text layer"
    EMPTY = "empty"
    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    UNSUPPORTED = "unsupported"
    TOO_LARGE = "too large"


class Origin(StrEnum):
    """Where a title or an abstract was found."""

    GIVEN = "given"
    METADATA = "metadata"
    MARKUP = "markup"
    GUESSED = "guessed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Document:
    """The text of one document, NFC-normalised, line ends as line feeds.

    ``body`` is the whole running text, and may repeat the title and the abstract. ``pages`` holds, for each page
    (or slide, chapter, sheet), the offset in ``body``, in characters, at which it begins; it is empty for formats
    without such parts.
    """

    source: str
    format: str
    title: str = ""
    abstract: str = ""
    body: str = ""
    title_origin: Origin = Origin.NONE
    abstract_origin: Origin = Origin.NONE
    pages: tuple[int, ...] = ()
    language: str = ""
    """ISO 639-1 code where the document states it or it was recognised, else empty."""


def size(document: Document) -> int:
    """Return how many characters of a document are read by classifiers."""
    return len(document.title) + len(document.abstract) + len(document.body)


@dataclass(frozen=True, slots=True)
class Reading:
    """One file after reading: a document, or the reason why there is none."""

    source: str
    outcome: Outcome
    reason: str = ""
    """A sentence for the person; empty when the file was read without remark."""
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One document after classifying.

    ``status`` is ``ok``, ``declined`` (by all classifiers), or the value of the Outcome that kept the file from being
    read; ``predictions`` are in the order of the classifiers. ``seconds`` is wall time spent on this document, while
    others may have been worked on beside it; reading is included as far as it was waited for.
    """

    source: str
    status: str
    reason: str = ""
    document: Document | None = None
    predictions: tuple[Prediction, ...] = ()
    seconds: float = 0.0

    @property
    def prediction(self) -> Prediction | None:
        """What the first classifier says."""
        return self.predictions[0] if self.predictions else None

    def each(self) -> tuple[Result, ...]:
        """Return a result for each classifier, as if it had been the only one; this one where none was asked."""
        if len(self.predictions) < 2:
            return (self,)
        note = self.reason if self.status != "declined" else ""
        return tuple(
            replace(
                self,
                status="declined" if prediction.declined else "ok",
                reason=prediction.declined or note,
                predictions=(prediction,),
            )
            for prediction in self.predictions
        )
