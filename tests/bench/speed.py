"""Documents a second, time to the first result, and memory, for the built-in model.

    python tests/bench/speed.py [--rounds N]

Texts are strings of topic names, cut to the usual lengths of titles, abstracts and pages. Each round measures every
kind once, so that a busy machine slows all of them; medians are printed with the least and the greatest.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Generator
from itertools import product
from pathlib import Path
from time import perf_counter

from classmark.core.abreast import Stop, abreast
from classmark.core.classify import classify
from classmark.core.reading import ReaderProcess
from classmark.resources import asset
from classmark_models.classifier import Classifier, Prediction
from classmark_models.collection import open_builtin

WORDS = {"titles (14 words)": 14, "abstracts (150 words)": 150}
PAGES, WORDS_ON_PAGE = 20, 450


def texts(names: list[str], words: int, count: int, seed: str = "") -> list[str]:
    """Return texts of about so many words, each different, and others for another seed: what was read is remembered."""
    choose = random.Random(f"{words} {seed}")
    made = []
    for _ in range(count):
        text: list[str] = []
        while len(text) < words:
            text += choose.choice(names).split()
        made.append(" ".join(text[:words]))
    return made


def write_pdf(path: Path, names: list[str], seed: str) -> None:
    """Write a PDF of twenty pages."""
    from fpdf import FPDF  # not above: it brings numpy in before the engine has told it to start no threads

    document = FPDF()
    document.set_font("helvetica", size=10)
    for text in texts([name for name in names if name.isascii()], WORDS_ON_PAGE, PAGES, seed):
        document.add_page()
        document.multi_cell(0, 5, text)
    document.output(str(path))


def rate(batch: list[str], classifier: Classifier, workers: int) -> float:
    """Return how many titles a second are classified: one by one, or side by side as the app does."""

    def take(stop: Stop) -> Generator[str, None, None]:
        yield from batch

    def work(text: str, stop: Stop) -> Prediction:
        return classifier.predict(text, "", "", stop)

    began = perf_counter()
    if workers == 1:
        answered = len([work(text, lambda: False) for text in batch])
    else:
        answered = len(list(abreast(take, work, len)))
    return answered / (perf_counter() - began)


def run_command() -> tuple[float, float]:
    """Classify a sample by the command line; return seconds to its first result, and its peak memory in MB."""
    sample = next(asset("samples").iterdir())
    command = [sys.executable, "-m", "classmark.cli", "classify", str(sample), "--format", "jsonl"]
    began = perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    seconds = perf_counter() - began
    # Only this child, not the reading process it started: that one has a limit of its own.
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    process.stdout.close()
    return seconds, usage.ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    figures: dict[str, list[float]] = {}
    # First of all, while this process is small: a child's peak counts from its parent's size.
    for _ in range(rounds):
        seconds, memory = run_command()
        figures.setdefault("command line, start to first result, seconds", []).append(seconds)
        figures.setdefault("command line, peak memory, MB", []).append(memory)
    classifiers = {workers: open_builtin(workers) for workers in (1, 2)}
    names = [label.name for label in classifiers[1].vocabulary.labels("topic")]
    with tempfile.TemporaryDirectory() as folder, ReaderProcess() as reader:
        paths = [Path(folder) / f"{number}.pdf" for number in range(3)]
        for turn, (workers, classifier) in product(range(rounds), classifiers.items()):
            for kind, words in WORDS.items():
                batch = texts(names, words, 100 if words < 50 else 40, f"{turn} {workers}")
                figures.setdefault(f"{kind}, {workers} at once, a second", []).append(rate(batch, classifier, workers))
            for path in paths:
                write_pdf(path, names, f"{turn} {workers} {path.name}")
            began = perf_counter()
            answered = len(list(classify(paths, [classifier], reader)))
            found = answered / (perf_counter() - began)
            figures.setdefault(f"PDFs of {PAGES} pages, {workers} at once, a second", []).append(found)
    for name, values in figures.items():
        print(f"{name:50} {statistics.median(values):8.2f}   ({min(values):.2f} to {max(values):.2f})")


if __name__ == "__main__":
    main()
