"""Print the whole table of figures: every trained classifier beside the baselines on the same rows.

    python -m recipes.figures --data DATA --scratch DIR [--part test] [--baselines] [--annif ANNIF/bin/annif]

DIR is that of ``recipes.heads``. Our figures are of what the pack holds. Those of the baselines are kept in
DIR/baselines and DIR/annif: ``--baselines`` measures what is missing there (an hour, with scikit-learn), ``--annif``
trains Annif where it was not. Newsgroups are not in the pack and are learnt here (``torch``).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from classmark_models.pack import BUILTIN, open_pack
from classmark_models.trained_head import TrainedHead
from classmark_models.zero_shot_head import read_head
from recipes import library_figures, small_heads
from recipes.corpora import Part
from recipes.heads import folder_of
from recipes.library_pack import HEADS
from recipes.measure import Measure
from recipes.results import Result, languages_table, read, table
from recipes.small_plans import PLANS

SHIPPED = ("spheres", "subjects-8")
BASELINES = (
    *(
        (task, "words")
        for task in ("newsgroups", "newsgroups-bare", "spheres", "subjects-8", "lcc-subclass", "lcc-range")
    ),
    *((task, way) for task in ("lcc-letter", "dewey-hundreds", "dewey-tens") for way in ("words", "both")),
    *((task, "characters") for task in ("lcc-letter-own-script", "subjects-8-own-script")),
)
"""What the baselines are asked, and how: the best way of each, and the usual one."""


def ours(data: Path, scratch: Path, part: Part) -> Iterator[Result]:
    """Yield the figures of the pack's classifiers, and of newsgroups; ``scratch`` is the folder of the encoder."""
    texts = scratch / "embeddings"
    yield from library_figures.measured(data, texts, part)
    pack = open_pack(BUILTIN)
    yield from Measure(pack, data, part == "test").results(read_head(pack.file("vectors.npz")))
    for name in SHIPPED:
        plan = PLANS[name]
        rows = [row for row in plan.rows(data) if row.part == part and row.kind in plan.kinds]
        head = TrainedHead.read(HEADS / f"{plan.head}.npz")
        yield from small_heads.results(plan, head, small_heads.read(plan, rows, texts, texts), part)
    kept = scratch / f"newsgroups-{part}.json"
    if not kept.exists():
        _run("small_heads", "newsgroups", "--data", data, "--cache", texts, "--figures", kept, *_test(part))
    yield from read(kept)


def theirs(data: Path, scratch: Path, part: Part, is_measured: bool, annif: Path | None) -> Iterator[Result]:
    """Yield the figures of the baselines that are kept, and of those that are measured now."""
    for task, way in BASELINES if is_measured else ():
        kept = ("--out", scratch / "baselines", "--part", part)
        _run("baselines", "--data", data, *kept, "--task", task, "--way", way)
    if annif is not None and not (scratch / "annif" / f"{part}.json").exists():
        trained = ("--trained",) if list((scratch / "annif").glob("*.json")) else ()
        where = ("--annif", annif, "--scratch", scratch / "annif", "--part", part)
        _run("annif_baseline", "--data", data, *where, *trained)
    for path in sorted([*(scratch / "baselines").glob(f"{part}-*.json"), *(scratch / "annif").glob(f"{part}.json")]):
        yield from read(path)


def _test(part: Part) -> tuple[str, ...]:
    return ("--test",) if part == "test" else ()


def _run(program: str, *arguments: object) -> None:
    subprocess.run([sys.executable, "-m", f"recipes.{program}", *map(str, arguments)], check=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder with the sets")
    parser.add_argument("--scratch", type=Path, required=True, help="the folder of recipes.heads")
    parser.add_argument("--part", choices=("development", "test"), default="development")
    parser.add_argument("--baselines", action="store_true", help="measure the baselines that are missing")
    parser.add_argument("--annif", type=Path, help="Annif's program")
    options = parser.parse_args()
    data, scratch = options.data.absolute(), options.scratch.absolute()
    found = [
        *ours(data, folder_of(scratch), options.part),
        *theirs(data, scratch, options.part, options.baselines, options.annif),
    ]
    print(*table(found), "", *languages_table(found), sep="\n")


if __name__ == "__main__":
    main()
