"""Embeddings → probabilities over labels, by likeness to the labels' own embeddings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from classmark_models.arrays import map_arrays
from classmark_models.errors import ModelDamaged
from classmark_models.labels import Scores
from classmark_models.products import products

Embeddings = npt.NDArray[np.float32]
"""Unit vectors, float32, shape (rows, width of the encoder)."""


@dataclass(frozen=True, slots=True, eq=False)
class ZeroShotHead:
    """Softmax over likeness to label vectors, and likeness to texts that say nothing.

    ``center``: the point from which directions are taken, shape (width,); embeddings of this encoder all lie in a
    narrow cone about it, and only what sets them apart tells subjects. ``labels``: one vector per label, already
    divided by the temperature, shape (labels, width). ``null``: unit directions of blank and boilerplate texts,
    shape (texts, width).
    """

    center: npt.NDArray[np.float32]
    labels: npt.NDArray[np.float32]
    null: npt.NDArray[np.float32]

    def directions(self, embeddings: Embeddings) -> Embeddings:
        """Return unit vectors from the centre, shape as given."""
        shifted = embeddings - self.center
        return np.asarray(shifted / np.linalg.norm(shifted, axis=-1, keepdims=True), np.float32)

    def scores(self, embeddings: Embeddings) -> Scores:
        """Return probabilities over the labels, shape (rows, labels)."""
        logits = products(self.labels, self.directions(embeddings))
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)

    def emptiness(self, embeddings: Embeddings) -> npt.NDArray[np.float32]:
        """Return the cosine to the most similar text that says nothing, shape (rows,)."""
        return np.asarray((self.directions(embeddings) @ self.null.T).max(axis=1), np.float32)


def entropy(scores: Scores) -> npt.NDArray[np.float32]:
    """Return the entropy of each row of probabilities, in nats, shape (rows,); of one row, shape ()."""
    return np.asarray(-(scores * np.log(np.maximum(scores, 1e-12))).sum(axis=-1), np.float32)


def read_head(path: Path) -> ZeroShotHead:
    """Read the arrays ``center``, ``labels`` and ``null`` of an ``.npz`` file; ModelDamaged when it has others."""
    try:
        arrays = map_arrays(path)
        return ZeroShotHead(*(arrays[name].astype(np.float32) for name in ("center", "labels", "null")))
    except (OSError, ValueError, KeyError, BadZipFile, RuntimeError) as error:
        raise ModelDamaged(f"The vectors of the labels in {path} cannot be read: {error}") from error
