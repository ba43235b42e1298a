"""A published model's folder → an ONNX graph, without PyTorch or TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from classmark_models.checkpoint import open_checkpoint
from classmark_models.convert.architecture import Architecture, read_config
from classmark_models.convert.heads import HEADS, add_pooling, head_of
from classmark_models.convert.names import EncoderWeights
from classmark_models.errors import ModelUnsupported
from classmark_models.graph import Array, Embedding, GraphBuilder, Linears, add_encoder, float_linears
from classmark_models.quantize import BlockEmbedding, Int8Linears, float_words

__all__ = ["FLOAT32", "INT8", "Converted", "Precision", "convert"]


@dataclass(frozen=True, slots=True)
class Precision:
    """How the numbers of a graph are kept: the encoder's matrix products, and its table of word vectors."""

    linears: Linears = field(default_factory=Int8Linears)
    words: Callable[[Array], Embedding] = BlockEmbedding.of


INT8 = Precision()
FLOAT32 = Precision(float_linears, float_words)


@dataclass(frozen=True, slots=True)
class Converted:
    """What was written: ``head`` is a key of ``heads.HEADS``, ``labels`` the number of logits, 0 without any."""

    architecture: Architecture
    head: str
    labels: int


def convert(
    folder: Path, target: Path, precision: Precision = INT8, pooling: str = "mean", head: str | None = None
) -> Converted:
    """Write ``target`` and ``<target>.data`` from the ``config.json`` and the weights of a published folder.

    The graph takes ``input_ids``, int64 (batch, tokens), rows without padding, special tokens included. It gives
    ``embedding``, float32 (batch, width), the mean of the last hidden states (``pooling`` "mean") or that of the first
    token ("first") at unit length; and, where the model has a head, ``logits`` (batch, labels). ``head`` overrules
    config.json: a key of ``heads.HEADS``. Weights are read one at a time.

    Raises ModelMissing, ModelDamaged, ModelUnsafe, and ModelUnsupported with the reason.
    """
    architecture = read_config(folder / "config.json")
    checkpoint = open_checkpoint(folder)
    weights = EncoderWeights(checkpoint, architecture)
    head = head or head_of(architecture, weights)
    if head not in HEADS:
        raise ModelUnsupported(f"{folder}: Classmark knows no head called {head}, only {', '.join(HEADS)}.")
    builder = GraphBuilder()
    words = precision.words(weights.words())
    hidden = add_encoder(builder, architecture.shape, weights, words, precision.linears)
    pooled = add_pooling(builder, hidden, pooling)
    outputs = {builder.add("LpNormalization", [pooled], "embedding", axis=1, p=2): ["batch", architecture.shape.width]}
    labels = HEADS[head](builder, hidden, pooled, weights)
    if labels:
        outputs["logits"] = ["batch", labels]
    target.parent.mkdir(parents=True, exist_ok=True)
    builder.save(target, architecture.family, {"input_ids": ["batch", "tokens"]}, outputs)
    return Converted(architecture, head, labels)
