"""Other ways to round products, to be weighed against those that ship: a scale for each row, and weights alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from classmark_models.convert.precision import FULL, PAIR
from classmark_models.graph import Array, GraphBuilder, float_linears
from classmark_models.quantize import Floats, quantize_columns

MIDDLE = 128


@dataclass(frozen=True, slots=True)
class RowScales:
    """Products in int8 whose activations have a scale for each token, by operators that the runtime has.

    Its fused product knows one scale for a tensor, so rows are scaled by QuantizeLinear along the tokens of a batch of
    one, and the sums of MatMulInteger by Mul. ``smoothing`` and the weights are as in ``Int8Linears``.
    """

    smoothing: Mapping[str, Floats]

    def __call__(self, builder: GraphBuilder, x: str, matrices: Mapping[str, tuple[Array, Array]]) -> Sequence[str]:
        """Add the products; see ``graph.Linears``."""
        factors = self.smoothing.get(x)
        if factors is not None and (factors != 1).any():
            x = builder.add("Mul", [x, builder.constant(f"{x}.factors", 1 / factors)], f"{x}.smooth")
            matrices = {name: (weight * factors, bias) for name, (weight, bias) in matrices.items()}
        size = builder.add("ReduceMax", [builder.add("Abs", [x], f"{x}.abs")], f"{x}.size", axes=[2], keepdims=1)
        step = builder.constant(f"{x}.step", np.array(1 / (MIDDLE - 1), np.float32))
        scale = builder.add("Mul", [size, step], f"{x}.scale")
        flat = builder.add("Reshape", [scale, builder.constant(f"{x}.flat", np.array([-1]))], f"{x}.scales")
        middle = builder.constant(f"{x}.middle", np.array([MIDDLE], np.uint8))
        middles = builder.add("Expand", [middle, builder.add("Shape", [flat], f"{x}.count")], f"{x}.middles")
        quantized = builder.add("QuantizeLinear", [x, flat, middles], f"{x}.int8", axis=1)
        zero = builder.constant(f"{x}.zero", np.array(MIDDLE, np.uint8))
        outputs = []
        for name, (weight, bias) in matrices.items():
            integers, scales = quantize_columns(weight.T, FULL, PAIR)
            inputs = [quantized, builder.constant(f"{name}.w", integers), zero]
            sums = builder.add("Cast", [builder.add("MatMulInteger", inputs, f"{name}.sums")], f"{name}.float", to=1)
            by_row = builder.add("Mul", [sums, scale], f"{name}.rows")
            scaled = builder.add("Mul", [by_row, builder.constant(f"{name}.scale", scales)], f"{name}.scaled")
            outputs.append(builder.add("Add", [scaled, builder.constant(f"{name}.b", bias)], name))
        return outputs


def rounded_weights(builder: GraphBuilder, x: str, matrices: Mapping[str, tuple[Array, Array]]) -> Sequence[str]:
    """Add products in float32 with weights as int8 would have them: what is lost by rounding weights alone."""
    rounded = {}
    for name, (weight, bias) in matrices.items():
        integers, scales = quantize_columns(weight.T, FULL, PAIR)
        rounded[name] = (integers * scales).T, bias
    return float_linears(builder, x, rounded)
