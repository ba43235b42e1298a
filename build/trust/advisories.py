"""Looks packages up in a copy of the OSV database, so that an audit needs no network."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version
from trust.environment import normalized
from trust.locks import Pinned


@dataclass(frozen=True)
class Finding:
    """A known vulnerability of a package; ``fixed`` names versions without it, where there are any."""

    package: Pinned
    advisory: str
    summary: str
    fixed: tuple[str, ...]


def findings(packages: Collection[Pinned], database: Path) -> tuple[Finding, ...]:
    """Return what is known of these packages.

    The database is the archive that OSV publishes for PyPI (``all.zip``): one record of the OSV schema 1.x a file.

    Raises ValueError where the archive holds no such records, for then nothing was looked up.
    """
    wanted: dict[str, list[Pinned]] = {}
    for package in packages:
        wanted.setdefault(package.name, []).append(package)
    found, records = [], 0
    with zipfile.ZipFile(database) as archive:
        for name in archive.namelist():
            if name.endswith(".json"):
                record = json.loads(archive.read(name))
                records += 1
                if "withdrawn" not in record:
                    found += [
                        one for affected in record.get("affected", []) for one in _found(record, affected, wanted)
                    ]
    if not records:
        raise ValueError(f"{database} holds no advisories.")
    return tuple(dict.fromkeys(sorted(found, key=lambda one: (one.package.name, one.advisory))))


def _found(record: dict[str, Any], affected: dict[str, Any], wanted: dict[str, list[Pinned]]) -> Iterator[Finding]:
    package = affected.get("package", {})
    if package.get("ecosystem") != "PyPI":
        return
    for one in wanted.get(normalized(package["name"]), []):
        if _hits(Version(one.version), affected):
            ranges = affected.get("ranges", [])
            fixed = (event["fixed"] for each in ranges for event in each["events"] if "fixed" in event)
            summary = record.get("summary") or record.get("details", "").partition("\n")[0]
            yield Finding(one, record["id"], summary, tuple(fixed) if ranges else ())


def _hits(version: Version, affected: dict[str, Any]) -> bool:
    if any(_version(text) == version for text in affected.get("versions", [])):
        return True
    return any(_within(version, each["events"]) for each in affected.get("ranges", []) if each["type"] != "GIT")


def _within(version: Version, events: list[dict[str, str]]) -> bool:
    """Follow the events in the order of their versions, as the OSV schema says."""
    inside = False
    for event in sorted(events, key=lambda each: _version(next(iter(each.values()))) or Version("0")):
        [(kind, text)] = event.items()
        at = Version("0.dev0") if text == "0" else _version(text)
        if at is None:
            continue
        if kind == "introduced" and version >= at:
            inside = True
        elif (kind == "fixed" and version >= at) or (kind == "last_affected" and version > at):
            inside = False
    return inside


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
