"""What the window asks of the core, behind one door: the classifier and the reader, opened and closed together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol

from classmark.core.classify import classify, classify_document
from classmark.core.documents import Document, Result
from classmark.core.language import with_language
from classmark.core.reading import ReaderProcess
from classmark_models.classifier import Classifier, Prediction
from classmark_models.collection import open_builtin
from classmark_models.labels import Scores, Vocabulary

Stop = Callable[[], bool]


class Engine(Protocol):
    """A classifier ready for work, with a reader that brings it documents."""

    @property
    def name(self) -> str:
        """The classifier's name, for people."""

    @property
    def scope(self) -> str:
        """What it was made for, in a sentence."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The subjects that it can propose."""

    def classify(self, paths: Iterable[Path], should_stop: Stop) -> Iterator[Result]:
        """Yield a result for each file, in order."""

    def classify_document(self, document: Document, should_stop: Stop) -> Result:
        """Return the result for one document; Interrupted when told to stop."""

    def window_scores(self, prediction: Prediction) -> Scores:
        """Return the probabilities in each window, shape (windows, deepest labels)."""

    def close(self) -> None:
        """End the reader's process and the classifier's threads."""


class BuiltinEngine:
    """The built-in classifier and one reader process; opening takes about a second."""

    def __init__(self, classifier: Classifier | None = None) -> None:
        self._classifier = classifier or open_builtin()
        self._reader = ReaderProcess()

    @property
    def name(self) -> str:
        """The classifier's name, for people."""
        return self._classifier.title

    @property
    def scope(self) -> str:
        """What it was made for, in a sentence."""
        return self._classifier.scope

    @property
    def vocabulary(self) -> Vocabulary:
        """The subjects that it can propose."""
        return self._classifier.vocabulary

    def classify(self, paths: Iterable[Path], should_stop: Stop) -> Iterator[Result]:
        """Yield a result for each file, in order."""
        return classify(paths, [self._classifier], self._reader, should_stop)

    def classify_document(self, document: Document, should_stop: Stop) -> Result:
        """Return the result for one document; Interrupted when told to stop."""
        return classify_document(with_language(document), [self._classifier], should_stop)

    def window_scores(self, prediction: Prediction) -> Scores:
        """Return the probabilities in each window, shape (windows, deepest labels)."""
        return self._classifier.window_scores(prediction)

    def close(self) -> None:
        """End the reader's process and the classifier's threads."""
        self._reader.close()
        self._classifier.close()
