"""The stretches of a document that go through a model one by one, and what each weighs in the whole."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Weights = npt.NDArray[np.float32]

HEAD, BODY = "head", "body"
ABSTRACT_WEIGHT, TITLE_WEIGHT = 0.5, 0.25
"""The head's share in a document that has a body too: with an abstract, and with a title alone."""


def weigh(
    letters: npt.NDArray[np.int64], is_head: npt.NDArray[np.bool_], empty: npt.NDArray[np.bool_], share: float
) -> Weights:
    """Return the windows' weights, float32, shape (windows,), adding up to 1; ``share`` is the head's.

    The windows of each part share by their letters, so that pages of figures count little; those that are ``empty``,
    which say nothing, count nothing unless all do.
    """
    weights = letters * (1.0 if empty.all() else ~empty)
    if not weights.any():
        weights = np.ones(len(letters))
    if weights[is_head].any() and weights[~is_head].any():
        weights = np.where(
            is_head, share * weights / weights[is_head].sum(), (1 - share) * weights / weights[~is_head].sum()
        )
    return np.asarray(weights / weights.sum(), np.float32)
