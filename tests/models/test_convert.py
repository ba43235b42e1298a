"""Small published folders of every family, converted, against plain numpy; and what is refused, and why."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from tests.models.checkpoint_files import bfloat16, write_safetensors, write_torch_zip
from tests.models.small_encoder import (
    LAYERS,
    LENGTHS,
    POSITIONS,
    SHAPE,
    WIDTH,
    WORDS,
    load,
    random_ids,
    random_weights,
    reference,
)

from classmark_models.convert import FLOAT32, INT8, Precision, convert
from classmark_models.errors import ModelDamaged, ModelError, ModelMissing, ModelUnsafe, ModelUnsupported
from classmark_models.quantize import BlockEmbedding

Floats = npt.NDArray[Any]
Arrays = dict[str, Floats]

LABELS, PAD = 5, 1
BERT_LAYER = {
    "q": "encoder.layer.{}.attention.self.query",
    "k": "encoder.layer.{}.attention.self.key",
    "v": "encoder.layer.{}.attention.self.value",
    "o": "encoder.layer.{}.attention.output.dense",
    "n1": "encoder.layer.{}.attention.output.LayerNorm",
    "up": "encoder.layer.{}.intermediate.dense",
    "down": "encoder.layer.{}.output.dense",
    "n2": "encoder.layer.{}.output.LayerNorm",
}
DISTILBERT_LAYER = {
    "q": "transformer.layer.{}.attention.q_lin",
    "k": "transformer.layer.{}.attention.k_lin",
    "v": "transformer.layer.{}.attention.v_lin",
    "o": "transformer.layer.{}.attention.out_lin",
    "n1": "transformer.layer.{}.sa_layer_norm",
    "up": "transformer.layer.{}.ffn.lin1",
    "down": "transformer.layer.{}.ffn.lin2",
    "n2": "transformer.layer.{}.output_layer_norm",
}
HEADS = {
    "bert": {"dense": "bert.pooler.dense", "last": "classifier"},
    "distilbert": {"dense": "pre_classifier", "last": "classifier"},
    "roberta": {"dense": "classifier.dense", "last": "classifier.out_proj"},
}
BERT_CONFIG = {
    "model_type": "bert",
    "architectures": ["BertForSequenceClassification"],
    "hidden_size": WIDTH,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": SHAPE.heads,
    "intermediate_size": 128,
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-12,
    "vocab_size": WORDS,
    "max_position_embeddings": POSITIONS,
    "type_vocab_size": 2,
    "id2label": {str(place): f"label {place}" for place in range(LABELS)},
}
CONFIGS: dict[str, dict[str, Any]] = {
    "bert": BERT_CONFIG,
    "distilbert": {
        "model_type": "distilbert",
        "architectures": ["DistilBertForSequenceClassification"],
        "dim": WIDTH,
        "n_layers": LAYERS,
        "n_heads": SHAPE.heads,
        "hidden_dim": 128,
        "activation": "gelu",
        "vocab_size": WORDS,
        "max_position_embeddings": POSITIONS,
    },
    "roberta": BERT_CONFIG
    | {
        "model_type": "xlm-roberta",
        "architectures": ["XLMRobertaForSequenceClassification"],
        "max_position_embeddings": POSITIONS + PAD + 1,
        "pad_token_id": PAD,
        "type_vocab_size": 1,
    },
}
FAMILIES = list(CONFIGS)


def random_array(seed: int, *shape: int, scale: float = 1.0) -> Floats:
    return (scale * np.random.default_rng(seed).normal(size=shape)).astype("<f4")


def table() -> Floats:
    return random_array(21, WORDS, WIDTH)


def head() -> Arrays:
    """Return the two layers that each family's head has, as ours."""
    return {
        "dense.weight": random_array(31, WIDTH, WIDTH, scale=0.4),
        "dense.bias": random_array(32, WIDTH, scale=0.3),
        "last.weight": random_array(33, LABELS, WIDTH),
        "last.bias": random_array(34, LABELS),
    }


def published(family: str) -> Arrays:
    """Return the small encoder and a head under the names of the family's published files."""
    weights = random_weights()
    prefix = f"{family}."
    types = random_array(22, 2 if family == "bert" else 1, WIDTH, scale=0.5)
    positions = weights["positions"]
    if family == "roberta":
        positions = np.concatenate([np.full((PAD + 1, WIDTH), 9, "<f4"), positions])
    arrays = {"embeddings.word_embeddings.weight": table()}
    if family == "distilbert":
        arrays["embeddings.position_embeddings.weight"] = positions
    else:
        arrays["embeddings.token_type_embeddings.weight"] = types
        arrays["embeddings.position_embeddings.weight"] = positions - types[0]
    layer = DISTILBERT_LAYER if family == "distilbert" else BERT_LAYER
    for part, name in (("w", "weight"), ("b", "bias")):
        arrays[f"embeddings.LayerNorm.{name}"] = weights[f"norm.{part}"]
        for index in range(LAYERS):
            for ours, theirs in layer.items():
                arrays[f"{theirs.format(index)}.{name}"] = weights[f"l{index}.{ours}.{part}"]
    named = {f"{prefix}{name}": array for name, array in arrays.items()}
    named["embeddings.position_ids"] = np.arange(POSITIONS)[None].astype("<i8")
    for key, array in head().items():
        layer_name, _, part = key.partition(".")
        named[f"{HEADS[family][layer_name]}.{part}"] = array
    return named


def write(folder: Path, config: Mapping[str, Any], arrays: Arrays) -> Path:
    (folder / "config.json").write_text(json.dumps(config))
    write_safetensors(folder / "model.safetensors", arrays)
    return folder


def expected_hidden(ids: list[int]) -> Floats:
    return reference(ids, table().astype(np.float64), random_weights())


def unit(vector: Floats) -> Floats:
    return np.asarray(vector / np.linalg.norm(vector))


def expected_logits(family: str, ids: list[int]) -> Floats:
    dense, bias, last, last_bias = head().values()
    inner = expected_hidden(ids)[0] @ dense.T + bias
    active = np.maximum(inner, 0) if family == "distilbert" else np.tanh(inner)
    return np.asarray(active @ last.T + last_bias)


def answer(path: Path, ids: list[int]) -> dict[str, Floats]:
    runtime = load(path)
    names = [output.name for output in runtime.get_outputs()]
    found = runtime.run(names, {"input_ids": np.array([ids], np.int64)})
    return {name: value[0] for name, value in zip(names, found, strict=True)}


@pytest.mark.parametrize("family", FAMILIES)
def test_classifier_is_that_of_the_family(family: str, tmp_path: Path) -> None:
    done = convert(write(tmp_path, CONFIGS[family], published(family)), tmp_path / "x.onnx", FLOAT32)
    assert (done.head, done.labels, done.architecture.max_tokens) == (family, LABELS, POSITIONS)
    for length in LENGTHS:
        ids = random_ids(length)
        found = answer(tmp_path / "x.onnx", ids)
        np.testing.assert_allclose(found["logits"], expected_logits(family, ids), atol=1e-4)
        np.testing.assert_allclose(found["embedding"], unit(expected_hidden(ids).mean(axis=0)), atol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_int8_is_close(family: str, tmp_path: Path) -> None:
    convert(write(tmp_path, CONFIGS[family], published(family)), tmp_path / "x.onnx")
    same = []
    for seed in range(20):
        ids = random_ids(1 + seed % POSITIONS, seed)
        found, expected = answer(tmp_path / "x.onnx", ids), expected_logits(family, ids)
        assert unit(found["logits"]) @ unit(expected) > 0.98
        assert found["embedding"] @ unit(expected_hidden(ids).mean(axis=0)) > 0.98
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
    assert np.abs(found - unit(expected.mean(axis=0))).max() < np.abs(found - unit(exact.mean(axis=0))).max() / 10


@pytest.mark.parametrize("epsilon", [1e-5, 0.1])
def test_epsilon_comes_from_the_configuration(epsilon: float, tmp_path: Path) -> None:
    folder = write(tmp_path, CONFIGS["roberta"] | {"layer_norm_eps": epsilon}, published("roberta"))
    done = convert(folder, tmp_path / "x.onnx", FLOAT32)
    hidden = reference(random_ids(5), table().astype(np.float64), random_weights(), done.architecture.shape)
    assert done.architecture.shape.epsilon == epsilon
    found = answer(tmp_path / "x.onnx", random_ids(5))["embedding"]
    np.testing.assert_allclose(found, unit(hidden.mean(axis=0)), atol=1e-4)


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
    np.testing.assert_allclose(left, unit(expected_hidden(random_ids(8)).mean(axis=0)), atol=tolerance)


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
    expected = reference(random_ids(7), read.astype(np.float64), random_weights()).mean(axis=0)
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


NO_KEY = object()


@pytest.mark.parametrize(
    ("change", "error", "reason"),
    [
        ({"model_type": "t5"}, ModelUnsupported, 'type "t5" cannot be converted'),
        ({"model_type": NO_KEY}, ModelUnsupported, 'type "" cannot be converted'),
        ({"model_type": ["bert"]}, ModelDamaged, "model_type is no text"),
        ({"position_embedding_type": "relative_key"}, ModelUnsupported, r'another way \("relative_key"\)'),
        ({"hidden_act": "relu"}, ModelUnsupported, 'activation "relu" cannot be converted'),
        ({"is_decoder": True}, ModelUnsupported, "is a decoder"),
        ({"quantization_config": {}}, ModelUnsupported, "is quantized already"),
        ({"pruned_heads": {"1": [2]}}, ModelUnsupported, "was pruned"),
        ({"architectures": ["BertForTokenClassification"]}, ModelUnsupported, "BertForTokenClassification cannot be"),
        ({"architectures": "Bert"}, ModelDamaged, "architectures is no list"),
        ({"hidden_size": NO_KEY}, ModelDamaged, "hidden_size is no whole number"),
        ({"hidden_size": 32.0}, ModelDamaged, "hidden_size is no whole number"),
        ({"hidden_size": 1 << 40}, ModelDamaged, "hidden_size is no whole number from 1 to 8,192"),
        ({"num_hidden_layers": 0}, ModelDamaged, "num_hidden_layers is no whole number"),
        ({"num_hidden_layers": True}, ModelDamaged, "num_hidden_layers is no whole number"),
        ({"num_hidden_layers": LAYERS - 1}, ModelDamaged, "has more layers than config.json states"),
        ({"num_hidden_layers": LAYERS + 1}, ModelDamaged, r"lacks the tensor bert\.encoder\.layer\.2"),
        ({"num_attention_heads": 5}, ModelDamaged, "no multiple of num_attention_heads"),
        ({"intermediate_size": 64}, ModelDamaged, r"has shape \[128, 32\] instead of \[64, 32\]"),
        ({"vocab_size": 65}, ModelDamaged, r"has shape \[64, 32\] instead of \[65, 32\]"),
        ({"layer_norm_eps": 0}, ModelDamaged, "layer_norm_eps is no small number"),
        ({"layer_norm_eps": float("nan")}, ModelDamaged, "layer_norm_eps is no small number"),
        ({"id2label": {"0": "a", "1": "b"}}, ModelUnsupported, "has 5 outputs, config.json names 2 labels"),
        ({"id2label": {"0": "a", "2": "b"}}, ModelDamaged, "id2label skips a number"),
        ({"id2label": {"0": 5}}, ModelDamaged, "id2label does not map numbers to names"),
        ({"id2label": [1]}, ModelDamaged, "id2label does not map numbers to names"),
    ],
)
def test_refused_configurations(
    change: Mapping[str, Any], error: type[ModelError], reason: str, tmp_path: Path
) -> None:
    config = {key: value for key, value in {**BERT_CONFIG, **change}.items() if value is not NO_KEY}
    with pytest.raises(error, match=reason):
        convert(write(tmp_path, config, published("bert")), tmp_path / "x.onnx", FLOAT32)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"\xff", b"[" * 100_000, b'{"a": ' + b"9" * 9999 + b"}", bytes(17 << 20)]
)
def test_damaged_configuration(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(ModelDamaged, match=r"config\.json"):
        convert(tmp_path, tmp_path / "x.onnx")


def test_missing_configuration(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"config\.json is missing"):
        convert(tmp_path, tmp_path / "x.onnx")


@pytest.mark.parametrize(
    ("change", "error", "reason"),
    [
        ({"other.embeddings.word_embeddings.weight": table()}, ModelUnsupported, "holds 2 encoders"),
        ({"bert.embeddings.word_embeddings.weight": None}, ModelUnsupported, "holds 0 encoders"),
        ({"bert.embeddings.LayerNorm.bias": None}, ModelDamaged, r"lacks the tensor bert\.embeddings\.LayerNorm\.bias"),
        ({"classifier.weight": None}, ModelUnsupported, "holds no head for classifying"),
        ({"bert.pooler.dense.weight": None}, ModelUnsupported, "holds no head for classifying"),
        ({"classifier.bias": random_array(1, 4)}, ModelDamaged, r"classifier\.bias has shape \[4\] instead of \[5\]"),
        ({"classifier.weight": random_array(1, 1, WIDTH)}, ModelUnsupported, "tells no subjects"),
        ({"classifier.weight": random_array(1, 5)}, ModelDamaged, r"has shape \[5\] instead of"),
        ({"bert.pooler.dense.weight": np.zeros((WIDTH, WIDTH), "<i8")}, ModelUnsupported, "holds I64 numbers"),
    ],
)
def test_refused_weights(
    change: Mapping[str, Floats | None], error: type[ModelError], reason: str, tmp_path: Path
) -> None:
    arrays = {name: array for name, array in {**published("bert"), **change}.items() if array is not None}
    with pytest.raises(error, match=reason):
        convert(write(tmp_path, BERT_CONFIG, arrays), tmp_path / "x.onnx", FLOAT32)


def test_unknown_head_and_pooling(tmp_path: Path) -> None:
    write(tmp_path, BERT_CONFIG, published("bert"))
    with pytest.raises(ModelUnsupported, match="no head called ear"):
        convert(tmp_path, tmp_path / "x.onnx", head="ear")
    with pytest.raises(ModelUnsupported, match='pooled by "largest"'):
        convert(tmp_path, tmp_path / "x.onnx", pooling="largest")


def test_unsafe_weights_stop_the_conversion(tmp_path: Path) -> None:
    write(tmp_path, BERT_CONFIG, published("bert"))
    (tmp_path / "model.safetensors").unlink()
    write_torch_zip(tmp_path / "pytorch_model.bin", published("bert"))
    data = (tmp_path / "pytorch_model.bin").read_bytes()
    (tmp_path / "pytorch_model.bin").write_bytes(data.replace(b"_rebuild_tensor_v2", b"_rebuild_tensor_v3"))
    with pytest.raises(ModelUnsafe, match=r"would run torch\._utils\._rebuild_tensor_v3"):
        convert(tmp_path, tmp_path / "x.onnx")
    assert not (tmp_path / "x.onnx").exists()
