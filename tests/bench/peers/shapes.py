"""The models of the benchmark: their sizes, the work they are, and where each library finds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LIMIT = 512
"""Tokens of a full window."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A model at full size; ``family`` and ``options`` are those of transformers, ``labels`` 0 for embeddings alone."""

    name: str
    title: str
    family: str
    labels: int
    width: int = 768
    layers: int = 12
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def task(self) -> str:
        """The task by the name that exporters know."""
        return "text-classification" if self.labels else "feature-extraction"

    def operations(self, tokens: int) -> float:
        """Return the multiplications and additions in the matrix products of one text."""
        weights = self.layers * 12 * self.width**2
        return 2.0 * weights * tokens + 4.0 * self.layers * self.width * tokens**2 + 2.0 * self.labels * self.width


BUILTIN = "builtin"
SHAPES = {
    shape.name: shape
    for shape in (
        Shape(BUILTIN, "The built-in encoder", "Bert", 0, width=384),
        Shape("mbert", "mBERT-base, 4,521 topics", "Bert", 4521, options={"vocab_size": 119_547}),
        Shape("distilbert", "DistilBERT, 20 groups", "DistilBert", 20, layers=6, options={"vocab_size": 30_522}),
        Shape(
            "roberta",
            "RoBERTa-base, 8 subjects",
            "Roberta",
            8,
            options={"vocab_size": 50_265, "max_position_embeddings": 514, "type_vocab_size": 1},
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Places:
    """Where the forms of one model lie below the scratch folder."""

    scratch: Path
    shape: Shape

    @property
    def root(self) -> Path:
        """All of this model."""
        return self.scratch / "models" / self.shape.name

    @property
    def published(self) -> Path:
        """As on a hub: config.json, model.safetensors, the tokenizer; and onnx/model.onnx as it is exported."""
        return self.root / "published"

    @property
    def plain(self) -> Path:
        """The plain exported graph, float32."""
        return self.published / "onnx" / "model.onnx"

    @property
    def encoder(self) -> Path:
        """As libraries that only embed read it, without a head."""
        return self.root / "encoder" if self.shape.labels else self.published

    @property
    def optimum(self) -> Path:
        """Optimum's dynamic int8."""
        return self.root / "optimum"

    @property
    def openvino(self) -> Path:
        """OpenVINO's int8 after training."""
        return self.root / "openvino"

    @property
    def ctranslate2(self) -> Path:
        """CTranslate2's int8."""
        return self.root / "ctranslate2"

    @property
    def ours(self) -> Path:
        """As Classmark converts it."""
        return self.root / "ours"

    @property
    def bags(self) -> Path:
        """The texts."""
        return self.root / "bags.json"
