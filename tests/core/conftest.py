"""Fixtures of the core's tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from classmark.core.documents import Document, Outcome, Reading
from classmark.core.reading import Limits, read_file

Read = Callable[..., Reading]
ReadDocument = Callable[..., Document]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Return a function that writes bytes to a file of some name and reads it in this process."""

    def write_and_read(name: str, content: bytes | str, limits: Limits | None = None) -> Reading:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_file(path, limits)

    return write_and_read


@pytest.fixture
def read_document(read: Read) -> ReadDocument:
    """Return the same for files that must be readable; it returns the document."""

    def write_and_read(name: str, content: bytes | str, limits: Limits | None = None) -> Document:
        reading = read(name, content, limits)
        assert reading.outcome is Outcome.READ, reading.reason
        assert reading.document is not None
        return reading.document

    return write_and_read
