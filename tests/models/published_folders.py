"""Small folders as they are published, of every family, and what their graphs must answer, in plain numpy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tests.models.checkpoint_files import write_safetensors
from tests.models.small_encoder import LAYERS, POSITIONS, SHAPE, WIDTH, WORDS, load, random_weights, reference

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


def answer(path: Path, ids: list[int], masks: list[int] | None = None) -> dict[str, Floats]:
    """Return the outputs of a graph for one row; those for ``masks``, where the graph takes them, a row a mask."""
    runtime = load(path)
    names = [output.name for output in runtime.get_outputs()]
    given = {"input_ids": np.array([ids], np.int64)}
    if masks is not None:
        given["masks"] = np.array(masks, np.int64)
    found = dict(zip(names, runtime.run(names, given), strict=True))
    return {name: value if masks is not None and name == "logits" else value[0] for name, value in found.items()}
