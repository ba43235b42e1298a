"""Rebuild every head of the pack on its encoder, from the data; go on where a former run stopped. Needs ``torch``.

    python -m recipes.heads --data DATA --scratch DIR [--packages DIR] [--again STEP …] [--list]

Each step is a program of its own, with fixed seeds and one thread where it learns. DIR keeps what is between them, in a
folder for each encoder; a step is done again when its command is another, or a step before it was. ``--packages`` is
what ``recipes.scope`` needs; without it what belongs nowhere is told as before.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from classmark_models.pack import BUILTIN, BUILTIN_GRAPH, describe
from recipes.library_pack import HEADS


@dataclass(frozen=True, slots=True)
class Step:
    """A program of the recipes with what it is told; ``makes`` are the files without which it was not done."""

    name: str
    command: tuple[str, ...]
    makes: tuple[Path, ...] = ()


def steps(data: Path, scratch: Path, packages: Path | None) -> list[Step]:
    """Return all steps in their order; ``scratch`` is the folder of the encoder."""
    texts, net = scratch / "embeddings", scratch / "net"
    of_data, of_texts = ("--data", str(data)), ("--embeddings", str(texts))
    manifest = Step("manifest", ("build_pack", "--only", "manifest"))
    small = [
        Step(
            name,
            ("small_heads", name, *of_data, "--cache", str(texts), "--library", str(texts), "--out", str(HEADS)),
            (HEADS / file,),
        )
        for name, file in (("spheres", "spheres.npz"), ("subjects-8", "subjects.npz"))
    ]
    scope = [Step("scope", ("scope", *of_data, *of_texts, "--packages", str(packages)))] if packages else []
    return [
        Step("topics", ("build_pack", "--only", "topics", *of_data), (BUILTIN / "vectors.npz",)),
        Step("embeddings", ("embed", *of_data, "--out", str(texts))),
        Step("net", ("library_heads", *of_data, *of_texts, "--out", str(net)), (net / "net.npz",)),
        Step("library", ("library_pack", *of_data, *of_texts, "--net", str(net / "net.npz")), (HEADS / "library.npz",)),
        *small,
        *scope,
        manifest,
        Step("sure", ("zero_shot_sure", *of_data)),
        Step("manifest again", manifest.command),
    ]


def run(plan: Sequence[Step], scratch: Path, again: Iterable[str] = ()) -> None:
    """Do the first step that is not done yet, and all that follow; tell the time that each takes."""
    receipts = scratch / "done.json"
    done: dict[str, list[str]] = json.loads(receipts.read_text(encoding="utf-8")) if receipts.exists() else {}
    repeated = set(again)

    def is_done(step: Step) -> bool:
        kept = done.get(step.name) == list(step.command) and all(path.exists() for path in step.makes)
        return kept and step.name not in repeated

    kept = list(takewhile(is_done, plan))
    done = {step.name: list(step.command) for step in kept}
    print("\n".join(f"{step.name}: done before" for step in kept), flush=True)
    for step in plan[len(kept) :]:
        started = time.monotonic()
        print(f"{step.name}: {' '.join(step.command)}", flush=True)
        program, *arguments = step.command
        subprocess.run([sys.executable, "-m", f"recipes.{program}", *arguments], check=True)
        print(f"{step.name}: {time.monotonic() - started:,.0f} s", flush=True)
        done[step.name] = list(step.command)
        receipts.write_text(json.dumps(done, indent=1) + "\n", encoding="utf-8")


def folder_of(scratch: Path) -> Path:
    """Return the folder for what the pack's encoder makes of the data; another encoder has another one."""
    digest = str(describe(BUILTIN / f"{BUILTIN_GRAPH}.data")["sha256"])
    folder = scratch.absolute() / digest[:12]
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def main() -> None:
    """Rebuild the heads."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder with the sets")
    parser.add_argument("--scratch", type=Path, required=True, help="a folder for what is between the steps")
    parser.add_argument("--packages", type=Path, help="the folder with the packages that recipes.scope names")
    parser.add_argument("--again", nargs="+", default=[], metavar="STEP", help="do these again, and what follows")
    parser.add_argument("--list", action="store_true", help="only print the commands")
    options = parser.parse_args()
    scratch = folder_of(options.scratch)
    plan = steps(options.data.absolute(), scratch, options.packages and options.packages.absolute())
    if unknown := set(options.again) - {step.name for step in plan}:
        parser.error(f"there are no steps {', '.join(sorted(unknown))}")
    if options.list:
        print(*(f"{step.name}: python -m recipes.{' '.join(step.command)}" for step in plan), sep="\n")
    else:
        run(plan, scratch, options.again)


if __name__ == "__main__":
    main()
