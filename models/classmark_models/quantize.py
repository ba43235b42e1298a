"""Weights in 8 and 4 bits: which numbers are stored, and the graph nodes that read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from classmark_models.graph import CONTRIB, Array, GraphBuilder, Words, float_linears

Floats = npt.NDArray[np.float32]

SMALLEST_BLOCK = 16
ROWS_AT_ONCE, COLUMNS_AT_ONCE = 8192, 64
IN_INT8 = 4
"""The runtime's accuracy level at which it multiplies blocks without writing them out in float32 first."""


def quantize_columns(weight: Floats, limit: int, pair: int | None = None) -> tuple[npt.NDArray[np.int8], Floats]:
    """Round a matrix (in, out) to signed integers of at most ``limit``, with one scale per output column.

    ``pair`` is the most that the sums of the 1st and 2nd, 3rd and 4th … integers of a column may be, plus or minus.
    Returns the int8 matrix and the scales, float32, shape (out,). Among 24 clipping points per column the one with
    the least squared error is taken.
    """
    integers, scales = np.empty(weight.shape, np.int8), np.empty(weight.shape[1], np.float32)
    for start in range(0, weight.shape[1], COLUMNS_AT_ONCE):
        part = slice(start, start + COLUMNS_AT_ONCE)
        integers[:, part], scales[part] = _quantize_columns(weight[:, part], limit, pair)
    return integers, scales


def _quantize_columns(weight: Floats, limit: int, pair: int | None) -> tuple[Floats, Floats]:
    largest = np.maximum(np.abs(weight).max(axis=0), np.finfo(np.float32).tiny)
    if pair is not None and len(weight) > 1:
        even, odd = _pairs(weight)
        largest = np.maximum(largest, np.abs(even + odd).max(axis=0) * (limit / pair))
    best = np.full(weight.shape[1], np.inf)
    scales = largest / limit
    for share in np.linspace(1.0, 0.7, 24):
        scale = (largest * share / limit).astype(np.float32)
        error = np.square(_rounded(weight, scale, limit, pair) * scale - weight).sum(axis=0)
        scales = np.where(error < best, scale, scales)
        best = np.minimum(error, best)
    return _rounded(weight, scales, limit, pair), scales.astype(np.float32)


def _rounded(weight: Floats, scales: Floats, limit: int, pair: int | None) -> Floats:
    rounded: Floats = np.clip(np.rint(weight / scales), -limit, limit)
    if pair is not None:
        even, odd = _pairs(rounded)
        excess = even + odd
        excess -= np.clip(excess, -pair, pair)
        where = np.nonzero(excess)
        half = np.trunc(excess[where] / 2)
        odd[where] -= half
        even[where] -= excess[where] - half
    return rounded


def _pairs(weight: Floats) -> tuple[Floats, Floats]:
    """Return views of the rows that a processor multiplies and adds two at a time; of an odd last row none."""
    odd = weight[1::2]
    return weight[0::2][: len(odd)], odd


def smoothing_factors(largest: Floats, knee: float) -> Floats:
    """Return the divisor of each channel of an activation that tames its outliers, powers of two, shape (channels,).

    ``largest`` holds the greatest magnitude seen in each channel. One channel ten times as large as the rest costs
    all others their resolution, since a tensor has a single scale; channels beyond ``knee`` times the median are
    divided, and the rows of the following weights multiplied, by a power of two: without rounding, hence exact.
    After SmoothQuant (Xiao et al. 2023), for outliers alone.
    """
    excess = np.maximum(largest / (knee * np.median(largest)), 1)
    return np.asarray(np.exp2(np.rint(np.log2(excess))), np.float32)


@dataclass(frozen=True, slots=True)
class Int8Linears:
    """Matrix products in int8: activations quantized once per tensor at run time, weights per output column.

    ``limit`` is the largest weight stored. Processors without VNNI add two products of an unsigned activation and a
    signed weight in 16 bits with saturation (``vpmaddubsw``): 255 x 128 = 32,640 always fits. So weights of at most 64
    are safe, and so are those of which each ``pair`` adds up to 128 at most, which are rounded less coarsely.
    ``smoothing`` maps the names of activations to the divisors of their channels.
    """

    limit: int = 64
    pair: int | None = None
    smoothing: Mapping[str, Floats] = field(default_factory=dict)

    def __call__(self, builder: GraphBuilder, x: str, matrices: Mapping[str, tuple[Array, Array]]) -> Sequence[str]:
        """Add the products; see ``graph.Linears``."""
        factors = self.smoothing.get(x)
        if factors is not None and (factors != 1).any():
            x = builder.add("Mul", [x, builder.constant(f"{x}.factors", 1 / factors)], f"{x}.smooth")
            matrices = {name: (weight * factors, bias) for name, (weight, bias) in matrices.items()}
        activation = [f"{x}.int8", f"{x}.scale", f"{x}.zero"]
        quantized, scale, zero = builder.add_many("DynamicQuantizeLinear", [x], activation)
        outputs = []
        for name, (weight, bias) in matrices.items():
            integers, scales = quantize_columns(weight.T, self.limit, self.pair)
            inputs = [
                quantized,
                builder.constant(f"{name}.w", integers),
                scale,
                builder.constant(f"{name}.scale", scales),
                zero,
                builder.constant(f"{name}.zero", np.zeros(len(scales), np.int8)),
                builder.constant(f"{name}.b", bias),
            ]
            outputs.append(builder.add("MatMulIntegerToFloat", inputs, name, CONTRIB))
        return outputs


@dataclass(frozen=True, slots=True)
class BlockEmbedding:
    """A table of word vectors in blocks of 4 or 8 bits: value = (code - middle) x scale, middle 8 or 128.

    ``codes``: uint8, below 16 where ``bits`` is 4, shape (rows, width); ``scales``: float32, shape (rows, blocks).
    """

    codes: npt.NDArray[np.uint8]
    scales: Floats
    bits: int = 4

    @classmethod
    def of(cls, table: Floats, bits: int = 8, block: int = 128) -> Words:
        """Round a table, float32 (rows, width), in blocks of at most ``block``.

        The runtime's blocks are powers of two from 16 on; where none divides the width, the table stays in float32.
        """
        rows, width = table.shape
        while width % block:
            block //= 2
        if block < SMALLEST_BLOCK:
            return FloatEmbedding(table)
        middle = 1 << bits - 1
        codes = np.empty((rows, width), np.uint8)
        scales = np.empty((rows, width // block), np.float32)
        for start in range(0, rows, ROWS_AT_ONCE):
            part = table[start : start + ROWS_AT_ONCE].reshape(-1, width // block, block)
            largest = np.maximum(np.abs(part).max(axis=2), np.finfo(np.float32).tiny * middle)
            scale = largest / (middle - 1)
            rounded = np.rint(part / scale[..., None]) + middle
            codes[start : start + ROWS_AT_ONCE] = rounded.reshape(-1, width)
            scales[start : start + ROWS_AT_ONCE] = scale
        return cls(codes, scales, bits)

    def __call__(self, builder: GraphBuilder, ids: str) -> str:
        """Add the look-up; see ``graph.Embedding``."""
        inputs = [builder.constant("words", self._packed()), ids, builder.constant("words.scales", self.scales)]
        shape = {"bits": self.bits, "block_size": self._block(), "gather_axis": 0, "quantize_axis": 1}
        return builder.add("GatherBlockQuantized", inputs, "word", CONTRIB, **shape)

    def scores(self, builder: GraphBuilder, x: str, bias: Array, name: str) -> str:
        """Add the products; see ``graph.Words``. They read the very bytes of the look-up, and never saturate."""
        blocks = self._packed().reshape(*self.scales.shape, -1)
        inputs = [x, builder.constant(f"{name}.w", blocks), builder.constant(f"{name}.scales", self.scales)]
        inputs += ["", "", builder.constant(f"{name}.b", bias)]
        words, width = self.codes.shape
        shape = {"K": width, "N": words, "bits": self.bits, "block_size": self._block()}
        return builder.add("MatMulNBits", inputs, name, CONTRIB, **shape, accuracy_level=IN_INT8)

    def _packed(self) -> npt.NDArray[np.uint8]:
        """Return the bytes as the runtime reads them: of 4 bits two in one, the first in the lower half."""
        return self.codes if self.bits == 8 else np.asarray(self.codes[:, 0::2] | self.codes[:, 1::2] << 4, np.uint8)

    def _block(self) -> int:
        return int(self.codes.shape[1] // self.scales.shape[1])


@dataclass(frozen=True, slots=True)
class FloatEmbedding:
    """A table of word vectors left in float32: the reference, and for widths that blocks do not divide."""

    table: Floats

    def __call__(self, builder: GraphBuilder, ids: str) -> str:
        """Add the look-up; see ``graph.Embedding``."""
        return builder.add("Gather", [builder.constant("words", self.table), ids], "word", axis=0)

    def scores(self, builder: GraphBuilder, x: str, bias: Array, name: str) -> str:
        """Add the products; see ``graph.Words``."""
        inputs = [x, builder.constant(f"{name}.w", self.table), builder.constant(f"{name}.b", bias)]
        return builder.add("Gemm", inputs, name, transB=1)


def block_linears(builder: GraphBuilder, x: str, matrices: Mapping[str, tuple[Array, Array]]) -> Sequence[str]:
    """Add products whose weights have a scale for each block of 128, as do activations: slower, and never saturated.

    Matrices that blocks do not divide stay in float32. See ``graph.Linears``.
    """
    outputs: list[str] = []
    for name, (weight, bias) in matrices.items():
        blocks = BlockEmbedding.of(weight)
        if isinstance(blocks, BlockEmbedding):
            outputs.append(blocks.scores(builder, x, bias, name))
        else:
            outputs += float_linears(builder, x, {name: (weight, bias)})
    return outputs
