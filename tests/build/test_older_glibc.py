"""The versions that a library needs are lowered where that is safe, and nowhere else."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "build/freeze"))

from older_glibc import Library  # type: ignore[import-not-found]

NAMES = b"\0libm.so.6\0GLIBC_2.2.5\0GLIBC_2.35\0hypot\0exp\0"
OLD, NEW = 0x09691A75, 0x06969195


def library(*symbols_of_the_new: bytes) -> bytes:
    """Return a library that needs exp of the old version of libm, and these symbols of the new one."""
    symbols = b"".join(
        struct.pack("<IBBHQQ", NAMES.index(name + b"\0"), 0, 0, 0, 0, 0) for name in (b"exp", *symbols_of_the_new)
    )
    numbers = struct.pack(f"<{1 + len(symbols_of_the_new)}H", 2, *[3] * len(symbols_of_the_new))
    needed = struct.pack("<HHIII", 1, 2, NAMES.index(b"libm"), 16, 0)
    needed += struct.pack("<IHHII", OLD, 0, 2, NAMES.index(b"GLIBC_2.2.5"), 16)
    needed += struct.pack("<IHHII", NEW, 0, 3, NAMES.index(b"GLIBC_2.35"), 0)
    content, sections = bytearray(64), [struct.pack("<IIQQQQIIQQ", *[0] * 10)]
    for kind, part, link in (
        (3, NAMES, 0),
        (11, symbols, 1),
        (0x6FFFFFFF, numbers, 2),
        (0x6FFFFFFE, needed, 1),
    ):
        sections.append(struct.pack("<IIQQQQIIQQ", 0, kind, 0, 0, len(content), len(part), link, 0, 0, 0))
        content += part
    content[:6] = b"\x7fELF\x02\x01"
    struct.pack_into("<H", content, 18, 62)
    struct.pack_into("<Q", content, 40, len(content))
    struct.pack_into("<HH", content, 58, 64, len(sections))
    return bytes(content) + b"".join(sections)


def test_hypot_is_taken_of_the_first_version() -> None:
    content = library(b"hypot")
    mended = Library(content)
    assert mended.lower() == ["hypot"]
    assert (content.count(struct.pack("<I", NEW)), mended.content.count(struct.pack("<I", NEW))) == (1, 0)
    assert mended.content.count(struct.pack("<I", OLD)) == 2
    assert len(mended.content) == len(content)
    assert Library(bytes(mended.content)).lower() == []


def test_another_symbol_of_that_version_forbids_it() -> None:
    mended = Library(library(b"hypot", b"exp"))
    assert mended.lower() == []
    assert mended.content == library(b"hypot", b"exp")


def test_only_libraries_are_taken() -> None:
    with pytest.raises(ValueError, match="ELF"):
        Library(b"MZ" + bytes(100))
