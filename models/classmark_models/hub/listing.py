"""What a hub says of a repo before any of its files is fetched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from classmark_models.hub.transfer import Wanted


@dataclass(frozen=True, slots=True)
class Offered:
    """A file of a repo: its size in bytes, and its sha256 when it is large (LFS), its git object id when it is not."""

    size: int
    sha256: str | None
    git: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a repo at a full commit, by path, and what its card states about it (YAML, nothing checked)."""

    repo: str
    commit: str
    files: Mapping[str, Offered]
    card: Mapping[str, Any]

    def wanted(self, path: str, sha256: str | None = None) -> Wanted:
        """Return a file as something to download; ``sha256`` is one that is known from elsewhere."""
        offered = self.files[path]
        return Wanted(path, self.repo, self.commit, offered.size, offered.sha256 or sha256, offered.git)
