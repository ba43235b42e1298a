"""From files to results: real reading, with a classifier that answers at once."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from threading import Event
from time import sleep
from types import GeneratorType

import numpy as np
import pytest

from classmark.core.abreast import MOST
from classmark.core.classify import classify, classify_document, classify_reading
from classmark.core.documents import Document, Outcome, Reading, Result
from classmark.core.reading import ReaderProcess
from classmark_models.classifier import Classifier, Prediction
from classmark_models.errors import Interrupted
from classmark_models.labels import Label, Scores, Vocabulary

LIBRARY = "The library keeps manuscripts from the coast, and readers find them by subject."
Stop = Callable[[], bool]


TOY = Vocabulary("toys", [("toy", [Label("t", "", "Toys", "toy")])])


class ToyClassifier(Classifier):
    """Remembers what it was asked; asks whether to stop before each of three windows; declines what says nothing."""

    name, title, scope, vocabulary = "toy", "Toy", "Anything.", TOY

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []

    def predict(
        self, title: str, abstract: str, body: str, should_stop: Stop = lambda: False, language: str = ""
    ) -> Prediction:
        """Answer with a score that is the length of the body."""
        self.asked.append((title, abstract, body))
        for _ in range(3):
            if should_stop():
                raise Interrupted("Stopped.")
        declined = "It says nothing." if "nothing" in body else ""
        return Prediction("toy", TOY, np.array([len(body)], np.float32), declined=declined)

    def window_scores(self, prediction: Prediction) -> Scores:
        """Return nothing, for no window is told."""
        return np.zeros((0, 1), np.float32)

    def close(self) -> None:
        """Do nothing."""


@pytest.fixture
def classifier() -> ToyClassifier:
    return ToyClassifier()


@pytest.fixture(scope="module")
def reader() -> Iterator[ReaderProcess]:
    with ReaderProcess() as reader:
        yield reader


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Seven files in an order that is not that of their names; the second, fourth and sixth cannot be read."""
    contents: list[tuple[str, bytes | None]] = [
        ("z.txt", f"Zebras\n\n{LIBRARY}".encode()),
        ("missing.txt", None),
        ("m.html", f"<title>Maps</title><p>{LIBRARY}</p>".encode()),
        ("broken.pdf", b"%PDF-1.4\nnothing more"),
        ("a.txt", f"Apples\n\n{LIBRARY} But nothing else.".encode()),
        ("empty.txt", b""),
        ("b.txt", f"Beetles\n\n{LIBRARY}".encode()),
    ]
    for name, content in contents:
        if content is not None:
            (tmp_path / name).write_bytes(content)
    return [tmp_path / name for name, _ in contents]


def test_run_goes_on_past_unreadable_files(files: list[Path], classifier: ToyClassifier, reader: ReaderProcess) -> None:
    results = list(classify(files, [classifier], reader))
    assert [result.source for result in results] == [str(path) for path in files]
    statuses = [result.status for result in results]
    assert statuses == ["ok", "damaged", "ok", "damaged", "declined", "empty", "ok"]
    for result in results:
        assert bool(result.reason) is (result.status != "ok")
        assert (result.document is None) is (result.prediction is None) is (result.status in ("damaged", "empty"))
        assert result.seconds >= 0
    assert [result.document.title for result in results if result.document] == ["Zebras", "Maps", "Apples", "Beetles"]
    for result in results:
        if result.document and result.prediction:
            assert result.prediction.scores[0] == len(result.document.body), "each has its own prediction"


def test_classifier_gets_the_parts_of_the_document(
    files: list[Path], classifier: ToyClassifier, reader: ReaderProcess
) -> None:
    (result,) = classify(files[:1], [classifier], reader)
    ((title, abstract, body),) = classifier.asked
    assert result.document is not None
    assert (title, abstract, body) == (result.document.title, result.document.abstract, result.document.body)
    assert LIBRARY in body


def test_no_files_give_no_results(classifier: ToyClassifier, reader: ReaderProcess) -> None:
    assert list(classify([], [classifier], reader)) == []


def test_results_come_one_by_one(files: list[Path], reader: ReaderProcess) -> None:
    """A result is there while later files are still being classified."""
    gate = Event()

    class Waiting(ToyClassifier):
        def predict(
            self, title: str, abstract: str, body: str, should_stop: Stop = lambda: False, language: str = ""
        ) -> Prediction:
            assert title == "Zebras" or gate.wait(20)
            return super().predict(title, abstract, body, should_stop)

    results = classify(files, [Waiting()], reader)
    assert [next(results).status, next(results).status] == ["ok", "damaged"]
    gate.set()
    assert [result.status for result in results] == ["ok", "damaged", "declined", "empty", "ok"]


def test_files_are_taken_as_they_are_needed(
    files: list[Path], classifier: ToyClassifier, reader: ReaderProcess
) -> None:
    taken: list[Path] = []

    def paths() -> Iterator[Path]:
        for path in files * 10:
            taken.append(path)
            yield path

    results = classify(paths(), [classifier], reader)
    next(results)
    close(results)
    assert len(taken) <= MOST + 4, "those at work, the next, one that is read meanwhile, and as many as ended"


def close(results: Iterator[Result]) -> None:
    assert isinstance(results, GeneratorType)
    generator: Generator[Result, None, None] = results
    generator.close()


def test_reader_is_free_again_after_stopping_early(
    files: list[Path], classifier: ToyClassifier, reader: ReaderProcess
) -> None:
    results = classify(files, [classifier], reader)
    next(results)
    close(results)
    assert [result.status for result in classify(files[4:], [classifier], reader)] == ["declined", "empty", "ok"]


@pytest.mark.parametrize("questions", [0, 2, 3, 5, 6, 11])
def test_stopping_leaves_out_the_unfinished_documents(
    questions: int, files: list[Path], classifier: ToyClassifier, reader: ReaderProcess
) -> None:
    """Three windows a document: asked before each, it says so after ``questions`` answers."""
    everything = ["ok", "damaged", "ok", "damaged", "declined", "empty", "ok"]
    asked: list[int] = []

    def should_stop() -> bool:
        asked.append(1)
        return len(asked) > questions

    statuses = [result.status for result in classify(files, [classifier], reader, should_stop)]
    assert statuses == everything[: len(statuses)]
    assert sum(status in ("ok", "declined") for status in statuses) <= questions // 3
    assert reader.read(files[0]).outcome is Outcome.READ, "the reader is free again"


def test_seconds_are_those_of_each_document(files: list[Path], reader: ReaderProcess) -> None:
    """Time that the caller takes between two results is not counted."""

    class Slow(ToyClassifier):
        def predict(
            self, title: str, abstract: str, body: str, should_stop: Stop = lambda: False, language: str = ""
        ) -> Prediction:
            sleep(0.2)
            return super().predict(title, abstract, body, should_stop)

    reader.read(files[0])
    results = []
    for result in classify([files[0], files[6]], [Slow()], reader):
        results.append(result)
        sleep(0.5)
    assert all(0.2 <= result.seconds < 0.5 for result in results), [result.seconds for result in results]


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome is not Outcome.READ])
def test_every_outcome_becomes_a_status(outcome: Outcome, classifier: ToyClassifier) -> None:
    result = classify_reading(Reading("some file", outcome, "This is why."), [classifier])
    assert result == Result("some file", outcome.value, "This is why.")
    assert classifier.asked == []


def test_remark_of_the_reader_is_kept(classifier: ToyClassifier) -> None:
    document = Document("scan.pdf", "pdf", body=LIBRARY)
    reading = Reading("scan.pdf", Outcome.READ, "Two pages have no text layer.", document)
    result = classify_reading(reading, [classifier])
    assert (result.status, result.reason) == ("ok", "Two pages have no text layer.")
    declined = classify_reading(
        Reading("scan.pdf", Outcome.READ, "A remark.", Document("scan.pdf", "pdf", body="nothing")), [classifier]
    )
    assert (declined.status, declined.reason) == ("declined", "It says nothing.")


@pytest.mark.parametrize("body", ["", " \n\t\u3000"], ids=repr)
def test_document_without_text_is_empty(body: str, classifier: ToyClassifier) -> None:
    document = Document("pasted", "text", body=body)
    result = classify_document(document, [classifier])
    assert result == Result("pasted", "empty", "There is no text in it.", document)
    assert classifier.asked == []


@pytest.mark.parametrize(
    "document",
    [
        Document("pasted", "text", title="Bees"),
        Document("pasted", "text", abstract="Bees fly."),
        Document("pasted", "text", body="Bees fly."),
    ],
    ids=["title", "abstract", "body"],
)
def test_any_part_is_enough(document: Document, classifier: ToyClassifier) -> None:
    result = classify_document(document, [classifier])
    assert (result.status, result.source, result.document) == ("ok", "pasted", document)
    assert classifier.asked == [(document.title, document.abstract, document.body)]


def test_document_that_is_stopped_raises(classifier: ToyClassifier) -> None:
    with pytest.raises(Interrupted):
        classify_document(Document("pasted", "text", body=LIBRARY), [classifier], lambda: True)
