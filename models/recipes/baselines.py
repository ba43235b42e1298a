"""Measure TF-IDF with a linear SVM and with the nearest centroid on the rows and splits of the trained heads.

    python -m recipes.baselines --data DATA [--part development test] [--task lcc-letter …] [--way words …] [--out DIR]

It needs scikit-learn. Figures are accuracy with its 95 % interval, the mean over classes, and the mean over
languages with enough rows. "Words" are words and pairs of words;
"characters" are one to three within words, for scripts that write no spaces; "both" takes up to four of them.
DIR keeps the figures as JSON, a file for each part, task and way; what lies there is not measured again.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import Normalizer, normalize
from sklearn.svm import LinearSVC

from classmark_models.metrics import macro, share
from recipes import small_corpora
from recipes.corpora import KINDS_IN_WORDS, Record, part, read_records
from recipes.lcc import Outline, read_ranges
from recipes.results import Result, by_language, languages_table, table, write

LEAST_OF_A_CLASS, LEAST_OF_A_RANGE = 15, 30
# What is counted, how long its runs are, and in how many rows it must occur.
WORDS = ("word", (1, 2), 2)
WAYS = {"words": [WORDS], "characters": [("char_wb", (1, 3), 2)], "both": [WORDS, ("char_wb", (1, 4), 5)]}
# The exact solver of a linear SVM takes minutes for tens of classes; for more, steps down the same loss must do.
MANY, STEPS = 50, 4
COST = 0.5

Answers = npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Row:
    """A text of one kind with its right answer."""

    part: str
    kind: str
    language: str
    text: str
    answer: str


OWN_SCRIPT = KINDS_IN_WORDS["o"]


def _library(answer: Callable[[Record], str], records: Iterable[Record]) -> Iterator[Row]:
    for record in records:
        if name := answer(record):
            yield Row(part(record.id), KINDS_IN_WORDS["a"], record.language, record.title, name)
            if record.original:
                yield Row(part(record.id), OWN_SCRIPT, record.language, record.original, name)


def _dewey(digits: int, data: Path) -> Iterator[Row]:
    return _library(lambda record: record.dewey[:digits], read_records(data))


def _ranges(data: Path) -> Iterator[Row]:
    outline, records = Outline(read_ranges()), read_records(data)
    counts = Counter(record.lcc for record in records if part(record.id) == "training")
    used = Counter(outline.find(record.lcc, record.number) for record in records if part(record.id) == "training")
    kept = Outline(each for each in read_ranges() if used[each.id] >= LEAST_OF_A_RANGE)
    return _library(
        lambda record: kept.find(record.lcc, record.number) if counts[record.lcc] >= LEAST_OF_A_CLASS else "", records
    )


def _lcc(digits: int, data: Path) -> Iterator[Row]:
    records = read_records(data)
    counts = Counter(record.lcc for record in records if part(record.id) == "training")
    return _library(lambda record: record.lcc[:digits] if counts[record.lcc] >= LEAST_OF_A_CLASS else "", records)


def _small(rows: Iterable[small_corpora.Row]) -> Iterator[Row]:
    for row in rows:
        yield Row(row.part, KINDS_IN_WORDS.get(row.kind, row.kind), row.language, row.words or row.text, row.best)


def _of(kind: str, rows: Iterable[Row]) -> Iterator[Row]:
    return (row for row in rows if row.kind == kind)


TASKS: dict[str, Callable[[Path], Iterator[Row]]] = {
    "newsgroups": lambda data: _of("post", _small(small_corpora.newsgroups(data))),
    "newsgroups-bare": lambda data: _of("bare post", _small(small_corpora.newsgroups(data))),
    "spheres": lambda data: _small(small_corpora.spheres(data)),
    "subjects-8": lambda data: _small(small_corpora.subjects(data)),
    "subjects-8-own-script": lambda data: _of(OWN_SCRIPT, _small(small_corpora.subjects(data))),
    "dewey-hundreds": partial(_dewey, 1),
    "dewey-tens": partial(_dewey, 2),
    "dewey-ones": partial(_dewey, 3),
    "lcc-letter": lambda data: _lcc(1, data),
    "lcc-letter-own-script": lambda data: _of(OWN_SCRIPT, _lcc(1, data)),
    "lcc-subclass": lambda data: _lcc(3, data),
    "lcc-range": _ranges,
}


_ALONE = "-own-script"
NAMES = {
    "newsgroups": "20 Newsgroups",
    "newsgroups-bare": "20 Newsgroups",
    "spheres": "arXiv spheres",
    "subjects-8": "eight subjects",
    "dewey-hundreds": "Dewey hundreds",
    "dewey-tens": "Dewey tens",
    "dewey-ones": "Dewey ones",
    "lcc-letter": "LCC letter",
    "lcc-subclass": "LCC subclass",
    "lcc-range": "LCC range",
}
"""What the tasks are called in tables."""


def file_of(folder: Path, part: str, task: str, way: str) -> Path:
    """Return where the figures of a task are kept."""
    return folder / f"{part}-{task}-{way}.json"


class NearestCentroid:
    """The class whose mean vector is nearest by cosine (Rocchio)."""

    def fit(self, vectors: Any, answers: Answers) -> NearestCentroid:
        """Learn from vectors, shape (rows, terms)."""
        self.classes, numbers = np.unique(answers, return_inverse=True)
        places = (numbers, np.arange(len(numbers)))
        membership = scipy.sparse.csr_matrix((np.ones(len(numbers), np.float32), places))
        self._centroids = normalize(membership @ vectors).T.tocsr()
        return self

    def predict(self, vectors: Any) -> Answers:
        """Return one class for each vector."""
        best: Answers = self.classes[np.asarray((vectors @ self._centroids).argmax(axis=1)).ravel()]
        return best


def vectorizer_of(way: str) -> Any:
    """Return what makes vectors of unit length from texts, not yet fitted."""
    counts = [
        (
            analyzer,
            TfidfVectorizer(
                analyzer=analyzer, ngram_range=ngrams, sublinear_tf=True, min_df=least, max_df=0.5, dtype=np.float32
            ),
        )
        for analyzer, ngrams, least in WAYS[way]
    ]
    return make_pipeline(FeatureUnion(counts), Normalizer())


def linear_svm(rows: int, classes: int) -> Any:
    """Return a linear SVM that learns so many rows and classes in minutes."""
    if classes > MANY:
        return SGDClassifier(alpha=1 / (COST * rows), max_iter=STEPS, tol=None, random_state=0)
    return LinearSVC(C=COST, random_state=0)


def report(task: str, by: str, rows: Sequence[Row], predicted: Answers) -> Iterator[Result]:
    """Yield the figures of each kind of text: accuracy, the mean over classes, those of languages and their mean."""
    for kind in dict.fromkeys(row.kind for row in rows):
        chosen = np.array([row.kind == kind for row in rows])
        own = [row for row in rows if row.kind == kind]
        hits = np.array([row.answer for row in own]) == predicted[chosen]
        yield Result.of(task, kind, by, "accuracy", share(int(hits.sum()), len(hits)))
        places = np.unique([row.answer for row in own], return_inverse=True)[1]
        total = np.bincount(places)
        right = np.bincount(places[hits], minlength=len(total))
        yield Result.of(task, kind, by, "mean of classes", macro(right, total))
        yield from by_language(task, kind, by, np.array([row.language for row in own]), hits)


def measure(task: str, way: str, rows: Sequence[Row], parts: Sequence[str]) -> dict[str, list[Result]]:
    """Train both on the training rows; return how they do on other parts."""
    training = [row for row in rows if row.part == "training"]
    vectorizer = vectorizer_of(way)
    vectors = vectorizer.fit_transform([row.text for row in training])
    answers = np.array([row.answer for row in training])
    classes = len(set(answers))
    print(f"{task}, {way}: {vectors.shape[0]} training rows, {vectors.shape[1]} terms, {classes} classes", flush=True)
    results: dict[str, list[Result]] = {name: [] for name in parts}
    methods = {"TF-IDF nearest centroid": NearestCentroid(), "linear SVM": linear_svm(len(answers), classes)}
    for method, learner in methods.items():
        start = time.monotonic()
        learner.fit(vectors, answers)
        print(f"  {method}, {time.monotonic() - start:.0f} s", flush=True)
        alone = f", learnt from {OWN_SCRIPT} alone" if task.endswith(_ALONE) else ""
        for name, found in results.items():
            tried = [row for row in rows if row.part == name]
            predicted = learner.predict(vectorizer.transform([row.text for row in tried]))
            found += report(NAMES[task.removesuffix(_ALONE)], f"{method}, {way}{alone}", tried, predicted)
    return results


def main() -> None:
    """Print the figures of the tasks and ways that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--part", nargs="+", choices=("development", "test"), default=["development"])
    parser.add_argument("--task", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--out", type=Path, help="a folder for the figures")
    parser.add_argument("--way", nargs="+", choices=WAYS, default=["words"])
    options = parser.parse_args()
    for task, way in product(options.task, options.way):
        kept = {name: file_of(options.out, name, task, way) for name in options.part} if options.out else {}
        missing = [name for name in options.part if name not in kept or not kept[name].exists()]
        if missing:
            for name, found in measure(task, way, list(TASKS[task](options.data)), missing).items():
                print("\n".join([name, *table(found), *languages_table(found)]), flush=True)
                if kept:
                    write(kept[name], found)


if __name__ == "__main__":
    main()
