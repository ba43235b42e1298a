"""The path from documents to results: one generator for the command line and the window."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from classmark.core.abreast import Stop, abreast
from classmark.core.documents import Document, Outcome, Reading, Result, size
from classmark.core.reading import ReaderProcess
from classmark_models.classifier import Classifier
from classmark_models.errors import Interrupted


def classify(
    paths: Iterable[Path], classifiers: Sequence[Classifier], reader: ReaderProcess, should_stop: Stop = lambda: False
) -> Iterator[Result]:
    """Yield a result for each file, in order, with what each classifier says.

    Files are read ahead, and short documents classified side by side. A file that cannot be read yields a result that
    says why. To cancel, stop asking, or let ``should_stop`` (asked between windows, by several threads) return True:
    the generator then ends without the unfinished documents.
    """

    def take(stop: Stop) -> Generator[tuple[Reading, float], None, None]:
        began = perf_counter()
        for reading in reader.read_ahead(paths, stop):
            yield reading, perf_counter() - began
            began = perf_counter()

    def work(taken: tuple[Reading, float], stop: Stop) -> Result:
        reading, seconds = taken
        result = classify_reading(reading, classifiers, stop)
        return replace(result, seconds=result.seconds + seconds)

    with suppress(Interrupted):
        yield from abreast(take, work, lambda taken: size(taken[0].document) if taken[0].document else 0, should_stop)


def classify_reading(reading: Reading, classifiers: Sequence[Classifier], should_stop: Stop = lambda: False) -> Result:
    """Return the result for one file that was read, or that could not be."""
    if reading.document is None:
        return Result(reading.source, reading.outcome.value, reading.reason)
    return classify_document(reading.document, classifiers, should_stop, note=reading.reason)


def classify_document(
    document: Document, classifiers: Sequence[Classifier], should_stop: Stop = lambda: False, note: str = ""
) -> Result:
    """Return the result for one document (pasted, corrected or read from a file).

    Raises classmark_models.errors.Interrupted when ``should_stop`` returned True before the end.
    """
    began = perf_counter()
    if not (document.title or document.abstract or document.body.strip()):
        return Result(document.source, Outcome.EMPTY.value, "There is no text in it.", document)
    parts = document.title, document.abstract, document.body
    predictions = tuple(each.predict(*parts, should_stop, document.language) for each in classifiers)
    is_declined = all(prediction.declined for prediction in predictions)
    status, reason = ("declined", predictions[0].declined) if is_declined else ("ok", note)
    return Result(document.source, status, reason, document, predictions, perf_counter() - began)
