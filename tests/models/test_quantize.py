"""Weights in 8 and 4 bits: how near they are, and that the promised limits hold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from tests.models.small_encoder import (
    LAYERS,
    LENGTHS,
    SHAPE,
    load,
    plain_words,
    random_ids,
    random_weights,
    random_words,
    reference,
    run,
    save,
)

from classmark_models.graph import GraphBuilder, add_encoder
from classmark_models.quantize import BlockEmbedding, Int8Linears, quantize_columns, smoothing_factors

Floats = npt.NDArray[Any]


def cosines(left: Floats, right: Floats) -> Floats:
    lengths = np.linalg.norm(left, axis=-1) * np.linalg.norm(right, axis=-1)
    return np.asarray((left * right).sum(axis=-1) / lengths)


@pytest.mark.parametrize(("width", "block"), [(32, 32), (64, 32), (96, 32), (64, 16)])
def test_block_embedding_reads_exactly_what_was_stored(width: int, block: int, tmp_path: Path) -> None:
    random = np.random.default_rng(8)
    nibbles = random.integers(0, 16, (40, width)).astype(np.uint8)
    nibbles[0], nibbles[1], nibbles[2] = 0, 15, 8
    words = BlockEmbedding(nibbles, random.normal(size=(40, width // block)).astype(np.float32))
    builder = GraphBuilder()
    found = words(builder, "input_ids")
    path = tmp_path / "words.onnx"
    builder.save(path, "words", {"input_ids": ["batch", "tokens"]}, {found: ["batch", "tokens", width]})
    expected = plain_words(words).astype(np.float32)
    np.testing.assert_array_equal(run(load(path), [list(range(40))])[0], expected)
    np.testing.assert_array_equal(run(load(path), [[7, 7], [39, 0]]), expected[[[7, 7], [39, 0]]])
    assert not expected[2].any(), "nibble 8 is zero"


@pytest.mark.parametrize("length", LENGTHS)
def test_int8_encoder_is_close(length: int, tmp_path: Path) -> None:
    words = random_words()
    save(tmp_path / "small.onnx", words, Int8Linears())
    ids = random_ids(length)
    found = run(load(tmp_path / "small.onnx"), [ids])[0]
    expected = reference(ids, plain_words(words), random_weights())
    assert cosines(found, expected).min() > 0.99
    assert np.abs(found - expected).max() > 1e-4, "8 bits cannot be this exact: they were not used"


def test_int8_encoder_has_no_product_in_float32() -> None:
    builder = GraphBuilder()
    words = random_words()
    linears = Int8Linears()
    add_encoder(builder, SHAPE, random_weights(), words, linears)
    operators = [node.op_type for node in builder.nodes]
    assert operators.count("MatMulIntegerToFloat") == 6 * LAYERS
    assert "MatMul" not in operators
    stored = [array for array in builder.constants.values() if array.dtype == np.int8]
    assert max(np.abs(array.astype(int)).max() for array in stored) == linears.limit


def product(linears: Int8Linears, x: Floats, matrices: Mapping[str, tuple[Floats, Floats]], path: Path) -> list[Floats]:
    """Return x times each matrix, by a graph of its own."""
    builder = GraphBuilder()
    x_name = builder.constant("x", x)
    names = linears(builder, x_name, matrices)
    builder.save(path, "product", {}, {name: (len(x), len(matrices[name][1])) for name in names})
    return [np.asarray(found) for found in load(path).run(None, {})]


@pytest.mark.parametrize(("limit", "pair"), [(64, None), (127, None), (127, 128)])
def test_products_of_one_activation_with_several_matrices(limit: int, pair: int | None, tmp_path: Path) -> None:
    random = np.random.default_rng(6)
    x = random.normal(size=(20, 48)).astype(np.float32)
    matrices = {
        name: (random.normal(size=(out, 48)).astype(np.float32), random.normal(size=out).astype(np.float32))
        for name, out in (("first", 16), ("second", 5))
    }
    for (weight, bias), found in zip(
        matrices.values(), product(Int8Linears(limit, pair), x, matrices, tmp_path / "product.onnx"), strict=True
    ):
        assert cosines(found, x @ weight.T + bias).min() > 0.995


def test_smoothing_rescues_an_activation_with_an_outlier_channel(tmp_path: Path) -> None:
    """One channel fifty times as large takes the resolution of all others, unless it is divided."""
    random = np.random.default_rng(7)
    x = random.normal(size=(24, 64)).astype(np.float32)
    x[:, 11] *= 50
    weight = random.normal(size=(32, 64)).astype(np.float32)
    weight[:, 11] *= 0.02
    bias = random.normal(size=32).astype(np.float32)
    factors = smoothing_factors(np.abs(x).max(axis=0), 3.5)
    assert np.flatnonzero(factors != 1).tolist() == [11]
    exact = x.astype(np.float64) @ weight.T + bias
    errors = []
    for name, smoothing in (("rough", {}), ("smooth", {"x": factors})):
        (found,) = product(Int8Linears(smoothing=smoothing), x, {"y": (weight, bias)}, tmp_path / f"{name}.onnx")
        errors.append(float(np.abs(found - exact).mean()))
    rough, smooth = errors
    assert smooth < rough / 5


def test_smoothing_of_other_activations_changes_nothing(tmp_path: Path) -> None:
    random = np.random.default_rng(9)
    x = random.normal(size=(8, 32)).astype(np.float32)
    matrices = {"y": (random.normal(size=(4, 32)).astype(np.float32), np.zeros(4, np.float32))}
    smoothings: list[dict[str, npt.NDArray[np.float32]]] = [
        {},
        {"z": np.full(32, 8, np.float32)},
        {"x": np.ones(32, np.float32)},
    ]
    found = [
        product(Int8Linears(smoothing=smoothing), x, matrices, tmp_path / f"{place}.onnx")[0]
        for place, smoothing in enumerate(smoothings)
    ]
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


@pytest.mark.parametrize(
    ("largest", "expected"),
    [
        ([1, 1, 1, 1, 1], [1, 1, 1, 1, 1]),
        ([1, 1, 1, 1, 4], [1, 1, 1, 1, 2]),
        ([1, 1, 1, 1, 16], [1, 1, 1, 1, 8]),
        ([3, 3, 3, 3, 96], [1, 1, 1, 1, 16]),
        ([1, 1, 1, 1, 2], [1, 1, 1, 1, 1]),
        ([0.01, 1, 1, 2, 22], [1, 1, 1, 1, 8]),
    ],
)
def test_smoothing_factors_are_powers_of_two(largest: list[float], expected: list[float]) -> None:
    """With a knee of 2: what exceeds twice the median, to the nearest power of two."""
    factors = smoothing_factors(np.array(largest, np.float32), 2)
    assert factors.dtype == np.float32
    assert factors.tolist() == expected


def matrices_to_quantize() -> dict[str, Floats]:
    random = np.random.default_rng(11)
    normal = random.normal(size=(256, 40))
    heavy = random.standard_t(3, size=(256, 40))
    return {
        "normal": normal,
        "heavy tails": heavy,
        "tiny": normal * 1e-12,
        "huge": normal * 1e12,
        "columns of all sizes": normal * np.logspace(-6, 6, 40),
        "with empty columns": np.where(np.arange(40) % 3 == 0, 0, normal),
        "one row": normal[:1],
        "negative": -np.abs(normal),
    }


@pytest.mark.parametrize("limit", [7, 64, 127])
@pytest.mark.parametrize("name", matrices_to_quantize())
def test_columns_stay_within_the_limit_and_beat_plain_scaling(name: str, limit: int) -> None:
    weight = matrices_to_quantize()[name].astype(np.float32)
    integers, scales = quantize_columns(weight, limit)
    assert integers.dtype == np.int8
    assert scales.dtype == np.float32
    assert (integers.shape, scales.shape) == (weight.shape, weight.shape[1:])
    assert np.abs(integers.astype(int)).max() <= limit
    exact = weight.astype(np.float64)
    error = np.square(integers * scales.astype(np.float64) - exact).sum(axis=0)
    plain = np.abs(exact).max(axis=0) / limit
    steps = np.rint(exact / np.where(plain > 0, plain, 1))
    plain_error = np.square(steps * plain - exact).sum(axis=0)
    assert (error <= plain_error * (1 + 1e-4) + 1e-12 * np.square(exact).sum(axis=0)).all()


@pytest.mark.parametrize("rows", [1, 2, 5, 256])
@pytest.mark.parametrize("name", matrices_to_quantize())
def test_pairs_of_rows_never_add_up_to_more_than_fits(name: str, rows: int) -> None:
    weight = matrices_to_quantize()[name].astype(np.float32)[:rows]
    integers, scales = quantize_columns(weight, 127, 128)
    whole = integers.astype(int)
    assert np.abs(whole).max() <= 127
    assert np.abs(whole[0 : rows // 2 * 2 : 2] + whole[1::2]).max(initial=0) <= 128
    error, small_error = (
        np.square(found * np.asarray(steps, np.float64) - weight).sum()
        for found, steps in ((integers, scales), quantize_columns(weight, 64))
    )
    assert error <= small_error * (1 + 1e-4) + 1e-12 * np.square(weight.astype(np.float64)).sum()


@pytest.mark.parametrize("name", ["normal", "heavy tails"])
def test_clipping_is_better_than_plain_scaling(name: str) -> None:
    """At few steps it pays to clip the largest values."""
    weight = matrices_to_quantize()[name].astype(np.float32)
    integers, scales = quantize_columns(weight, 7)
    plain = np.abs(weight).max(axis=0) / 7
    error = np.square(integers * scales - weight).sum()
    assert error < 0.95 * np.square(np.rint(weight / plain) * plain - weight).sum()


def test_values_on_the_grid_are_kept_exactly() -> None:
    random = np.random.default_rng(12)
    integers = random.integers(-64, 65, (128, 8)).astype(np.int8)
    integers[0] = 64
    scales = np.exp2(random.integers(-8, 8, 8)).astype(np.float32)
    found, found_scales = quantize_columns(integers * scales, 64)
    np.testing.assert_array_equal(found, integers)
    np.testing.assert_array_equal(found_scales, scales)
