"""Reads what is known of libraries inside other people's packages: the tables in ``inner/``."""

from __future__ import annotations

import fnmatch
import platform
import sqlite3
import ssl
import tomllib
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

FOLDER = Path(__file__).resolve().parent / "inner"


@dataclass(frozen=True)
class Inner:
    """A piece of software or data inside a package; ``text`` is a file of ``licences/``, or ``wheel``, or empty.

    An empty text means the standard text of the licence. An empty version is that of the package's own sources.
    ``cpe``, ``vendor:product``, is what the NVD calls it, so that scanners find what is known of it.
    """

    name: str
    licence: str
    copyright: tuple[str, ...]
    source: str
    version: str = ""
    text: str = ""
    kind: str = "library"
    purl: str = ""
    cpe: str = ""


@dataclass(frozen=True)
class Part:
    """Files and what they are made of.

    Files are patterns over paths in the frozen folder; ``*`` crosses folders, and case does not count.
    """

    files: tuple[str, ...]
    inner: tuple[Inner, ...]

    def of(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Return those of the paths that belong to this part."""
        patterns = [pattern.lower() for pattern in self.files]
        return tuple(path for path in paths if any(fnmatch.fnmatchcase(path.lower(), each) for each in patterns))


@dataclass(frozen=True)
class Package:
    """What is known of the inside of one package, in the versions (a pattern) that somebody looked at."""

    distribution: str
    version: str
    parts: tuple[Part, ...]


def packages(folder: Path = FOLDER) -> dict[str, Package]:
    """Read all tables, by the name of the package."""
    tables = (tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.toml")))
    return {table["distribution"]: _package(table) for table in tables}


def _package(table: dict[str, object]) -> Package:
    parts: Sequence[dict[str, list[object]]] = table["part"]  # type: ignore[assignment]
    return Package(
        str(table["distribution"]),
        str(table["version"]),
        tuple(
            Part(tuple(map(str, part["files"])), tuple(_inner(one) for one in part["component"]))  # type: ignore[arg-type]
            for part in parts
        ),
    )


def _inner(table: dict[str, object]) -> Inner:
    told = {
        "python": platform.python_version(),
        "openssl": ssl.OPENSSL_VERSION.split()[1],
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
        "expat": expat.EXPAT_VERSION.removeprefix("expat_"),
        "sqlite": sqlite3.sqlite_version,
    }
    values = {**table, "copyright": tuple(table["copyright"])}  # type: ignore[arg-type]
    return Inner(**{**values, "version": str(table.get("version", "")).format(**told)})  # type: ignore[arg-type]
