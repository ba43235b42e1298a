"""What was learnt from examples, in one file: from embeddings and bags of n-grams to logits and probabilities."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from classmark_models.arrays import map_arrays
from classmark_models.errors import ModelDamaged
from classmark_models.labels import Scores
from classmark_models.ngrams import BITS, NgramIds
from classmark_models.products import products

Floats = npt.NDArray[np.float32]
Halves = npt.NDArray[np.float16]
Bytes = npt.NDArray[np.int8]

SPREAD = 8
"""What centred embeddings and means of n-grams are multiplied by, to be about as large as what a network likes."""
_LARGEST_LOGIT, _STEEPEST = 1e4, 4.0
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_SHARED = {"centre": "<f4", "bag": "|i1", "bag_scale": "<f4", "w1": "<f2", "b1": "<f4"}
_OWN = {"w": "|i1", "scale": "<f4", "b": "<f4", "calibration": "<f4"}


@dataclass(frozen=True, slots=True, eq=False)
class Output:
    """The last layer of one vocabulary: logits are (``w`` · ``scale``) z + ``b``.

    ``w``: int8, shape (labels, hidden + bag); ``scale``, ``b``: float32, shape (labels,). ``calibration``: float32,
    shape (2, 3), by which the logits of a text become logits · exp(``calibration[0]`` x) + ``calibration[1]`` x, where
    x is what is known of it (``circumstances``). Their order stays.
    """

    w: Bytes
    scale: Floats
    b: Floats
    calibration: Floats

    def calibrated(self, logits: Floats, lengths: Floats) -> Floats:
        """Return logits that tell true probabilities, shape as given; ``lengths`` as of ``TrainedHead.lengths``."""
        logits = np.clip(logits, -_LARGEST_LOGIT, _LARGEST_LOGIT)
        known = circumstances(logits, lengths)
        # Sums of terms in their order: a product of matrices may round differently with the number of rows.
        steepness, shift = (sum(known[:, place] * row[place] for place in range(3)) for row in self.calibration)
        slope = np.exp(np.clip(steepness, -_STEEPEST, _STEEPEST))
        return np.asarray(logits * slope[:, None] + np.asarray(shift)[:, None], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class TrainedHead:
    """A hidden layer over embedding and bag, shared by the outputs of several vocabularies.

    z = [gelu(``w1`` [(e − ``centre``) · 8; b] + ``b1``); b] for an embedding e and a bag b. ``centre``: float32,
    shape (width,); ``bag``: int8, shape (a power of 2, bag), in units of ``bag_scale``; ``w1``: float16, shape
    (hidden, width + bag); ``b1``: float32, shape (hidden,). Of several rows each gets what it gets alone, bit for bit.
    """

    centre: Floats
    bag: Bytes
    bag_scale: float
    w1: Halves
    b1: Floats
    layers: Mapping[str, Output]

    @classmethod
    def read(cls, path: Path) -> TrainedHead:
        """Read what ``write_head`` wrote; ModelDamaged when it is anything else."""
        try:
            return _from_arrays(map_arrays(path))
        except (OSError, ValueError, BadZipFile, RuntimeError) as error:
            raise ModelDamaged(
                f"What was learnt, in {path}, cannot be read: {error}. Install Classmark again."
            ) from error

    def bags(self, ngrams: Iterable[NgramIds]) -> Floats:
        """Return 8 times the mean row of the table for each text's n-grams, shape (texts, bag)."""
        rows, width = self.bag.shape
        sums = [self.bag[ids & (rows - 1)].sum(axis=0, dtype=np.int32) / len(ids) for ids in ngrams]
        return (np.array(sums).reshape(-1, width) * (SPREAD * self.bag_scale)).astype(np.float32)

    @staticmethod
    def lengths(ngrams: Iterable[NgramIds]) -> Floats:
        """Return the logarithm of each text's number of n-grams, shape (texts,)."""
        return np.log(np.array([len(ids) for ids in ngrams], np.float32))

    def hidden(self, embeddings: Floats, bags: Floats) -> Floats:
        """Return z of each row, shape (rows, hidden + bag); ``embeddings`` (rows, width), ``bags`` (rows, bag)."""
        inputs = np.concatenate([(embeddings - self.centre) * np.float32(SPREAD), bags], axis=1, dtype=np.float32)
        inner = products(self.w1, inputs) + self.b1
        return np.concatenate([_gelu(inner), bags], axis=1, dtype=np.float32)

    def logits(self, name: str, hidden: Floats) -> Floats:
        """Return the logits of one vocabulary as learnt, not calibrated, shape (rows, labels)."""
        layer = self.layers[name]
        return products(layer.w, hidden) * layer.scale + layer.b

    def outputs(self, embeddings: Floats, bags: Floats) -> dict[str, Floats]:
        """Return the logits of all vocabularies, as ``logits``."""
        hidden = self.hidden(embeddings, bags)
        return {name: self.logits(name, hidden) for name in self.layers}

    def probabilities(self, name: str, logits: Floats, lengths: Floats, *, independent: bool) -> Scores:
        """Return calibrated probabilities: those of one among all labels, or of each label by itself."""
        calibrated = self.layers[name].calibrated(logits, lengths)
        if independent:
            return np.asarray(1 / (1 + np.exp(-np.clip(calibrated, -80, 80))), np.float32)
        powers = np.exp(calibrated - calibrated.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def circumstances(logits: Floats, lengths: Floats) -> Floats:
    """Return what is known of each text when it is calibrated, shape (texts, 3).

    1, its length, and the logarithm of the sum of the powers of its logits: the larger, the surer the head is.
    """
    top = logits.max(axis=1)
    total = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
    return np.stack([np.ones_like(total), lengths, total], axis=1)


def to_int8(rows: npt.NDArray[np.floating]) -> tuple[Bytes, Floats]:
    """Return weights as int8 with a scale for each row, shape (rows,)."""
    scale = np.maximum(np.abs(rows).max(axis=1, initial=0), 1e-12) / 127
    return np.rint(rows / scale[:, None]).astype(np.int8), scale.astype(np.float32)


def quantized(
    centre: Floats, table: Floats, w1: Floats, b1: Floats, outputs: Mapping[str, tuple[Floats, Floats]]
) -> TrainedHead:
    """Return a net as a head in 8 bits, not calibrated; shapes as of ``TrainedHead``.

    ``table``: the vectors of n-grams; ``outputs``: weights and bias of each vocabulary.
    """
    scale = float(np.abs(table).max() / 127)
    none = np.zeros((2, 3), np.float32)
    layers = {name: Output(*to_int8(w), b.astype(np.float32), none) for name, (w, b) in outputs.items()}
    bag = np.rint(table / scale).astype(np.int8)
    return TrainedHead(centre.astype(np.float32), bag, scale, w1.astype(np.float16), b1, layers)


def write_head(path: Path, head: TrainedHead) -> None:
    """Write a head (NumPy's npz, not compressed); the same head gives the same bytes. ValueError when it does not fit.

    Arrays: ``centre``, ``bag``, ``bag_scale``, ``w1``, ``b1``, and ``NAME.w``, ``.scale``, ``.b``, ``.calibration``
    for each vocabulary NAME.
    """
    arrays: dict[str, npt.NDArray[np.generic]] = {
        "centre": head.centre,
        "bag": head.bag,
        "bag_scale": np.array(head.bag_scale, np.float32),
        "w1": head.w1,
        "b1": head.b1,
    }
    for name, layer in head.layers.items():
        arrays |= {f"{name}.{part}": getattr(layer, part) for part in _OWN}
    _from_arrays(arrays)
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **{name: np.asarray(array, order="C") for name, array in arrays.items()})


def _from_arrays(arrays: Mapping[str, npt.NDArray[np.generic]]) -> TrainedHead:
    """Return the head that arrays make up; ValueError when they do not fit together."""
    names = list(dict.fromkeys(name.rpartition(".")[0] for name in arrays if "." in name))
    kinds = _SHARED | {f"{name}.{part}": kind for name in names for part, kind in _OWN.items()}
    if arrays.keys() != kinds.keys() or not names or not all(map(_NAME.fullmatch, names)):
        raise ValueError("it does not hold the arrays of a head")
    for name, array in arrays.items():
        # Whole numbers are not looked at: of a large table a text needs some rows, and only those are to be read.
        if array.dtype != np.dtype(kinds[name]) or (array.dtype.kind == "f" and not np.isfinite(array).all()):
            raise ValueError(f"{name} holds other numbers than it should")
    parts: dict[str, npt.NDArray[np.generic]] = dict(arrays)
    rows, bag = parts["bag"].shape if parts["bag"].ndim == 2 else (0, 0)
    width, hidden = parts["centre"].size, parts["b1"].size
    shapes = {"centre": (width,), "bag_scale": (), "w1": (hidden, width + bag), "b1": (hidden,)}
    for name in names:
        labels = parts[f"{name}.b"].size
        shapes |= {f"{name}.w": (labels, hidden + bag), f"{name}.scale": (labels,), f"{name}.b": (labels,)}
        shapes[f"{name}.calibration"] = (2, 3)
    odd = next((name for name, shape in shapes.items() if parts[name].shape != shape), None)
    if odd or rows not in {1 << bits for bits in range(BITS + 1)} or 0 in (width, hidden):
        raise ValueError(f"{odd or 'bag'} does not fit the rest")
    layers = {name: Output(*(parts[f"{name}.{part}"] for part in _OWN)) for name in names}  # type: ignore[arg-type]
    centre, table, scale, w1, b1 = (parts[name] for name in _SHARED)
    return TrainedHead(centre, table, float(scale), w1, b1, layers)  # type: ignore[arg-type]


def _gelu(values: Floats) -> Floats:
    """Return x times the share of a normal distribution below x (Hendrycks and Gimpel, arXiv:1606.08415)."""
    errors = np.fromiter(map(math.erf, (values.ravel() / math.sqrt(2)).tolist()), np.float32, values.size)
    return np.asarray(values * ((1 + errors.reshape(values.shape)) / 2), np.float32)
