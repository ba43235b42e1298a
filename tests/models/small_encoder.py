"""A BERT-like encoder of two narrow layers: as a graph, and in plain numpy."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from classmark_models.graph import Embedding, GraphBuilder, Linears, Shape, add_encoder
from classmark_models.quantize import BlockEmbedding

Floats = npt.NDArray[Any]

WIDTH, LAYERS, HEADS, WORDS, POSITIONS = 32, 2, 4, 64, 16
SHAPE = Shape(WIDTH, LAYERS, HEADS, 1e-12)
SIZES = {"q": (32, 32), "k": (32, 32), "v": (32, 32), "o": (32, 32), "up": (128, 32), "down": (32, 128)}
LENGTHS = (1, 2, 3, 7, 15, POSITIONS)


def random_weights(seed: int = 3) -> dict[str, Floats]:
    """Return weights of all sizes, biases and gains included: none is so near 0 or 1 that it could be left out."""
    random = np.random.default_rng(seed)

    def array(*shape: int, scale: float = 1.0, around: float = 0.0) -> Floats:
        return (around + scale * random.normal(size=shape)).astype(np.float32)

    weights = {"positions": array(POSITIONS, WIDTH, scale=0.7)}
    norms = ["norm", *(f"l{layer}.{norm}" for layer in range(LAYERS) for norm in ("n1", "n2"))]
    for norm in norms:
        weights[f"{norm}.w"] = array(WIDTH, scale=0.3, around=1)
        weights[f"{norm}.b"] = array(WIDTH, scale=0.3)
    for layer in range(LAYERS):
        for key, (out, into) in SIZES.items():
            weights[f"l{layer}.{key}.w"] = array(out, into, scale=1.5 / math.sqrt(into))
            weights[f"l{layer}.{key}.b"] = array(out, scale=0.3)
    return weights


def random_words(seed: int = 4, scale: float = 0.2) -> BlockEmbedding:
    random = np.random.default_rng(seed)
    nibbles = random.integers(0, 16, (WORDS, WIDTH)).astype(np.uint8)
    return BlockEmbedding(nibbles, (scale * random.uniform(0.5, 1.5, (WORDS, 1))).astype(np.float32))


def plain_words(words: BlockEmbedding) -> Floats:
    """Return the word vectors that nibbles and scales stand for, float64."""
    block = words.codes.shape[1] // words.scales.shape[1]
    return (words.codes.astype(np.float64) - 8) * np.repeat(words.scales.astype(np.float64), block, axis=1)


def layer_norm(x: Floats, weights: dict[str, Floats], key: str, epsilon: float) -> Floats:
    centred = x - x.mean(axis=-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + epsilon)
    return np.asarray(scaled * weights[f"{key}.w"] + weights[f"{key}.b"])


def gelu(x: Floats) -> Floats:
    """Return x times the normal distribution's share below x, by the error function and no approximation."""
    return np.asarray(x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2))))


def reference(ids: list[int], words: Floats, weights: dict[str, Floats], shape: Shape = SHAPE) -> Floats:
    """Return the last hidden state for one row of ids, shape (tokens, width), in float64 and without any cleverness."""
    weights = {key: value.astype(np.float64) for key, value in weights.items()}

    def linear(x: Floats, key: str) -> Floats:
        return np.asarray(x @ weights[f"{key}.w"].T + weights[f"{key}.b"])

    x = layer_norm(words[ids] + weights["positions"][: len(ids)], weights, "norm", shape.epsilon)
    size = shape.width // shape.heads
    for layer in range(shape.layers):
        query, key, value = (linear(x, f"l{layer}.{name}") for name in "qkv")
        context = np.zeros_like(x)
        for head in range(shape.heads):
            part = slice(head * size, (head + 1) * size)
            likeness = query[:, part] @ key[:, part].T / math.sqrt(size)
            attention = np.exp(likeness - likeness.max(axis=1, keepdims=True))
            context[:, part] = attention / attention.sum(axis=1, keepdims=True) @ value[:, part]
        x = layer_norm(linear(context, f"l{layer}.o") + x, weights, f"l{layer}.n1", shape.epsilon)
        inner = gelu(linear(x, f"l{layer}.up"))
        x = layer_norm(linear(inner, f"l{layer}.down") + x, weights, f"l{layer}.n2", shape.epsilon)
    return x


def save(path: Path, embed: Embedding, linears: Linears, shape: Shape = SHAPE, first_only: bool = False) -> None:
    builder = GraphBuilder()
    last = add_encoder(builder, shape, random_weights(), embed, linears, first_only=first_only)
    outputs = {last: ["batch", "tokens", shape.width]}
    builder.save(path, "small", {"input_ids": ["batch", "tokens"]}, outputs)


def load(path: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def run(runtime: Any, rows: list[list[int]]) -> Floats:
    return np.asarray(runtime.run(None, {"input_ids": np.array(rows, np.int64)})[0])


def random_ids(length: int, seed: int = 0) -> list[int]:
    return [int(word) for word in np.random.default_rng(seed + length).integers(0, WORDS, length)]
