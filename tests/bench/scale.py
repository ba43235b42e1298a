"""Many documents through the command line: rate over time, memory over time, first result.

    python -m tests.bench.scale [--records 10000] [--files 2000]

A file of short records with labels goes through ``classmark evaluate``, then folders of files through ``classmark
classify``: as many as there were records, with a title each, and fewer from a title to three pages. Texts are strings
of topic names. Prints a row for each tenth of the way. Memory is that of the command's process, without the one that
reads files. Needs a POSIX system, for the progress of ``evaluate`` is read as from a terminal.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pty
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.speed import texts

from classmark_models.labels import read_vocabulary
from classmark_models.pack import BUILTIN

STEPS = 10
TITLE, ABSTRACT, PAGE = 14, 150, 450
MIXED = (TITLE, ABSTRACT, ABSTRACT, PAGE, TITLE, ABSTRACT, 3 * PAGE)
Follow = Callable[[list[str]], Iterator[tuple[int, int]]]
_COUNT = re.compile(rb"([\d,]+) rows")


def write_records(path: Path, topics: list[tuple[str, str]], count: int) -> None:
    """Write titles with topics as labels; every third has an abstract too."""
    names = [name for name, _ in topics]
    choose = random.Random(count)
    titles, abstracts = texts(names, TITLE, count), texts(names, ABSTRACT, count // 3 + 1)
    with path.open("w", encoding="utf-8") as file:
        for number, title in enumerate(titles):
            abstract = "" if number % 3 else abstracts[number // 3]
            file.write(json.dumps({"title": title, "abstract": abstract, "label": choose.choice(topics)[1]}) + "\n")


def write_folder(folder: Path, names: list[str], count: int, spread: tuple[int, ...]) -> None:
    """Write text files of these numbers of words in turn."""
    folder.mkdir()
    for words in set(spread):
        for number, text in enumerate(texts(names, words, -(-count // len(spread)))):
            for turn, other in enumerate(spread):
                place = number * len(spread) + turn
                if other == words and place < count:
                    (folder / f"{place:06}.txt").write_text(f"{text}\n", encoding="utf-8")


def resident(process: int) -> float:
    """Return the memory of a process, of it alone, in MB; 0 where the system does not tell."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]) * 4096 / 1e6
    except (OSError, IndexError):
        return 0.0


def lines(command: list[str]) -> Iterator[tuple[int, int]]:
    """Run a command and yield (number of lines so far, process) at each line that it writes."""
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for number, _ in enumerate(process.stdout, 1):
            yield number, process.pid


def rows(command: list[str]) -> Iterator[tuple[int, int]]:
    """Run ``evaluate`` and yield (number of rows so far, process) at each change of its progress."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        with open(ours, "rb", buffering=0) as terminal, contextlib.suppress(OSError):  # the end of a terminal is one
            while shown := terminal.read(4096):
                if counts := _COUNT.findall(shown):
                    yield int(counts[-1].replace(b",", b"")), process.pid


def measure(title: str, command: list[str], count: int, follow: Follow) -> None:
    """Print what a run comes to, a row for each tenth."""
    print(f"\n**{title}**\n\n| documents | seconds | a second, since the row before | memory, MB |\n|---|---|---|---|")
    began = last = time.perf_counter()
    before = 0
    for done, process in follow(command):
        if not before or done * STEPS // count > before * STEPS // count:
            now = time.perf_counter()
            print(f"| {done:,} | {now - began:.1f} | {(done - before) / (now - last):.1f} | {resident(process):.0f} |")
            sys.stdout.flush()
            before, last = done, now


def main() -> None:
    """Write the texts, then measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--files", type=int, default=2_000)
    arguments = parser.parse_args()
    vocabulary = read_vocabulary(BUILTIN / "labels.csv", "")
    topics = [(label.name, label.id) for label in vocabulary.labels("topic")]
    names = [name for name, _ in topics]
    classify = [sys.executable, "-m", "classmark.cli", "classify", "--format", "jsonl"]
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        write_records(place / "records.jsonl", topics, arguments.records)
        evaluate = [*classify[:3], "evaluate", str(place / "records.jsonl")]
        measure("Records in one file, each third with an abstract", evaluate, arguments.records, rows)
        write_folder(place / "titles", names, arguments.records, (TITLE,))
        measure("Titles, a file each", [*classify, str(place / "titles")], arguments.records, lines)
        write_folder(place / "mixed", names, arguments.files, MIXED)
        measure("Files from a title to three pages", [*classify, str(place / "mixed")], arguments.files, lines)


if __name__ == "__main__":
    main()
