"""Knows the Python packages of the environment at hand: their files, licences, and the bills inside their wheels."""

from __future__ import annotations

import fnmatch
import json
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from trust.known import Inner
from trust.licensing import LicenceRefused, chosen

_DECLARED = tomllib.loads((Path(__file__).resolve().parent / "declared.toml").read_text(encoding="utf-8"))
_TEXT = re.compile(r"\.dist-info/((licenses|license_files)/.+|[^/]*(LICEN[CS]E|COPYING|NOTICE)[^/]*)$", re.IGNORECASE)


@dataclass(frozen=True)
class Distribution:
    """An installed package: normalized name, version, SPDX expression, files as its RECORD names them.

    The licence is empty where nobody states one that may ship. ``inside`` is what its wheel's own bill lists, ``texts``
    its licence files, ``described`` its component as cyclonedx-py writes it.
    """

    name: str
    version: str
    licence: str
    files: tuple[str, ...]
    inside: tuple[Inner, ...]
    texts: dict[str, str]
    described: dict[str, Any]

    @property
    def modules(self) -> frozenset[str]:
        """The names under which its Python files are imported."""
        names = (path.removesuffix(".py").replace("/", ".") for path in self.files if path.endswith(".py"))
        return frozenset(name.removesuffix(".__init__") for name in names)


def installed(cyclonedx: Path) -> dict[str, Distribution]:
    """Return the packages of the running environment by name; ``cyclonedx`` is a Python with cyclonedx-bom to ask.

    Raises subprocess.CalledProcessError when cyclonedx-py fails.
    """
    asked = [
        str(cyclonedx),
        "-m",
        "cyclonedx_py",
        "environment",
        "--output-reproducible",
        "--sv",
        "1.6",
        sys.executable,
    ]
    written = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    described = {normalized(component["name"]): component for component in json.loads(written)["components"]}
    return {
        name: distribution(found, described[name])
        for found in metadata.distributions()
        if (name := normalized(found.metadata["Name"])) in described
    }


def distribution(found: metadata.Distribution, described: dict[str, Any] | None = None) -> Distribution:
    """Read one installed package."""
    name = normalized(found.metadata["Name"])
    files = [file for file in found.files or [] if ".." not in file.parts]
    foreign = _DECLARED["foreign"].get(name, [])
    elsewhere = _DECLARED["texts"].get(name, [])
    described = described or {}
    return Distribution(
        name,
        found.version,
        _DECLARED["licences"].get(name) or _stated(found.metadata),
        tuple(file.as_posix() for file in files),
        tuple(inner for file in files if "/sboms/" in file.as_posix() for inner in _crates(file.read_text())),
        {
            file.as_posix().rpartition(".dist-info/")[2].removeprefix("licenses/"): _text(Path(str(file.locate())))
            for file in files
            if (_TEXT.search(file.as_posix()) or file.as_posix() in elsewhere)
            and not any(fnmatch.fnmatch(file.as_posix(), pattern) for pattern in foreign)
        },
        described,
    )


def normalized(name: str) -> str:
    """Return a package's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _stated(told: metadata.PackageMetadata) -> str:
    stated = next((told[field] for field in ("License-Expression", "License") if field in told), "")
    try:
        chosen(stated)
    except LicenceRefused:
        return ""
    return stated


def _crates(bill: str) -> tuple[Inner, ...]:
    """Read a bill that a wheel carries of itself (PEP 770)."""
    return tuple(
        Inner(
            name=component["name"],
            version=component.get("version", ""),
            licence=_joined(component.get("licenses", [])),
            copyright=tuple(filter(None, [component.get("author")])),
            source=next((link["url"] for link in component.get("externalReferences", []) if link["type"] == "vcs"), ""),
            purl=component.get("purl", "").partition("?")[0],
        )
        for component in json.loads(bill).get("components", [])
    )


def _joined(licences: list[dict[str, Any]]) -> str:
    stated = [entry.get("expression") or entry["license"]["id"] for entry in licences]
    return stated[0] if len(stated) == 1 else " AND ".join(f"({licence})" for licence in stated)


def _text(path: Path) -> str:
    text = path.read_text(encoding="utf-8", errors="replace")
    # pypdfium2 refers to a text that it keeps once.
    if (named := re.fullmatch(r"\s*#include \./(\S+)\s*", text)) and (path.parent / named[1]).exists():
        return _text(path.parent / named[1])
    return text
