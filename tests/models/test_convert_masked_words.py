"""The head that fills masks, of every family, against plain numpy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from tests.models.published_folders import (
    CONFIGS,
    FAMILIES,
    Arrays,
    Floats,
    answer,
    expected_hidden,
    published,
    random_array,
    table,
    unit,
    write,
)
from tests.models.small_encoder import POSITIONS, WIDTH, WORDS, gelu, layer_norm, random_ids

from classmark_models.convert import FLOAT32, INT8, Precision, convert
from classmark_models.errors import ModelUnsupported

NAMES = {
    "bert": ("cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.decoder"),
    "distilbert": ("vocab_transform", "vocab_layer_norm", "vocab_projector"),
    "roberta": ("lm_head.dense", "lm_head.layer_norm", "lm_head.decoder"),
}
BIASES = {"bert": "cls.predictions.bias", "distilbert": "vocab_projector.bias", "roberta": "lm_head.bias"}
MADE_FOR = {"bert": "BertForMaskedLM", "distilbert": "DistilBertForMaskedLM", "roberta": "XLMRobertaForMaskedLM"}


def layers() -> Arrays:
    return {
        "dense.w": random_array(51, WIDTH, WIDTH, scale=0.3),
        "dense.b": random_array(52, WIDTH),
        "norm.w": random_array(53, WIDTH),
        "norm.b": random_array(54, WIDTH),
        "bias": random_array(55, WORDS),
    }


def folder_of(
    family: str, where: Path, change: Mapping[str, Floats | None] = {}, config: Mapping[str, Any] = {}
) -> Path:
    arrays = {name: array for name, array in published(family).items() if "classifier" not in name}
    dense, norm, _ = NAMES[family]
    ours = layers()
    for part, name in (("w", "weight"), ("b", "bias")):
        arrays |= {f"{dense}.{name}": ours[f"dense.{part}"], f"{norm}.{name}": ours[f"norm.{part}"]}
    changed = {**arrays, BIASES[family]: ours["bias"], **change}
    kept = {name: array for name, array in changed.items() if array is not None}
    return write(where, {**CONFIGS[family], "architectures": [MADE_FOR[family]], "id2label": None, **config}, kept)


def expected(ids: list[int], masks: list[int], words: Floats) -> Floats:
    ours = {name: array.astype(np.float64) for name, array in layers().items()}
    inner = gelu(expected_hidden(ids)[masks] @ ours["dense.w"].T + ours["dense.b"])
    return np.asarray(layer_norm(inner, ours, "norm", 1e-12) @ words.T + ours["bias"])


@pytest.mark.parametrize("family", FAMILIES)
def test_masks_are_filled_as_the_family_does(family: str, tmp_path: Path) -> None:
    done = convert(folder_of(family, tmp_path), tmp_path / "x.onnx", FLOAT32)
    assert (done.head, done.task, done.labels) == ("masked-words", "masked-words", WORDS)
    for length, masks in ((1, [0]), (9, [3]), (POSITIONS, [0, 15, 7, 7])):
        found = answer(tmp_path / "x.onnx", random_ids(length), masks)
        assert found["logits"].shape == (len(masks), WORDS)
        np.testing.assert_allclose(found["logits"], expected(random_ids(length), masks, table()), atol=1e-3)
        mean = expected_hidden(random_ids(length)).mean(axis=0)
        np.testing.assert_allclose(found["embedding"], unit(mean), atol=1e-4)


@pytest.mark.parametrize("precision", [FLOAT32, INT8], ids=["float32", "int8"])
@pytest.mark.parametrize("family", FAMILIES)
def test_decoder_of_its_own(family: str, precision: Precision, tmp_path: Path) -> None:
    """A decoder that equals the table of words is not stored again; one that differs is used."""
    decoder = f"{NAMES[family][2]}.weight"
    sizes = {}
    for name, own in (("tied", None), ("same", table()), ("own", random_array(56, WORDS, WIDTH))):
        convert(folder_of(family, tmp_path, {decoder: own}), tmp_path / f"{name}.onnx", precision)
        sizes[name] = (tmp_path / f"{name}.onnx.data").read_bytes()
        found = answer(tmp_path / f"{name}.onnx", random_ids(8), [2, 5])["logits"]
        right = expected(random_ids(8), [2, 5], table() if own is None else own)
        assert np.abs(found - right).max() < (1e-3 if precision is FLOAT32 else 0.2 * np.abs(right).max())
    assert sizes["tied"] == sizes["same"]
    assert len(sizes["own"]) > len(sizes["tied"])


@pytest.mark.parametrize("family", ["bert", "roberta"])
def test_bias_may_stand_with_the_decoder(family: str, tmp_path: Path) -> None:
    change = {BIASES[family]: None, f"{NAMES[family][2]}.bias": layers()["bias"]}
    convert(folder_of(family, tmp_path, change), tmp_path / "x.onnx", FLOAT32)
    found = answer(tmp_path / "x.onnx", random_ids(5), [1])["logits"]
    np.testing.assert_allclose(found, expected(random_ids(5), [1], table()), atol=1e-3)


def test_activation_is_that_of_the_configuration_except_in_roberta(tmp_path: Path) -> None:
    for family, key, operator in (
        ("bert", "hidden_act", "FastGelu"),
        ("distilbert", "activation", "FastGelu"),
        ("roberta", "hidden_act", "Gelu"),
    ):
        convert(folder_of(family, tmp_path, config={key: "gelu_new"}), tmp_path / "x.onnx")
        nodes = {node.name: node.op_type for node in onnx.load(str(tmp_path / "x.onnx")).graph.node}
        assert nodes["dense.active"] == operator
        assert nodes["l0.active"] == "FastGelu"


def test_int8_reads_one_table_for_both_ends(tmp_path: Path) -> None:
    convert(folder_of("bert", tmp_path), tmp_path / "x.onnx")
    proto = onnx.load(str(tmp_path / "x.onnx"), load_external_data=False)
    (scores,) = (node for node in proto.graph.node if node.op_type == "MatMulNBits")
    stored = {
        tensor.name: {entry.key: entry.value for entry in tensor.external_data} for tensor in proto.graph.initializer
    }
    assert stored[scores.input[1]] == stored["words"]
    agreed = 0
    for seed in range(20):
        found = answer(tmp_path / "x.onnx", random_ids(9, seed), [4])["logits"][0]
        right = expected(random_ids(9, seed), [4], table())[0]
        assert unit(found) @ unit(right) > 0.98
        agreed += int(found.argmax() == right.argmax())
    assert agreed >= 18


def test_embeddings_alone(tmp_path: Path) -> None:
    done = convert(folder_of("roberta", tmp_path), tmp_path / "x.onnx", FLOAT32, head="none")
    assert (done.task, done.labels) == ("embedding", 0)
    assert list(answer(tmp_path / "x.onnx", random_ids(3))) == ["embedding"]


@pytest.mark.parametrize("family", FAMILIES)
def test_no_such_head(family: str, tmp_path: Path) -> None:
    folder = folder_of(family, tmp_path, {f"{NAMES[family][0]}.weight": None})
    with pytest.raises(ModelUnsupported, match="holds no head for masked words"):
        convert(folder, tmp_path / "x.onnx")
