"""Weights times rows: what each row gets depends on that row alone, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_BLOCK = 256
"""Rows of weights that are taken at a time: so many stay in the processor's own memory for all texts."""


def products(weights: npt.NDArray[Any], rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return each row's product with weights of any kind, float32, shape (rows, weights' rows)."""
    found = np.empty((len(rows), len(weights)), np.float32)
    for start in range(0, len(weights), _BLOCK):
        block = weights[start : start + _BLOCK].astype(np.float32, copy=False)
        # One product a row: a product of matrices may round differently with the number of rows.
        for row, result in zip(rows, found, strict=True):
            np.dot(block, row, out=result[start : start + _BLOCK])
    return found
