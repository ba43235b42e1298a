"""How fast files are read, by format, and how long inference waits for the next reading in a folder of PDFs.

    python -m tests.bench.readers DIR [--rounds N] [--most PAGES]

DIR is searched for files of all kinds; those that cannot be read count in a line of their own. Formats are read in one
process, processor time, medians over the rounds. Then the folder's PDFs are classified by the built-in model as the
command line does it, with the reading process beside: what that takes is told by the system when it has ended, and
inference waits while no document is at work. ``--most`` leaves out PDFs of more pages, which take minutes to classify.
A page is one of a PDF, else 3,000 characters.
"""

from __future__ import annotations

import argparse
import resource
import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Lock
from time import perf_counter, process_time

from classmark.core.classify import classify
from classmark.core.documents import Document
from classmark.core.reading import ReaderProcess, read_file
from classmark.core.sources import find_files
from classmark_models.classifier import Classifier, Prediction, Stop
from classmark_models.collection import open_builtin
from classmark_models.labels import Scores

CHARACTERS_ON_PAGE = 3_000
UNREAD = "not readable"


@dataclass
class Format:
    """The files of one format, and the seconds that all of them took in each round."""

    files: dict[Path, float] = field(default_factory=dict)
    """With their pages."""
    seconds: list[float] = field(default_factory=list)

    def row(self, name: str) -> str:
        """Return the table's row."""
        megabytes = sum(path.stat().st_size for path in self.files) / 1e6
        spent = statistics.median(self.seconds)
        pages = sum(self.files.values())
        spread = f"{pages / max(self.seconds):,.0f}-{pages / min(self.seconds):,.0f}"
        rate = f"{pages / spent:,.0f} ({spread})" if pages else "-"
        return (
            f"| {name} | {len(self.files)} | {megabytes:.1f} | {pages:,.0f} | {rate} | "
            f"{megabytes / spent:.1f} | {1000 * spent / len(self.files):.1f} |"
        )


def pages_of(document: Document) -> float:
    """Return how many pages a document has."""
    return len(document.pages) if document.format == "PDF" else len(document.body) / CHARACTERS_ON_PAGE


def formats(files: Sequence[Path], rounds: int) -> dict[str, Format]:
    """Read everything again and again in this process; return the formats by name, after a first round for nothing."""
    found: dict[str, Format] = defaultdict(Format)
    kinds = {}
    for path in files:
        document = read_file(path).document
        kinds[path] = document.format if document else UNREAD
        found[kinds[path]].files[path] = pages_of(document) if document else 0
    for _ in range(rounds):
        spent = dict.fromkeys(found, 0.0)
        for path in files:
            began = process_time()
            read_file(path)
            spent[kinds[path]] += process_time() - began
        for name, seconds in spent.items():
            found[name].seconds.append(seconds)
    return found


class Watched:
    """A classifier that notes when it is at work; ``idle`` is the time between its first and last document without."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._lock = Lock()
        self._at_work = 0
        self._since = 0.0
        self.idle: list[float] = []
        self.first = 0.0
        self.last = 0.0
        self.name, self.title, self.scope = classifier.name, classifier.title, classifier.scope
        self.vocabulary = classifier.vocabulary

    def predict(
        self, title: str, abstract: str, body: str, should_stop: Stop = lambda: False, language: str = ""
    ) -> Prediction:
        """Classify; see ``Classifier``."""
        with self._lock:
            now = perf_counter()
            if not self.first:
                self.first = now
            elif not self._at_work:
                self.idle.append(now - self._since)
            self._at_work += 1
        try:
            return self._classifier.predict(title, abstract, body, should_stop, language)
        finally:
            with self._lock:
                self._at_work -= 1
                self._since = self.last = perf_counter()

    def window_scores(self, prediction: Prediction) -> Scores:
        """See ``Classifier``."""
        return self._classifier.window_scores(prediction)

    def close(self) -> None:
        """See ``Classifier``."""
        self._classifier.close()


def children_seconds() -> float:
    """Return the processor time of all child processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def seconds_of(work: Callable[[], object]) -> tuple[float, float, float]:
    """Return the seconds that work takes: the clock's, this process's, its ended children's."""
    before = perf_counter(), process_time(), children_seconds()
    work()
    after = perf_counter(), process_time(), children_seconds()
    return after[0] - before[0], after[1] - before[1], after[2] - before[2]


def start_reader(path: Path) -> None:
    """Start a reading process, have it read one file, and end it."""
    with ReaderProcess() as reader:
        reader.read(path)


def classify_folder(files: Sequence[Path], watched: Watched) -> None:
    """Classify files as the command line does."""
    with ReaderProcess() as reader:
        for result in classify(files, [watched], reader):
            assert result.document is not None, f"{result.source}: {result.reason}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--most", type=int, default=1_000_000, metavar="PAGES")
    options = parser.parse_args()
    found = formats(list(find_files([options.folder])), options.rounds)
    print(
        "| format | files | MB | pages | pages a second (least, most) | MB a second | ms a file |\n" + "|---" * 7 + "|"
    )
    for name, one in sorted(found.items(), key=lambda item: (item[0] == UNREAD, item[0])):
        print(one.row(name))
    pages = found["PDF"].files
    pdfs = [path for path, count in pages.items() if count <= options.most]
    if not pdfs:
        return
    print(f"\n{len(pdfs)} PDFs, {sum(pages[path] for path in pdfs):.0f} pages, classified by the built-in model:\n")
    print("| | median | least | most |\n|---|---|---|---|")
    measured: dict[str, list[float]] = defaultdict(list)
    for _ in range(options.rounds):
        # A classifier of its own for each round: what was read is remembered.
        watched = Watched(open_builtin(2))
        _, _, start = seconds_of(partial(start_reader, pdfs[0]))
        wall, ours, readers = seconds_of(partial(classify_folder, pdfs, watched))
        watched.close()
        measured["all, s"].append(wall)
        measured["processor time of inference, s"].append(ours)
        measured["processor time of the reading process, s"].append(readers)
        measured["… of it starting, s"].append(start)
        measured["share of the reading process, %"].append(100 * readers / (readers + ours))
        measured["inference waits for a reading, s"].append(sum(watched.idle))
        measured["… of the time from its first document to its last, %"].append(
            100 * sum(watched.idle) / (watched.last - watched.first)
        )
        measured["… longest wait, s"].append(max(watched.idle, default=0))
    for name, values in measured.items():
        print(f"| {name} | {statistics.median(values):.2f} | {min(values):.2f} | {max(values):.2f} |")


if __name__ == "__main__":
    main()
