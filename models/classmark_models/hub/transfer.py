"""Downloads in the making: which bytes are wanted, the proof that they came, and how far it is."""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from classmark_models.pack import describe
from classmark_models.store import PART, Held


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a fetch is: the file in work, bytes there and bytes in all, bytes per second where that can be said."""

    path: str
    done: int
    total: int
    speed: float | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file of one commit; the hub knows its sha256 when it is large (LFS), and its git object id when it is small."""

    path: str
    repo: str
    commit: str
    size: int
    sha256: str | None
    git: str | None

    def part(self, folder: Path) -> Path:
        """Return where it grows; a name for these very bytes, so that none of other bytes is gone on with."""
        return folder / f"{self.path}.{(self.sha256 or self.git or '')[:12]}{PART}"

    def found_in(self, path: Path) -> Held | None:
        """Return size and sha256 of a file if it has these very bytes; the object id is git's for a blob.

        Source: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects.
        """
        if size_of(path) != self.size or not path.is_file():
            return None
        sha256 = str(describe(path)["sha256"])
        if self.sha256 not in (None, sha256):
            return None
        if self.git is not None:
            blob = hashlib.sha1(b"blob %d\0" % self.size, usedforsecurity=False)
            with path.open("rb") as content:
                if hashlib.file_digest(content, lambda: blob).hexdigest() != self.git:
                    return None
        return Held(self.size, sha256)


class Meter:
    """Counts bytes and tells of them, ten times a second at most; the speed is that of the last seconds."""

    def __init__(self, report: Callable[[Progress], None], total: int) -> None:
        self._report, self._total, self._path, self._done = report, total, "", 0
        self._told = float("-inf")
        self._past: deque[tuple[float, int]] = deque(maxlen=50)

    def skip(self, count: int) -> None:
        """Count bytes that did not come over the line just now, or that are lost."""
        self._done += count
        self._past.clear()

    def begin(self, path: str, have: int) -> None:
        """Turn to a file, of which some bytes are there already."""
        self._path = path
        self.skip(have)
        self._tell(time.monotonic())

    def add(self, count: int) -> None:
        """Count bytes that have just come."""
        self._done += count
        now = time.monotonic()
        if now - self._told >= 0.1 or self._done == self._total:
            self._tell(now)

    def _tell(self, now: float) -> None:
        self._told = now
        self._past.append((now, self._done))
        since, then = self._past[0]
        speed = (self._done - then) / (now - since) if now - since > 0.3 else None
        self._report(Progress(self._path, self._done, self._total, speed))


def size_of(path: Path) -> int:
    """Return the size of a file in bytes, 0 when it is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
