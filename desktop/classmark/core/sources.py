"""Files and folders that a person names, to the files in them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

_LITTER = frozenset(("thumbs.db", "desktop.ini", "ehthumbs.db", "icon\r"))


def find_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files in ``paths``, in order; folders are walked recursively, their entries sorted by name.

    A file named in ``paths`` is never skipped. In folders, hidden files and folders, system litter (``Thumbs.db``) and
    lock files (``~$…``) are skipped, and so are symbolic links: what they lead to within the folder is found anyway,
    and nothing outside it was asked for. A path that does not exist, or a folder that may not be opened, is yielded
    as it is; reading it says what is wrong, so that it is not lost.
    """
    for path in paths:
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path


def _walk(folder: Path) -> Iterator[Path]:
    """Walk without recursion, so that no depth of folders is too deep."""
    waiting = [(folder, True)]
    while waiting:
        path, is_folder = waiting.pop()
        if not is_folder:
            yield path
            continue
        try:
            with os.scandir(path) as scan:
                entries = sorted(scan, key=lambda entry: (entry.name.casefold(), entry.name))
        except OSError:
            yield path
            continue
        for entry in reversed(entries):
            if not _is_skipped(entry):
                is_inner = entry.is_dir(follow_symlinks=False)
                if is_inner or entry.is_file(follow_symlinks=False):
                    waiting.append((path / entry.name, is_inner))


def _is_skipped(entry: os.DirEntry[str]) -> bool:
    name = entry.name
    if name.startswith((".", "~$")) or name.lower() in _LITTER or entry.is_symlink():
        return True
    if os.name != "nt":
        return False
    # Hidden files, and junctions, which are links to folders; placeholders of cloud storage are neither.
    status = entry.stat(follow_symlinks=False)
    hidden = getattr(status, "st_file_attributes", 0) & stat.FILE_ATTRIBUTE_HIDDEN
    return bool(hidden) or getattr(status, "st_reparse_tag", 0) == 0xA0000003
