"""How much what was learnt of OpenAlex fields counts beside the zero-shot probabilities, and how sure both are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classmark_models.field_blend import LEVEL, OUTPUT
from classmark_models.labels import read_vocabulary
from classmark_models.ngrams import NgramIds, bag_ids
from classmark_models.pack import open_pack
from classmark_models.trained_head import Floats, TrainedHead
from classmark_models.zero_shot_head import read_head
from recipes.calibration import Truths, softmax
from recipes.development import Row
from recipes.encoder import LIMIT
from recipes.small_heads import embed

CHUNK = 1000
LIKENESS = np.linspace(0, 1.5, 31)
SLOPES = np.geomspace(0.3, 4, 40)


@dataclass(frozen=True)
class Labelled:
    """Texts of one kind with the fields that are accepted, shape (texts, fields)."""

    embeddings: npt.NDArray[np.floating]
    ngrams: Sequence[NgramIds]
    accepted: Truths

    @classmethod
    def of(cls, rows: Sequence[Row], fields: Sequence[str], cache: Path) -> Labelled:
        """Return documents as a head reads them; ``cache`` keeps embeddings."""
        texts = [f"{row.title}\n{row.abstract}".strip() for row in rows]
        accepted = np.array([[field in row.fields for field in fields] for row in rows])
        return cls(embed(texts, LIMIT, cache), [bag_ids(text) for text in texts], accepted)


def fit(head: TrainedHead, folder: Path, groups: Sequence[Labelled]) -> tuple[Floats, float]:
    """Return the calibration of the output of fields, as in ``Output``, and the likeness, as in ``FieldBlend``.

    The shares of the two are those under which accepted fields surprise least in the mean over the groups; the slope is
    that at which the best field's probability tells best whether it is accepted. ``folder`` is the pack's.
    """
    learnt, alike = (np.concatenate(parts) for parts in zip(*_read(head, folder, groups), strict=True))
    accepted = np.concatenate([group.accepted for group in groups])
    sizes = [len(group.accepted) for group in groups]
    weights = np.repeat([1 / (len(sizes) * size) for size in sizes], sizes)

    def surprise(share: float, slope: float) -> float:
        likely = (softmax(slope * (learnt + share * alike)) * accepted).sum(axis=1)
        return float(-(weights * np.log(np.maximum(likely, 1e-9))).sum())

    share = min(product(LIKENESS, SLOPES), key=lambda each: surprise(*each))[0]
    joined = learnt + share * alike
    best = joined.argmax(axis=1)
    right = accepted[np.arange(len(best)), best]

    def error(slope: float) -> float:
        confidence = np.clip(softmax(slope * joined).max(axis=1).astype(np.float64), 1e-6, 1 - 1e-6)
        return float(-(weights * np.log(np.where(right, confidence, 1 - confidence))).sum())

    slope = min(SLOPES, key=error)
    calibration = np.zeros((2, 3), np.float32)
    calibration[0, 0] = np.log(slope)
    return calibration, round(float(share * slope), 4)


def _read(head: TrainedHead, folder: Path, groups: Sequence[Labelled]) -> Iterator[tuple[Floats, Floats]]:
    """Yield, a part of a group at a time, logits of what was learnt and logarithms of zero-shot probabilities."""
    pack = open_pack(folder)
    vocabulary = read_vocabulary(pack.file("labels.csv"), pack.facts["vocabulary"])
    zero_shot = read_head(pack.file("vectors.npz"))
    for group in groups:
        for first in range(0, len(group.accepted), CHUNK):
            embeddings = group.embeddings[first : first + CHUNK].astype(np.float32)
            hidden = head.hidden(embeddings, head.bags(group.ngrams[first : first + CHUNK]))
            fields = vocabulary.roll_up(zero_shot.scores(embeddings), LEVEL)
            yield head.logits(OUTPUT, hidden), np.log(np.maximum(fields, 1e-30))
