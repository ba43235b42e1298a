"""``flax_model.msgpack``: nested maps of arrays → where each array lies (formats: msgpack.org, flax.serialization)."""

from __future__ import annotations

import math
from pathlib import Path
from typing import BinaryIO

from classmark_models.checkpoint.layers import torch_tensor
from classmark_models.checkpoint.tensors import BYTES, DIMENSIONS, Checkpoint, Stored
from classmark_models.errors import ModelDamaged, ModelUnsupported

ENTRIES, DEPTH, NAME_LIMIT = 20_000, 24, 1 << 10
"""Entries of all maps, maps within maps, and bytes of a name; mBERT has 290 in 8."""
_KINDS = {"float32": "F32", "float16": "F16", "bfloat16": "BF16", "float64": "F64", "int64": "I64", "int32": "I32"}
_SHORT = ((0x80, 0x00, "number"), (0x90, 0x80, "map"), (0xA0, 0x90, "list"), (0xC0, 0xA0, "text"))
"""First bytes below the first number hold a number or length, counted from the second."""
_LONG = {0xC4: ("bytes", 1), 0xC5: ("bytes", 2), 0xC6: ("bytes", 4)}
_LONG |= {0xC7: ("extension", 1), 0xC8: ("extension", 2), 0xC9: ("extension", 4)}
_LONG |= {0xCC: ("number", 1), 0xCD: ("number", 2), 0xCE: ("number", 4), 0xCF: ("number", 8)}
_LONG |= {0xD9: ("text", 1), 0xDA: ("text", 2), 0xDC: ("list", 2), 0xDE: ("map", 2), 0xDF: ("map", 4)}
"""What a first byte begins, and how many bytes of number or length follow."""
_EXTENSIONS = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}
_ARRAY = 1
_PIECES = "__msgpack_chunked_array__"


def read_flax_msgpack(path: Path) -> Checkpoint:
    """Read the names and places of a file's arrays, under the names of PyTorch and turned to its layout.

    Raises ModelUnsupported when an array is of an unknown kind or cut in pieces, as Flax does above 1 GiB,
    ModelDamaged when the file is anything but maps of arrays up to its last byte.
    """
    with path.open("rb") as file:
        walker = _Walker(path, file)
        walker.walk(())
        if file.tell() != walker.size:
            raise walker.damaged("something follows the arrays")
    if not walker.tensors:
        raise walker.damaged("it holds no arrays")
    return Checkpoint(path, walker.tensors)


class _Walker:
    """Goes through a file once and steps over the numbers."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self.file = file
        self.size = file.seek(0, 2)
        file.seek(0)
        self.entries = 0
        self.tensors: dict[str, Stored] = {}

    def walk(self, layers: tuple[str, ...]) -> None:
        kind, number = self.head()
        if kind == "extension" and layers:
            self.array(layers, number)
        elif kind == "map":
            self.entries += number
            if self.entries > ENTRIES or len(layers) > DEPTH:
                raise self.damaged("it has more entries than any model")
            for _ in range(number):
                name = self.text()
                if name == _PIECES:
                    raise ModelUnsupported(
                        f"{self.path}: the array {'.'.join(layers)} is cut in pieces, which Classmark cannot read. "
                        "Look for model.safetensors in the same place, or ask the publisher for it."
                    )
                self.walk((*layers, name))
        else:
            raise self.damaged(f"{'.'.join(layers) or 'it'} is neither a layer nor an array")

    def array(self, layers: tuple[str, ...], length: int) -> None:
        """Note where an array lies: an extension that holds a list of shape, kind of numbers, and bytes."""
        name = ".".join(layers)
        code = self.read(1)[0]
        end = self.file.tell() + length
        if code != _ARRAY or self.expect("list", 3) != 3:
            raise self.damaged(f"{name} is no array")
        shape = tuple(self.expect("number") for _ in range(self.expect("list", DIMENSIONS)))
        kind = self.text()
        if kind not in _KINDS:
            raise ModelUnsupported(f"{self.path}: the array {name} holds numbers of an unknown kind, {kind}.")
        size = self.expect("bytes")
        start = self.file.tell()
        if size != math.prod(shape) * BYTES[_KINDS[kind]] or start + size != end or end > self.size:
            raise self.damaged(f"the array {name} of shape {list(shape)} does not have the bytes that its shape takes")
        name, stored = torch_tensor(layers, _KINDS[kind], shape, start)
        if name in self.tensors:
            raise self.damaged(f"the array {name} stands twice")
        self.tensors[name] = stored
        self.file.seek(end)

    def head(self) -> tuple[str, int]:
        """Read what comes next: its kind, and its length or, of a number, its value."""
        first = self.read(1)[0]
        for beyond, base, kind in _SHORT:
            if first < beyond:
                return kind, first - base
        if first in _EXTENSIONS:
            return "extension", _EXTENSIONS[first]
        kind, width = _LONG.get(first, ("", 0))
        return kind, int.from_bytes(self.read(width), "big")

    def expect(self, kind: str, limit: int | None = None) -> int:
        found, number = self.head()
        if found != kind or (limit is not None and number > limit):
            raise self.damaged(f"at byte {self.file.tell():,} there should be a {kind}")
        return number

    def text(self) -> str:
        try:
            return self.read(self.expect("text", NAME_LIMIT)).decode()
        except UnicodeDecodeError as error:
            raise self.damaged("a name is no text") from error

    def read(self, count: int) -> bytes:
        found = self.file.read(count)
        if len(found) != count:
            raise self.damaged("it ends too early")
        return found

    def damaged(self, fault: str) -> ModelDamaged:
        return ModelDamaged(f"{self.path} is damaged: {fault}. Fetch the file again.")
