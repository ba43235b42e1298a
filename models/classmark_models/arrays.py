"""Arrays in NumPy's .npz files, mapped: what nobody asks for is not read, and what a file says is not believed."""

from __future__ import annotations

import math
import mmap
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_LARGEST_FILE = 1 << 27
_LOCAL_HEADER, _EXTRA_HEADER, _LINE = 30, 4, 64
"""Bytes of a member's own header (APPNOTE.TXT 4.3.7), of an extra field's (4.5.1), and what arrays are aligned to."""
_PADDING_FIELD = b"\x35\xd9"
"""The extra field that Android's zipalign pads with."""
_ARRAY = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '(\|[iu]1|<f[248]|<[iu]4)', 'fortran_order': False, "
    rb"'shape': \(([\d, ]{0,40})\), \} *\n",
    re.DOTALL,
)


def map_arrays(path: Path) -> dict[str, Array]:
    """Return the arrays of a file that is not compressed, by name, read-only.

    They are pages of the file, but for those that do not lie where the processor likes them: these are copied.
    Raises OSError, ValueError, BadZipFile and (of archives of another kind) RuntimeError for a file that is none.
    """
    with path.open("rb") as file:
        content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        with ZipFile(file) as archive:
            members = archive.infolist()
    if len(content) > _LARGEST_FILE:
        raise ValueError("it is too large")
    arrays = {member.filename.removesuffix(".npy"): _array(_stored(content, member)) for member in members}
    if len(arrays) < len(members):
        raise ValueError("it names something twice")
    return arrays


def let_go(array: Array) -> None:
    """Give back the pages of the file that an array is mapped from, on Linux; those that are asked for come again.

    What was looked over as a whole, to be checked, need not stay in memory.
    """
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    if sys.platform == "linux" and isinstance(base, memoryview) and isinstance(base.obj, mmap.mmap):
        base.obj.madvise(mmap.MADV_DONTNEED)


def write_arrays(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write arrays so that all of them can be mapped; the same arrays give the same bytes."""
    with path.open("wb") as file, ZipFile(file, "w", ZIP_STORED) as archive:
        for name, array in arrays.items():
            member = ZipInfo(f"{name}.npy")
            taken = file.tell() + _LOCAL_HEADER + len(member.filename) + _EXTRA_HEADER
            padding = -taken % _LINE
            member.extra = _PADDING_FIELD + padding.to_bytes(2, "little") + bytes(padding)
            with archive.open(member, "w") as entry:
                np.lib.format.write_array(entry, np.asarray(array, order="C"), version=(1, 0), allow_pickle=False)


def _stored(content: memoryview, member: ZipInfo) -> memoryview:
    """Return the bytes of a member; what the archive's list says of it is not taken for true."""
    if member.compress_type != ZIP_STORED or member.flag_bits & 1:
        raise ValueError("it is compressed, or locked")
    at = member.header_offset + _LOCAL_HEADER
    header = content[member.header_offset : at]
    if bytes(header[:4]) != b"PK\x03\x04" or len(header) < _LOCAL_HEADER:
        raise ValueError("its list of contents is wrong")
    at += int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    found = content[at : at + member.file_size]
    if len(found) != member.file_size:
        raise ValueError("it is cut short")
    return found


def _array(content: memoryview) -> Array:
    """Return the array of a file in NumPy's format 1.0; NumPy itself would believe what the file says of its size."""
    head = _ARRAY.match(content)
    if head is None or int.from_bytes(content[8:10], "little") + 10 != head.end():
        raise ValueError("it holds what is no array of plain numbers")
    shape = tuple(int(size) for size in head[2].decode().replace(",", " ").split())
    kind = np.dtype(head[1].decode())
    if math.prod(shape) * kind.itemsize != len(content) - head.end():
        raise ValueError("an array is cut short, or too long")
    return np.require(np.frombuffer(content, kind, offset=head.end()).reshape(shape), requirements="A")
