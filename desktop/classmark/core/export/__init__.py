"""Results to files: one writer per format."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Protocol, TextIO

from classmark.core.documents import Result
from classmark.core.export.jsonl import JsonlWriter
from classmark.core.export.table import CsvWriter
from classmark_models.decide import Rule


class Writer(Protocol):
    """Writes results to a text stream, one after the other."""

    def add(self, result: Result) -> None:
        """Write one result."""


FORMATS: dict[str, Callable[[TextIO, Rule], Writer]] = {"csv": CsvWriter, "jsonl": JsonlWriter}

# Spreadsheets take a CSV file for UTF-8 only where it begins with a byte order mark.
_ENCODINGS = {"csv": "utf-8-sig"}


def open_output(path: Path, format_name: str) -> TextIO:
    """Open a file for writing in the encoding that its format wants; OSError when it cannot be written."""
    encoding = _ENCODINGS.get(format_name, "utf-8")
    return path.open("w", encoding=encoding, newline="", errors="backslashreplace")


def write(results: Iterable[Result], rule: Rule, path: Path, format_name: str) -> None:
    """Write results to a file, which appears or is replaced only when all of them are written.

    Raises OSError when the place cannot be written to.
    """
    with NamedTemporaryFile(dir=path.parent, prefix=".", suffix=path.suffix, delete=False) as file:
        draft = Path(file.name)
    try:
        with open_output(draft, format_name) as stream:
            writer = FORMATS[format_name](stream, rule)
            for result in results:
                writer.add(result)
        # A temporary file is private; what replaces it has the rights that any new file gets.
        mask = os.umask(0)
        os.umask(mask)
        draft.chmod(0o666 & ~mask)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
