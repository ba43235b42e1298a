"""The order of the work on the compute lane: opening classifiers, batches, single documents in between."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from classmark.core.documents import Document, Result
from classmark.gui.engine import Engine, Refusals, Stop
from classmark.gui.jobs import Job, Lane
from classmark.gui.rows import Byline
from classmark_models.errors import ClassmarkError, Interrupted


class Runner(QObject):
    """Classifies files and documents, one batch at a time.

    A single document (pasted or corrected) does not wait for the batch: it comes next. To pause or to cancel is the
    same here: the batch ends after at most one window, and the owner decides what becomes of the rest.
    """

    opened = Signal()
    """The classifiers that were chosen are in use, but for those that ``refusals`` tells of."""
    yielded = Signal(list)
    finished = Signal()
    failed = Signal(object)

    def __init__(
        self, open_engine: Callable[[], Engine], choice: Sequence[str], lane: Lane, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._choice = tuple(choice)
        self._used: tuple[str, ...] | None = None
        self._bylines: Mapping[str, Byline] = {}
        self._in_use: tuple[str, ...] = ()
        self._refusals: Refusals = {}
        self._open_engine = open_engine
        self._lane = lane
        self._engine: Engine | None = None
        self._batch: Job | None = None
        self._wanted: set[str] = set()
        self._documents: deque[Document] = deque()

    @property
    def engine(self) -> Engine | None:
        """The engine, once it is open."""
        return self._engine

    @property
    def choice(self) -> tuple[str, ...]:
        """The ids of the classifiers that new documents are given to."""
        return self._choice

    @property
    def in_use(self) -> tuple[str, ...]:
        """The ids of the classifiers that are open: the choice, without those that cannot be opened."""
        return self._in_use

    @property
    def bylines(self) -> Mapping[str, Byline]:
        """Every classifier that was in use since the start, by id."""
        return self._bylines

    @property
    def refusals(self) -> Refusals:
        """Why some of the choice are not in use."""
        return self._refusals

    @property
    def busy(self) -> bool:
        """Whether a batch is under way."""
        return self._batch is not None

    def choose(self, names: Sequence[str]) -> None:
        """Give new documents to other classifiers; a batch under way ends, for its owner to begin again."""
        self._choice, self._used = tuple(names), None
        self.stop()
        self.open()

    def open(self) -> None:
        """Open the chosen classifiers on the lane; whatever is asked meanwhile waits for it."""
        job = self._start(self._opening)
        job.finished.connect(self.opened)
        job.failed.connect(self.failed)

    def start(self, documents: Iterable[Document], paths: Iterable[Path]) -> None:
        """Classify documents that were read before, then files; only when no batch is under way."""
        assert self._batch is None, "one batch at a time"
        texts, files = tuple(documents), tuple(paths)
        self._wanted = {text.source for text in texts} | {str(path) for path in files}
        self._batch = job = self._start(lambda stop: self._classifying(texts, files, stop))
        job.finished.connect(self._on_batch_ended)
        job.failed.connect(self._on_batch_failed)

    def classify(self, document: Document) -> None:
        """Classify one document as soon as the one in hand is done."""
        self._documents.append(document)
        if not self.busy:
            self._start_singles()

    def stop(self) -> None:
        """End the batch; ``finished`` follows."""
        if self._batch is not None:
            self._batch.cancel()

    def leave_out(self, sources: Iterable[str]) -> None:
        """Pass over what of the batch has not been reached yet."""
        self._wanted.difference_update(sources)

    def close(self) -> None:
        """End all work and wait for it, then close the engine."""
        self._lane.close()
        if self._engine is not None:
            self._engine.close()

    def _start(self, work: Callable[[Stop], Iterable[object]]) -> Job:
        job = self._lane.start(work)
        job.yielded.connect(self.yielded)
        return job

    def _start_singles(self) -> None:
        self._start(self._classifying_singles).failed.connect(self._on_single_failed)

    def _opening(self, _stop: Stop) -> Iterator[object]:
        self._opened()
        return iter(())

    def _opened(self) -> Engine:
        # Asked again by every batch after an opening that failed: what was missing may be there by now.
        engine, choice = self._engine or self._open_engine(), self._choice
        if self._engine is None or self._used != choice:
            try:
                self._refusals = engine.use(choice)
            except ClassmarkError:
                if self._engine is None:
                    engine.close()
                raise
            self._in_use = tuple(each.name for each in engine.classifiers)
            self._bylines = {
                **self._bylines,
                **{each.name: Byline(each.title, each.scope, each.vocabulary.levels) for each in engine.classifiers},
            }
            self._engine, self._used = engine, choice
        return engine

    def _classifying(self, texts: tuple[Document, ...], files: tuple[Path, ...], stop: Stop) -> Iterator[Result]:
        engine = self._opened()
        yield from self._classifying_singles(stop)
        for text in texts:
            if text.source in self._wanted:
                try:
                    yield engine.classify_document(text, stop)
                except Interrupted:
                    return
                yield from self._classifying_singles(stop)
        for result in engine.classify((path for path in files if str(path) in self._wanted), stop):
            yield result
            yield from self._classifying_singles(stop)

    def _classifying_singles(self, stop: Stop) -> Iterator[Result]:
        while self._documents:
            try:
                result = self._opened().classify_document(self._documents[0], stop)
            except Interrupted:
                return
            self._documents.popleft()
            yield result

    def _on_batch_ended(self) -> None:
        self._batch = None
        if self._documents:
            self._start_singles()
        self.finished.emit()

    def _on_batch_failed(self, failure: BaseException) -> None:
        self._batch = None
        self._documents.clear()
        self.failed.emit(failure)

    def _on_single_failed(self, failure: BaseException) -> None:
        self._documents.clear()
        self.failed.emit(failure)
