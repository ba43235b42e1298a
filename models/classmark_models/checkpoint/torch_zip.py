"""``pytorch_model.bin``: the zip that ``torch.save`` writes → where each tensor lies."""

from __future__ import annotations

import math
import struct
import zipfile
from pathlib import Path
from typing import BinaryIO

from classmark_models.checkpoint.inert_pickle import Tensor, interpret
from classmark_models.checkpoint.tensors import BYTES, DIMENSIONS, Checkpoint, Stored, is_shape
from classmark_models.errors import ModelDamaged, ModelUnsupported

PICKLE_LIMIT, DIRECTORY_LIMIT = 1 << 20, 8 << 20
"""Bytes of the pickle and of the zip's list of members; mBERT has 0.03 MB of each."""
_WRAPPERS = ("state_dict", "model_state_dict")
_LOCAL = struct.Struct("<4s4xH16x2H")
"""A member's own header: signature, method of compression, lengths of name and extra field."""


def read_torch_zip(path: Path) -> Checkpoint:
    """Read the list of tensors; nothing in the file is executed (see ``inert_pickle``).

    Raises ModelUnsupported for the single pickles of before PyTorch 1.6, ModelUnsafe when the pickle names anything
    but tensors, ModelDamaged when members are compressed, overlap, or are not as long as the tensors need.
    """
    with path.open("rb") as file:
        start = file.read(4)
        if not start.startswith(b"PK"):
            if start.startswith(b"\x80"):
                raise ModelUnsupported(
                    f"{path} is a single pickle, as PyTorch wrote them before version 1.6. Reading those is not safe. "
                    "Look for model.safetensors in the same place, or ask the publisher for it."
                )
            raise _damaged(path, "it is no zip archive")
        try:
            _check_directory(path, file)
            with zipfile.ZipFile(file) as archive:
                return _tensors(path, file, archive)
        except (zipfile.BadZipFile, NotImplementedError, struct.error, OSError, OverflowError, ValueError) as error:
            raise _damaged(path, f"it is no whole zip archive ({error})") from error


def _tensors(path: Path, file: BinaryIO, archive: zipfile.ZipFile) -> Checkpoint:
    members = {member.filename: member for member in archive.infolist()}
    if len(members) != len(archive.infolist()):
        raise _damaged(path, "two members have one name")
    roots = [name.removesuffix("data.pkl") for name in members if name.endswith("/data.pkl")]
    if len(roots) != 1:
        raise _damaged(path, f"it has {len(roots)} lists of tensors (data.pkl)")
    (root,) = roots
    begins = _begins(path, file, archive)
    if f"{root}byteorder" in members and _content(path, file, members, begins, f"{root}byteorder") != b"little":
        raise ModelUnsupported(f"{path} was written on a computer of the other byte order.")
    found = interpret(path, _content(path, file, members, begins, f"{root}data.pkl"))
    for wrapper in _WRAPPERS:
        if isinstance(found, dict) and isinstance(found.get(wrapper), dict):
            found = found[wrapper]
    named = found.items() if isinstance(found, dict) else ()
    tensors = {}
    for name, tensor in named:
        if isinstance(name, str) and isinstance(tensor, Tensor):
            member = f"{root}data/{tensor.storage.key}"
            if member not in members or members[member].file_size != tensor.storage.count * BYTES[tensor.storage.kind]:
                raise _damaged(path, f"the numbers of the tensor {name} are missing or cut short")
            tensors[name] = _stored(path, name, tensor, begins[member])
    if not tensors:
        raise _damaged(path, "it holds no tensors")
    return Checkpoint(path, tensors)


def _stored(path: Path, name: str, tensor: Tensor, begin: int) -> Stored:
    kind, count = tensor.storage.kind, tensor.storage.count
    if is_shape(tensor.shape) and is_shape(tensor.strides) and len(tensor.shape) == len(tensor.strides) <= DIMENSIONS:
        stored = Stored(kind, tensor.shape, tensor.strides, begin + tensor.offset * BYTES[kind])
        # A stride of 0 could make a small file endless, hence the product.
        if tensor.offset + max(stored.span, math.prod(stored.shape)) <= count:
            return stored
    raise _damaged(path, f"the tensor {name} of shape {list(tensor.shape)} reaches beyond its numbers")


def _begins(path: Path, file: BinaryIO, archive: zipfile.ZipFile) -> dict[str, int]:
    """Return where each member's bytes begin; ModelDamaged unless all lie plainly one after the other."""
    begins, end = {}, 0
    for member in sorted(archive.infolist(), key=lambda member: member.header_offset):
        if (
            member.compress_type != zipfile.ZIP_STORED
            or member.compress_size != member.file_size
            or member.flag_bits & 1
        ):
            raise _damaged(path, f"its member {member.filename} is compressed or encrypted")
        if member.header_offset < end:
            raise _damaged(path, f"its member {member.filename} overlaps another")
        file.seek(member.header_offset)
        signature, method, name, extra = _LOCAL.unpack(file.read(_LOCAL.size))
        if signature != b"PK\3\4" or method or file.read(name) != member.orig_filename.encode():
            raise _damaged(path, f"its member {member.filename} is not where the list of members says")
        begins[member.filename] = member.header_offset + _LOCAL.size + name + extra
        end = begins[member.filename] + member.file_size
    if end > archive.start_dir:
        raise _damaged(path, "a member reaches beyond the end of the file")
    return begins


def _content(
    path: Path, file: BinaryIO, members: dict[str, zipfile.ZipInfo], begins: dict[str, int], name: str
) -> bytes:
    """Return the bytes of a small member."""
    if members[name].file_size > PICKLE_LIMIT:
        raise _damaged(path, f"its member {name} has {members[name].file_size:,} bytes")
    file.seek(begins[name])
    return file.read(members[name].file_size)


def _check_directory(path: Path, file: BinaryIO) -> None:
    """Refuse a zip whose list of members would fill memory: the library reads all of it at once."""
    size = file.seek(0, 2)
    file.seek(max(0, size - (1 << 16) - 22))
    tail = file.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0:
        raise _damaged(path, "its end is missing")
    listed: int = struct.unpack_from("<I", tail, at + 12)[0]
    locator = tail[max(at - 20, 0) : at]
    if locator.startswith(b"PK\6\7"):
        file.seek(struct.unpack_from("<Q", locator, 8)[0])
        listed = struct.unpack_from("<Q", file.read(56), 40)[0]
    if listed > min(size, DIRECTORY_LIMIT):
        raise _damaged(path, f"its list of members claims {listed:,} bytes")


def _damaged(path: Path, fault: str) -> ModelDamaged:
    return ModelDamaged(f"{path} is damaged: {fault}. Fetch the file again.")
