"""Answers to texts that say nothing are known again, and real answers are not taken for them."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.models.ready_packs import NAMES, ready_pack, tiny_spec, words

from classmark_models.errors import Interrupted, ModelDamaged
from classmark_models.pack import Pack
from classmark_models.published.fingerprints import Fingerprints, null_texts, read_fingerprints, write_fingerprints
from classmark_models.published.reader import Reader

COUNT = len(NAMES)
SPEC = tiny_spec(more='[limits]\ntokens = 48\n[prompt]\ntitle = "t: {title}"\nabstract = "t: none. {abstract}"')


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return ready_pack(tmp_path_factory.mktemp("tiny"), SPEC)


@pytest.fixture
def reader(pack: Pack) -> Reader:
    return Reader(SPEC, pack.file("tokenizer.json"), pack.file("model.onnx"), 1)


def test_all_blank_texts_are_known_as_title_and_as_window(pack: Pack, reader: Reader) -> None:
    known = read_fingerprints(pack.file("null.npz"), COUNT)
    heads = [head.ids for text in null_texts() if (head := reader.head(text, ""))]
    rows = [*heads, *(reader.dressed(text) for text in null_texts())]
    assert len(heads) == len(null_texts()) - 1
    assert known.are_empty(np.stack(list(reader.answer_all(rows)))).all()
    reader.close()


def test_real_texts_are_not_taken_for_blank_ones(pack: Pack, reader: Reader) -> None:
    known = read_fingerprints(pack.file("null.npz"), COUNT)
    rows = [reader.dressed(words(30, seed)) for seed in range(200)]
    assert known.are_empty(np.stack(list(reader.answer_all(rows)))).mean() < 0.05
    reader.close()


def test_distance_is_blind_to_what_a_softmax_does_not_see() -> None:
    known = Fingerprints(np.array([[1.0, 0, -1], [3, 3, 0]], np.float32), 0.5)
    asked = np.array([[101.0, 100, 99], [3, 3, 0.3], [0, 0, 9]], np.float32)
    assert known.distance(asked)[:2] == pytest.approx([0, 0.1414], abs=1e-3)
    assert known.are_empty(asked).tolist() == [True, True, False]


def test_more_answers_than_are_compared_at_once() -> None:
    random = np.random.default_rng(4)
    known = random.standard_normal((70, 9)).astype(np.float16)
    asked = random.standard_normal((5, 9)).astype(np.float32)
    centred = [rows - rows.mean(axis=-1, keepdims=True) for rows in (asked[:, None], known[None].astype(np.float32))]
    wanted = np.sqrt(((centred[0] - centred[1]) ** 2).mean(axis=-1)).min(axis=1)
    assert Fingerprints(known, 0).distance(asked) == pytest.approx(wanted, abs=1e-5)
    assert np.isinf(Fingerprints(known[:0], 0).distance(asked)).all()


def test_stopping(pack: Pack, tmp_path: Path) -> None:
    asked = iter([False] * 5 + [True])
    with pytest.raises(Interrupted):
        write_fingerprints(
            SPEC, pack.file("tokenizer.json"), pack.file("model.onnx"), tmp_path / "null.npz", lambda: next(asked)
        )
    assert not (tmp_path / "null.npz").exists()


def arrays(**changed: Any) -> dict[str, Any]:
    return {"answers": np.zeros((3, COUNT), np.float16), "alike": np.float32(0.2), **changed}


@pytest.mark.parametrize(
    "content",
    [
        {"answers": np.zeros((3, COUNT))},
        arrays(answers=np.zeros((3, COUNT + 1))),
        arrays(answers=np.zeros(COUNT)),
        arrays(answers=np.full((3, COUNT), np.nan)),
        arrays(answers=np.array([["a"] * COUNT])),
        arrays(alike=np.float32("nan")),
        arrays(alike=np.float32(-1)),
        arrays(alike=np.zeros(2)),
        arrays(answers=np.array([[{}] * COUNT], object)),
    ],
    ids=range(9),
)
def test_other_files_are_refused(content: dict[str, Any], tmp_path: Path) -> None:
    np.savez(tmp_path / "null.npz", **content)
    with pytest.raises(ModelDamaged, match=r"null\.npz"):
        read_fingerprints(tmp_path / "null.npz", COUNT)


def test_small_file_that_would_fill_memory_is_refused(tmp_path: Path) -> None:
    with (
        zipfile.ZipFile(tmp_path / "null.npz", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.npy", "w") as file,
    ):
        for _ in range(300):
            file.write(bytes(1 << 20))
    with pytest.raises(ModelDamaged, match="compressed"):
        read_fingerprints(tmp_path / "null.npz", COUNT)


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04", b"x" * 100], ids=repr)
def test_what_is_no_archive_is_refused(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "null.npz").write_bytes(content)
    with pytest.raises(ModelDamaged, match=r"null\.npz"):
        read_fingerprints(tmp_path / "null.npz", COUNT)
