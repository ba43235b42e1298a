"""A small TOML file, read within bounds."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

_LARGEST = 1 << 20
"""Bytes."""


def read_toml(path: Path) -> tuple[dict[str, Any], str]:
    """Return what a file holds, and its text; OSError, and ValueError, which names the line of the fault."""
    with path.open("rb") as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise ValueError(f"it has more than {_LARGEST:,} bytes")
    text = content.decode("utf-8-sig").replace("\r\n", "\n")
    try:
        return tomllib.loads(text), text
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
