"""Writes the third-party notices: who made what ships, under which licence, and every licence's text once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from trust.environment import Distribution
from trust.inventory import Shipped
from trust.licensing import chosen

_HERE = Path(__file__).resolve().parent
_RULE = "-" * 100


class TextMissing(ValueError):
    """There is no licence text for something that ships; the message says for what."""


def notices(version: str, shipped: Sequence[Shipped], installed: Mapping[str, Distribution]) -> str:
    """Return the whole file.

    Raises TextMissing, and LicenceRefused where something may not ship.
    """
    shelf = _Shelf(installed)
    entries = ["\n".join(_entry(one, shelf)) for one in _in_order(shipped)]
    qt = next((one.what.version for one in shipped if one.what.name == "pyside6-essentials"), "")
    preface = (_HERE / "preface.txt").read_text(encoding="utf-8")
    filled = preface.format(version=version, qt=qt, qt_series=qt.rpartition(".")[0])
    listed = f"Part 2. What Classmark is built from ({len(entries)} entries)\n\n" + "\n\n".join(entries)
    return f"{filled}\n\n{listed}\n\n\nPart 3. Licence texts\n\n{shelf.printed()}"


def _in_order(shipped: Iterable[Shipped]) -> list[Shipped]:
    """Sort by name, what lies inside a package after that package."""
    return sorted(
        shipped, key=lambda one: ((one.parent or one.what.name).lower(), bool(one.parent), one.what.name.lower())
    )


def _entry(one: Shipped, shelf: _Shelf) -> Iterable[str]:
    indent = "    " if one.parent else ""
    yield f"{indent}{one.what.name} {one.what.version}".rstrip() + (f", inside {one.parent}" if one.parent else "")
    followed = " AND ".join(chosen(one.what.licence))
    yield f"{indent}    Licence: {one.what.licence}" + (f"; followed: {followed}" if " OR " in one.what.licence else "")
    for line in one.what.copyright:
        yield f"{indent}    {line}"
    if one.what.source:
        yield f"{indent}    Source: {one.what.source}"
    yield f"{indent}    Texts: {', '.join(map(str, shelf.texts_of(one)))}"


class _Shelf:
    """Numbers texts in the order they are asked for, equal ones once."""

    def __init__(self, installed: Mapping[str, Distribution]) -> None:
        self._installed = installed
        self._numbers: dict[str, int] = {}
        self._printed: list[str] = []

    def texts_of(self, one: Shipped) -> list[int]:
        """Return the numbers of the texts that go with something that ships."""
        package = one.parent or one.what.name
        if one.what.text == "wheel":
            of_wheel = self._installed[package].texts if package in self._installed else {}
            if of_wheel:
                return sorted({self._number(f"{package}: {name}", text) for name, text in of_wheel.items()})
            if one.parent:
                raise TextMissing(f"The wheel of {package} has no text for {one.what.name}.")
        if one.what.text.endswith(".txt"):
            return [self._standard(one.what.name, one.what.text)]
        names = [f"{part}.txt" for licence in chosen(one.what.licence) for part in _parts(licence)]
        return sorted({self._standard(name.removesuffix(".txt"), name) for name in names})

    def printed(self) -> str:
        """Return all texts that were asked for."""
        return "\n".join(self._printed)

    def _standard(self, title: str, name: str) -> int:
        path = _HERE / "licences" / name
        if not path.exists():
            raise TextMissing(f"There is no text {name} in build/trust/licences.")
        return self._number(title, path.read_text(encoding="utf-8"))

    def _number(self, title: str, text: str) -> int:
        same = " ".join(text.split())
        if same not in self._numbers:
            self._numbers[same] = len(self._numbers) + 1
            body = "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
            self._printed.append(f"{_RULE}\nText {self._numbers[same]}. {title}\n{_RULE}\n\n{body}\n")
        return self._numbers[same]


def _parts(licence: str) -> list[str]:
    """Name the texts that a licence consists of: its own, its exception's, and what it refers to."""
    names = [name.removesuffix("-only").removesuffix("-or-later") for name in licence.split(" WITH ")]
    return [*names, "GPL-3.0"] if names[0] == "LGPL-3.0" else names
