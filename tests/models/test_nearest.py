"""How nearest topics are compared, and products that have a scale for each row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime

from classmark_models.graph import GraphBuilder, Linears, float_linears
from classmark_models.quantize import Int8Linears
from recipes.nearest import Nearest
from recipes.rounding import RowScales, rounded_weights

TOPICS = np.array([[1, 0, 0], [0, 1, 0], [0.6, 0.8, 0], [0, 0, 1]], float)
TEXTS = np.array([[0.8, 0.6, 0], [0, 0.6, 0.8]], float)


def test_nearest_topics_and_their_margins() -> None:
    found = Nearest.of(TEXTS, TOPICS, centred=False)
    assert found.best.tolist() == [2, 3]
    np.testing.assert_allclose(found.margins, [0.96 - 0.8, 0.8 - 0.6])
    assert found.is_shortlisted(np.array([3, 2]), 3).tolist() == [False, True]


def test_directions_are_taken_from_the_middle_of_the_topics() -> None:
    shifted = Nearest.of(TEXTS + 5, TOPICS + 5, centred=True)
    np.testing.assert_allclose(shifted.likeness, Nearest.of(TEXTS, TOPICS, centred=True).likeness)


def answers(linears: Linears, rows: np.ndarray, weight: np.ndarray, path: Path) -> np.ndarray:
    """Return rows, taken from a table by their places, times a matrix."""
    builder = GraphBuilder()
    x = builder.add("Gather", [builder.constant("rows", rows), "input_ids"], "x")
    (product,) = linears(builder, x, {"product": (weight, np.ones(len(weight), np.float32))})
    builder.save(path, "product", {"input_ids": ["batch", "tokens"]}, {product: ["batch", "tokens", len(weight)]})
    runtime = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return np.asarray(runtime.run(None, {"input_ids": np.arange(len(rows))[None]})[0][0])


def test_a_large_row_takes_nothing_from_the_others(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    rows, weight = (random.normal(size=(8, 64)).astype(np.float32) for _ in range(2))
    rows[3] *= 1000
    expected = answers(float_linears, rows, weight, tmp_path / "float32.onnx")
    gaps = {
        name: np.abs(answers(linears, rows, weight, tmp_path / f"{name}.onnx") - expected)[[0, 1, 2, 4, 5, 6, 7]].max()
        for name, linears in (
            ("tensor", Int8Linears(127)),
            ("row", RowScales({"x": np.full(64, 2, np.float32)})),
            ("weights", rounded_weights),
        )
    }
    assert gaps["tensor"] > 1
    assert 0 < gaps["weights"] < gaps["row"] < 0.4
