"""What was learnt of broad fields, joined to the zero-shot topics below them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classmark_models.errors import ModelDamaged
from classmark_models.labels import Scores, Vocabulary
from classmark_models.pack import MANIFEST, Pack
from classmark_models.reading_desk import ReadingDesk
from classmark_models.trained_head import Floats, TrainedHead
from classmark_models.zero_shot_head import Embeddings

OUTPUT, LEVEL = "fields", "field"
_LEAST = np.float32(1e-30)


@dataclass(frozen=True, slots=True, eq=False)
class FieldBlend:
    """A trained head that knows the fields of a vocabulary, and how much their zero-shot probabilities count.

    A field's probability is proportional to what the head says of it times its zero-shot probability to the power of
    ``likeness``; within a field topics keep their zero-shot proportions. So the levels agree.
    """

    name: str
    head: TrainedHead
    vocabulary: Vocabulary
    likeness: float

    def embeddings(self, inputs: npt.NDArray[np.float16]) -> Embeddings:
        """Return the embeddings in what the head has seen of windows, as ``Seen.inputs``."""
        return inputs[:, : len(self.head.centre)].astype(np.float32)

    def topics(self, scores: Scores, hidden: Floats, lengths: Floats) -> Scores:
        """Return the probabilities of the topics, shape (rows, topics).

        ``scores``: their zero-shot probabilities, shape (rows, topics); ``hidden``, ``lengths`` as of ``TrainedHead``.
        """
        alike = np.maximum(self.vocabulary.roll_up(scores, LEVEL), _LEAST)
        learnt = self.head.layers[OUTPUT].calibrated(self.head.logits(OUTPUT, hidden), lengths)
        logits = learnt + np.float32(self.likeness) * np.log(alike)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        joined = scores * (powers / alike)[:, self.vocabulary.ancestor_of_each(LEVEL)]
        return np.asarray(joined / joined.sum(axis=1, keepdims=True), np.float32)


def read_field_blend(pack: Pack, vocabulary: Vocabulary, desk: ReadingDesk) -> FieldBlend | None:
    """Return what a pack has learnt of fields, or None where it has learnt nothing; ModelMissing, ModelDamaged."""
    facts = pack.facts.get("fields")
    if facts is None:
        return None
    try:
        name, likeness = str(facts["head"]), float(facts["likeness"])
        if not 0 <= likeness <= 10:
            raise ValueError(f"likeness is {likeness}")
    except (KeyError, TypeError, ValueError) as error:
        raise ModelDamaged(f"{pack.folder / MANIFEST} states fields that cannot be read: {error!r}.") from error
    head = desk.head(pack, name)
    if OUTPUT not in head.layers or len(head.layers[OUTPUT].b) != len(vocabulary.labels(LEVEL)):
        raise ModelDamaged(f"{pack.folder / name} does not know the fields of {vocabulary.name}.")
    return FieldBlend(name, head, vocabulary, likeness)
