"""Measure the shipped classifier of library records: by level, language and kind of text, with 95 % intervals.

python -m recipes.library_figures --data DATA --embeddings DIR [--part test]
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classmark_models.labels import read_vocabulary
from classmark_models.metrics import Figure, calibration_error, f1_at, mean, ndcg_at, reliability, risk_coverage, share
from classmark_models.trained_head import TrainedHead
from recipes.corpora import Record, part, read_records
from recipes.library_heads import Answers, Floats, Places, Texts, read_answers, read_texts
from recipes.library_pack import HEADS, hidden, lengths, proposals

KINDS_IN_WORDS = {"a": "title", "o": "title in its own script", "s": "title and summary"}
LEAST_ROWS, SHOWN = 50, 10
Truths = npt.NDArray[np.bool_]


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

    def classes(self, name: str, right: Places) -> None:
        """Print the figures of a classification."""
        for kind, words in KINDS_IN_WORDS.items():
            for level, confidence, hits, chosen in self.levels(name, right, self.kind == kind):
                if len(hits) < LEAST_ROWS:
                    continue
                _line(f"{name}, {level}, {words}", share(int(hits.sum()), len(hits)), _surety(confidence, hits))
                if kind == "a":
                    print("  " + ", ".join(_by_language(self.language[chosen], hits)), flush=True)

    def headings(self, chosen: Truths, words: str) -> None:
        """Print the figures of the subject headings for records that have one of them."""
        chosen = chosen & np.array([bool(self.answers.lcsh[place]) for place in self.records])
        if chosen.sum() < LEAST_ROWS:
            return
        right = [self.answers.lcsh[place] for place in self.records[chosen]]
        logits = self.head.logits("lcsh", self.read[chosen])
        best, hits = proposals(logits, right, SHOWN)
        chances = self.head.probabilities("lcsh", logits, self.lengths[chosen], independent=True)
        chances = np.take_along_axis(chances, best, 1)
        wanted, proposed = np.array(list(map(len, right))), np.full(len(right), SHOWN)
        _line(f"lcsh, F1@5, {words}", mean(f1_at(5, hits, proposed, wanted)), " | |")
        for depth in (5, 10):
            _line(f"lcsh, nDCG@{depth}, {words}", mean(ndcg_at(depth, hits, wanted)), " | |")
        _line(f"lcsh, P@1, {words}", share(int(hits[:, 0].sum()), len(hits)), _surety(chances[:, 0], hits[:, 0]))
        five = hits[:, :5].ravel()
        _line(f"lcsh, the five best, {words}", share(int(five.sum()), five.size), _surety(chances[:, :5].ravel(), five))


def _line(what: str, figure: Figure, rest: str) -> None:
    print(f"| {what} | {figure.value:.3f} | {figure.low:.3f}–{figure.high:.3f} | {figure.count:,} |{rest}", flush=True)


def _surety(confidence: Floats, hits: Truths) -> str:
    """Return calibration error, and the threshold and coverage where 90 % are right."""
    error = calibration_error(reliability(confidence.astype(np.float64), hits))
    found = risk_coverage(confidence.astype(np.float64), hits).at_least(0.9)
    return f" {error:.3f} | {f'{found[1]:.2f} (from {found[0]:.2f})' if found else '–'} |"


def _by_language(languages: npt.NDArray[np.str_], hits: Truths) -> Iterator[str]:
    """Yield the share that is right for each language, the most frequent first."""
    for language, count in Counter(languages.tolist()).most_common():
        if count >= LEAST_ROWS:
            figure = share(int(hits[languages == language].sum()), count)
            yield f"{language} {figure.value:.3f} ({figure.low:.2f}–{figure.high:.2f})"


def main() -> None:
    """Print a line for each classifier, level and kind of text."""
    parser = argparse.ArgumentParser(description="Measure the classifier of library records.")
    parser.add_argument("--data", type=Path, required=True, help="the folder with loc_books.csv.gz")
    parser.add_argument("--embeddings", type=Path, required=True, help="the folder that recipes.embed has filled")
    parser.add_argument("--part", choices=("development", "test"), default="development")
    options = parser.parse_args()
    records = read_records(options.data)
    parts = [part(record.id) for record in records]
    answers, texts = read_answers(records, parts), read_texts(records, options.embeddings)
    rows = np.flatnonzero(np.array([of == options.part for of in parts])[texts.record])
    measure = Measure(records, texts, answers, rows)
    measure.classes("lcc", answers.lcc)
    measure.classes("ddc", answers.dewey)
    summarized = np.isin(measure.records, measure.records[measure.kind == "s"])
    fullest = np.where(summarized, "s", "a") == measure.kind
    english = measure.language == "eng"
    measure.headings(fullest & english, "English, title and, where there is one, summary")
    measure.headings((measure.kind == "a") & english, "English, title")
    measure.headings(measure.kind == "a", "all languages, title")


if __name__ == "__main__":
    main()
