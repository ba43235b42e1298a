"""How a graph keeps its numbers: the variants to choose from, the safest last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from classmark_models.errors import ModelUnsupported
from classmark_models.graph import Array, Linears, Words, float_linears
from classmark_models.quantize import (
    BlockEmbedding,
    FloatEmbedding,
    Floats,
    Int8Linears,
    block_linears,
    smoothing_factors,
)

FULL, PAIR = 127, 128
KNEE = 2.0
"""Channels beyond twice the median are smoothed; with 1.5 and 2.5 as good, with 3.5 the mean cosine is smaller."""

Ranges = Mapping[str, Floats]
"""The greatest magnitude in each channel, by the names of activations; see ``calibrate.measure_ranges``."""


@dataclass(frozen=True, slots=True)
class Precision:
    """How the numbers of a graph are kept: the encoder's matrix products, and its table of word vectors."""

    linears: Linears
    words: Callable[[Array], Words] = BlockEmbedding.of


def _int8(ranges: Ranges, pair: int | None) -> Precision:
    return Precision(Int8Linears(FULL, pair, {name: smoothing_factors(found, KNEE) for name, found in ranges.items()}))


FLOAT32 = Precision(float_linears, FloatEmbedding)
VARIANTS: Mapping[str, Callable[[Ranges], Precision]] = MappingProxyType(
    {
        "int8": lambda ranges: _int8(ranges, None),
        "int8-reduced": lambda ranges: _int8(ranges, PAIR),
        "int8-blocks": lambda ranges: Precision(block_linears),
        "float32": lambda ranges: FLOAT32,
    }
)
"""Full-range weights; pairs of weights that no processor saturates; a scale for every 128 numbers; none rounded."""
LADDER = tuple(VARIANTS)


def variant(name: str, ranges: Ranges | None = None) -> Precision:
    """Return a variant of LADDER, its outliers smoothed by ``ranges``; ModelUnsupported when there is none such."""
    if name not in VARIANTS:
        raise ModelUnsupported(f"There is no variant {name}, only {', '.join(LADDER)}.")
    return VARIANTS[name](ranges or {})


INT8 = variant("int8-reduced")
