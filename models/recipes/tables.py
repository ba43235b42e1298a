"""Rows of the packed tables among the sets."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def csv_rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a ``.csv.gz`` with a head."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def json_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a ``.jsonl.gz``."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)
