"""Small published folders of every family, converted, against plain numpy."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import pytest
from tests.models.checkpoint_files import bfloat16, write_torch_zip
from tests.models.published_folders import (
    BERT_CONFIG,
    CONFIGS,
    FAMILIES,
    LABELS,
    Floats,
    answer,
    expected_hidden,
    expected_logits,
    published,
    random_array,
    table,
    unit,
    write,
)
from tests.models.small_encoder import LAYERS, LENGTHS, POSITIONS, WIDTH, random_ids, random_weights, reference

from classmark_models.convert import FLOAT32, INT8, Precision, convert
from classmark_models.errors import ModelUnsupported
from classmark_models.quantize import BlockEmbedding


@pytest.mark.parametrize("family", FAMILIES)
def test_classifier_is_that_of_the_family(family: str, tmp_path: Path) -> None:
    done = convert(write(tmp_path, CONFIGS[family], published(family)), tmp_path / "x.onnx", FLOAT32)
    assert (done.head, done.labels, done.architecture.max_tokens) == (family, LABELS, POSITIONS)
    for length in LENGTHS:
        ids = random_ids(length)
        found = answer(tmp_path / "x.onnx", ids)
        np.testing.assert_allclose(found["logits"], expected_logits(family, ids), atol=1e-4)
        np.testing.assert_allclose(found["embedding"], unit(expected_hidden(ids)[0]), atol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_int8_is_close(family: str, tmp_path: Path) -> None:
    convert(write(tmp_path, CONFIGS[family], published(family)), tmp_path / "x.onnx")
    same = []
    for seed in range(20):
        ids = random_ids(1 + seed % POSITIONS, seed)
        found, expected = answer(tmp_path / "x.onnx", ids), expected_logits(family, ids)
        assert unit(found["logits"]) @ unit(expected) > 0.98
        assert found["embedding"] @ unit(expected_hidden(ids)[0]) > 0.98
        assert np.abs(found["logits"] - expected).max() > 1e-5, "8 bits cannot be this exact: they were not used"
        same.append(found["logits"].argmax() == expected.argmax())
    assert np.mean(same) >= 0.9


@pytest.mark.parametrize("prefix", ["bert.", "", "module.bert.", "0.auto_model."])
@pytest.mark.parametrize("old", [False, True], ids=["weight and bias", "gamma and beta"])
@pytest.mark.parametrize("pooling", ["mean", "first"])
def test_bare_encoder_under_any_prefix(prefix: str, old: bool, pooling: str, tmp_path: Path) -> None:
    arrays = {f"{prefix}{n.removeprefix('bert.')}": a for n, a in published("bert").items() if n.startswith("bert.")}
    if old:
        for name in [name for name in arrays if "LayerNorm" in name]:
            arrays[name.replace("weight", "gamma").replace("bias", "beta")] = arrays.pop(name)
    folder = write(tmp_path, BERT_CONFIG | {"architectures": ["BertModel"], "id2label": None}, arrays)
    assert convert(folder, tmp_path / "x.onnx", FLOAT32, pooling).head == "none"
    ids = random_ids(9)
    found, hidden = answer(tmp_path / "x.onnx", ids), expected_hidden(ids)
    assert list(found) == ["embedding"]
    expected = hidden[0] if pooling == "first" else hidden.mean(axis=0)
    np.testing.assert_allclose(found["embedding"], unit(expected), atol=1e-4)


def test_head_is_found_without_the_name_of_its_class(tmp_path: Path) -> None:
    arrays = {f"module.{name}": array for name, array in published("roberta").items()}
    folder = write(tmp_path, CONFIGS["roberta"] | {"architectures": None}, arrays)
    assert convert(folder, tmp_path / "x.onnx", FLOAT32).labels == LABELS
    found = answer(tmp_path / "x.onnx", random_ids(4))
    np.testing.assert_allclose(found["logits"], expected_logits("roberta", random_ids(4)), atol=1e-4)


@pytest.mark.parametrize("pooling", ["mean", "first"])
def test_head_of_article_spheres(pooling: str, tmp_path: Path) -> None:
    arrays = {name: array for name, array in published("distilbert").items() if "classifier" not in name}
    layers = {"head.0": random_array(41, 256, WIDTH, scale=0.3), "head.3": random_array(42, 8, 256, scale=0.1)}
    biases = {"head.0": random_array(43, 256), "head.3": random_array(44, 8)}
    for name, matrix in layers.items():
        arrays |= {f"{name}.weight": matrix, f"{name}.bias": biases[name]}
    folder = write(tmp_path, CONFIGS["distilbert"] | {"architectures": ["DistilBertModel"]}, arrays)
    assert convert(folder, tmp_path / "x.onnx", FLOAT32, pooling, head="spheres").labels == 8
    hidden = expected_hidden(random_ids(6))
    pooled = hidden[0] if pooling == "first" else hidden.mean(axis=0)
    inner = np.maximum(pooled @ layers["head.0"].T + biases["head.0"], 0)
    scores = inner @ layers["head.3"].T + biases["head.3"]
    found = answer(tmp_path / "x.onnx", random_ids(6))["logits"]
    np.testing.assert_allclose(found, scores - np.log(np.exp(scores).sum()), atol=1e-4)
    del arrays["head.3.weight"]
    with pytest.raises(ModelUnsupported, match="holds 0 layers of 256 → 8"):
        convert(write(tmp_path, CONFIGS["distilbert"], arrays), tmp_path / "x.onnx", head="spheres")


@pytest.mark.parametrize("name", ["gelu_new", "gelu_fast", "gelu_pytorch_tanh"])
def test_tanh_approximation_of_gelu(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def tanh_gelu(x: Floats) -> Floats:
        return np.asarray(x * 0.5 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))))

    exact = expected_hidden(random_ids(7))
    monkeypatch.setattr("tests.models.small_encoder.gelu", tanh_gelu)
    expected = expected_hidden(random_ids(7))
    convert(write(tmp_path, BERT_CONFIG | {"hidden_act": name}, published("bert")), tmp_path / "x.onnx", FLOAT32)
    found = answer(tmp_path / "x.onnx", random_ids(7))["embedding"]
    assert np.abs(found - unit(expected[0])).max() < np.abs(found - unit(exact[0])).max() / 10


@pytest.mark.parametrize("epsilon", [1e-5, 0.1])
def test_epsilon_comes_from_the_configuration(epsilon: float, tmp_path: Path) -> None:
    folder = write(tmp_path, CONFIGS["roberta"] | {"layer_norm_eps": epsilon}, published("roberta"))
    done = convert(folder, tmp_path / "x.onnx", FLOAT32)
    hidden = reference(random_ids(5), table().astype(np.float64), random_weights(), done.architecture.shape)
    assert done.architecture.shape.epsilon == epsilon
    found = answer(tmp_path / "x.onnx", random_ids(5))["embedding"]
    np.testing.assert_allclose(found, unit(hidden[0]), atol=1e-4)


@pytest.mark.parametrize(("kind", "tolerance"), [("<f2", 0.01), ("bfloat16", 0.05)])
def test_halves_and_zips_convert_alike(kind: str, tolerance: float, tmp_path: Path) -> None:
    arrays = {
        name: array if array.dtype == np.int64 else bfloat16(array) if kind == "bfloat16" else array.astype(kind)
        for name, array in published("bert").items()
    }
    convert(write(tmp_path, BERT_CONFIG, arrays), tmp_path / "safetensors.onnx", FLOAT32)
    (tmp_path / "model.safetensors").unlink()
    write_torch_zip(tmp_path / "pytorch_model.bin", arrays)
    convert(tmp_path, tmp_path / "zip.onnx", FLOAT32)
    left, right = (answer(tmp_path / f"{name}.onnx", random_ids(8))["embedding"] for name in ("safetensors", "zip"))
    np.testing.assert_array_equal(left, right)
    np.testing.assert_allclose(left, unit(expected_hidden(random_ids(8))[0]), atol=tolerance)


def test_int8_graph_keeps_only_the_head_in_float32(tmp_path: Path) -> None:
    convert(write(tmp_path, BERT_CONFIG, published("bert")), tmp_path / "x.onnx", INT8)
    nodes = [node.op_type for node in onnx.load(str(tmp_path / "x.onnx")).graph.node]
    assert nodes.count("MatMulIntegerToFloat") == 6 * LAYERS
    assert nodes.count("MatMul") == 2
    assert nodes.count("GatherBlockQuantized") == 1


@pytest.mark.parametrize(("bits", "block", "error"), [(8, 128, 0.5 / 127), (4, 32, 0.5 / 7), (4, 16, 0.5 / 7)])
def test_rounded_table_of_words(bits: int, block: int, error: float, tmp_path: Path) -> None:
    precision = Precision(FLOAT32.linears, partial(BlockEmbedding.of, bits=bits, block=block))
    words = precision.words(table())
    assert isinstance(words, BlockEmbedding)
    read = np.repeat(words.scales, WIDTH // words.scales.shape[1], axis=1)
    read = (words.codes.astype(np.float32) - (1 << bits - 1)) * read
    assert np.abs(read - table()).max() <= error * np.abs(table()).max() * 1.001
    convert(write(tmp_path, BERT_CONFIG, published("bert")), tmp_path / "x.onnx", precision)
    expected = reference(random_ids(7), read.astype(np.float64), random_weights())[0]
    np.testing.assert_allclose(answer(tmp_path / "x.onnx", random_ids(7))["embedding"], unit(expected), atol=1e-4)


def test_table_that_blocks_do_not_divide_stays_exact() -> None:
    assert not isinstance(BlockEmbedding.of(random_array(1, 4, 312)), BlockEmbedding)
    zero = BlockEmbedding.of(np.zeros((3, 64), np.float32))
    assert isinstance(zero, BlockEmbedding)
    assert (zero.codes == 128).all()


def test_same_folder_gives_the_same_bytes(tmp_path: Path) -> None:
    write(tmp_path, BERT_CONFIG, published("bert"))
    for name in ("a", "b"):
        convert(tmp_path, tmp_path / name / "x.onnx")
    for name in ("x.onnx", "x.onnx.data"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
