"""The outline of the Library of Congress Classification: classes, subclasses and their main number ranges.

Captions are in ``lcc.txt`` and ``lcc_ranges.txt``: class letters, first and last number, caption. A last number
without decimals takes in all of its own.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

LOC = "http://id.loc.gov/authorities/classification/"
Row = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers of a subclass that belong together, from ``first`` to ``last``."""

    subclass: str
    first: str
    last: str
    caption: str

    @property
    def id(self) -> str:
        """What a shelf list calls the range, as ``QA75.5-76.95``."""
        return f"{self.subclass}{self.first}" + (f"-{self.last}" if self.last != self.first else "")

    def holds(self, number: str) -> bool:
        """Tell whether a number lies in the range: up to the last one, and as many decimals deep as that."""
        digits = len(self.last.partition(".")[2])
        whole, dot, decimals = number.partition(".")
        return Decimal(self.first) <= Decimal(number) and Decimal(f"{whole}{dot}{decimals[:digits]}") <= Decimal(
            self.last
        )


def read_ranges() -> Iterator[Range]:
    """Yield the main number ranges, by subclass and in order."""
    for line in Path(__file__).with_name("lcc_ranges.txt").read_text(encoding="utf-8").splitlines():
        subclass, numbers, caption = line.split(" ", 2)
        first, _, last = numbers.partition("-")
        yield Range(subclass, first, last or first, caption)


class Outline:
    """Finds the main range of a class number."""

    def __init__(self, ranges: Iterable[Range]) -> None:
        """Take ranges in order; those of a subclass do not overlap."""
        self._ranges: dict[str, list[Range]] = {}
        for each in ranges:
            self._ranges.setdefault(each.subclass, []).append(each)

    def of(self, subclass: str) -> list[Range]:
        """Return the ranges of a subclass."""
        return self._ranges.get(subclass, [])

    def find(self, subclass: str, number: str) -> str:
        """Return the id of a number's range, or the subclass where it is in none or there is no number."""
        ranges = self.of(subclass)
        place = bisect_right(ranges, Decimal(number), key=lambda each: Decimal(each.first)) if number else 0
        return ranges[place - 1].id if place and ranges[place - 1].holds(number) else subclass


def captions(name: str) -> dict[str, str]:
    """Return the captions of a table by notation."""
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    return {notation: caption for notation, _, caption in (line.partition(" ") for line in lines)}


def rows(places: Iterable[tuple[str, str]]) -> list[Row]:
    """Return the rows of labels.csv for pairs of subclass and range.

    A range that is called like its subclass stands for all of it, or for what is in no other range. A class as a whole
    is its letter; its first subclass, called by the same letter, has a dot in ``lcc.txt``.
    """
    known, wanted = captions("lcc.txt"), list(places)
    of_range = {each.id: each.caption for each in read_ranges()}
    subclasses = list(dict.fromkeys(subclass for subclass, _ in wanted))
    names = {name: f"{name} {known[name if len(name) > 1 else f'{name}.']}" for name in subclasses}
    parted = {subclass for subclass, place in wanted if place != subclass}

    def caption(subclass: str, place: str) -> str:
        if place != subclass:
            return f"{place} {of_range[place]}"
        return f"{names[subclass]}: other numbers" if subclass in parted else names[subclass]

    return [
        *(
            ("class", name, LOC + name, f"{name} {known[name]}", "")
            for name in sorted({name[0] for name in subclasses})
        ),
        *(("subclass", name, LOC + name, names[name], name[0]) for name in subclasses),
        *(
            ("range", place, LOC + place if place == subclass else "", caption(subclass, place), subclass)
            for subclass, place in wanted
        ),
    ]
