"""What it takes to open a model, in time and memory: imports, opening, first answer, a full window. On Linux.

    python -m tests.bench.start [--rounds N] [--before TREE] [--base-shape DIR]        # in the root

Every round starts a process for each row, in turns; medians are printed. ``--before`` sets another checkout beside this
one. ``--base-shape`` adds a model of mBERT's shape with random weights and 4,521 topics; it is made in DIR (1 GB for a
while) if it is not there. Python's bytecode is at hand, as where Classmark is installed. Memory is of the whole
process: anonymous pages are its own, mapped ones are those of files (libraries too), which the system may take back;
of them only what was touched counts.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BASE, SPEC_ID = "mBERT's shape", "openalex-topics-v1"
TITLE = "Bees and the pollination of orchards in Southern Europe"
BODY = "The queen of the hive is old, and the river has carried much ice to the sea this year. " * 40
STAGES = ("imported", "opened", "answered", "window")
HEADER = (
    "| | imports, s | opening | first answer | all, processor time | all, wall | opened: own pages, MB | mapped "
    "| after a full window: own | mapped | peak |"
)


def measure(folder: str) -> None:
    """Open the built-in classifier, or the ready model in a folder of models, and print what each stage took."""
    figures: dict[str, dict[str, float]] = {}

    def note(stage: str) -> None:
        figures[stage] = {"cpu": time.process_time(), "at": time.time()} | memory()

    from classmark_models.collection import Collection, open_builtin

    note("imported")
    classifier = Collection(Path(folder)).open(SPEC_ID, 1) if folder else open_builtin(1)
    note("opened")
    classifier.predict(TITLE, "", "")
    note("answered")
    classifier.predict(TITLE, "", BODY)
    note("window")
    print(json.dumps(figures))
    classifier.close()


def memory() -> dict[str, float]:
    """Return this process's own and mapped resident pages, and its peak, in MB."""
    lines = (
        Path("/proc/self/smaps_rollup").read_text().splitlines() + Path("/proc/self/status").read_text().splitlines()
    )
    facts = {name: value.split()[0] for name, _, value in (line.partition(":") for line in lines) if value.split()}
    own, resident, peak = (int(facts[name]) / 1024 for name in ("Anonymous", "Rss", "VmHWM"))
    return {"own": own, "mapped": resident - own, "peak": peak}


def run(tree: Path, folder: str, bytecode: str) -> dict[str, float]:
    """Measure once, in a process of its own with the code of a tree; seconds and MB."""
    code = f"import runpy; runpy.run_path({__file__!r})['measure']({folder!r})"
    environment = os.environ | {"PYTHONPATH": str(tree / "models"), "PYTHONPYCACHEPREFIX": bytecode}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.time()
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=tree, stdout=subprocess.PIPE, check=True)
    found = json.loads(done.stdout)
    cpu = {stage: found[stage]["cpu"] for stage in STAGES}
    return {
        "imports": cpu["imported"],
        "opening": cpu["opened"] - cpu["imported"],
        "first": cpu["answered"] - cpu["opened"],
        "all": cpu["answered"],
        "wall": found["answered"]["at"] - began,
        "own opened": found["opened"]["own"],
        "mapped opened": found["opened"]["mapped"],
        "own": found["window"]["own"],
        "mapped": found["window"]["mapped"],
        "peak": found["window"]["peak"],
    }


def make_base_shape(folder: Path) -> None:
    """Make the ready model of mBERT's shape in a folder of models, unless it is there."""
    from tests.bench.full_size import full_size

    from classmark_models.collection import Collection
    from classmark_models.prepare import prepare
    from classmark_models.spec import read_catalogue

    spec, collection = read_catalogue()[SPEC_ID], Collection(folder)
    if SPEC_ID not in collection.ready.names():
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            prepare(spec, full_size(spec).publish(Path(scratch) / "published"), collection)


def main() -> None:
    """Measure all rows in turns and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--before", type=Path, help="another checkout, to be set beside this one")
    parser.add_argument("--base-shape", type=Path, help="folder for the model of mBERT's shape")
    asked = parser.parse_args()
    trees = {"": Path(__file__).parents[2]} | ({"before: ": asked.before.resolve()} if asked.before else {})
    folders = {"built in": ""}
    if asked.base_shape:
        asked.base_shape.mkdir(parents=True, exist_ok=True)
        make_base_shape(asked.base_shape)
        folders[BASE] = str(asked.base_shape.resolve())
    rows = {f"{when}{name}": (tree, folder) for name, folder in folders.items() for when, tree in trees.items()}
    found: dict[str, list[dict[str, float]]] = {name: [] for name in rows}
    with tempfile.TemporaryDirectory() as bytecode:
        for turn in range(asked.rounds + 1):
            for name, (tree, folder) in rows.items():
                figures = run(tree, folder, bytecode)
                if turn:  # the first writes the bytecode
                    found[name].append(figures)
    print(HEADER, "|" + "---|" * HEADER.count(" | ") + "---|", sep="\n")
    for name, turns in found.items():
        middle = {key: statistics.median(each[key] for each in turns) for key in turns[0]}
        cells = [f"{value:.2f}" if place < 5 else f"{value:.0f}" for place, value in enumerate(middle.values())]
        print("|", " | ".join([name, *cells]), "|")


if __name__ == "__main__":
    main()
