"""Keras files as h5py makes them: what is read of them, and what is wrong with a hostile one is said."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from classmark_models.checkpoint import keras_h5, open_checkpoint
from classmark_models.checkpoint.tensors import Checkpoint
from classmark_models.errors import ModelDamaged, ModelError, ModelUnsafe, ModelUnsupported

NAME = "tf_model.h5"
REAL = Path(__file__).parent / "fixtures" / "keras" / "keras-roberta-masked" / NAME
KERNEL = "bert/tf_bert_model_1/bert/encoder/layer_._0/output/dense/kernel:0"
MATRIX = np.arange(6, dtype="<f4").reshape(2, 3)


def read(folder: Path, make: Callable[[h5py.File], object]) -> Checkpoint:
    with h5py.File(folder / NAME, "w") as file:
        make(file)
    return open_checkpoint(folder)


@pytest.mark.parametrize(
    ("keras", "ours"),
    [
        (KERNEL, "bert.encoder.layer.0.output.dense.weight"),
        ("bert/tf_bert_model/bert/embeddings/LayerNorm/gamma:0", "bert.embeddings.LayerNorm.weight"),
        ("bert/tf_bert_model/bert/embeddings/LayerNorm/beta:0", "bert.embeddings.LayerNorm.bias"),
        ("bert/tf_bert_model/bert/embeddings/word_embeddings/weight:0", "bert.embeddings.word_embeddings.weight"),
        (
            "roberta/x/roberta/embeddings/position_embeddings/embeddings:0",
            "roberta.embeddings.position_embeddings.weight",
        ),
        ("mlm___cls/tf_bert_for_masked_lm/mlm___cls/predictions/bias:0", "cls.predictions.bias"),
        ("dense/dense/bias:0", "dense.bias"),
    ],
)
def test_names(keras: str, ours: str, tmp_path: Path) -> None:
    found = read(tmp_path, lambda file: file.create_dataset(keras, data=MATRIX))
    assert list(found) == [ours]
    np.testing.assert_array_equal(found[ours], MATRIX.T if keras == KERNEL else MATRIX)


@pytest.mark.parametrize("own", ["a_head", "z_head"])
def test_a_table_listed_again_by_a_head_is_read_once(own: str, tmp_path: Path) -> None:
    def make(file: h5py.File) -> None:
        file[f"{own}/model/distilbert/embeddings/word_embeddings/weight:0"] = MATRIX + 10
        file["distilbert/model/distilbert/embeddings/word_embeddings/weight:0"] = MATRIX

    found = read(tmp_path, make)
    assert list(found) == ["distilbert.embeddings.word_embeddings.weight"]
    np.testing.assert_array_equal(found["distilbert.embeddings.word_embeddings.weight"], MATRIX)


def test_kinds_of_numbers(tmp_path: Path) -> None:
    def make(file: h5py.File) -> None:
        for kind in ("<f2", "<f4", "<f8", ">f4", "<i4"):
            file[f"a/b/a/{kind}/bias:0"] = np.array([1.5, 2]).astype(kind)
        file["a/b/text:0"] = "text"
        file["a/b/kind"] = np.dtype("<f4")

    found = read(tmp_path, make)
    assert set(found) == {"a.<f2.bias", "a.<f4.bias", "a.<f8.bias"}
    np.testing.assert_array_equal(found["a.<f2.bias"], [1.5, 2])
    with pytest.raises(ModelUnsupported, match="holds F64 numbers"):
        found["a.<f8.bias"]


def link_to_self(file: h5py.File) -> None:
    file[KERNEL] = MATRIX
    file["bert/loop"] = file["bert"]


def beyond_the_end(file: h5py.File) -> None:
    """Claim a terabyte of which nothing was written."""
    file.create_dataset(KERNEL, (1 << 19, 1 << 19), "<f4")


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((3,), "<f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (3,))
    file.create_virtual_dataset("a/b/c/bias:0", layout)


def bomb(file: h5py.File) -> None:
    file.create_dataset(KERNEL, (1 << 15, 1 << 15), "<f4", compression="gzip", chunks=(64, 64))


@pytest.mark.parametrize(
    ("make", "error", "fault"),
    [
        (lambda file: file.update({"a": h5py.SoftLink("/b"), KERNEL: MATRIX}), ModelUnsafe, "a is a link that leads"),
        (lambda file: file.update({"a": h5py.ExternalLink("/etc/passwd", "/")}), ModelUnsafe, "a is a link that leads"),
        (link_to_self, ModelDamaged, "bert/loop stands twice"),
        (bomb, ModelUnsupported, "kernel:0 is compressed, cut in pieces"),
        (lambda file: file.create_dataset(KERNEL, data=MATRIX, chunks=(1, 1)), ModelUnsupported, "cut in pieces"),
        (lambda file: file.create_dataset(KERNEL, data=MATRIX, maxshape=(None, 3)), ModelUnsupported, "cut in pieces"),
        (
            lambda file: file.create_dataset(KERNEL, (9,), "<f4", external="/etc/passwd"),
            ModelUnsupported,
            "another file",
        ),
        (virtual, ModelUnsupported, "another file"),
        (beyond_the_end, ModelDamaged, r"kernel:0 of shape \[524288, 524288\] reaches beyond the end"),
        (lambda file: file.create_dataset(KERNEL, (1,) * 9, "<f4", data=1), ModelDamaged, "reaches beyond the end"),
        (lambda file: file.create_group("a/" * 40), ModelDamaged, "more groups than any model"),
        (lambda file: file.create_dataset(KERNEL, data="text"), ModelUnsupported, "holds no weights"),
        (lambda file: None, ModelUnsupported, "holds no weights"),
    ],
)
def test_hostile_files(make: Callable[[Any], object], error: type[ModelError], fault: str, tmp_path: Path) -> None:
    with pytest.raises(error, match=fault):
        read(tmp_path, make)


@pytest.mark.parametrize("names", ["model/layer{}", "layer{}/x"])
def test_numbers_of_objects_are_bounded(names: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras_h5, "OBJECTS", 10)
    with pytest.raises(ModelDamaged, match="than any model"):
        read(tmp_path, lambda file: [file.create_group(names.format(index)) for index in range(10)])


def test_file_that_is_none_of_hdf5(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"no weights here")
    with pytest.raises(ModelDamaged, match="no whole HDF5 file"):
        open_checkpoint(tmp_path)


def test_file_that_another_program_holds_is_read_and_left_as_it_was(tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl", reason="Windows locks otherwise")
    path = tmp_path / NAME
    path.write_bytes(REAL.read_bytes())
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert len(open_checkpoint(tmp_path)) > 20
    assert path.read_bytes() == REAL.read_bytes()


def test_damaged_files_are_read_or_refused(tmp_path: Path) -> None:
    """HDF5 is a large library in C: whatever is wrong with a file, it must neither crash nor hang."""
    script = f"""
import random
from pathlib import Path
from classmark_models.checkpoint import open_checkpoint
from classmark_models.errors import ModelError
whole, folder, random, refused = Path({str(REAL)!r}).read_bytes(), Path({str(tmp_path)!r}), random.Random(1), 0
for turn in range(300):
    data = bytearray(whole)
    for _ in range(random.choice((1, 3, 30))):
        data[random.randrange(len(data) if turn % 2 else 3000)] = random.choice((0, 1, 127, 255, random.randrange(256)))
    (folder / {NAME!r}).write_bytes(data[: random.randrange(len(data))] if turn % 5 == 0 else data)
    try:
        found = open_checkpoint(folder)
        [found[name] for name in found]
    except ModelError:
        refused += 1
print(refused)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert 100 < int(done.stdout) < 300
