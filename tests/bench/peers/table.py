"""Kept cells → Markdown tables."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from tests.bench.peers.bags import COUNTS
from tests.bench.peers.contestants import CONTESTANTS, OURS
from tests.bench.peers.shapes import BUILTIN, SHAPES

Figures = dict[str, Any]
HEAD = (*COUNTS, "mixed, wall", "% of the limit", "ms an abstract", "peak MB", "file MB", "first result, s", "cosine")


def print_table(scratch: Path) -> None:
    """Print a table for each model and number of threads of which there are cells."""
    cells = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((scratch / "cells").glob("*.json"))]
    for shape in SHAPES.values():
        for threads in sorted({cell["threads"] for cell in cells}):
            of_it = [cell for cell in cells if (cell["shape"], cell["threads"]) == (shape.name, threads)]
            if of_it:
                print(f"\n**{shape.title}, {threads} thread{'s' * (threads > 1)}**\n")
                print("\n".join(_rows(of_it, shape.name)))
    limits = [limit for cell in cells for limit in cell["limits"]]
    if limits:
        told = (f"{kind} {_spread([limit[kind] / 1e9 for limit in limits], 0)}" for kind in ("int8", "float32"))
        print(f"\nThe machine's limit, GOPS a second of processor time: {', '.join(told)}")


def _rows(cells: list[Figures], shape: str) -> Iterator[str]:
    yield "| | " + " | ".join(HEAD) + " |"
    yield "|---" * (len(HEAD) + 1) + "|"
    for who, contestant in CONTESTANTS.items():
        of_it = [cell for cell in cells if who in cell["first"]]
        if not of_it:
            continue
        columns = [_ratio(of_it, who, bag, "cpu") for bag in COUNTS] + [_ratio(of_it, who, "mixed", "wall")]
        columns += [_share(of_it, who), _milliseconds(of_it, who)]
        columns += [f"{statistics.median(cell[what][who] for cell in of_it):.0f}" for what in ("memory", "megabytes")]
        columns.append(_spread([cell["first"][who] for cell in of_it], 1))
        columns.append(_cosine(cells, who) if shape == BUILTIN else "")
        yield f"| {contestant.title} | " + " | ".join(columns) + " |"


def _turns(cells: Iterable[Figures], bag: str) -> Iterator[tuple[Figures, Figures]]:
    """Yield each time that a bag was read, with its cell."""
    for cell in cells:
        for turn in cell["times"]:
            if turn["bag"] == bag:
                yield cell, turn


def _ratio(cells: list[Figures], who: str, bag: str, clock: str) -> str:
    """Return how many times as long as we it takes."""
    if who == OURS:
        return "1"
    return _spread([turn[who][clock] / turn[OURS][clock] for _, turn in _turns(cells, bag)], 2)


def _share(cells: list[Figures], who: str) -> str:
    """Return how much of the machine's limit for its numbers it reaches, on abstracts."""
    kind = "int8" if CONTESTANTS[who].int8 else "float32"
    reached = [
        100 * turn["operations"] / turn[who]["cpu"] / max(limit[kind] for limit in cell["limits"])
        for cell, turn in _turns(cells, "abstracts")
    ]
    return f"{statistics.median(reached):.0f} of {kind}"


def _milliseconds(cells: list[Figures], who: str) -> str:
    return _spread([1e3 * turn[who]["cpu"] / turn["texts"] for _, turn in _turns(cells, "abstracts")], 0)


def _cosine(cells: list[Figures], who: str) -> str:
    """Return the mean cosine of its vectors to those of the float32 weights, by transformers."""
    exact = next((cell["sample"]["transformers-1"] for cell in cells if "transformers-1" in cell["sample"]), None)
    if exact is None:
        return ""
    found = next(cell["sample"][who] for cell in cells if who in cell["sample"])
    return f"{np.mean(np.sum(np.array(found) * np.array(exact), axis=1)):.4f}"


def _spread(values: list[float], digits: int) -> str:
    """Return the median, with the least and the greatest."""
    low, middle, high = (f"{value:.{digits}f}" for value in (min(values), statistics.median(values), max(values)))
    return middle if low == high else f"{middle} ({low}–{high})"
