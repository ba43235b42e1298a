"""What this computer's processor does with products in int8, asked of the runtime itself."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classmark_models.convert.precision import LADDER
from classmark_models.graph import GraphBuilder
from classmark_models.quantize import Int8Linears
from classmark_models.runtime import onnxruntime

ROWS, WIDE = (1, 8), 64
_WORST = {"int8": (127, 127), "int8-reduced": (64, 64)}
"""The two neighbouring weights that come nearest to saturation."""


@cache
def saturates(name: str = "int8") -> bool:
    """Tell whether the products of a variant come out too small here, in a tiny graph with extreme numbers."""
    if name not in _WORST:
        return False
    worst = _WORST[name]
    weight = np.tile(np.array(worst, np.float32), (WIDE, WIDE // 2))
    builder = GraphBuilder()
    x = builder.add("Cast", ["numbers"], "x", to=1)
    Int8Linears(max(worst))(builder, x, {"products": (weight, np.zeros(WIDE, np.float32))})
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "probe.onnx"
        shape = "rows", "wide"
        builder.save(path, "probe", {"numbers": shape}, {"products": shape})
        runtime = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        found = [runtime.run(None, {"numbers": np.full((rows, WIDE), 255, np.int64)})[0] for rows in ROWS]
        del runtime
    return not all(np.allclose(products, _exact(weight), rtol=1e-3) for products in found)


def _exact(weight: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(255 * weight.sum(axis=1), np.float32)


@cache
def first_rung() -> str:
    """Return the fastest variant of LADDER that this processor does not spoil."""
    return next(name for name in LADDER if not saturates(name))
