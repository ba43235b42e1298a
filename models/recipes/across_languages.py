"""Measure what the library classifier knows of a language that it did not learn, and an SVM that did not either.

    python -m recipes.across_languages --data DATA --embeddings DIR --nets NETS [--language ger fre …] [--part test]

NETS holds ``net.npz``, which has learnt all languages, and below ``without-ger`` and so on what ``python -m
recipes.library_heads --without ger`` has written. For each language that is there, and for each kind of text, a line
gives what is right of the rows of that language with all training rows, without those of the language, and by the
linear SVM of ``recipes.baselines`` without them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from classmark_models.metrics import Figure, share
from classmark_models.trained_head import TrainedHead
from recipes.calibration import softmax
from recipes.corpora import KINDS_IN_WORDS as KINDS
from recipes.corpora import part, read_records
from recipes.library_heads import Answers, Places, Texts, read_answers, read_texts, rows_of
from recipes.library_pack import hidden, read_net

if TYPE_CHECKING:
    from recipes.baselines import Row

LANGUAGES = ("ger", "fre", "rus", "chi", "jpn", "ara")
LEVELS = {"lcc-letter": ("lcc", 1), "lcc-subclass": ("lcc", 3), "dewey-hundreds": ("ddc", 1)}
LEAST_ROWS = 50


Counts = dict[str, tuple[int, int]]
"""For each kind of text how many are right, and how many there are."""


def by_head(head: TrainedHead, texts: Texts, answers: Answers, rows: Places, task: str) -> Counts:
    """Return what a head gets right of some texts; those without an answer are left out."""
    name, digits = LEVELS[task]
    names = np.array(
        [subclass for subclass, _ in answers.ranges] if name == "lcc" else [f"{number:03}" for number in range(1000)]
    )
    right = (answers.lcc if name == "lcc" else answers.dewey)[texts.record[rows]]
    rows, right = rows[right >= 0], right[right >= 0]
    groups, group_of = np.unique([each[:digits] for each in names], return_inverse=True)
    chances = softmax(head.logits(name, hidden(head, texts, rows))) if len(rows) else np.zeros((0, len(names)))
    summed = np.stack([chances[:, group_of == group].sum(axis=1) for group in range(len(groups))], axis=1)
    found = summed.argmax(axis=1) == group_of[right]
    kinds = texts.kind[rows]
    return {KINDS[kind]: (int(found[kinds == kind].sum()), int((kinds == kind).sum())) for kind in KINDS}


def by_svm(rows: Sequence[Row], way: str, language: str, tried: str) -> Counts:
    """Return what the linear SVM that learns the training rows of all other languages gets right (scikit-learn)."""
    from recipes.baselines import linear_svm, vectorizer_of

    training = [row for row in rows if row.part == "training" and row.language != language]
    asked = [row for row in rows if row.part == tried and row.language == language]
    if len(asked) < LEAST_ROWS:
        return {}
    vectorizer, right = vectorizer_of(way), np.array([row.answer for row in training])
    method = linear_svm(len(training), len(set(right.tolist())))
    method.fit(vectorizer.fit_transform([row.text for row in training]), right)
    predicted = method.predict(vectorizer.transform([row.text for row in asked]))
    found: Counts = {}
    for row, answer in zip(asked, predicted, strict=True):
        before = found.get(row.kind, (0, 0))
        found[row.kind] = before[0] + int(row.answer == answer), before[1] + 1
    return found


def lines(task: str, language: str, counts: Sequence[Counts]) -> Iterator[str]:
    """Yield a line for each kind of text that has rows enough; ``counts``: of all, without, and the SVM's."""
    for kind, (_, total) in counts[0].items():
        if total >= LEAST_ROWS:
            yield f"| {task} | {language} | {kind} | {total:,} | {' | '.join(_cells(kind, counts))} |"


def _cells(kind: str, counts: Iterable[Counts]) -> Iterator[str]:
    for each in counts:
        yield _in_words(share(*each[kind])) if kind in each else ""


def _in_words(figure: Figure) -> str:
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"


def main() -> None:
    """Print a line for each task, language and kind of text."""
    parser = argparse.ArgumentParser(description="Measure what is known of a language that was not learnt.")
    parser.add_argument("--data", type=Path, required=True, help="the folder with loc_books.csv.gz")
    parser.add_argument("--embeddings", type=Path, required=True, help="the folder that recipes.embed has filled")
    parser.add_argument("--nets", type=Path, required=True, help="the folder with net.npz and without-LANG/net.npz")
    parser.add_argument("--language", nargs="+", default=list(LANGUAGES))
    parser.add_argument("--task", nargs="+", choices=LEVELS, default=list(LEVELS))
    parser.add_argument("--way", choices=("words", "characters", "both"), default="words")
    parser.add_argument("--part", choices=("development", "test"), default="development")
    options = parser.parse_args()
    from recipes.baselines import TASKS

    records = read_records(options.data)
    parts = [part(each.id) for each in records]
    answers = read_answers(records, parts, options.data)
    texts = read_texts(records, options.data, options.embeddings)
    languages = np.array([each.language for each in records])
    tried = rows_of(options.part, texts, parts)
    everything = read_net(options.nets / "net.npz")
    print(f"| task | language | text | {options.part} rows | learnt | not learnt | SVM, {options.way}, not learnt |")
    for task in options.task:
        rows = list(TASKS[task](options.data))
        for language in options.language:
            if not (left_out := options.nets / f"without-{language}" / "net.npz").exists():
                continue
            places = tried[languages[texts.record[tried]] == language]
            counts = [by_head(head, texts, answers, places, task) for head in (everything, read_net(left_out))]
            counts.append(by_svm(rows, options.way, language, options.part))
            for line in lines(task, language, counts):
                print(line, flush=True)


if __name__ == "__main__":
    main()
