"""Writers of published checkpoints, down to the byte: safetensors, and the zip of ``torch.save``."""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Arrays = Mapping[str, npt.NDArray[Any]]

_KINDS = {"<f4": "F32", "<f2": "F16", "<u2": "BF16", "<i8": "I64", "<f8": "F64"}
_STORAGES = {"<f4": "Float", "<f2": "Half", "<u2": "BFloat16", "<i8": "Long", "<f8": "Double"}
ORDERED = b"ccollections\nOrderedDict\n"
REBUILD = b"ctorch._utils\n_rebuild_tensor_v2\n"


def bfloat16(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the upper halves of float32 numbers, as the uint16 that stand for bfloat16 here."""
    return np.asarray(values.astype("<f4").view("<u4") >> 16, "<u2")


def safetensors(header: Any, body: bytes) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def write_safetensors(path: Path, arrays: Arrays) -> None:
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    body = b""
    for name, array in arrays.items():
        data = array.tobytes()
        offsets = [len(body), len(body) + len(data)]
        header[name] = {"dtype": _KINDS[array.dtype.str], "shape": list(array.shape), "data_offsets": offsets}
        body += data
    path.write_bytes(safetensors(header, body))


def text(value: str) -> bytes:
    """Return the opcode that pushes a text."""
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def number(value: int) -> bytes:
    """Return the opcode that pushes a number."""
    return b"J" + struct.pack("<i", value) if abs(value) < 1 << 31 else b"\x8a\x08" + struct.pack("<q", value)


def numbers(values: tuple[int, ...]) -> bytes:
    return b"(" + b"".join(number(value) for value in values) + b"t"


def tensor(
    key: str, storage: str, count: int, shape: tuple[int, ...], strides: tuple[int, ...], offset: int = 0
) -> bytes:
    """Return the opcodes that torch.save writes for one tensor."""
    identity = b"(" + text("storage") + b"ctorch\n" + f"{storage}Storage\n".encode() + text(key) + text("cpu")
    identity += number(count) + b"tQ"
    return REBUILD + b"(" + identity + number(offset) + numbers(shape) + numbers(strides) + b"\x89" + ORDERED + b")RtR"


def state_dict(entries: Mapping[str, bytes]) -> bytes:
    """Return the pickle of an OrderedDict with versions beside it, as of a model."""
    items = b"".join(text(name) + value for name, value in entries.items())
    return b"\x80\x02" + ORDERED + b")Rq\x00(" + items + b"u}" + text("_metadata") + ORDERED + b")Rsb."


def write_zip(path: Path, members: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(f"archive/{name}", data)


def write_torch_zip(path: Path, arrays: Arrays) -> None:
    entries, members = {}, {}
    for index, (name, array) in enumerate(arrays.items()):
        steps = tuple(stride // array.itemsize for stride in array.strides)
        entries[name] = tensor(str(index), _STORAGES[array.dtype.str], array.size, array.shape, steps)
        members[f"data/{index}"] = array.tobytes(order="A")
    write_zip(path, {"data.pkl": state_dict(entries), "byteorder": b"little", **members, "version": b"3\n"})
