"""From a document that another program wrote to its field and topic, through the reading process and the real model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fixtures.documents import FORMATS, write_document
from tests.fixtures.texts import TEXTS, Text

from classmark.core.classify import classify
from classmark.core.documents import Result
from classmark.core.reading import ReaderProcess
from classmark_models.classifier import Classifier
from classmark_models.collection import open_builtin
from classmark_models.decide import Rule, decide


@pytest.fixture(scope="module")
def classifier() -> Iterator[Classifier]:
    classifier = open_builtin()
    yield classifier
    classifier.close()


@pytest.fixture(scope="module")
def reader() -> Iterator[ReaderProcess]:
    with ReaderProcess() as reader:
        yield reader


def ids(classifier: Classifier, result: Result, level: str, top: int) -> list[str]:
    assert result.prediction is not None
    chosen = decide(classifier.vocabulary, result.prediction.scores, Rule(level, top))
    return [subject.label.id for subject in chosen]


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.language)
def test_document_to_field_and_topic(
    text: Text, format_: str, tmp_path: Path, classifier: Classifier, reader: ReaderProcess
) -> None:
    (result,) = classify([write_document(text, format_, tmp_path)], [classifier], reader)
    assert result.status == "ok", result.reason
    assert result.document is not None
    assert text.fields & set(ids(classifier, result, "field", 1))
    assert text.topics & set(ids(classifier, result, "topic", 5))
    assert result.document.language == text.language


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.language)
def test_title_and_abstract_are_found(text: Text, format_: str, tmp_path: Path, reader: ReaderProcess) -> None:
    document = reader.read(write_document(text, format_, tmp_path)).document
    assert document is not None
    assert document.title == text.title
    assert "".join(document.abstract.split()) == "".join(text.abstract.split())
