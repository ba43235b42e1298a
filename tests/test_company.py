"""A document's answers are the same in any company: by every built-in model and a published one, by every way in.

What stands in the other rooms' tests of the same kind is exact, and of one classifier: ``models/test_session`` (rows
of tokens), ``models/test_classifier`` (threads over one reading desk), ``models/test_published``. Here all models
answer at once for files from a word to a book.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from tests.fixtures.texts import TEXTS
from tests.models.ready_packs import ready_pack

from classmark import cli
from classmark.core.classify import classify, classify_document
from classmark.core.documents import Document, Result
from classmark.core.paths import HOME
from classmark.core.reading import ReaderProcess, read_file
from classmark.core.settings import read_settings
from classmark.gui.engine import LocalEngine, local_engine
from classmark.resources import asset
from classmark_models.labels import Scores
from classmark_models.spec import BUILTIN_IDS

TOLERANCE = 1e-5
PUBLISHED = "tiny"
Answers = Mapping[tuple[str, str], Scores]
"""Probabilities by the name of the file and of the model."""


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with one published model, all of whose weights were drawn by lot."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME, str(home))
        ready_pack(read_settings().collection().ready.folder(PUBLISHED))
        yield home


@pytest.fixture(scope="module")
def models(home: Path) -> list[str]:
    there = read_settings().collection().specs()
    return [*(name for name in there if name in BUILTIN_IDS), PUBLISHED]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A word, titles, abstracts, pages and a book of all of these, in many languages; no two alike in length."""
    folder = tmp_path_factory.mktemp("company")
    samples = sorted(asset("samples").iterdir())
    texts = {"word": "Oceanography", "book": "\n\n".join(path.read_text(encoding="utf-8") for path in samples)}
    for text in TEXTS[::2]:
        texts |= {f"{text.language} title": text.title, f"{text.language} abstract": f"{text.title}\n\n{text.abstract}"}
    for name, content in texts.items():
        (folder / f"{name}.txt").write_text(content, encoding="utf-8")
    return [*sorted(folder.iterdir()), *samples]


@pytest.fixture(scope="module")
def documents(files: list[Path]) -> dict[str, Document]:
    readings = {path.name: read_file(path).document for path in files}
    return {name: document for name, document in readings.items() if document is not None}


@pytest.fixture(scope="module")
def alone(documents: Mapping[str, Document], models: list[str]) -> Answers:
    """What each model says of each document when it is the only one, and nothing else is done: one window at a time."""
    answers = {}
    for model in models:
        with closing(read_settings().collection().open(model, 1)) as classifier:
            for name, document in documents.items():
                [answers[name, model]] = scores(classify_document(document, [classifier])).values()
    assert len(answers) == len(documents) * len(models)
    return answers


def scores(result: Result) -> dict[str, Scores]:
    return {prediction.classifier: prediction.scores for prediction in result.predictions}


def assert_same(results: Iterable[Result], alone: Answers, models: list[str]) -> None:
    for result in results:
        found = scores(result)
        assert list(found) == models
        for model, row in found.items():
            np.testing.assert_allclose(row, alone[Path(result.source).name, model], rtol=0, atol=TOLERANCE)


def test_the_documents_differ(documents: Mapping[str, Document], alone: Answers, models: list[str]) -> None:
    """Were all answers alike, what follows would say nothing."""
    lengths = [len(document.body) for document in documents.values()]
    assert min(lengths) < 20
    assert max(lengths) > 10_000
    for model in models:
        rows = np.stack([alone[name, model] for name in documents])
        gaps = np.abs(rows[:, None] - rows).max(axis=2)
        assert np.median(gaps[~np.eye(len(rows), dtype=bool)]) > 1000 * TOLERANCE, model


ORDERS: dict[str, Callable[[list[Path]], list[Path]]] = {
    "backwards, each twice": lambda files: [path for path in reversed(files) for _ in range(2)],
    "long and short in turn": lambda files: sorted(files, key=lambda path: (path.stat().st_size % 7, path)),
}


@pytest.mark.parametrize("order", ORDERS)
def test_many_files_and_models_at_once(order: str, files: list[Path], alone: Answers, models: list[str]) -> None:
    collection = read_settings().collection()
    classifiers = [collection.open(model, 2) for model in models]
    with ReaderProcess() as reader:
        results = list(classify(ORDERS[order](files), classifiers, reader))
    for classifier in classifiers:
        classifier.close()
    assert len(results) == len(ORDERS[order](files))
    assert_same(results, alone, models)


@pytest.fixture
def engine(models: list[str]) -> Iterator[LocalEngine]:
    with closing(local_engine()) as engine:
        assert not engine.use(models)
        yield engine


def test_window_while_a_batch_is_at_work(
    engine: LocalEngine, files: list[Path], documents: Mapping[str, Document], alone: Answers, models: list[str]
) -> None:
    """Texts that are pasted or corrected are asked about while files are on their way."""

    def never() -> bool:
        return False

    def ask(document: Document) -> Result:
        return engine.classify_document(document, never)

    pasted = [document for name, document in documents.items() if "book" not in name]
    with ThreadPoolExecutor(2) as threads:
        batch = threads.submit(lambda: list(engine.classify(files, never)))
        asked = list(map(ask, pasted))
        results = batch.result()
    assert (len(results), len(asked)) == (len(files), len(pasted))
    assert_same(asked, alone, models)
    assert_same(results, alone, models)


def test_command_line(files: list[Path], alone: Answers, models: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What is written of a file, among all and asked of all models, is what one model says of it by itself."""

    def written(paths: Iterable[Path], names: Iterable[str]) -> dict[tuple[str, str], dict[str, float]]:
        wanted = [part for name in names for part in ("--model", name)]
        assert cli.main(["classify", *map(str, paths), *wanted, "--format", "jsonl", "--top", "20"]) == 0
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return {
            (Path(line["source"]).name, line["classifier"]): {each["id"]: each["score"] for each in line["results"]}
            for line in lines
        }

    together = written(files, models)
    assert together.keys() == alone.keys()
    for path, model in zip(files[::5], models[::2], strict=False):
        [(key, single)] = written([path], [model]).items()
        assert together[key] == pytest.approx(single, rel=0, abs=TOLERANCE)
    assert any(together.values())
