"""A small encoder with random weights against plain numpy: the graph computes what the paper says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from tests.models.small_encoder import (
    HEADS,
    LAYERS,
    LENGTHS,
    WIDTH,
    load,
    plain_words,
    random_ids,
    random_weights,
    random_words,
    reference,
    run,
    save,
)

from classmark_models.graph import INLINE_BYTES, PAGE, GraphBuilder, Linears, Shape
from classmark_models.graph import float_linears as exact
from classmark_models.quantize import BlockEmbedding, Int8Linears


@pytest.fixture(scope="module")
def words() -> BlockEmbedding:
    return random_words()


@pytest.fixture(scope="module")
def runtime(words: BlockEmbedding, tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("small") / "small.onnx"
    save(path, words, exact)
    return load(path)


@pytest.mark.parametrize("length", LENGTHS)
def test_encoder_is_that_of_the_paper(length: int, runtime: Any, words: BlockEmbedding) -> None:
    ids = random_ids(length)
    expected = reference(ids, plain_words(words), random_weights())
    np.testing.assert_allclose(run(runtime, [ids])[0], expected, atol=1e-4)


@pytest.mark.parametrize("length", LENGTHS)
def test_first_token_alone_is_as_among_all(length: int, words: BlockEmbedding, tmp_path: Path) -> None:
    save(tmp_path / "first.onnx", words, exact, first_only=True)
    found = run(load(tmp_path / "first.onnx"), [random_ids(length), random_ids(length, 50)])
    expected = [reference(random_ids(length, seed), plain_words(words), random_weights())[:1] for seed in (0, 50)]
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_rows_of_a_batch_do_not_change_each_other(runtime: Any, words: BlockEmbedding) -> None:
    rows = [random_ids(9, seed) for seed in (10, 20, 30)]
    expected = [reference(ids, plain_words(words), random_weights()) for ids in rows]
    np.testing.assert_allclose(run(runtime, rows), expected, atol=1e-4)


def test_places_matter(runtime: Any) -> None:
    """The reference above knows positions; this shows that it could tell if the graph did not."""
    same = run(runtime, [[5, 5, 5, 5]])[0]
    assert np.abs(same[0] - same[1]).max() > 0.1


@pytest.mark.parametrize("epsilon", [1e-5, 0.1])
def test_epsilon_is_taken_from_the_shape(epsilon: float, words: BlockEmbedding, tmp_path: Path) -> None:
    shape = Shape(WIDTH, LAYERS, HEADS, epsilon)
    save(tmp_path / "small.onnx", words, exact, shape)
    ids = random_ids(5)
    expected = reference(ids, plain_words(words), random_weights(), shape)
    np.testing.assert_allclose(run(load(tmp_path / "small.onnx"), [ids])[0], expected, atol=1e-4)


@pytest.mark.parametrize("linears", [exact, Int8Linears()], ids=["float32", "int8"])
def test_same_contents_give_the_same_bytes(linears: Linears, words: BlockEmbedding, tmp_path: Path) -> None:
    files = []
    for folder in (tmp_path / "first", tmp_path / "second"):
        folder.mkdir()
        save(folder / "small.onnx", words, linears)
        files.append([(folder / name).read_bytes() for name in ("small.onnx", "small.onnx.data")])
    assert files[0] == files[1]
    assert all(files[0])


def test_constants_lie_where_the_graph_says(tmp_path: Path) -> None:
    """Large ones at whole pages, middling ones beside them, small ones in the graph itself."""
    arrays = {
        "small": np.arange(INLINE_BYTES // 4 - 1, dtype=np.float32),
        "middling": np.arange(INLINE_BYTES // 4, dtype=np.float32) * 2,
        "large": np.arange(PAGE // 4, dtype=np.float32) * 3,
        "after": np.arange(301, dtype=np.float32) * 4,
        "large again": np.arange(PAGE // 4 + 5, dtype=np.float32) * 5,
    }
    builder = GraphBuilder()
    for name, array in arrays.items():
        builder.add("Identity", [builder.constant(name, array)], f"{name}, read")
    path = tmp_path / "constants.onnx"
    builder.save(path, "constants", {}, {f"{name}, read": array.shape for name, array in arrays.items()})
    for array, found in zip(arrays.values(), load(path).run(None, {}), strict=True):
        np.testing.assert_array_equal(found, array)
    tensors = onnx.load(str(path), load_external_data=False).graph.initializer
    offsets = {
        tensor.name: int(entry.value)
        for tensor in tensors
        for entry in tensor.external_data
        if entry.key == "offset" and tensor.data_location == onnx.TensorProto.EXTERNAL
    }
    assert offsets.keys() == arrays.keys() - {"small"}
    assert offsets["large"] % PAGE == offsets["large again"] % PAGE == 0
    assert offsets["middling"] % 64 == offsets["after"] % 64 == 0
