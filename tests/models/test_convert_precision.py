"""The ladder of variants: what is measured for it, what it keeps, and where this computer starts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from tests.models.published_folders import CONFIGS, FAMILIES, Floats, answer, published, random_array, write
from tests.models.small_encoder import LAYERS, WIDTH, random_ids

from classmark_models.convert import (
    FLOAT32,
    LADDER,
    convert,
    first_rung,
    measure_ranges,
    processor,
    saturates,
    variant,
)
from classmark_models.errors import ModelUnsupported
from classmark_models.graph import GraphBuilder

ROWS = [np.array(random_ids(length, seed), np.int64) for seed, length in enumerate([1, 3, 8, 16] * 5)]


@pytest.fixture
def _no_memory() -> Iterator[None]:
    saturates.cache_clear()
    first_rung.cache_clear()
    yield
    saturates.cache_clear()
    first_rung.cache_clear()


def with_outliers(family: str) -> dict[str, Floats]:
    """Return weights of the same function, but with two channels between them sixty times as large as the rest."""
    arrays = published(family)
    for name in arrays:
        if "attention.self.value" in name or "v_lin" in name:
            arrays[name][[3, 17]] *= 60
        if name.endswith(("attention.output.dense.weight", "out_lin.weight")):
            arrays[name][:, [3, 17]] /= 60
    return arrays


@pytest.mark.parametrize("family", FAMILIES)
def test_ranges_are_the_greatest_magnitudes(family: str, tmp_path: Path) -> None:
    graph = tmp_path / "x.onnx"
    convert(write(tmp_path, CONFIGS[family], published(family)), graph, FLOAT32)
    before = {path.name for path in tmp_path.iterdir()}
    ranges = measure_ranges(graph, ROWS)
    assert {path.name for path in tmp_path.iterdir()} == before
    parts = ("context", "attended", "active")
    expected = {"embedded", f"l{LAYERS - 1}.first"} | {f"l{layer}.{part}" for layer in range(LAYERS) for part in parts}
    assert ranges.keys() == expected | {f"l{layer}.out" for layer in range(LAYERS - 1)}
    proto = onnx.load(str(graph), load_external_data=False)
    proto.graph.output.extend(onnx.helper.make_tensor_value_info(name, 1, None) for name in ranges)
    graph.write_bytes(proto.SerializeToString())
    seen = [answer(graph, list(ids)) for ids in ROWS]
    for name, largest in ranges.items():
        assert largest.shape == (4 * WIDTH if name.endswith("active") else WIDTH,)
        np.testing.assert_allclose(largest, np.max([np.abs(row[name]).max(axis=0) for row in seen], axis=0), rtol=1e-4)


@pytest.mark.parametrize("name", ["int8", "int8-reduced"])
@pytest.mark.parametrize("family", FAMILIES)
def test_smoothing_rescues_models_with_outliers(family: str, name: str, tmp_path: Path) -> None:
    convert(write(tmp_path, CONFIGS[family], with_outliers(family)), tmp_path / "exact.onnx", FLOAT32)
    ranges = measure_ranges(tmp_path / "exact.onnx", ROWS)
    gaps = {}
    for way, precision in (("rough", variant(name)), ("smooth", variant(name, ranges))):
        convert(tmp_path, tmp_path / f"{way}.onnx", precision)
        found = [answer(tmp_path / f"{way}.onnx", list(ids))["logits"] for ids in ROWS]
        exact = [answer(tmp_path / "exact.onnx", list(ids))["logits"] for ids in ROWS]
        gaps[way] = np.mean(np.abs(np.array(found) - np.array(exact)))
    assert gaps["smooth"] < gaps["rough"] / 1.5


def test_each_rung_keeps_what_it_promises(tmp_path: Path) -> None:
    write(tmp_path, CONFIGS["bert"], published("bert"))
    products = {}
    for name in LADDER:
        convert(tmp_path, tmp_path / f"{name}.onnx", variant(name))
        proto = onnx.load(str(tmp_path / f"{name}.onnx"))
        kinds = [node.op_type for node in proto.graph.node if re.match(r"l\d", node.name)]
        products[name] = {kind for kind in kinds if "MatMul" in kind}
        weights = [onnx.numpy_helper.to_array(t) for t in proto.graph.initializer if re.match(r"l\d", t.name)]
        sums = [int(np.abs(w[0::2].astype(int) + w[1::2]).max()) for w in weights if w.dtype == np.int8 and w.ndim == 2]
        if name.startswith("int8") and name != "int8-blocks":
            assert len(sums) == 6 * LAYERS
            assert (max(sums) <= 128) == (name == "int8-reduced")
    assert list(products.values()) == [
        {"MatMulIntegerToFloat"},
        {"MatMulIntegerToFloat"},
        {"MatMulNBits"},
        {"MatMul"},
    ]


def test_rungs_grow_safer(tmp_path: Path) -> None:
    write(tmp_path, CONFIGS["roberta"], published("roberta"))
    found: dict[str, list[Floats]] = {}
    for name in LADDER:
        convert(tmp_path, tmp_path / "x.onnx", variant(name))
        found[name] = [answer(tmp_path / "x.onnx", list(ids))["embedding"] for ids in ROWS]
    near = {name: np.mean([a @ b for a, b in zip(rows, found["float32"], strict=True)]) for name, rows in found.items()}
    assert min(near.values()) > 0.99
    assert near["int8-reduced"] < near["int8-blocks"] < near["float32"]


def test_widths_that_blocks_do_not_divide_stay_in_float32() -> None:
    builder = GraphBuilder()
    matrices = {"a": (random_array(1, 4, 24), random_array(2, 4)), "b": (random_array(1, 4, 32), random_array(2, 4))}
    variant("int8-blocks").linears(builder, "x", matrices)
    assert [node.op_type for node in builder.nodes] == ["MatMul", "Add", "MatMulNBits"]


def test_unknown_variant() -> None:
    with pytest.raises(ModelUnsupported, match="no variant int4, only int8, int8-reduced, int8-blocks, float32"):
        variant("int4")


@pytest.mark.usefixtures("_no_memory")
def test_this_processor_has_a_first_rung() -> None:
    """Pairs that add up to 128 fit in 16 bits on every processor."""
    assert not saturates("int8-reduced")
    assert first_rung() == ("int8-reduced" if saturates() else "int8")


@pytest.mark.usefixtures("_no_memory")
def test_products_cut_short_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on an emulated Haswell, where 64 pairs of 2 x 255 x 127 end at 32,767 each."""
    exact = processor._exact

    def more(weight: Floats) -> Floats:
        return exact(weight) * (1 if weight.max() == 64 else 2 * 255 * 127 / 32767)

    monkeypatch.setattr(processor, "_exact", more)
    assert saturates()
    assert first_rung() == "int8-reduced"
