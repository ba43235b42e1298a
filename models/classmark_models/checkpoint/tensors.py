"""Where the tensors of a file lie, and reading one of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classmark_models.errors import ModelDamaged, ModelUnsupported

Floats = npt.NDArray[np.float32]

BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
"""The bytes of one number, by the kinds of numbers as the safetensors format names them."""
_READABLE = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}
DIMENSIONS = 8


@dataclass(frozen=True, slots=True)
class Stored:
    """A tensor in a file: its numbers begin at byte ``start``; ``strides`` count numbers, not bytes."""

    kind: str
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    start: int

    @property
    def span(self) -> int:
        """How many numbers lie from its first to its last, both included."""
        if 0 in self.shape:
            return 0
        return 1 + sum((size - 1) * stride for size, stride in zip(self.shape, self.strides, strict=True))


def contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the strides of a tensor whose last dimension runs fastest and that has no gaps."""
    return tuple(math.prod(shape[place + 1 :]) for place in range(len(shape)))


def is_shape(value: object) -> bool:
    """Tell whether a value from a file is a list of a few sizes, none of them negative."""
    return (
        isinstance(value, list | tuple)
        and len(value) <= DIMENSIONS
        and all(type(size) is int and size >= 0 for size in value)
    )


class Checkpoint(Mapping[str, Floats]):
    """The tensors of one file by name; each is read, as float32, whenever it is asked for.

    Files are read and not mapped: a file that shrinks, or lies on a failing stick, then raises an error, where a
    mapped one would end the process.
    """

    def __init__(self, path: Path, tensors: Mapping[str, Stored]) -> None:
        """Trust ``tensors``: readers check that they lie within the file."""
        self.path = path
        self.tensors = tensors

    def __getitem__(self, name: str) -> Floats:
        """Return a tensor; ModelDamaged when it cannot be read or holds infinities, ModelUnsupported for integers."""
        stored = self.tensors[name]
        if stored.kind not in _READABLE:
            raise ModelUnsupported(
                f"{self.path}: the tensor {name} holds {stored.kind} numbers. Classmark reads {', '.join(_READABLE)}."
            )
        try:
            raw = np.fromfile(self.path, _READABLE[stored.kind], stored.span, offset=stored.start)
        except OSError as error:
            raise ModelDamaged(f"{self.path} cannot be read: {error}") from error
        if raw.size != stored.span:
            raise ModelDamaged(f"{self.path} ends within the tensor {name}. Fetch the file again.")
        steps = [stride * raw.itemsize for stride in stored.strides]
        shaped = np.lib.stride_tricks.as_strided(raw, stored.shape, steps, writeable=False)
        if stored.kind == "BF16":
            values = (shaped.astype(np.uint32) << 16).view(np.float32)
        else:
            values = np.asarray(shaped, np.float32, order="C")
        if not np.isfinite(values).all():
            raise ModelDamaged(f"{self.path}: the tensor {name} holds numbers that are not finite.")
        return values

    def __iter__(self) -> Iterator[str]:
        return iter(self.tensors)

    def __len__(self) -> int:
        return len(self.tensors)

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of a tensor without reading it; KeyError when there is none of that name."""
        return self.tensors[name].shape
