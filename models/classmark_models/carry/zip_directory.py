"""The list of what a suitcase holds, read with distrust: the zip must be just as Classmark writes it."""

from __future__ import annotations

import re
import stat
import struct
from collections.abc import Sequence
from typing import IO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from classmark_models.errors import SpecInvalid
from classmark_models.pack import MANIFEST
from classmark_models.spec import check_path

MOST_FILES = 64
LARGEST_MANIFEST = 1 << 20
_LONGEST_DIRECTORY = MOST_FILES * 1024
_END = struct.Struct("<4s4H2LH")
_LOCATOR = struct.Struct("<4sLQL")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCAL = struct.Struct("<4s5H3L2H")
_LARGE = 0xFFFFFFFF
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_OUTSIDE = re.compile(r"^/|^[A-Za-z]:|(^|/)\.\.(/|$)")


class Fault(Exception):
    """What is wrong with a zip, as the end of a sentence."""


def check_end(file: IO[bytes]) -> None:
    """See that a file ends as a zip of few files does, before a list of millions is read; Fault."""
    size = file.seek(0, 2)
    file.seek(0)
    if file.read(4) != b"PK\3\4":
        raise Fault("it is no suitcase of Classmark")
    if size < _END.size:
        raise Fault("it is cut short")
    file.seek(size - _END.size)
    signature, _, _, _, count, length, _, comment = _END.unpack(file.read(_END.size))
    if signature != b"PK\5\6" or comment:
        raise Fault("it is cut short, or something was added to its end")
    # The reader of Python believes the large form of the end wherever there is one, so this does too.
    beyond = size - _END.size - _LOCATOR.size
    if beyond >= _END_64.size:
        file.seek(beyond - _END_64.size)
        large = _END_64.unpack(file.read(_END_64.size))
        if file.read(_LOCATOR.size).startswith(b"PK\6\7") and large[0] == b"PK\6\6":
            count, length = large[7], large[8]
    if count > MOST_FILES or length > _LONGEST_DIRECTORY:
        raise Fault(f"it holds more than {MOST_FILES} files")


def check_entries(case: ZipFile, file: IO[bytes]) -> list[ZipInfo]:
    """Return the entries of a zip in their order, if each is a plain file and they fill the zip without gap; Fault."""
    entries = case.infolist()
    if not entries or entries[0].filename != MANIFEST:
        raise Fault(f"it does not begin with a {MANIFEST}")
    if entries[0].file_size > LARGEST_MANIFEST:
        raise Fault(f"its {MANIFEST} is absurdly large")
    seen: set[str] = set()
    place = 0
    for entry in entries:
        name = entry.orig_filename
        for fault, found in _faults(entry, name):
            if found:
                raise Fault(f"{name[:80]!r} {fault}")
        if name.casefold() in seen:
            raise Fault(f"{name!r} stands in it twice")
        seen.add(name.casefold())
        if entry.header_offset != place:
            raise Fault(f"{name!r} does not stand where it should")
        place = _end_of(entry, file)
    if place != case.start_dir:
        raise Fault("there is something in it that is not listed")
    return entries


def _faults(entry: ZipInfo, name: str) -> Sequence[tuple[str, bool]]:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    return [
        ("has a backslash in its name", "\\" in name),
        ("leads out of the model's folder", bool(_OUTSIDE.search(name))),
        ("is a folder", name.endswith("/") or kind == stat.S_IFDIR),
        ("is a link", kind == stat.S_IFLNK),
        ("is no plain file", kind not in (0, stat.S_IFREG)),
        ("is encrypted", bool(entry.flag_bits & _ENCRYPTED)),
        ("is compressed", entry.compress_type != ZIP_STORED or entry.compress_size != entry.file_size),
        ("was packed by another program", bool(entry.flag_bits or entry.comment)),
        ("is no name of a model's file", name != MANIFEST and not _is_path(name)),
    ]


def _is_path(name: str) -> bool:
    try:
        check_path(name)
    except SpecInvalid:
        return False
    return True


def _end_of(entry: ZipInfo, file: IO[bytes]) -> int:
    """Return where an entry's bytes end; its own header must say the same as the list."""
    file.seek(entry.header_offset)
    raw = file.read(_LOCAL.size)
    if len(raw) < _LOCAL.size:
        raise Fault("it is cut short")
    signature, _, flags, method, _, _, _, packed, plain, name_length, extra_length = _LOCAL.unpack(raw)
    name = file.read(name_length)
    sizes = {packed, plain}
    agrees = sizes == {entry.file_size} or (sizes == {_LARGE} and extra_length)
    if signature != b"PK\3\4" or flags or method or name != entry.orig_filename.encode() or not agrees:
        raise Fault(f"{entry.orig_filename[:80]!r} is told in two ways")
    return int(entry.header_offset + _LOCAL.size + name_length + extra_length + entry.compress_size)
