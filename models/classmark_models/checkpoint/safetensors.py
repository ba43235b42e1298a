"""``model.safetensors``: the header → where each tensor lies (format: github.com/huggingface/safetensors)."""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path
from typing import Any

from classmark_models.checkpoint.tensors import BYTES, Checkpoint, Stored, contiguous, is_shape
from classmark_models.errors import ModelDamaged

HEADER_LIMIT = 8 << 20
"""Bytes of JSON. A model of a thousand tensors has 0.1 MB; the format would allow a hundred."""


def read_safetensors(path: Path) -> Checkpoint:
    """Read the header of a file: u64 length, JSON of {name: dtype, shape, data_offsets}, then the tensors' bytes.

    Raises ModelDamaged unless the tensors fill the rest of the file exactly, without holes and without overlapping.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        prefix = file.read(8)
        length = struct.unpack("<Q", prefix)[0] if len(prefix) == 8 else 0
        if length > min(size - 8, HEADER_LIMIT) or not length:
            raise _damaged(path, f"its header claims {length:,} bytes, the file has {size:,}")
        text = file.read(length)
    try:
        header = json.loads(text, object_pairs_hook=_without_twins)
    except (ValueError, RecursionError) as error:
        raise _damaged(path, f"its header cannot be read ({error})") from error
    if not isinstance(header, dict):
        raise _damaged(path, "its header is no list of tensors")
    header.pop("__metadata__", None)
    begin = 8 + length
    ranges, tensors = [], {}
    for name, entry in header.items():
        ranges.append((*_range(path, name, entry), name))
        shape = tuple(entry["shape"])
        tensors[name] = Stored(entry["dtype"], shape, contiguous(shape), begin + ranges[-1][0])
    end = 0
    for start, stop, name in sorted(ranges):
        if start != end:
            raise _damaged(
                path, f"the tensor {name} {'overlaps another' if start < end else 'leaves a hole before it'}"
            )
        end = stop
    if begin + end != size:
        raise _damaged(path, f"its tensors take {end:,} bytes, but {size - begin:,} are there")
    return Checkpoint(path, tensors)


def _range(path: Path, name: str, entry: Any) -> tuple[int, int]:
    """Return the first byte of a tensor and the one after its last, counted from the end of the header."""
    if not isinstance(entry, dict) or not is_shape(entry.get("shape")) or not is_shape(entry.get("data_offsets")):
        raise _damaged(path, f"the entry of the tensor {name} is malformed")
    kind = entry.get("dtype")
    if not isinstance(kind, str) or kind not in BYTES:
        raise _damaged(path, f"the tensor {name} holds numbers of an unknown kind, {kind}")
    offsets = entry["data_offsets"]
    expected = math.prod(entry["shape"]) * BYTES[kind]
    if len(offsets) != 2 or offsets[1] - offsets[0] != expected:
        raise _damaged(
            path, f"the tensor {name} of shape {entry['shape']} does not have the bytes that its shape takes"
        )
    return offsets[0], offsets[1]


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _damaged(path: Path, fault: str) -> ModelDamaged:
    return ModelDamaged(f"{path} is damaged: {fault}. Fetch the file again.")
