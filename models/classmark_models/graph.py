"""Transformer encoder weights → ONNX graph, with the runtime's fused operators."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
import numpy.typing as npt
from onnx import NodeProto, TensorProto, helper, numpy_helper

Array = npt.NDArray[Any]

OPSET, CONTRIB, IR_VERSION = 17, "com.microsoft", 8
PAGE = 65536
"""Large external tensors begin at multiples of this many bytes, so that every system can memory-map them."""
INLINE_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a BERT-like encoder (Devlin et al. 2019): learned positions, GELU, layer norm after each sum.

    ``activation`` is the runtime's operator: Gelu, or FastGelu where the model was trained with its tanh approximation.
    """

    width: int
    layers: int
    heads: int
    epsilon: float
    activation: str = "Gelu"


@dataclass
class GraphBuilder:
    """Nodes and constants in the making."""

    nodes: list[NodeProto] = field(default_factory=list)
    constants: dict[str, Array] = field(default_factory=dict)

    def constant(self, name: str, value: Array) -> str:
        """Add a constant and return its name."""
        self.constants[name] = np.asarray(value, order="C")
        return name

    def add(self, operator: str, inputs: Sequence[str], name: str, domain: str = "", **attributes: Any) -> str:
        """Add a node with one output, called like the node, and return that name."""
        return self.add_many(operator, inputs, [name], domain, **attributes)[0]

    def add_many(
        self, operator: str, inputs: Sequence[str], outputs: Sequence[str], domain: str = "", **attributes: Any
    ) -> Sequence[str]:
        """Add a node with several outputs and return their names."""
        self.nodes.append(helper.make_node(operator, inputs, outputs, name=outputs[0], domain=domain, **attributes))
        return outputs

    def save(self, path: Path, name: str, inputs: Mapping[str, Sequence[str]], outputs: Mapping[str, Any]) -> None:
        """Write ``path`` and, beside it, ``<path>.data`` with every constant of 1 kB and more.

        Constants that are views of one array are stored once. ``inputs`` (int64) and ``outputs`` (float32) map names
        to shapes. The bytes depend on the contents alone.
        """
        data_path = path.with_name(path.name + ".data")
        stored: dict[tuple[int, int], int] = {}
        with data_path.open("wb") as data:
            initializers = [_initializer(key, value, data, stored) for key, value in self.constants.items()]
        graph = helper.make_graph(
            self.nodes,
            name,
            [helper.make_tensor_value_info(key, TensorProto.INT64, shape) for key, shape in inputs.items()],
            [helper.make_tensor_value_info(key, TensorProto.FLOAT, shape) for key, shape in outputs.items()],
            initializers,
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)]
        proto = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="classmark")
        path.write_bytes(proto.SerializeToString(deterministic=True))


def _initializer(name: str, value: Array, data: BinaryIO, stored: dict[tuple[int, int], int]) -> TensorProto:
    """Store a constant; ``stored`` maps the addresses and lengths of those in ``data`` to their offsets there."""
    if value.nbytes < INLINE_BYTES:
        return numpy_helper.from_array(value, name)
    key = value.ctypes.data, value.nbytes
    if key not in stored:
        alignment = PAGE if value.nbytes >= PAGE else 64
        stored[key] = data.seek(-(-data.tell() // alignment) * alignment)
        data.write(value.data)
    tensor = TensorProto(name=name, dims=value.shape, data_type=helper.np_dtype_to_tensor_dtype(value.dtype))
    tensor.data_location = TensorProto.EXTERNAL
    where = {"location": Path(data.name).name, "offset": stored[key], "length": value.nbytes}
    for entry, text in where.items():
        tensor.external_data.add(key=entry, value=str(text))
    return tensor


Linears = Callable[[GraphBuilder, str, Mapping[str, tuple[Array, Array]]], Sequence[str]]
"""Adds the products of one activation with several matrices: (builder, activation, {name: (weight, bias)}) → names.

Weights have shape (out, in), biases (out,).
"""
Embedding = Callable[[GraphBuilder, str], str]
"""Adds the look-up of word vectors: (builder, name of the token ids) → name of the vectors."""


class Words(Protocol):
    """A table of word vectors, shape (words, width), that a graph looks up and scores words by."""

    def __call__(self, builder: GraphBuilder, ids: str) -> str:
        """Add the look-up; see ``Embedding``."""

    def scores(self, builder: GraphBuilder, x: str, bias: Array, name: str) -> str:
        """Add the products of (rows, width) with every word's vector, plus ``bias``, and return (rows, words)."""


def float_linears(builder: GraphBuilder, x: str, matrices: Mapping[str, tuple[Array, Array]]) -> Sequence[str]:
    """Add products in float32: the reference against which quantized graphs are measured."""
    outputs = []
    for name, (weight, bias) in matrices.items():
        product = builder.add("MatMul", [x, builder.constant(f"{name}.w", weight.T)], f"{name}.product")
        outputs.append(builder.add("Add", [product, builder.constant(f"{name}.b", bias)], name))
    return outputs


def add_encoder(
    builder: GraphBuilder,
    shape: Shape,
    weights: Mapping[str, Array],
    embed: Embedding,
    linears: Linears,
    ids: str = "input_ids",
    first_only: bool = False,
) -> str:
    """Add a whole encoder for unpadded rows and return the name of its last hidden state, (batch, tokens, width).

    With ``first_only``, that of the first token, (batch, 1, width): of the others the last layer computes keys and
    values alone. No attention mask: all rows of a batch have the same number of tokens. ``weights`` holds
    ``positions`` (with the token type added), ``norm.w``, ``norm.b`` and, per layer ``l0.`` …, ``q k v o up down`` and
    the norms ``n1 n2``, each with ``.w`` and ``.b``.
    """

    # Not SkipLayerNormalization: the runtime computes that one number at a time; see ``session.SLOW_FUSIONS``.
    def norm(x: str, residual: str, key: str, name: str) -> str:
        gamma = builder.constant(f"{name}.gamma", weights[f"{key}.w"])
        beta = builder.constant(f"{name}.beta", weights[f"{key}.b"])
        total = builder.add("Add", [x, residual], f"{name}.sum")
        return builder.add("LayerNormalization", [total, gamma, beta], name, axis=-1, epsilon=shape.epsilon)

    def matrices(layer: str, *keys: str) -> dict[str, tuple[Array, Array]]:
        return {f"{layer}{key}": (weights[f"{layer}{key}.w"], weights[f"{layer}{key}.b"]) for key in keys}

    # The table is cut at the number of tokens: the runtime's own fusions misread a look-up built from Range.
    zero, one, two = (builder.constant(f"axis.{i}", np.array([i], np.int64)) for i in range(3))
    count = builder.add("Slice", [builder.add("Shape", [ids], "ids.shape"), one, two], "tokens")
    table = builder.constant("positions", weights["positions"][None])
    position = builder.add("Slice", [table, zero, count, one], "position")
    x = norm(embed(builder, ids), position, "norm", "embedded")
    for index in range(shape.layers):
        layer = f"l{index}."
        if first_only and index == shape.layers - 1:
            key, value = linears(builder, x, matrices(layer, "k", "v"))
            x = builder.add("Slice", [x, zero, one, one], f"{layer}first")
            (query,) = linears(builder, x, matrices(layer, "q"))
        else:
            query, key, value = linears(builder, x, matrices(layer, "q", "k", "v"))
        context = builder.add(
            "MultiHeadAttention", [query, key, value], f"{layer}context", CONTRIB, num_heads=shape.heads
        )
        (attended,) = linears(builder, context, matrices(layer, "o"))
        x = norm(attended, x, f"{layer}n1", f"{layer}attended")
        (up,) = linears(builder, x, matrices(layer, "up"))
        active = builder.add(shape.activation, [up], f"{layer}active", CONTRIB)
        (down,) = linears(builder, active, matrices(layer, "down"))
        x = norm(down, x, f"{layer}n2", f"{layer}out")
    return x
