"""What IT has settled for all who use this computer: defaults that a person can change, and what they cannot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classmark.core.paths import policy_files
from classmark.core.setting import Setting
from classmark.core.toml_file import read_toml
from classmark_models.errors import NewerFormat
from classmark_models.formats import check_format

FORMAT = 1
_DEFAULTS, _LOCKED = "defaults", "locked"
_TABLE = re.compile(r"\s*\[\s*([^\]\s]+)\s*\]")


@dataclass(frozen=True, slots=True)
class Policy:
    """Values by the names of settings, the files that state them, and what cannot be followed in them.

    ``is_closed``: something that might have been a lock cannot be understood, so nothing is fetched until it is mended.
    """

    defaults: Mapping[str, str] = field(default_factory=dict)
    locked: Mapping[str, str] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    faults: tuple[str, ...] = ()
    is_closed: bool = False


def read_policy(known: Mapping[str, Setting]) -> Policy:
    """Read what is settled for everybody; raises nothing: a fault is told, and stops no work but fetching."""
    read = [_Reader(path, known) for path in policy_files()]
    found = [reader for reader in read if reader.is_there]
    return Policy(
        _merged(reader.values[_DEFAULTS] for reader in found),
        _merged(reader.values[_LOCKED] for reader in found),
        tuple(reader.path for reader in found),
        tuple(fault for reader in found for fault in reader.faults),
        any(reader.is_closed for reader in found),
    )


class _Reader:
    """One file, read with its faults."""

    def __init__(self, path: Path, known: Mapping[str, Setting]) -> None:
        self.path, self._known = path, known
        self.is_there, self.is_closed = True, False
        self.faults: list[str] = []
        self.values: dict[str, dict[str, str]] = {_DEFAULTS: {}, _LOCKED: {}}
        self._text = ""
        try:
            stated, self._text = read_toml(path)
            check_format(stated.pop("format", None), FORMAT, path)
        except (FileNotFoundError, NotADirectoryError):
            self.is_there = False
            return
        except NewerFormat as error:
            self._blame(str(error), closes=True)
            return
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            self._blame(f"The policy {path} cannot be read: {reason}.", closes=True)
            return
        for table, values in stated.items():
            if table not in self.values or not isinstance(values, dict):
                self._blame_line("", table, "stands in neither [defaults] nor [locked]", closes=True)
                continue
            for name, value in values.items():
                self._take(table, name, value)

    def _take(self, table: str, name: str, value: Any) -> None:
        closes = table == _LOCKED
        if name not in self._known:
            self._blame_line(table, name, f"is no setting; there are {', '.join(self._known)}", closes=closes)
        elif not isinstance(value, str):
            self._blame_line(table, name, "is no text", closes=closes)
        elif fault := self._known[name].fault(value):
            self._blame_line(table, name, f"cannot be followed: {fault}", closes=closes)
        else:
            self.values[table][name] = value

    def _blame_line(self, table: str, name: str, fault: str, *, closes: bool) -> None:
        line = _line(self._text, table, name)
        place = f"{self.path}, line {line}" if line else f"{self.path}"
        self._blame(f"The policy {place}: {name[:80]!r} {fault}.", closes=closes)

    def _blame(self, fault: str, *, closes: bool) -> None:
        self.is_closed |= closes
        self.faults.append(f"{fault} Until it is mended nothing is fetched from a hub." if closes else fault)


def _line(text: str, table: str, name: str) -> int:
    """Return the number of the line that states a name, counted from 1; 0 where it cannot be found."""
    key = re.compile(rf"\s*[\"']?{re.escape(name)}[\"']?\s*=")
    dotted = re.compile(rf"\s*{re.escape(table)}\s*\.\s*[\"']?{re.escape(name)}[\"']?\s*=")
    within = ""
    for number, line in enumerate(text.split("\n"), 1):
        if header := _TABLE.match(line):
            within = header[1]
            if not table and within == name:
                return number
        elif (within == table and key.match(line)) or (table and not within and dotted.match(line)):
            return number
    return 0


def _merged(tables: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return all values; of the same name that of the first table."""
    merged: dict[str, str] = {}
    for table in tables:
        merged = {**table, **merged}
    return merged
