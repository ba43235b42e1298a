"""Compares two folders of artefacts byte for byte and names what differs, also inside archives."""

from __future__ import annotations

import argparse
import hashlib
import stat
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

_SHOWN = 20


def differences(first: Path, second: Path) -> list[str]:
    """Name what is not the same in two files, or in two folders and their permissions; inside archives the members."""
    if first.is_dir() and second.is_dir():
        return _apart(_described(first), _described(second))
    if _contents(first) == _contents(second):
        return []
    return _apart(_members(first), _members(second)) or ["the file itself"]


def _apart(one: Mapping[str, object], other: Mapping[str, object]) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def _described(top: Path) -> dict[str, tuple[str, str]]:
    return {
        path.relative_to(top).as_posix(): (stat.filemode(path.lstat().st_mode), _contents(path))
        for path in top.rglob("*")
    }


def _contents(path: Path) -> str:
    if path.is_symlink():
        return f"→ {path.readlink()}"
    return "" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest()


def _members(archive: Path) -> dict[str, object]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened:
            return {each.filename: (each.CRC, each.date_time, each.external_attr) for each in opened.infolist()}
    try:
        with tarfile.open(archive) as packed:
            return {each.name: (each.get_info(), _of(packed, each)) for each in packed}
    except tarfile.ReadError:
        return {}


def _of(packed: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    opened = packed.extractfile(member) if member.isreg() else None
    return hashlib.sha256(opened.read()).hexdigest() if opened else ""


def _table(first: Path, second: Path) -> Iterator[tuple[str, str, list[str]]]:
    for name in sorted({path.name for folder in (first, second) for path in folder.iterdir()}):
        one, other = first / name, second / name
        if not (one.exists() and other.exists()):
            yield name, "", [f"only in {(one if one.exists() else other).parent}"]
        else:
            files = [path for path in one.rglob("*") if path.is_file()] if one.is_dir() else [one]
            size = sum(path.lstat().st_size for path in files)
            yield name, f"{len(files):,} files, {size / 1e6:,.1f} MB", differences(one, other)


def main() -> int:
    """Print a line for each artefact and return 1 where one differs."""
    parser = argparse.ArgumentParser(prog="build/trust/compare", description=__doc__)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    folders = parser.parse_args()
    rows = list(_table(folders.first, folders.second))
    for name, size, apart in rows:
        print(f"{'✗' if apart else '✓'} {name:<44} {size:>24}  {'differs' if apart else 'the same bytes'}")
        for each in apart[:_SHOWN]:
            print(f"    {each}")
        if len(apart) > _SHOWN:
            print(f"    and {len(apart) - _SHOWN} more")
    return 1 if not rows or any(apart for _, _, apart in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
