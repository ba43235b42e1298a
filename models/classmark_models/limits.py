"""What a classifier states of its own limits: from where on it is sure, and beyond which it declines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from classmark_models.decide import LIKELY
from classmark_models.errors import ModelDamaged
from classmark_models.labels import Vocabulary
from classmark_models.pack import Pack

_LARGEST = 1 << 16


@dataclass(frozen=True, slots=True)
class Limits:
    """``sure``: by level, the probability from which on nine of ten answers are right, where that was measured.

    A document is declined when the best subject of the broadest level is less probable than ``least``, or when the
    entropy is above ``flatness``, a share of that of no knowledge.
    """

    sure: Mapping[str, float]
    least: float
    flatness: float


def read_limits(pack: Pack, name: str, id_: str, vocabulary: Vocabulary) -> Limits:
    """Return what the file ``name`` of a pack states for a classifier; ModelMissing, ModelDamaged."""
    path = pack.file(name)
    try:
        with path.open("rb") as file:
            facts = json.loads(file.read(_LARGEST))[id_]
        least, flatness = _share(facts.get("least", 0.0)), _share(facts.get("flatness", 1.0))
        sure = {level: _share(mark) for level, mark in facts.get("sure", {}).items()}
        if not sure.keys() <= set(vocabulary.levels):
            raise ValueError(f"{vocabulary.name} has other levels")
        # Below, two subjects that exclude each other might both be sure.
        if any(mark < LIKELY for mark in sure.values()):
            raise ValueError(f"nothing is sure below {LIKELY}")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelDamaged(f"The facts in {path} cannot be read: {error!r}. Install Classmark again.") from error
    return Limits(sure, least, flatness)


def _share(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise ValueError("a limit is no number from 0 to 1")
    return float(value)
