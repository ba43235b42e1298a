"""What the window asks of the core, behind one door: the classifiers in use, and the reader."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from classmark.core.classify import classify, classify_document
from classmark.core.documents import Document, Result
from classmark.core.language import with_language
from classmark.core.reading import ReaderProcess
from classmark.core.settings import read_settings
from classmark_models.classifier import Classifier, Prediction
from classmark_models.errors import ClassmarkError
from classmark_models.labels import Scores
from classmark_models.reading_desk import ReadingDesk

if TYPE_CHECKING:
    from classmark_models.published.fill_mask import FillMask

Stop = Callable[[], bool]
Refusals = Mapping[str, ClassmarkError]
"""Why classifiers could not be opened, by id."""


class Engine(Protocol):
    """Classifiers ready for work, with a reader that brings them documents."""

    @property
    def classifiers(self) -> Sequence[Classifier]:
        """Those in use, in order."""

    def use(self, names: Sequence[str]) -> Refusals:
        """Open these classifiers and close all others; raise why the first cannot be opened when none can."""

    def classify(self, paths: Iterable[Path], should_stop: Stop) -> Iterator[Result]:
        """Yield a result for each file, in order."""

    def classify_document(self, document: Document, should_stop: Stop) -> Result:
        """Return the result for one document; Interrupted when told to stop."""

    def window_scores(self, prediction: Prediction) -> Scores | None:
        """Return the probabilities in each window, shape (windows, deepest labels); None of a classifier not in use."""

    def close(self) -> None:
        """End the reader's process and the classifiers' threads."""


class LocalEngine:
    """Classifiers in this process, opened by a function that knows them by their ids, and one reader process."""

    def __init__(self, open_classifier: Callable[[str], Classifier]) -> None:
        self._open = open_classifier
        self._classifiers: dict[str, Classifier] = {}
        self._reader = ReaderProcess()

    @property
    def classifiers(self) -> Sequence[Classifier]:
        """Those in use, in order."""
        return tuple(self._classifiers.values())

    def use(self, names: Sequence[str]) -> Refusals:
        """Open these classifiers and close all others; raise why the first cannot be opened when none can."""
        kept, refusals = dict(self._classifiers), dict[str, ClassmarkError]()
        for name in [name for name in kept if name not in names]:
            kept.pop(name).close()  # before others are opened: two large ones may not fit
        opened: dict[str, Classifier] = {}
        for name in names:
            try:
                opened[name] = kept[name] if name in kept else self._open(name)
            except ClassmarkError as error:
                refusals[name] = error
        self._classifiers = opened
        if refusals and not opened:
            raise next(iter(refusals.values()))
        return refusals

    def classify(self, paths: Iterable[Path], should_stop: Stop) -> Iterator[Result]:
        """Yield a result for each file, in order."""
        return classify(paths, self.classifiers, self._reader, should_stop)

    def classify_document(self, document: Document, should_stop: Stop) -> Result:
        """Return the result for one document; Interrupted when told to stop."""
        return classify_document(with_language(document), self.classifiers, should_stop)

    def window_scores(self, prediction: Prediction) -> Scores | None:
        """Return the probabilities in each window, shape (windows, deepest labels); None of a classifier not in use."""
        classifier = self._classifiers.get(prediction.classifier)
        return classifier.window_scores(prediction) if classifier is not None else None

    def close(self) -> None:
        """End the reader's process and the classifiers' threads."""
        self._reader.close()
        for classifier in self._classifiers.values():
            classifier.close()


def local_engine() -> LocalEngine:
    """Return an engine over the models that are in reach by the settings of the moment."""
    desk = ReadingDesk()
    return LocalEngine(lambda name: read_settings().collection(desk).open(name))


def open_filler(name: str) -> FillMask:
    """Open a model that fills in words; errors as for ``Collection.open_fill_mask``."""
    return read_settings().collection().open_fill_mask(name)
