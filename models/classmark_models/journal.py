"""The journal: a file that tells of every connection to a hub when, where to, why and how many bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

LARGEST = 1 << 20
"""Bytes of a file, about 2,000 connections; then a new one is begun, and the one before is kept."""
_LARGEST_READ = 2 * LARGEST
_LONGEST = 300
"""Characters of a text that are read; an address has 253 at most."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection; bytes are those that the program sent and received, without what encryption adds to them.

    ``purpose`` is the method of ``Workshop`` that a person called, ``model`` the id or repo they named. ``address`` is
    the number that the name ``host`` stood for. ``outcome`` is "" for a good end, or what went wrong. One without an
    end is still open, or its process was ended: of its bytes nothing is known then.
    """

    began: datetime
    host: str
    port: int
    purpose: str
    model: str
    ended: datetime | None = None
    address: str = ""
    sent: int = 0
    received: int = 0
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """Connections in the order in which they were opened; how many older ones there were that are kept no more."""

    connections: tuple[Connection, ...]
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Journal:
    """The journal in a file, and in an older one beside it. Each line is a JSON object.

    A file begins with how many connections were opened ``before`` it; a connection has a line when it is ``opened``,
    and one of the same ``id`` when it is ``closed``. Only ``hub.recording`` writes.
    """

    path: Path

    @property
    def older(self) -> Path:
        """The file of the connections before those in ``path``."""
        return self.path.with_name(f"{self.path.stem}.older{self.path.suffix}")

    def read(self) -> History:
        """Read what is there; lines that cannot be understood are left out. OSError when a file cannot be read."""
        found: dict[str, Connection] = {}
        dropped: int | None = None
        for path in (self.older, self.path):
            for facts in _lines(path):
                try:
                    if "before" in facts:
                        dropped = int(facts["before"]) if dropped is None else dropped
                    elif "opened" in facts:
                        found[str(facts["id"])] = _opened(facts)
                    elif facts["id"] in found:
                        found[facts["id"]] = _closed(found[facts["id"]], facts)
                except (KeyError, TypeError, ValueError, OverflowError):
                    continue
        return History(tuple(found.values()), dropped or 0)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a hub is asked, and where that is written down."""

    journal: Journal
    purpose: str
    model: str


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        with path.open("rb") as file:
            lines = file.read(_LARGEST_READ).decode(errors="replace").splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            facts = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(facts, dict):
            yield facts


def _opened(facts: Mapping[str, Any]) -> Connection:
    host, purpose, model = (str(facts[name])[:_LONGEST] for name in ("host", "purpose", "model"))
    return Connection(_time(facts["opened"]), host, int(facts["port"]), purpose, model)


def _closed(connection: Connection, facts: Mapping[str, Any]) -> Connection:
    return replace(
        connection,
        ended=_time(facts["closed"]),
        address=str(facts["address"])[:_LONGEST],
        sent=int(facts["sent"]),
        received=int(facts["received"]),
        outcome=str(facts["outcome"])[:_LONGEST],
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
