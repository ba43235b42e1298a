"""Reads the lock files and makes sure that each of their lines can only mean one set of files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from trust.environment import normalized

_PINNED = re.compile(
    r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[A-Za-z0-9.+!]+)( ; (?P<marker>[^#@]+?))?"
    r"(?P<hashes>( --hash=sha256:[0-9a-f]{64})+)"
)


class LooseLock(ValueError):
    """A line that does not pin a version with hashes, or that names a place to load from; the message quotes it."""


@dataclass(frozen=True)
class Pinned:
    """A package in one version."""

    name: str
    version: str


def pinned(lock: Path) -> tuple[Pinned, ...]:
    """Return what a lock file pins.

    Raises LooseLock for the first line that is no exact version with sha256 sums.
    """
    text = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = (" ".join(line.split()) for line in text.splitlines() if not line.startswith("#"))
    found = []
    for line in filter(None, lines):
        if not (match := _PINNED.fullmatch(line)):
            raise LooseLock(f"{lock.name}: “{line[:100]}” is no exact version with sha256 sums.")
        found.append(Pinned(normalized(match["name"]), match["version"]))
    return tuple(found)
