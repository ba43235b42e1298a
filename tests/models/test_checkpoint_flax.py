"""Flax files made byte by byte: what is read of them, and what is wrong with a hostile one is said."""

from __future__ import annotations

import struct
import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from tests.models.checkpoint_files import bfloat16

from classmark_models.checkpoint import flax_msgpack, open_checkpoint
from classmark_models.checkpoint.tensors import Checkpoint
from classmark_models.errors import ModelDamaged, ModelError, ModelUnsupported

NAME = "flax_model.msgpack"
REAL = Path(__file__).parent / "fixtures" / "keras" / "flax-roberta-masked" / NAME
MATRIX = np.arange(6, dtype="<f4").reshape(2, 3)


def text(value: str) -> bytes:
    return b"\xd9" + bytes([len(value.encode())]) + value.encode()


def extension(code: int, data: bytes, beyond: int = 0) -> bytes:
    return b"\xc9" + struct.pack(">IB", len(data) + beyond, code) + data


def array(shape: tuple[int, ...], kind: str, data: bytes, beyond: int = 0) -> bytes:
    """Return an array; ``beyond`` bytes are claimed and left out."""
    sizes = b"".join(b"\xcf" + struct.pack(">Q", size) for size in shape)
    head = b"\x93" + bytes([0x90 + len(shape)]) + sizes + text(kind) + b"\xc6" + struct.pack(">I", len(data) + beyond)
    return extension(1, head + data, beyond)


def plain(values: npt.NDArray[Any], kind: str | None = None) -> bytes:
    return array(values.shape, kind or values.dtype.name, values.tobytes())


def layers(entries: Mapping[str, bytes]) -> bytes:
    return b"\xdf" + struct.pack(">I", len(entries)) + b"".join(text(name) + value for name, value in entries.items())


def read(folder: Path, data: bytes) -> Checkpoint:
    (folder / NAME).write_bytes(data)
    return open_checkpoint(folder)


@pytest.mark.parametrize(
    ("parts", "ours"),
    [
        (("bert", "encoder", "layer", "0", "output", "dense", "kernel"), "bert.encoder.layer.0.output.dense.weight"),
        (("embeddings", "LayerNorm", "scale"), "embeddings.LayerNorm.weight"),
        (("embeddings", "LayerNorm", "bias"), "embeddings.LayerNorm.bias"),
        (("embeddings", "word_embeddings", "embedding"), "embeddings.word_embeddings.weight"),
    ],
)
def test_names(parts: tuple[str, ...], ours: str, tmp_path: Path) -> None:
    data = plain(MATRIX)
    for part in reversed(parts):
        data = layers({part: data})
    found = read(tmp_path, data)
    assert list(found) == [ours]
    np.testing.assert_array_equal(found[ours], MATRIX.T if parts[-1] == "kernel" else MATRIX)


def test_kinds_of_numbers(tmp_path: Path) -> None:
    values = np.array([1.5, -2], "<f4")
    entries = {
        "single": plain(values),
        "half": plain(values.astype("<f2")),
        "brain": plain(bfloat16(values), "bfloat16"),
        "scalar": b"\xd8"
        + plain(np.array(2.5, "<f4"))[5:].replace(b"\xd9\x07", b"\xa7").replace(b"\xc6\0\0\0", b"\xc4"),
        "whole": plain(np.arange(2, dtype="<i4")),
        "empty": plain(np.zeros((0, 3), "<f4")),
    }
    found = read(tmp_path, layers(entries))
    for name in ("single", "half", "brain"):
        np.testing.assert_array_equal(found[name], values)
    assert found["scalar"] == 2.5
    assert found["empty"].shape == (0, 3)
    with pytest.raises(ModelUnsupported, match="whole holds I32"):
        found["whole"]


def test_opening_reads_no_numbers(tmp_path: Path) -> None:
    """A gigabyte that is a hole in the file is there at once."""
    shape = (1 << 14, 1 << 14)
    head = layers({"table": array(shape, "float32", b"", beyond=1 << 30)})
    with (tmp_path / NAME).open("wb") as file:
        file.write(head)
        file.truncate(len(head) + (1 << 30))
    tracemalloc.start()
    assert open_checkpoint(tmp_path).shape("table") == shape
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


DEEP = b"\x81\xa1a" * 40
PIECES = layers({"__msgpack_chunked_array__": b"\xc3"})


@pytest.mark.parametrize(
    ("data", "error", "fault"),
    [
        (b"", ModelDamaged, "ends too early"),
        (plain(MATRIX), ModelDamaged, "it is neither a layer nor an array"),
        (layers({}), ModelDamaged, "holds no arrays"),
        (layers({"a": plain(MATRIX)}) + b"\0", ModelDamaged, "something follows"),
        (layers({"a": layers({"b": b"\xc0"})}), ModelDamaged, r"a\.b is neither a layer nor an array"),
        (layers({"a": b"\xca\0\0\0\0"}), ModelDamaged, "a is neither"),
        (layers({"a": layers({"kernel": PIECES})}), ModelUnsupported, r"a\.kernel is cut in pieces"),
        (layers({"a": extension(2, b"\x92\0\0")}), ModelDamaged, "a is no array"),
        (layers({"a": extension(1, b"\x92\0\0")}), ModelDamaged, "a is no array"),
        (layers({"a": array((1,), "complex64", bytes(8))}), ModelUnsupported, "unknown kind, complex64"),
        (layers({"a": array((2,), "float32", bytes(4))}), ModelDamaged, "the bytes that its shape takes"),
        (layers({"a": array((1 << 63,), "float32", bytes(4))}), ModelDamaged, "the bytes that its shape takes"),
        (layers({"a": array((1,) * 9, "float32", bytes(4))}), ModelDamaged, "there should be a list"),
        (layers({"a": plain(MATRIX)})[:-1], ModelDamaged, "the bytes that its shape takes"),
        (b"\xdf\xff\xff\xff\xff", ModelDamaged, "more entries than any model"),
        (DEEP, ModelDamaged, "more entries than any model"),
        (b"\x81\xda\xff\xff", ModelDamaged, "there should be a text"),
        (b"\x81\xa1\xff", ModelDamaged, "a name is no text"),
        (b"\x81\0", ModelDamaged, "there should be a text"),
        (b"\x82" + (text("a") + plain(MATRIX)) * 2, ModelDamaged, "a stands twice"),
    ],
)
def test_hostile_files(data: bytes, error: type[ModelError], fault: str, tmp_path: Path) -> None:
    with pytest.raises(error, match=fault):
        read(tmp_path, data)


def test_numbers_of_entries_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flax_msgpack, "ENTRIES", 10)
    with pytest.raises(ModelDamaged, match="more entries than any model"):
        read(tmp_path, layers({str(index): layers({"a": plain(MATRIX)}) for index in range(6)}))


def test_file_cut_short_anywhere(tmp_path: Path) -> None:
    whole = REAL.read_bytes()
    for end in range(0, len(whole), 97):
        with pytest.raises(ModelDamaged):
            read(tmp_path, whole[:end])


def test_damaged_bytes_are_read_or_refused(tmp_path: Path) -> None:
    whole, random = REAL.read_bytes(), np.random.default_rng(1)
    refused = 0
    for place in random.integers(len(whole), size=300):
        data = bytearray(whole)
        data[place] = random.integers(256)
        try:
            found = read(tmp_path, bytes(data))
            for name in found:
                found[name]
        except ModelError:
            refused += 1
    assert 5 < refused < 300
