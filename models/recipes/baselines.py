"""Measure TF-IDF with a linear SVM and with the nearest centroid on the rows and splits of the trained heads.

    python -m recipes.baselines --data DATA [--part development test] [--task lcc-letter …] [--way words …]

It needs scikit-learn. A line has the accuracy with its 95 % interval, the mean over classes, the mean over the
languages that have at least ``MIN_ROWS`` rows, and the greatest of those. "Words" are words and pairs of words;
"characters" are one to three within words, for scripts that write no spaces; "both" takes up to four of them.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
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
from recipes.corpora import Record, part, read_records

LEAST_OF_A_CLASS = 15
MIN_ROWS, SHOWN = 50, 8
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


OWN_SCRIPT = "title in its own script"
KINDS = {"a": "title", "o": OWN_SCRIPT, "s": "title and summary"}


def _library(answer: Callable[[Record], str], records: Iterable[Record]) -> Iterator[Row]:
    for record in records:
        if name := answer(record):
            yield Row(part(record.id), KINDS["a"], record.language, record.title, name)
            if record.original:
                yield Row(part(record.id), OWN_SCRIPT, record.language, record.original, name)


def _lcc(digits: int, data: Path) -> Iterator[Row]:
    records = read_records(data)
    counts = Counter(record.lcc for record in records if part(record.id) == "training")
    return _library(lambda record: record.lcc[:digits] if counts[record.lcc] >= LEAST_OF_A_CLASS else "", records)


def _small(rows: Iterable[small_corpora.Row]) -> Iterator[Row]:
    for row in rows:
        yield Row(row.part, KINDS.get(row.kind, row.kind), row.language, row.words or row.text, row.best)


def _of(kind: str, rows: Iterable[Row]) -> Iterator[Row]:
    return (row for row in rows if row.kind == kind)


TASKS: dict[str, Callable[[Path], Iterator[Row]]] = {
    "newsgroups": lambda data: _of("post", _small(small_corpora.newsgroups(data))),
    "newsgroups-bare": lambda data: _of("bare post", _small(small_corpora.newsgroups(data))),
    "spheres": lambda data: _small(small_corpora.spheres(data)),
    "subjects-8": lambda data: _small(small_corpora.subjects(data)),
    "subjects-8-own-script": lambda data: _of(OWN_SCRIPT, _small(small_corpora.subjects(data))),
    "dewey-hundreds": lambda data: _library(lambda record: record.dewey[:1], read_records(data)),
    "lcc-letter": lambda data: _lcc(1, data),
    "lcc-letter-own-script": lambda data: _of(OWN_SCRIPT, _lcc(1, data)),
    "lcc-subclass": lambda data: _lcc(3, data),
}


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


def report(rows: Sequence[Row], predicted: Answers) -> Iterator[str]:
    """Give a line of figures for each kind of text."""
    for kind in dict.fromkeys(row.kind for row in rows):
        chosen = [
            (row, bool(row.answer == name)) for row, name in zip(rows, predicted, strict=True) if row.kind == kind
        ]
        figure = share(sum(right for _, right in chosen), len(chosen))
        line = f"{kind} ({figure.count}): {figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"
        labels = _counts((row.answer, right) for row, right in chosen)
        each = macro(*np.array(list(labels.values())).T)
        line += f"; mean of {each.count} classes {each.value:.3f} [{each.low:.3f}, {each.high:.3f}]"
        languages = _counts((row.language, right) for row, right in chosen)
        shares = {name: right / count for name, (right, count) in languages.items() if count >= MIN_ROWS}
        if len(shares) > 1:
            usual = sorted(shares, key=lambda name: -languages[name][1])[:SHOWN]
            line += f"; mean of {len(shares)} languages {np.mean(list(shares.values())):.3f}: "
            line += ", ".join(f"{name} {shares[name]:.3f}" for name in usual)
        yield line


def _counts(answers: Iterable[tuple[str, bool]]) -> dict[str, tuple[int, int]]:
    """Return how many answers of each group are right, and how many there are."""
    counts: dict[str, tuple[int, int]] = {}
    for group, is_right in answers:
        right, total = counts.get(group, (0, 0))
        counts[group] = right + is_right, total + 1
    return counts


def measure(task: str, way: str, rows: Sequence[Row], parts: Sequence[str]) -> None:
    """Train both on the training rows and print how they do on other parts."""
    training = [row for row in rows if row.part == "training"]
    tried = {name: [row for row in rows if row.part == name] for name in parts}
    vectorizer = vectorizer_of(way)
    vectors = vectorizer.fit_transform([row.text for row in training])
    answers = np.array([row.answer for row in training])
    classes = len(set(answers))
    print(f"{task}, {way}: {vectors.shape[0]} training rows, {vectors.shape[1]} terms, {classes} classes", flush=True)
    for method in (NearestCentroid(), linear_svm(len(answers), classes)):
        start = time.monotonic()
        method.fit(vectors, answers)
        print(f"  {type(method).__name__}, {time.monotonic() - start:.0f} s")
        for name, chosen in tried.items():
            for line in report(chosen, method.predict(vectorizer.transform([row.text for row in chosen]))):
                print(f"    {name}, {line}", flush=True)


def main() -> None:
    """Print the figures of the tasks and ways that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--part", nargs="+", choices=("development", "test"), default=["development"])
    parser.add_argument("--task", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--way", nargs="+", choices=WAYS, default=["words"])
    options = parser.parse_args()
    for task in options.task:
        rows = list(TASKS[task](options.data))
        for way in options.way:
            measure(task, way, rows, options.part)


if __name__ == "__main__":
    main()
