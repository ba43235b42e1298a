"""Compare ways of calibrating the head of library records, on the development part. Needs ``scikit-learn``.

    python -m recipes.calibration_ways --data DATA --embeddings DIR --net NET/net.npz

Every text is judged by a calibration, and every assertion made by thresholds, that did not see its record (five folds).
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classmark_models.labels import Vocabulary, read_vocabulary
from classmark_models.metrics import calibration_error, debiased_error, reliability, share, true_error
from classmark_models.trained_head import Floats, Output, TrainedHead
from recipes.calibration import (
    Kinds,
    Truths,
    fit_each_alone,
    fit_one_of_many,
    softmax,
    sure_from,
    thresholds,
)
from recipes.corpora import KINDS_IN_WORDS, part, read_records
from recipes.library_heads import Answers, Places, read_answers, read_texts, rows_of
from recipes.library_pack import HEADS, hidden, lengths, proposals, read_net
from recipes.results import LEAST_ROWS

FOLDS, SHOWN = 5, 5
WAYS = {"as learnt": None, "one for all": (0,), "by length": (0, 1), "by sum": (0, 2), "by length and sum": (0, 1, 2)}
Fit = Callable[[Truths, tuple[int, ...]], Floats]
Shares = npt.NDArray[np.floating]
Levels = dict[str, tuple[Shares, Truths]]


class Development:
    """The head's logits of the development texts."""

    def __init__(self, options: argparse.Namespace) -> None:
        records = read_records(options.data)
        parts = [part(record.id) for record in records]
        self.answers: Answers = read_answers(records, parts, options.data)
        texts = read_texts(records, options.data, options.embeddings)
        rows = rows_of("development", texts, parts)
        self.head: TrainedHead = read_net(options.net)
        self.hidden, self.lengths = hidden(self.head, texts, rows), lengths(texts, rows)
        self.records, self.kinds = texts.record[rows], texts.kind[rows]
        self.fold = np.array([hashlib.sha256(str(each).encode()).digest()[0] % FOLDS for each in self.records.tolist()])

    def classes(self, name: str, right: Places) -> None:
        """Print the figures of each way for a classification."""
        known = right[self.records] >= 0
        logits, own = self.head.logits(name, self.hidden[known]), right[self.records[known]]
        long, kinds, fold = self.lengths[known], self.kinds[known], self.fold[known]
        shares = np.eye(logits.shape[1], dtype=np.float32)[own]
        vocabulary = read_vocabulary(HEADS / f"labels_{name}.csv", name)

        def fit_to(chosen: Truths) -> Fit:
            return lambda learnt, used: fit_one_of_many(
                logits[learnt & chosen], long[learnt & chosen], shares[learnt & chosen], used
            )

        fit = fit_to(np.ones(len(own), np.bool_))
        for way in ("by kind", *WAYS):
            calibrated = self.held_out(name, logits, long, fold, fit, WAYS.get(way, (0,)))
            for kind in KINDS_IN_WORDS if way == "by kind" else ():
                mine = kinds == kind
                if mine.sum() >= LEAST_ROWS:
                    calibrated[mine] = self.held_out(name, logits, long, fold, fit_to(mine), (0,))[mine]
            chances = softmax(calibrated)
            loss = -np.log(np.maximum(chances[np.arange(len(own)), own], 1e-9)).mean()
            print(f"{name}, {way}: log loss {loss:.4f}")
            levels = _levels(vocabulary, chances, own)
            for level, (confidences, hits) in levels.items():
                _report(level, confidences, hits, kinds)
        for level, (confidences, hits) in levels.items():
            _report(f"{level}, by rising steps", _isotonic(confidences, hits, fold), hits, kinds)
        self.assertions(name, levels, kinds, fold)

    def headings(self) -> None:
        """Print the figures of each way for the subject headings."""
        known = np.array([bool(self.answers.lcsh[record]) for record in self.records])
        logits = self.head.logits("lcsh", self.hidden[known])
        long, kinds, fold = self.lengths[known], self.kinds[known], self.fold[known]
        best, hits = proposals(logits, [self.answers.lcsh[each] for each in self.records[known]], SHOWN)

        def fit(learnt: Truths, used: tuple[int, ...]) -> Floats:
            return fit_each_alone(logits[learnt], long[learnt], best[learnt], hits[learnt], used)

        for way in (*WAYS, "by rising steps"):
            if way in WAYS:
                shown = np.take_along_axis(self.held_out("lcsh", logits, long, fold, fit, WAYS[way]), best, 1)
                chances = np.asarray(1 / (1 + np.exp(-shown)), np.float32)
            else:
                raw = np.take_along_axis(logits, best, 1)
                flat = _isotonic(raw.ravel(), hits.ravel(), np.repeat(fold, SHOWN))
                chances = flat.reshape(hits.shape)
            likely = np.clip(np.where(hits, chances, 1 - chances), 1e-6, 1)
            print(f"lcsh, {way}: log loss {-np.log(likely).mean():.4f}")
            _report("the best", chances[:, 0], hits[:, 0], kinds)
            _report("the five best", chances.ravel(), hits.ravel(), np.repeat(kinds, SHOWN))
            if way == "by length and sum":
                levels: Levels = {"heading": (chances.ravel(), hits.ravel())}
                self.assertions("lcsh", levels, np.repeat(kinds, SHOWN), np.repeat(fold, SHOWN))

    def held_out(
        self, name: str, logits: Floats, long: Floats, fold: Places, fit: Fit, used: tuple[int, ...] | None
    ) -> Floats:
        """Return calibrated logits, those of each fold by what was fitted to the others; as learnt for None."""
        if used is None:
            return logits
        calibrated = np.zeros_like(logits)
        layer = self.head.layers[name]
        for own in range(FOLDS):
            fitted = Output(layer.w, layer.scale, layer.b, fit(fold != own, used))
            calibrated[fold == own] = fitted.calibrated(logits[fold == own], long[fold == own])
        return calibrated

    def assertions(self, name: str, levels: Levels, kinds: Kinds, fold: Places) -> None:
        """Print what is asserted, and right, by the thresholds of the other folds: sequential, then level by level."""
        for way, together in (("where no deeper level is sure", True), ("on all rows", False)):
            count: dict[str, list[int]] = {level: [0, 0] for level in levels}
            for own in range(FOLDS):
                learnt, left = fold != own, fold == own
                seen = {level: (c[learnt], hits[learnt]) for level, (c, hits) in levels.items()}
                sure = (
                    thresholds(seen, kinds[learnt])
                    if together
                    else {level: sure_from(*pair, kinds[learnt]) or 2.0 for level, pair in seen.items()}
                )
                for level in reversed([*levels]):
                    confidences, hits = levels[level]
                    asserted = left & (confidences >= sure.get(level, 2.0))
                    count[level][0] += int(hits[asserted].sum())
                    count[level][1] += int(asserted.sum())
                    left = left & ~asserted
            cells = []
            for what, (right, total) in {**count, "all": np.sum([*count.values()], axis=0).tolist()}.items():
                figure = share(right, total)
                cells.append(
                    f"{what} {figure.value:.3f} ({figure.low:.3f}–{figure.high:.3f}) of {total / len(fold):.3f}"
                )
            print(f"{name}, asserted, thresholds found {way}: {'; '.join(cells)}", flush=True)


def _levels(vocabulary: Vocabulary, chances: Floats, right: Places) -> Levels:
    """Return the probability of the best answer at each level, and whether it is right."""
    levels: Levels = {}
    for level in vocabulary.levels:
        rolled, ancestors = vocabulary.roll_up(chances, level), vocabulary.ancestor_of_each(level)
        levels[level] = rolled.max(axis=1), rolled.argmax(axis=1) == ancestors[right]
    return levels


def _isotonic(scores: Shares, right: Truths, fold: Places) -> Floats:
    """Return the probabilities of held-out rows by rising steps (Zadrozny and Elkan 2002)."""
    from sklearn.isotonic import IsotonicRegression

    found = np.zeros(len(scores))
    for own in range(FOLDS):
        steps = IsotonicRegression(out_of_bounds="clip").fit(scores[fold != own], right[fold != own])
        found[fold == own] = steps.predict(scores[fold == own])
    return np.asarray(found, np.float32)


def _report(what: str, confidences: Shares, right: Truths, kinds: Kinds) -> None:
    cells = []
    for kind, words in KINDS_IN_WORDS.items():
        own = kinds == kind
        if own.sum() >= LEAST_ROWS:
            mine, hits = np.clip(confidences[own].astype(np.float64), 0, 1), right[own]
            error, chance = calibration_error(reliability(mine, hits)), true_error(mine)
            cells.append(f"{words} {error:.3f} (chance {chance[0]:.3f}), debiased {debiased_error(mine, hits):.3f}")
    print(f"    {what}: {' | '.join(cells)}", flush=True)


def main() -> None:
    """Print the figures of all ways."""
    parser = argparse.ArgumentParser(description="Compare ways of calibrating the head of library records.")
    parser.add_argument("--data", type=Path, required=True, help="the folder with loc_books.csv.gz")
    parser.add_argument("--embeddings", type=Path, required=True, help="the folder that recipes.embed has filled")
    parser.add_argument("--net", type=Path, required=True, help="what recipes.library_heads has learnt")
    development = Development(parser.parse_args())
    development.classes("lcc", development.answers.lcc)
    development.classes("ddc", development.answers.dewey)
    development.headings()


if __name__ == "__main__":
    main()
