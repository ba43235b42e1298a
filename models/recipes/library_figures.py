"""Measure the shipped classifier of library records: by level, language and kind of text, with 95 % intervals.

python -m recipes.library_figures --data DATA --embeddings DIR [--part test]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from classmark_models.labels import read_vocabulary
from classmark_models.metrics import f1_at, mean, ndcg_at
from classmark_models.trained_head import TrainedHead
from recipes.corpora import KINDS_IN_WORDS, Part, Record, part, read_records
from recipes.library_heads import Answers, Floats, Places, Texts, read_answers, read_texts, rows_of
from recipes.library_pack import HEADS, hidden, lengths, proposals
from recipes.results import (
    FULLEST,
    HEADINGS,
    LEAST_ROWS,
    OURS,
    SUMMARIZED,
    Result,
    Truths,
    by_language,
    languages_table,
    table,
    write,
)

TASKS = {
    ("lcc", "class"): "LCC letter",
    ("lcc", "subclass"): "LCC subclass",
    ("lcc", "range"): "LCC range",
    ("ddc", "class"): "Dewey hundreds",
    ("ddc", "division"): "Dewey tens",
    ("ddc", "section"): "Dewey ones",
}
SHOWN = 10


class Measure:
    """The head's answers to all texts of one part."""

    def __init__(self, records: Sequence[Record], texts: Texts, answers: Answers, rows: Places) -> None:
        self.head = TrainedHead.read(HEADS / "library.npz")
        self.answers = answers
        self.records, self.kind = texts.record[rows], texts.kind[rows]
        self.language = np.array([records[place].language for place in self.records])
        self.read, self.lengths = hidden(self.head, texts, rows), lengths(texts, rows)

    def levels(self, name: str, right: Places, chosen: Truths) -> Iterator[tuple[str, Floats, Truths, Truths]]:
        """Yield level, confidence, rightness and the chosen texts, of those whose class is known."""
        chosen = chosen & (right[self.records] >= 0)
        logits = self.head.logits(name, self.read[chosen])
        chances = self.head.probabilities(name, logits, self.lengths[chosen], independent=False)
        vocabulary = read_vocabulary(HEADS / f"labels_{name}.csv", name)
        for level in vocabulary.levels:
            rolled = vocabulary.roll_up(chances, level)
            wanted = vocabulary.ancestor_of_each(level)[right[self.records[chosen]]]
            yield level, rolled.max(axis=1), rolled.argmax(axis=1) == wanted, chosen

    def classes(self, name: str, right: Places) -> Iterator[Result]:
        """Yield the figures of a classification."""
        for kind, words in KINDS_IN_WORDS.items():
            for level, confidence, hits, chosen in self.levels(name, right, self.kind == kind):
                if len(hits) >= LEAST_ROWS:
                    yield Result.accuracy(TASKS[name, level], words, hits, confidence)
                    if kind != "s":
                        yield from by_language(TASKS[name, level], words, OURS, self.language[chosen], hits)

    def headings(self, chosen: Truths, words: str) -> Iterator[Result]:
        """Yield the figures of the subject headings for records that have one of them."""
        chosen = chosen & np.array([bool(self.answers.lcsh[place]) for place in self.records])
        if chosen.sum() < LEAST_ROWS:
            return
        right = [self.answers.lcsh[place] for place in self.records[chosen]]
        logits = self.head.logits("lcsh", self.read[chosen])
        best, hits = proposals(logits, right, SHOWN)
        chances = self.head.probabilities("lcsh", logits, self.lengths[chosen], independent=True)
        chances = np.take_along_axis(chances, best, 1)
        wanted, proposed = np.array(list(map(len, right))), np.full(len(right), SHOWN)
        yield Result.of(HEADINGS, words, OURS, "F1@5", mean(f1_at(5, hits, proposed, wanted)))
        for depth in (5, 10):
            yield Result.of(HEADINGS, words, OURS, f"nDCG@{depth}", mean(ndcg_at(depth, hits, wanted)))
        yield Result.accuracy(HEADINGS, words, hits[:, 0], chances[:, 0], "P@1")
        yield Result.accuracy(HEADINGS, words, hits[:, :5].ravel(), chances[:, :5].ravel(), "the five best")


def measured(data: Path, embeddings: Path, wanted: Part) -> Iterator[Result]:
    """Yield the figures of the shipped head on one part of the records."""
    records = read_records(data)
    parts = [part(record.id) for record in records]
    answers, texts = read_answers(records, parts, data), read_texts(records, data, embeddings)
    measure = Measure(records, texts, answers, rows_of(wanted, texts, parts))
    yield from measure.classes("lcc", answers.lcc)
    yield from measure.classes("ddc", answers.dewey)
    summarized = np.isin(measure.records, measure.records[measure.kind == "s"])
    fullest = np.where(summarized, "s", "a") == measure.kind
    english = measure.language == "eng"
    yield from measure.headings(fullest & english, FULLEST)
    yield from measure.headings(fullest & english & summarized, SUMMARIZED)
    yield from measure.headings((measure.kind == "a") & english, "English, title")
    yield from measure.headings(measure.kind == "a", "title")


def main() -> None:
    """Print the tables of one part."""
    parser = argparse.ArgumentParser(description="Measure the classifier of library records.")
    parser.add_argument("--data", type=Path, required=True, help="the folder with loc_books.csv.gz")
    parser.add_argument("--embeddings", type=Path, required=True, help="the folder that recipes.embed has filled")
    parser.add_argument("--part", choices=("development", "test"), default="development")
    parser.add_argument("--out", type=Path, help="a file to keep the figures in, as JSON")
    options = parser.parse_args()
    found = list(measured(options.data, options.embeddings, options.part))
    if options.out:
        write(options.out, found)
    print("\n".join([*table(found), "", *languages_table(found)]))


if __name__ == "__main__":
    main()
