"""Looks into a frozen folder: its files, and the Python modules inside its programs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

# What the papers of this folder write into the folder themselves.
PAPERS = ("LICENSE.txt", "SBOM.cdx.json", "THIRD-PARTY-NOTICES.txt")

_LIBRARY = re.compile(r"\.(so|dll|dylib|pyd)(\.[0-9.]+)?$|\.framework/.*/Qt\w+$|/Python$")
_EXTENSION = re.compile(r"\.(cpython-\d+[^/]*|abi3)\.so$|\.pyd$")


@dataclass(frozen=True)
class Frozen:
    """What a frozen folder holds: files as POSIX paths relative to it, and module names."""

    files: tuple[str, ...]
    modules: frozenset[str] = frozenset()


def is_library(path: str) -> bool:
    """Tell whether a path is a shared library or an extension module, on any system."""
    return _LIBRARY.search(path) is not None


def is_extension(path: str) -> bool:
    """Tell whether a path is an extension module of Python."""
    return _EXTENSION.search(path) is not None


def look_into(folder: Path) -> Frozen:
    """List what a frozen folder holds; only the environment that froze it can look into its programs."""
    return Frozen(files_of(folder), frozenset().union(*map(_modules, programs_of(folder))))


def files_of(folder: Path) -> tuple[str, ...]:
    """List the files of a frozen folder; its own papers and links within it are left out.

    Raises ValueError for a link that leads out of the folder, for such a file is not ours to describe.
    """
    root = folder.resolve()
    files = []
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            if not path.resolve().is_relative_to(root):
                raise ValueError(f"{name} is a link that leads out of the folder.")
        elif path.is_file() and name not in PAPERS:
            files.append(name)
    return tuple(files)


def programs_of(folder: Path) -> list[Path]:
    """Return the programs: what lies at the top beside the papers."""
    return [folder / name for name in files_of(folder) if "/" not in name]


def _modules(program: Path) -> set[str]:
    # Only the environment that froze the folder has PyInstaller.
    from PyInstaller.archive.readers import ArchiveReadError, CArchiveReader

    try:
        archive = CArchiveReader(str(program))
    except ArchiveReadError:
        return set()
    return {
        module
        for name, (*_, kind) in archive.toc.items()
        if kind == "z"
        for module in archive.open_embedded_archive(name).toc
    }
