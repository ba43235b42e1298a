"""Print what was made as a table: size, seconds until it is there, cold and warm, and the most memory.

    python build/release_table.py MEASURED FILE…

MEASURED holds, for a file that was measured, what ``freeze/measure.py`` printed, under its name with ``.json``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

HEAD = ("artefact", "MB", "window, cold · warm, s", "first result, cold · warm, s", "most memory, MB")


def row(name: str, size: int, measured: Mapping[str, Mapping[str, float | None]]) -> tuple[str, ...]:
    """Return the cells of an artefact; ``size`` in bytes, ``measured`` empty where nothing could be."""
    if not measured:
        return name, f"{size / 1e6:.1f}", "", "", ""
    window, result = measured["window shown"], measured["first result"]
    peak = max(each["peak MB"] or 0 for each in measured.values())
    return name, f"{size / 1e6:.1f}", _pair(window), _pair(result), f"{peak:.0f}"


def lines(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table, its columns as wide as they need to be."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _pair(found: Mapping[str, float | None]) -> str:
    return " · ".join("–" if found[way] is None else f"{found[way]:.2f}" for way in ("cold", "warm"))


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file() and not file.is_symlink())


def main(measured: Path, paths: Sequence[Path]) -> None:
    """Print the table."""
    rows: list[tuple[str, ...]] = [HEAD]
    for path in (path for path in paths if path.suffix != ".sig"):
        found = measured / f"{path.name}.json"
        rows.append(row(path.name, _size(path), json.loads(found.read_bytes()) if found.is_file() else {}))
    print("\n".join(lines(rows)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
