"""One contestant in a process of its own, which answers a line of JSON with a line of JSON.

python -m tests.bench.peers.worker CONTESTANT --scratch DIR --shape NAME --threads N
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from tests.bench.peers.bags import Bag, read_bags
from tests.bench.peers.contestants import CONTESTANTS
from tests.bench.peers.shapes import SHAPES, Places

SAMPLE = 20
"""Texts whose answers are compared."""


def peak_megabytes() -> float:
    """Return the most memory that this process has had; of Linux's own count, which a parent's size does not touch."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1e3
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def timed(work: Callable[[], object]) -> dict[str, float]:
    """Return the seconds on the wall and those of all of this process's threads."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def serve(asked: argparse.Namespace, out: TextIO) -> None:
    """Answer one text, say so, and then what comes in: {"bag", "share"}, "sample" or "end"."""
    places = Places(asked.scratch, SHAPES[asked.shape])
    bags = read_bags(places.bags)
    answer = CONTESTANTS[asked.contestant].start(places, asked.threads)
    answer(bags["titles"].texts[:1])

    def say(what: Any) -> None:
        print(json.dumps(what), file=out, flush=True)

    def run(bag: Bag) -> dict[str, float]:
        return timed(lambda: answer(bag.texts))

    say("first")
    for line in sys.stdin:
        order = json.loads(line)
        if order == "end":
            say(peak_megabytes())
            break
        if order == "sample":
            say([vector.tolist() for vector in answer(bags["mixed"].texts[:SAMPLE])])
        else:
            say(run(bags[order["bag"]].cut(order["share"])))


def main() -> None:
    """Keep the libraries' own words out of the answers, and serve."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("contestant", choices=CONTESTANTS)
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("--shape", choices=SHAPES, required=True)
    parser.add_argument("--threads", type=int, required=True)
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    serve(parser.parse_args(), out)


if __name__ == "__main__":
    main()
