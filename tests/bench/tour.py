"""Print what the five published models cost, from a hub to a computer without a network: the whole tour, at full size.

    python -m tests.bench.tour --scratch DIR            # DIR: 5 GB for a while
    python -m tests.bench.tour --scratch DIR --published FULL    # FULL/ID: weights that recipes.keras_files wrote

Each step is the program itself, in a process of its own. A model of random weights in its publisher's layout is put on
a hub of this computer; one person fetches it, which converts and proves it, and writes it for a library's hub; a second
fetches that and packs a suitcase; a third, whose processes have no network, takes it in. All three put the same
questions to it: the samples, or a text with a mask.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.models.hub_server import Content, Hub, Repo
from tests.test_offline import without_network

from classmark.resources import asset
from classmark_models.spec import ModelFile, ModelSpec, read_catalogue, write_spec

WEIGHTS = ("model.safetensors", "tf_model.h5", "pytorch_model.bin", "flax_model.msgpack")
NAMES = ("openalex-topics-v1", "title-subjects-8", "newsgroups-20", "bio-lm", "arxiv-spheres")
LIBRARY = "our-library"
MASKED = "The protein is phosphorylated by the <mask> in response to <mask> damage."
FIGURES = (
    *("published as", "… MB", "fetched and made ready, s", "… of it converting and testing", "… peak MB"),
    *(
        "ready as",
        "… MB",
        "best answers that are the original's",
        "largest gap of a probability",
        "a page of 500 tokens, s",
    ),
    *("fetched as an export and tested, s", "… peak MB", "answers to six documents, s", "… peak MB", "… with subjects"),
    *("suitcase, MB", "taken in and tested without a network, s", "all three give the same answers"),
)


@dataclass(frozen=True, slots=True)
class Done:
    """One run of the program: what it wrote, seconds, and the most memory of it or a child of it, in MB."""

    out: str
    seconds: float
    peak: float


class Person:
    """Somebody with a profile of their own, with a network or without."""

    def __init__(self, home: Path, prefix: Sequence[str] = ()) -> None:
        self.home, self._prefix = home, prefix

    def run(self, *arguments: object) -> Done:
        """Run the program and wait for its end; SystemExit with what it said when it fails."""
        command = [*self._prefix, sys.executable, "-m", "classmark.cli", *map(str, arguments)]
        paths = os.pathsep.join(map(os.path.abspath, sys.path))
        environment = {**os.environ, "CLASSMARK_HOME": str(self.home), "PYTHONPATH": paths}
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "out").open("w+b") as out, (self.home / "err").open("w+b") as err:
            began = time.perf_counter()
            process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(command)}\n{(self.home / 'err').read_text(encoding='utf-8')}")
        return Done((self.home / "out").read_text(encoding="utf-8"), seconds, usage.ru_maxrss / 1e3)

    def ask(self, spec: ModelSpec) -> Done:
        """Put the questions to the model; seconds are taken from the answer, for they differ from run to run."""
        if spec.task == "masked-words":
            return self.run("fill-mask", MASKED, "--model", spec.id, "--json")
        given = ("--model", spec.id, "--format", "jsonl", "--threshold", "0", "--top", "8")
        done = self.run("classify", asset("samples"), *given)
        lines = [{**json.loads(line), "seconds": 0} for line in done.out.splitlines()]
        return replace(done, out=json.dumps(lines))


def tour(spec: ModelSpec, published: Path, scratch: Path) -> tuple[str, ...]:
    """Take one model all the way and return its figures, in the order of FIGURES."""
    weights = next(published / name for name in WEIGHTS if (published / name).exists())
    first, second = Person(scratch / "first"), Person(scratch / "second")
    third = Person(scratch / "third", without_network() or ())
    with Hub(_repos(spec, published)).running() as hub:
        for person in (first, second):
            _know(spec, person.home)
        fetched = first.run("models", "fetch", spec.id, "--yes", "--json", "--hub", hub.endpoint)
        first.run("models", "export", "--hub-layout", scratch / "layout", spec.id)
        hub.repos[f"{LIBRARY}/{spec.id}"] = Repo.of_folder(scratch / "layout" / spec.id)
        addresses = ("--hub", hub.endpoint, "--exports", f"{hub.endpoint}/{LIBRARY}")
        again = second.run("models", "fetch", spec.id, "--yes", "--json", *addresses)
        assert not [name for name, _ in hub.downloads()[len(spec.files) :] if name in WEIGHTS]
    answers = [first.ask(spec), second.ask(spec)]
    case = scratch / f"{spec.id}.classmark"
    second.run("models", "export", spec.id, case)
    taken = third.run("models", "import", case)
    answers.append(third.ask(spec))
    (made,), (exported,) = json.loads(fetched.out), json.loads(again.out)
    assert exported["selftest"]["passed"]
    tested = made["selftest"]
    ready = sum(path.stat().st_size for path in (first.home / "models" / "ready" / spec.id).rglob("*"))
    return (
        *(weights.name, _mb(weights.stat().st_size), f"{fetched.seconds:.0f}", f"{made['seconds']:.0f}"),
        *(f"{fetched.peak:.0f}", made["variant"], _mb(ready), f"{tested['top1']:.0%} of {tested['compared']}"),
        *(f"{tested['gap']:.3f}", f"{tested['seconds_per_page']:.2f}", f"{again.seconds:.0f}", f"{again.peak:.0f}"),
        *(f"{answers[0].seconds:.1f}", f"{answers[0].peak:.0f}", _with_subjects(spec, answers[0])),
        *(_mb(case.stat().st_size), f"{taken.seconds:.0f}"),
        "yes" if len({answer.out for answer in answers}) == 1 else "NO",
    )


def _with_subjects(spec: ModelSpec, answer: Done) -> str:
    """Count the documents that the model did not decline."""
    if spec.task == "masked-words":
        return "-"
    lines = json.loads(answer.out)
    return f"{sum(bool(line['results']) for line in lines)} of {len(lines)}"


def _mb(count: int) -> str:
    return f"{count / 1e6:.0f}"


def _repos(spec: ModelSpec, published: Path) -> dict[str, Repo]:
    """Return the repos that the catalogue expects, at the commits that it has pinned."""
    repos: dict[str, Repo] = {}
    for file in spec.files:
        if (published / file.path).exists():
            files: dict[str, Content] = {file.path: published / file.path}
            repo = repos.setdefault(
                file.repo, Repo({(file.commit or spec.commit).ljust(40, "0"): {}}, frozenset(WEIGHTS))
            )
            next(iter(repo.commits.values())).update(files)
    return repos


def _known(spec: ModelSpec) -> ModelSpec:
    """Return the entry of a model; one that nobody publishes comes from the library's own hub."""
    if spec.files:
        return spec
    repo, commit = f"{LIBRARY}/weights-of-{spec.id}", "f" * 40
    names = ("pytorch_model.bin", "config.json", "tokenizer.json", "README.md")
    files = tuple(ModelFile(name, repo, commit, None, None, None, optional=False) for name in names)
    return replace(spec, repo=repo, commit=commit, files=files)


def _know(spec: ModelSpec, home: Path) -> None:
    entries = home / "models" / "catalogue"
    entries.mkdir(parents=True)
    write_spec(spec, entries / f"{spec.id}.toml")


def main() -> None:
    """Run the tour for all models, or for those that are named, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, required=True, help="a folder that is made for the tour and removed")
    parser.add_argument("--published", type=Path, help="a folder of folders of weights; what is missing is made up")
    parser.add_argument("names", nargs="*", default=NAMES, metavar="ID")
    asked = parser.parse_args()
    asked.scratch.mkdir(parents=True)
    if without_network() is None:
        print("This system makes no network namespaces: the third person has a network, and does not use it.")
    found = {}
    try:
        for name in asked.names:
            spec, place = _known(read_catalogue()[name]), asked.scratch / name
            given = asked.published / name if asked.published else None
            more = [given] if given and given.exists() else []
            # In a process of its own: Linux counts what this one holds as the least that its children have held.
            subprocess.run(
                [sys.executable, "-m", "tests.bench.full_size", name, place / "published", *more], check=True
            )
            found[name] = tour(spec, place / "published", place)
            print(name, *found[name], sep=" · ", file=sys.stderr)
            shutil.rmtree(place)
    finally:
        shutil.rmtree(asked.scratch)
    print(f"| | {' | '.join(f'`{name}`' for name in found)} |\n|---|{'---|' * len(found)}")
    for row, figure in enumerate(FIGURES):
        print(f"| {figure} | {' | '.join(figures[row] for figures in found.values())} |")


if __name__ == "__main__":
    main()
