"""``config.json`` → the sizes and habits of an encoder, or the reason why it cannot be converted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classmark_models.errors import ModelDamaged, ModelMissing, ModelUnsupported
from classmark_models.graph import Shape

CONFIG_LIMIT = 16 << 20
"""Bytes; the 4,521 names of OpenAlex topics take 0.6 MB."""

FAMILIES = {"bert": "bert", "distilbert": "distilbert"} | dict.fromkeys(
    ("roberta", "xlm-roberta", "camembert"), "roberta"
)
"""Families by config.json's ``model_type``."""
_ACTIVATIONS = {"gelu": "Gelu"} | dict.fromkeys(("gelu_new", "gelu_fast", "gelu_pytorch_tanh"), "FastGelu")
_BERT_KEYS = {
    "width": "hidden_size",
    "layers": "num_hidden_layers",
    "heads": "num_attention_heads",
    "inner": "intermediate_size",
    "activation": "hidden_act",
}
_DISTILBERT_KEYS = {
    "width": "dim",
    "layers": "n_layers",
    "heads": "n_heads",
    "inner": "hidden_dim",
    "activation": "activation",
}
_LIMITS = {"width": 8192, "layers": 128, "heads": 256, "inner": 65536}


@dataclass(frozen=True, slots=True)
class Architecture:
    """What config.json says of an encoder.

    ``first_position`` is the row of the table of positions that belongs to the first token; ``max_tokens`` counts
    from there. ``made_for`` is the class of its maker (``BertForSequenceClassification``), "" where none is stated;
    ``label_names`` are in the order of the logits, empty where none are stated.
    """

    family: str
    shape: Shape
    inner: int
    vocabulary: int
    max_tokens: int
    first_position: int
    token_types: int
    made_for: str
    label_names: tuple[str, ...]


def read_config(path: Path) -> Architecture:
    """Read and check ``config.json``; ModelMissing, ModelDamaged, or ModelUnsupported with the reason."""
    try:
        if path.stat().st_size > CONFIG_LIMIT:
            raise ModelDamaged(f"{path} is too large for a configuration.")
        facts = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelMissing(f"{path} is missing: without it nobody knows how the model is built.") from error
    except (ValueError, RecursionError) as error:
        raise ModelDamaged(f"{path} cannot be read: {error}") from error
    if not isinstance(facts, dict):
        raise ModelDamaged(f"{path} cannot be read: it is no configuration.")
    config = _Config(path, facts)
    kind = config.text("model_type", "")
    if kind not in FAMILIES:
        known = ", ".join(FAMILIES)
        raise ModelUnsupported(f'{path}: a model of type "{kind}" cannot be converted. Classmark knows {known}.')
    for reason, found in _obstacles(config):
        if found:
            raise ModelUnsupported(f"{path}: this model cannot be converted, because it {reason}.")
    return _architecture(config, FAMILIES[kind])


def _obstacles(config: _Config) -> list[tuple[str, bool]]:
    """Return what stands in the way, each with whether it does."""
    facts = config.facts
    positions = config.text("position_embedding_type", "absolute")
    return [
        (f'counts positions in another way ("{positions}")', positions != "absolute"),
        ("is a decoder", bool(facts.get("is_decoder")) or bool(facts.get("add_cross_attention"))),
        ("is quantized already", "quantization_config" in facts),
        ("was pruned: some of its heads are missing", bool(facts.get("pruned_heads"))),
    ]


def _architecture(config: _Config, family: str) -> Architecture:
    keys = _DISTILBERT_KEYS if family == "distilbert" else _BERT_KEYS
    sizes = {name: config.size(keys[name], limit) for name, limit in _LIMITS.items()}
    if sizes["width"] % sizes["heads"]:
        raise config.damaged(f"{keys['width']} is no multiple of {keys['heads']}")
    activation = config.text(keys["activation"], "gelu")
    if activation not in _ACTIVATIONS:
        known = ", ".join(_ACTIVATIONS)
        raise ModelUnsupported(f'{config.path}: the activation "{activation}" cannot be converted, only {known}.')
    epsilon = 1e-12 if family == "distilbert" else config.facts.get("layer_norm_eps", 1e-12)
    if not isinstance(epsilon, float) or not 0 < epsilon < 1:
        raise config.damaged("layer_norm_eps is no small number")
    positions = config.size("max_position_embeddings", 1 << 16)
    first = config.size("pad_token_id", positions - 2, least=0, default=1) + 1 if family == "roberta" else 0
    made_for = config.facts.get("architectures") or [""]
    if not isinstance(made_for, list) or not isinstance(made_for[0], str):
        raise config.damaged("architectures is no list of names")
    return Architecture(
        family=family,
        shape=Shape(sizes["width"], sizes["layers"], sizes["heads"], epsilon, _ACTIVATIONS[activation]),
        inner=sizes["inner"],
        vocabulary=config.size("vocab_size", 1 << 22),
        max_tokens=positions - first,
        first_position=first,
        token_types=0 if family == "distilbert" else config.size("type_vocab_size", 1 << 10, least=0, default=2),
        made_for=made_for[0],
        label_names=_label_names(config),
    )


def _label_names(config: _Config) -> tuple[str, ...]:
    """Return id2label in the order of its numbers, which are texts in JSON."""
    stated = config.facts.get("id2label") or {}
    if not isinstance(stated, dict) or not all(isinstance(name, str) for name in stated.values()):
        raise config.damaged("id2label does not map numbers to names")
    names = tuple(stated.get(str(place), "") for place in range(len(stated)))
    if len(names) != len(stated) or any(str(place) not in stated for place in range(len(stated))):
        raise config.damaged("id2label skips a number")
    return names


@dataclass(frozen=True, slots=True)
class _Config:
    """The facts of a config.json, none of them trusted."""

    path: Path
    facts: Mapping[str, Any]

    def size(self, key: str, limit: int, least: int = 1, default: int | None = None) -> int:
        value = self.facts.get(key)
        value = default if value is None else value
        if type(value) is not int or not least <= value <= limit:
            raise self.damaged(f"{key} is no whole number from {least} to {limit:,}")
        return value

    def text(self, key: str, default: str) -> str:
        value = self.facts.get(key)
        value = default if value is None else value
        if not isinstance(value, str):
            raise self.damaged(f"{key} is no text")
        return value

    def damaged(self, fault: str) -> ModelDamaged:
        return ModelDamaged(f"{self.path} cannot be used: {fault}.")
