"""Fixtures of the model engine's tests: the built-in classifier, what is known of its encoder, and a small hub."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from tests.models.fetching import FILES, FIRST, TOKENIZER
from tests.models.hub_server import Hub, Repo

from classmark_models.classifier import Classifier
from classmark_models.collection import open_builtin
from classmark_models.pack import BUILTIN, Pack, open_pack
from classmark_models.session import Encoder
from classmark_models.store import Store
from classmark_models.tokens import Tokenizer


@dataclass(frozen=True)
class Golden:
    """Token ids by text, and the float32 embeddings of sentences, shape (sentences, 384)."""

    ids: dict[str, list[int]]
    sentences: list[str]
    embeddings: npt.NDArray[np.float64]


@pytest.fixture(scope="session")
def golden() -> Golden:
    facts = json.loads(Path(__file__).with_name("golden.json").read_text(encoding="utf-8"))
    halves = np.frombuffer(base64.b64decode(facts["embeddings"]), "<f2").astype(np.float64)
    return Golden(facts["ids"], facts["sentences"], halves.reshape(len(facts["sentences"]), 384))


@pytest.fixture(scope="session")
def pack() -> Pack:
    return open_pack(BUILTIN)


@pytest.fixture(scope="session")
def tokenizer(pack: Pack) -> Tokenizer:
    return Tokenizer(pack.file("tokenizer.json"), pack.fact("prompt"), pack.fact("max_tokens"))


@pytest.fixture(scope="session")
def encoder(pack: Pack) -> Iterator[Encoder]:
    encoder = Encoder(pack.file("encoder.onnx"), workers=2)
    yield encoder
    encoder.close()


@pytest.fixture(scope="session")
def classifier() -> Iterator[Classifier]:
    classifier = open_builtin()
    yield classifier
    classifier.close()


@pytest.fixture
def hub(alone: None) -> Iterator[Hub]:
    large = frozenset({"model.h5"})
    repos = {"library/small": Repo({FIRST: dict(FILES)}, large), "base": Repo({FIRST: {"tokenizer.json": TOKENIZER}})}
    with Hub(repos).running() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "models")
