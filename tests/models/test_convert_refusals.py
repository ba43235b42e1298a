"""Published folders that cannot be converted, and the reasons given."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.models.checkpoint_files import write_torch_zip
from tests.models.published_folders import BERT_CONFIG, Floats, published, random_array, table, write
from tests.models.small_encoder import LAYERS, WIDTH

from classmark_models.convert import FLOAT32, convert
from classmark_models.errors import ModelDamaged, ModelError, ModelMissing, ModelUnsafe, ModelUnsupported

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
