"""A published model's folder → an ONNX graph, without PyTorch or TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from classmark_models.checkpoint import open_checkpoint
from classmark_models.convert.architecture import Architecture, read_config
from classmark_models.convert.calibrate import measure_ranges
from classmark_models.convert.heads import HEADS, MASKED_WORDS, READ_FIRST, Encoded, add_pooling, head_of
from classmark_models.convert.names import EncoderWeights
from classmark_models.convert.precision import FLOAT32, INT8, LADDER, VARIANTS, Precision, variant
from classmark_models.convert.processor import first_rung, saturates
from classmark_models.errors import ModelUnsupported
from classmark_models.graph import GraphBuilder, add_encoder

__all__ = [
    "FLOAT32",
    "INT8",
    "LADDER",
    "VARIANTS",
    "Converted",
    "Precision",
    "convert",
    "first_rung",
    "measure_ranges",
    "saturates",
    "variant",
]


@dataclass(frozen=True, slots=True)
class Converted:
    """What was written: ``head`` is a key of ``heads.HEADS``, ``labels`` the number of logits, 0 without any."""

    architecture: Architecture
    head: str
    labels: int

    @property
    def task(self) -> str:
        """What the graph is for: "classification", "masked-words", or "embedding" alone."""
        return {"none": "embedding", MASKED_WORDS: MASKED_WORDS}.get(self.head, "classification")


def convert(
    folder: Path, target: Path, precision: Precision = INT8, pooling: str = "mean", head: str | None = None
) -> Converted:
    """Write ``target`` and ``<target>.data`` from the ``config.json`` and the weights of a published folder.

    The graph takes ``input_ids``, int64 (batch, tokens), rows without padding, special tokens included. It gives
    ``embedding``, float32 (batch, width), the mean of the last hidden states (``pooling`` "mean") or that of the first
    token ("first", and wherever the head reads no other) at unit length; and, where the model has a head, ``logits``
    (batch, labels). A model that fills masks has a second input, ``masks``, int64 (masks,): the places of tokens in
    the only row. Its ``logits``, (masks, vocabulary), are for those alone. ``head`` overrules config.json: a key of
    ``heads.HEADS``, "none" for embeddings alone. Weights are read one at a time.

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
    first_only = head in READ_FIRST or (pooling == "first" and head != MASKED_WORDS)
    hidden = add_encoder(builder, architecture.shape, weights, words, precision.linears, first_only=first_only)
    pooled = add_pooling(builder, hidden, pooling)
    outputs = {builder.add("LpNormalization", [pooled], "embedding", axis=1, p=2): ["batch", architecture.shape.width]}
    labels = HEADS[head](builder, Encoded(hidden, pooled, weights, words, precision.words))
    inputs = {"input_ids": ["batch", "tokens"]} | ({"masks": ["masks"]} if head == MASKED_WORDS else {})
    if labels:
        outputs["logits"] = ["masks" if head == MASKED_WORDS else "batch", labels]
    target.parent.mkdir(parents=True, exist_ok=True)
    builder.save(target, architecture.family, inputs, outputs)
    return Converted(architecture, head, labels)
