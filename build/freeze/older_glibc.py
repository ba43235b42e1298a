"""Let a library that was linked on a newer Linux run on an older one, where nothing but a version's name forbids it.

    python build/freeze/older_glibc.py libpython3.11.so.1.0

glibc 2.35 gave ``hypot`` a new version that no longer sets ``errno`` as System V wanted, and kept the old one. Python
works with both; compiled with the newer it would refuse to start on RHEL 9, where Qt runs. The name of the version is
changed in the table of versions that the library needs.

Source: https://refspecs.linuxfoundation.org/LSB_5.0.0/LSB-Core-generic/LSB-Core-generic/symversion.html
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from pathlib import Path

MENDED = {"GLIBC_2.35": frozenset({"hypot"})}
"""What may be asked of an older version instead, by the newer one; whatever else a library wants of that forbids it."""
_OLDEST = {62: "GLIBC_2.2.5", 183: "GLIBC_2.17"}
"""The first version there was, by the number that ELF gives the processor: x86-64 and AArch64."""
_DYNSYM, _VERSYM, _VERNEED = 11, 0x6FFFFFFF, 0x6FFFFFFE


class Library:
    """The tables of a 64-bit little-endian ELF file that tell which versions of symbols it needs."""

    def __init__(self, content: bytes) -> None:
        """Take the bytes of the file; ValueError when it is not such a library."""
        if content[:6] != b"\x7fELF\x02\x01":
            raise ValueError("not a 64-bit little-endian ELF file")
        self.content = bytearray(content)
        (self._machine,) = struct.unpack_from("<H", content, 18)
        (table,) = struct.unpack_from("<Q", content, 40)
        size, count = struct.unpack_from("<HH", content, 58)
        sections = [struct.unpack_from("<IIQQQQIIQQ", content, table + place * size) for place in range(count)]
        self._sections = {kind: (start, length) for _, kind, _, _, start, length, *_ in sections}
        (link,) = (link for _, kind, _, _, _, _, link, *_ in sections if kind == _VERNEED)
        self._names = sections[link][4]

    def lower(self) -> list[str]:
        """Ask older versions for the symbols of ``MENDED``; return their names."""
        lowered: list[str] = []
        for versions in self._needed():
            places = {self._text(name): (place, hashed, name) for place, hashed, _, name in versions}
            oldest = places.get(_OLDEST.get(self._machine, ""))
            for place, _, number, name in versions:
                wanted = self._symbols(number)
                if oldest is None or not wanted or not wanted <= MENDED.get(self._text(name), frozenset()):
                    continue
                struct.pack_into("<I", self.content, place, oldest[1])
                struct.pack_into("<I", self.content, place + 8, oldest[2])
                lowered += sorted(wanted)
        return lowered

    def _needed(self) -> Iterator[list[tuple[int, int, int, int]]]:
        """Yield, for each library that is needed, its versions: place in the file, hash, number, offset of the name."""
        place, _ = self._sections[_VERNEED]
        following = -1
        while following:
            _, count, _, first, following = struct.unpack_from("<HHIII", self.content, place)
            versions, entry = [], place + first
            for _ in range(count):
                hashed, _, number, name, after = struct.unpack_from("<IHHII", self.content, entry)
                versions.append((entry, hashed, number, name))
                entry += after
            yield versions
            place += following

    def _symbols(self, number: int) -> set[str]:
        """Return the names of the symbols that are wanted of a version."""
        versions, length = self._sections[_VERSYM]
        symbols, _ = self._sections[_DYNSYM]
        numbers = struct.unpack_from(f"<{length // 2}H", self.content, versions)
        return {
            self._text(struct.unpack_from("<I", self.content, symbols + place * 24)[0])
            for place, each in enumerate(numbers)
            if each == number
        }

    def _text(self, offset: int) -> str:
        start = self._names + offset
        return self.content[start : self.content.index(0, start)].decode()


def main(path: Path) -> None:
    """Mend a library, and say what was changed."""
    library = Library(path.read_bytes())
    if lowered := library.lower():
        path.write_bytes(library.content)
        print(f"{path.name} now takes {', '.join(lowered)} of any glibc")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
