"""What stands on an encoder: pooling, and the published heads, in float32, for they read one row of a text only."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from classmark_models.convert.architecture import Architecture
from classmark_models.convert.names import EncoderWeights
from classmark_models.errors import ModelUnsupported
from classmark_models.graph import GraphBuilder, float_linears

_CLASSIFIER = "ForSequenceClassification"
_BARE = ("Model", "ForMaskedLM", "ForPreTraining", "LMHeadModel")
SPHERE_INNER, SPHERE_LABELS = 256, 8


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
    if not made_for or made_for.endswith(_BARE):
        return "none"
    raise ModelUnsupported(f"{weights.checkpoint.path}: a {made_for} cannot be converted: it does not classify texts.")


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


def _classification(
    builder: GraphBuilder, hidden: str, weights: EncoderWeights, dense: str, activation: str, last: str
) -> int:
    """Add first token → dense → activation → classifier; return the number of labels."""
    width, path = weights.architecture.shape.width, weights.checkpoint.path
    shape = weights.checkpoint.shape(f"{last}.weight") if f"{last}.weight" in weights.checkpoint else ()
    if not shape or f"{dense}.weight" not in weights.checkpoint:
        raise ModelUnsupported(f"{path} holds no head for classifying ({dense}, {last}).")
    if shape[0] < 2:
        raise ModelUnsupported(f"{path}: the head has one output. It rates texts and tells no subjects.")
    names = weights.architecture.label_names
    if names and len(names) != shape[0]:
        raise ModelUnsupported(f"{path}: the head has {shape[0]} outputs, config.json names {len(names)} labels.")
    inner = _linear(builder, _first(builder, hidden, "first"), weights, dense, "dense", width)
    _linear(builder, builder.add(activation, [inner], "dense.active"), weights, last, "logits", shape[0])
    return shape[0]


def _none(builder: GraphBuilder, hidden: str, pooled: str, weights: EncoderWeights) -> int:
    return 0


def _bert(builder: GraphBuilder, hidden: str, pooled: str, weights: EncoderWeights) -> int:
    dense, last = f"{weights.prefix}pooler.dense", f"{_outside(weights)}classifier"
    return _classification(builder, hidden, weights, dense, "Tanh", last)


def _distilbert(builder: GraphBuilder, hidden: str, pooled: str, weights: EncoderWeights) -> int:
    outside = _outside(weights)
    return _classification(builder, hidden, weights, f"{outside}pre_classifier", "Relu", f"{outside}classifier")


def _roberta(builder: GraphBuilder, hidden: str, pooled: str, weights: EncoderWeights) -> int:
    stem = f"{_outside(weights)}classifier"
    return _classification(builder, hidden, weights, f"{stem}.dense", "Tanh", f"{stem}.out_proj")


def _sphere(builder: GraphBuilder, hidden: str, pooled: str, weights: EncoderWeights) -> int:
    """Add the Article Sphere head: width → 256 → ReLU → 8 → log-softmax, its layers found by their shapes."""
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
    inner = _linear(builder, pooled, weights, stems[0], "dense", SPHERE_INNER)
    active = builder.add("Relu", [inner], "dense.active")
    matrix = weights.read(f"{stems[1]}.weight", (SPHERE_LABELS, SPHERE_INNER))
    bias = weights.read(f"{stems[1]}.bias", (SPHERE_LABELS,))
    (scores,) = float_linears(builder, active, {"scores": (matrix, bias)})
    builder.add("LogSoftmax", [scores], "logits", axis=1)
    return SPHERE_LABELS


HEADS: dict[str, Callable[[GraphBuilder, str, str, EncoderWeights], int]] = {
    "none": _none,
    "bert": _bert,
    "distilbert": _distilbert,
    "roberta": _roberta,
    "spheres": _sphere,
}
"""Each adds ``logits`` to (builder, last hidden states, pooled vectors, weights) and returns the number of labels."""
