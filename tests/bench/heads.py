"""What the trained built-in classifiers cost beside the encoder, a document.

    python -m tests.bench.heads [--rounds N] [--pack FOLDER]

Each document is read first (tokens, encoder, n-grams), and then given to each classifier, which finds it read. Texts
are those of ``speed.py``. Medians over the rounds, with the least and the greatest.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import process_time

from tests.bench.speed import PAGES, WORDS, WORDS_ON_PAGE, texts

from classmark_models.collection import Collection
from classmark_models.pack import BUILTIN
from classmark_models.reading_desk import ReadingDesk
from classmark_models.spec import BUILTIN_IDS

COUNTS = {"titles (14 words)": 40, "abstracts (150 words)": 20}


def milliseconds(work: Callable[[], object]) -> float:
    """Return the processor's time that a piece of work takes."""
    began = process_time()
    work()
    return 1000 * (process_time() - began)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pack", type=Path, default=BUILTIN)
    options = parser.parse_args()
    figures: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        collection = Collection(Path(folder), desk=ReadingDesk(options.pack))
        classifiers = {name: collection.open(name, 1) for name in collection.specs() if name in BUILTIN_IDS}
        reader = collection.desk.take("bench", 1)
        names = [label.name for label in next(iter(classifiers.values())).vocabulary.labels("topic")]
        for turn in range(options.rounds):
            for kind, words in {**WORDS, f"books of {PAGES} pages": PAGES * WORDS_ON_PAGE}.items():
                read, each = 0.0, dict.fromkeys(classifiers, 0.0)
                batch = [f"{text} {turn}" for text in texts(names, words, COUNTS.get(kind, 2))]
                for document in batch:
                    read += milliseconds(partial(reader.read, "", "", document, lambda: False))
                    for name, classifier in classifiers.items():
                        each[name] += milliseconds(partial(classifier.predict, "", "", document))
                figures.setdefault(f"{kind}, read, ms", []).append(read / len(batch))
                for name, spent in each.items():
                    figures.setdefault(f"{kind}, {name}, ms", []).append(spent / len(batch))
                figures.setdefault(f"{kind}, all classifiers to the reading, %", []).append(
                    100 * sum(each.values()) / read
                )
        collection.desk.leave("bench")
        for classifier in classifiers.values():
            classifier.close()
    for name, values in figures.items():
        print(f"{name:62} {statistics.median(values):8.2f}   ({min(values):.2f} to {max(values):.2f})")


if __name__ == "__main__":
    main()
