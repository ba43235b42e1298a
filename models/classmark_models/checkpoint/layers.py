"""Names and layouts of Keras and Flax layers → those of PyTorch, as transformers itself translates them."""

from __future__ import annotations

from collections.abc import Sequence

from classmark_models.checkpoint.tensors import Stored, contiguous

_PARTS = dict.fromkeys(("kernel", "gamma", "scale", "embedding", "embeddings"), "weight") | {"beta": "bias"}


def torch_tensor(parts: Sequence[str], kind: str, shape: tuple[int, ...], start: int) -> tuple[str, Stored]:
    """Return name and place of a tensor without gaps, of a layer "a", "b", "kernel"; kernels are [in, out] there."""
    *layers, part = parts
    strides = contiguous(shape)
    if part == "kernel":
        shape, strides = shape[::-1], strides[::-1]
    return ".".join([*layers, _PARTS.get(part, part)]), Stored(kind, shape, strides, start)
