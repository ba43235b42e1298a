"""What stands on an encoder: pooling, and the published heads, in float32, for they read few rows of a text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from classmark_models.convert.architecture import Architecture
from classmark_models.convert.names import EncoderWeights
from classmark_models.errors import ModelUnsupported
from classmark_models.graph import CONTRIB, Array, GraphBuilder, Words, float_linears

_CLASSIFIER, _MASKED_WORDS = "ForSequenceClassification", "ForMaskedLM"
_BARE = ("Model", "ForPreTraining", "LMHeadModel")
MASKED_WORDS = "masked-words"
SPHERE_INNER, SPHERE_LABELS = 256, 8
_MASKED_WORDS_LAYERS = {
    "bert": ("cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions"),
    "distilbert": ("vocab_transform", "vocab_layer_norm", "vocab_projector"),
    "roberta": ("lm_head.dense", "lm_head.layer_norm", "lm_head"),
}


@dataclass(frozen=True, slots=True)
class Encoded:
    """What a head stands on: the names of the last hidden states and the pooled vectors, and the weights.

    ``words`` is the encoder's table of word vectors as the graph keeps it, ``keep`` makes the like of another table.
    """

    hidden: str
    pooled: str
    weights: EncoderWeights
    words: Words
    keep: Callable[[Array], Words]


def add_pooling(builder: GraphBuilder, hidden: str, pooling: str) -> str:
    """Add the mean over tokens ("mean") or the choice of the first ("first") and return its name, (batch, width)."""
    if pooling == "mean":
        return builder.add("ReduceMean", [hidden], "pooled", axes=[1], keepdims=0)
    if pooling == "first":
        return _first(builder, hidden, "pooled")
    raise ModelUnsupported(f'Vectors cannot be pooled by "{pooling}", only by "mean" or "first".')


def head_of(architecture: Architecture, weights: EncoderWeights) -> str:
    """Return the key of HEADS for what the model was made for; ModelUnsupported for tasks that give no subjects."""
    made_for = architecture.made_for
    if made_for.endswith(_CLASSIFIER) or (not made_for and _classifier(architecture, weights) in weights.checkpoint):
        return architecture.family
    if made_for.endswith(_MASKED_WORDS):
        return MASKED_WORDS
    if not made_for or made_for.endswith(_BARE):
        return "none"
    raise ModelUnsupported(
        f"{weights.checkpoint.path}: a {made_for} cannot be converted: it neither classifies texts nor fills masks."
    )


def _classifier(architecture: Architecture, weights: EncoderWeights) -> str:
    stem = "classifier.out_proj" if architecture.family == "roberta" else "classifier"
    return f"{_outside(weights)}{stem}.weight"


def _outside(weights: EncoderWeights) -> str:
    """Return what stands before the names of a head: the encoder's prefix without its last part."""
    outer, dot, _ = weights.prefix[:-1].rpartition(".")
    return outer + dot


def _first(builder: GraphBuilder, hidden: str, name: str) -> str:
    return builder.add("Gather", [hidden, builder.constant(f"{name}.index", np.array(0, np.int64))], name, axis=1)


def _linear(builder: GraphBuilder, x: str, weights: EncoderWeights, stem: str, name: str, out: int) -> str:
    """Add the product with the published layer ``stem``, of ``out`` outputs and the encoder's width of inputs."""
    matrix = weights.read(f"{stem}.weight", (out, weights.architecture.shape.width))
    return float_linears(builder, x, {name: (matrix, weights.read(f"{stem}.bias", (out,)))})[0]


def _classification(builder: GraphBuilder, encoded: Encoded, dense: str, activation: str, last: str) -> int:
    """Add first token → dense → activation → classifier; return the number of labels."""
    weights = encoded.weights
    width, path = weights.architecture.shape.width, weights.checkpoint.path
    shape = weights.checkpoint.shape(f"{last}.weight") if f"{last}.weight" in weights.checkpoint else ()
    if not shape or f"{dense}.weight" not in weights.checkpoint:
        raise ModelUnsupported(f"{path} holds no head for classifying ({dense}, {last}).")
    if shape[0] < 2:
        raise ModelUnsupported(f"{path}: the head has one output. It rates texts and tells no subjects.")
    names = weights.architecture.label_names
    if names and len(names) != shape[0]:
        raise ModelUnsupported(f"{path}: the head has {shape[0]} outputs, config.json names {len(names)} labels.")
    inner = _linear(builder, _first(builder, encoded.hidden, "first"), weights, dense, "dense", width)
    _linear(builder, builder.add(activation, [inner], "dense.active"), weights, last, "logits", shape[0])
    return shape[0]


def _none(builder: GraphBuilder, encoded: Encoded) -> int:
    return 0


def _bert(builder: GraphBuilder, encoded: Encoded) -> int:
    dense, last = f"{encoded.weights.prefix}pooler.dense", f"{_outside(encoded.weights)}classifier"
    return _classification(builder, encoded, dense, "Tanh", last)


def _distilbert(builder: GraphBuilder, encoded: Encoded) -> int:
    outside = _outside(encoded.weights)
    return _classification(builder, encoded, f"{outside}pre_classifier", "Relu", f"{outside}classifier")


def _roberta(builder: GraphBuilder, encoded: Encoded) -> int:
    stem = f"{_outside(encoded.weights)}classifier"
    return _classification(builder, encoded, f"{stem}.dense", "Tanh", f"{stem}.out_proj")


def _masked_words(builder: GraphBuilder, encoded: Encoded) -> int:
    """Add the tokens at ``masks`` → dense → activation → norm → a score of every word; return their number."""
    weights = encoded.weights
    architecture, checkpoint = weights.architecture, weights.checkpoint
    dense, norm, last = (_outside(weights) + name for name in _MASKED_WORDS_LAYERS[architecture.family])
    if f"{dense}.weight" not in checkpoint:
        raise ModelUnsupported(f"{checkpoint.path} holds no head for masked words ({dense}).")
    width, words = architecture.shape.width, architecture.vocabulary
    row = builder.add("Gather", [encoded.hidden, builder.constant("row", np.array(0, np.int64))], "tokens.row", axis=0)
    masked = builder.add("Gather", [row, "masks"], "masked", axis=0)
    inner = _linear(builder, masked, weights, dense, "dense", width)
    activation = "Gelu" if architecture.family == "roberta" else architecture.shape.activation
    active = builder.add(activation, [inner], "dense.active", CONTRIB)
    scale = builder.constant("dense.gamma", weights.read(f"{norm}.weight", (width,)))
    shift = builder.constant("dense.beta", weights.read(f"{norm}.bias", (width,)))
    epsilon = architecture.shape.epsilon
    normed = builder.add("LayerNormalization", [active, scale, shift], "dense.normed", axis=-1, epsilon=epsilon)
    stem = last if architecture.family == "distilbert" else f"{last}.decoder"
    table = encoded.words
    if f"{stem}.weight" in checkpoint:
        own = weights.read(f"{stem}.weight", (words, width))
        table = table if np.array_equal(own, weights.words()) else encoded.keep(own)
    bias = f"{last}.bias" if f"{last}.bias" in checkpoint else f"{stem}.bias"
    table.scores(builder, normed, weights.read(bias, (words,)), "logits")
    return words


def _sphere(builder: GraphBuilder, encoded: Encoded) -> int:
    """Add the Article Sphere head: width → 256 → ReLU → 8 → log-softmax, its layers found by their shapes."""
    weights = encoded.weights
    width = weights.architecture.shape.width
    stems = []
    for shape in ((SPHERE_INNER, width), (SPHERE_LABELS, SPHERE_INNER)):
        checkpoint = weights.checkpoint
        found = [name for name in checkpoint if checkpoint.shape(name) == shape and name.endswith(".weight")]
        found = [name for name in found if name not in weights.published]
        if len(found) != 1:
            raise ModelUnsupported(
                f"{checkpoint.path} holds {len(found)} layers of {shape[1]} → {shape[0]} outside its encoder, where "
                "the head of Article Spheres has one."
            )
        stems.append(found[0].removesuffix(".weight"))
    inner = _linear(builder, encoded.pooled, weights, stems[0], "dense", SPHERE_INNER)
    active = builder.add("Relu", [inner], "dense.active")
    matrix = weights.read(f"{stems[1]}.weight", (SPHERE_LABELS, SPHERE_INNER))
    bias = weights.read(f"{stems[1]}.bias", (SPHERE_LABELS,))
    (scores,) = float_linears(builder, active, {"scores": (matrix, bias)})
    builder.add("LogSoftmax", [scores], "logits", axis=1)
    return SPHERE_LABELS


HEADS: dict[str, Callable[[GraphBuilder, Encoded], int]] = {
    "none": _none,
    "bert": _bert,
    "distilbert": _distilbert,
    "roberta": _roberta,
    "spheres": _sphere,
    MASKED_WORDS: _masked_words,
}
"""Each adds ``logits`` to what is encoded and returns how many there are in a row."""
READ_FIRST = frozenset({"bert", "distilbert", "roberta"})
"""The heads that read the first token alone, so that the last layer need not be computed for others."""
