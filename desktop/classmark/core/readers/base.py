"""What every reader shares: the limits, the file handed in, the extract handed out, the reason there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from classmark.core.documents import Origin, Outcome
from classmark_models.errors import ClassmarkError

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one file may cost. Sizes in bytes, times in seconds."""

    file_bytes: int = 500 * MEBIBYTE
    """A larger file is not opened: outcome TOO_LARGE."""
    characters: int = 5_000_000
    """A longer text is cut here, and a remark says so."""
    entries: int = 20_000
    """Files inside one DOCX, ODT, PPTX or EPUB; archives inside archives are never opened."""
    expanded_bytes: int = 512 * MEBIBYTE
    """All that is unpacked from one archive, together."""
    ratio: int = 250
    """Unpacked to packed size of one entry, for entries past ``ratio_bytes``."""
    ratio_bytes: int = 16 * MEBIBYTE
    depth: int = 1000
    """Elements inside elements in XML."""
    seconds: float = 60.0
    """Time for one file in the reading process."""
    memory_bytes: int = 1024 * MEBIBYTE
    """Memory of the reading process."""


class Unreadable(ClassmarkError):
    """A file yields no document; the message is a sentence for the person."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome


class Enough(Exception):
    """The text has reached the limit of characters: stop parsing, keep what there is."""


@dataclass
class File:
    """One file to read: its path, its first bytes, and all bytes on demand."""

    path: Path
    head: bytes
    limits: Limits

    @property
    def suffix(self) -> str:
        """Return the suffix in lower case, without the dot."""
        return self.path.suffix.lower().removeprefix(".")

    @cached_property
    def data(self) -> bytes:
        """Return the whole content."""
        return self.path.read_bytes()


@dataclass
class Extract:
    """What a reader found, not yet normalised.

    ``parts`` are pages, slides or chapters when ``paged``, else pieces of one text. ``headings`` are lines of the
    text that the markup says are headings; they tell where an abstract ends.
    """

    format: str
    parts: Sequence[str]
    paged: bool = False
    title: str = ""
    title_origin: Origin = Origin.NONE
    abstract: str = ""
    abstract_origin: Origin = Origin.NONE
    language: str = ""
    headings: Sequence[str] = field(default_factory=list)
    remarks: Sequence[str] = field(default_factory=list)
    is_cut: bool = False
    """The reader stopped at the limit of characters."""
