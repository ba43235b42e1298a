"""Train a small classifier on the built-in encoder, calibrate it and give its figures. Needs ``torch``.

    python -m recipes.small_heads WHAT --data DATA --cache DIR [--library DIR] [--out DIR] [--test | --folds]

WHAT is newsgroups, spheres or subjects-8. DIR of ``--cache`` keeps embeddings and n-grams, that of ``--library`` is
what ``recipes.embed`` has filled. One thread and fixed seeds: run again on the same processor it gives the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classmark_models.metrics import calibration_error, macro, reliability, risk_coverage, share
from classmark_models.ngrams import WORDS, bag_ids
from classmark_models.pack import BUILTIN, open_pack
from classmark_models.published.labelling import label_table
from classmark_models.session import Encoder
from classmark_models.tokens import Tokenizer
from classmark_models.trained_head import SPREAD, TrainedHead, quantized, write_head
from recipes.calibration import fit_one_of_many, sure_from
from recipes.corpora import KINDS, KINDS_IN_WORDS, read_embeddings
from recipes.results import OURS, Result, by_language, write
from recipes.small_corpora import MEASURED, Row, measured
from recipes.small_plans import CATALOGUE, PLANS, Plan

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]

CHUNK, GOAL, DECLINED, FOLDS = 2000, 0.9, 0.02, 5


@dataclass(frozen=True)
class Texts:
    """Rows as a head reads them: embeddings (rows, 384), n-grams, shares of the labels (rows, labels)."""

    rows: Sequence[Row]
    embeddings: Floats
    ngrams: Sequence[npt.NDArray[np.int32]]
    shares: Floats

    def where(self, wanted: Callable[[Row], bool]) -> Places:
        """Return the places of some rows."""
        return np.array([place for place, row in enumerate(self.rows) if wanted(row)], np.intp)


def whole_bag(text: str) -> npt.NDArray[np.int32]:
    """Return the n-grams of a whole text, stretch by stretch."""
    words = text.split()
    stretches = [bag_ids(" ".join(words[first : first + WORDS])) for first in range(0, len(words), WORDS)]
    return np.unique(np.concatenate(stretches)) if stretches else bag_ids("")


def embed(texts: Iterable[str], window: int, cache: Path) -> Floats:
    """Return the embedding of the first ``window`` tokens of each text; those once computed are kept in ``cache``."""
    kept: dict[bytes, npt.NDArray[np.float16]] = {}
    path, texts = cache / f"embeddings{window}.npz", list(texts)
    if path.exists():
        with np.load(path, allow_pickle=False) as file:
            kept = {key.tobytes(): vector for key, vector in zip(file["keys"], file["vectors"], strict=True)}
    keys = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in kept}
    if missing:
        pack = open_pack(BUILTIN)
        encoder = Encoder(pack.file("encoder.onnx"), workers=1)
        tokenizer = Tokenizer(pack.file("tokenizer.json"), pack.facts["prompt"], window)
        waiting = list(missing.items())
        for first in range(0, len(waiting), CHUNK):
            chunk = waiting[first : first + CHUNK]
            vectors = encoder.embed_all(tokenizer.encode(text) for _, text in chunk)
            kept |= {key: vector.astype(np.float16) for (key, _), vector in zip(chunk, vectors, strict=True)}
            everything: dict[str, Any] = {
                "keys": np.array([list(key) for key in kept], np.uint8),
                "vectors": np.stack([*kept.values()]),
            }
            np.savez(path, **everything)
            print(f"{len(kept):,} texts embedded", flush=True)
        encoder.close()
    return np.stack([kept[key] for key in keys]).astype(np.float32)


def library_embeddings(rows: Sequence[Row], folder: Path) -> Floats:
    """Return the embeddings of library rows, from what ``recipes.embed`` wrote."""
    vectors = np.zeros((len(rows), 384), np.float32)
    for kind in KINDS:
        ids, known = read_embeddings(folder, kind)
        place_of = dict(zip(ids.tolist(), range(len(ids)), strict=True))
        wanted = [place for place, row in enumerate(rows) if row.kind == kind]
        vectors[wanted] = known[[place_of[rows[place].place] for place in wanted]]
    return vectors


def read(plan: Plan, rows: Sequence[Row], cache: Path, library: Path | None) -> Texts:
    """Return rows with all that a head reads of them."""
    labels, is_book = plan.labels, np.array([row.place >= 0 for row in rows])
    vectors = np.zeros((len(rows), 384), np.float32)
    if library is not None and is_book.any():
        vectors[is_book] = library_embeddings([row for row in rows if row.place >= 0], library)
    if not is_book.all():
        vectors[~is_book] = embed((row.text for row in rows if row.place < 0), plan.window, cache)
    shares = np.zeros((len(rows), len(labels)), np.float32)
    for place, row in enumerate(rows):
        for label, part in row.shares:
            shares[place, labels.index(label)] = part
    bags = [whole_bag(row.words or row.text) if plan.whole else bag_ids(row.text) for row in rows]
    return Texts(rows, vectors, bags, shares)


def train(plan: Plan, texts: Texts, places: Places, seed: int = 0) -> TrainedHead:
    """Learn from some rows by cross-entropy to their shares; not calibrated yet."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    random, losses = np.random.default_rng(seed), torch.nn.functional
    count, width = texts.shares.shape[1], texts.embeddings.shape[1]
    centre = texts.embeddings[places].mean(axis=0)
    inputs = torch.from_numpy((texts.embeddings - centre) * SPREAD)
    best = texts.shares.argmax(axis=1)
    weights = np.bincount(best[places], minlength=count)[best].astype(np.float32).clip(1) ** -plan.balance
    weights /= weights[places].mean()
    table = torch.nn.EmbeddingBag(1 << plan.bits, plan.bag, mode="mean", sparse=True)
    torch.nn.init.normal_(table.weight, std=0.05)
    inner, outer = torch.nn.Linear(width + plan.bag, plan.hidden), torch.nn.Linear(plan.hidden + plan.bag, count)
    steps = plan.epochs * -(-len(places) // plan.batch)
    learners = [
        torch.optim.AdamW([*inner.parameters(), *outer.parameters()], plan.rate, weight_decay=plan.decay),
        torch.optim.SparseAdam([table.weight], plan.bag_rate),
    ]
    paces = [
        torch.optim.lr_scheduler.OneCycleLR(learners[0], plan.rate, total_steps=steps),
        torch.optim.lr_scheduler.OneCycleLR(learners[1], plan.bag_rate, total_steps=steps, cycle_momentum=False),
    ]
    for _ in range(plan.epochs):
        order = random.permutation(places)
        for first in range(0, len(order), plan.batch):
            batch = order[first : first + plan.batch]
            known = [texts.ngrams[place] & ((1 << plan.bits) - 1) for place in batch]
            bags = [bag[random.random(len(bag)) < plan.kept_ngrams] for bag in known]
            starts = torch.from_numpy(np.cumsum([0, *map(len, bags[:-1])]))
            bag = table(torch.from_numpy(np.concatenate(bags).astype(np.int64)), starts) * SPREAD
            bag = bag * torch.from_numpy((random.random((len(batch), 1)) < plan.kept_bags).astype(np.float32))
            hidden = losses.gelu(inner(torch.cat([inputs[batch], bag], 1)))
            logits = outer(torch.cat([losses.dropout(hidden, plan.dropped), bag], 1))
            each = losses.cross_entropy(logits, torch.from_numpy(texts.shares[batch]), reduction="none")
            loss = (each * torch.from_numpy(weights[batch])).mean()
            for learner in learners:
                learner.zero_grad()
            loss.backward()
            for moved in (*learners, *paces):
                moved.step()
    return _head(plan.name, centre, table, inner, outer)


def _head(name: str, centre: Floats, table: Any, inner: Any, outer: Any) -> TrainedHead:
    """Return what was learnt as it is kept: tables and last layers in 8 bits."""
    rows, w1, b1, w, b = (
        each.detach().numpy() for each in (table.weight, inner.weight, inner.bias, outer.weight, outer.bias)
    )
    return quantized(centre, rows, w1, b1, {name: (w, b)})


def answers(plan: Plan, head: TrainedHead, texts: Texts, places: Places) -> Floats:
    """Return the calibrated probabilities of some rows, shape (rows, labels)."""
    return head.probabilities(plan.name, *_logits(plan, head, texts, places), independent=False)


def _logits(plan: Plan, head: TrainedHead, texts: Texts, places: Places) -> tuple[Floats, Floats]:
    """Return logits that are not calibrated yet, and the lengths of the texts."""
    bags = [texts.ngrams[place] for place in places]
    return head.logits(plan.name, head.hidden(texts.embeddings[places], head.bags(bags))), head.lengths(bags)


def calibrate(plan: Plan, head: TrainedHead, texts: Texts, places: Places) -> TrainedHead:
    """Return the head with the calibration under which the shares of some rows are likeliest."""
    fitted = fit_one_of_many(*_logits(plan, head, texts, places), texts.shares[places])
    return replace(head, layers={plan.name: replace(head.layers[plan.name], calibration=fitted)})


def threshold(plan: Plan, head: TrainedHead, texts: Texts, places: Places) -> float | None:
    """Return the probability from which on nine of ten best answers are right in each kind of rows."""
    probabilities = answers(plan, head, texts, places)
    rows = [texts.rows[place] for place in places]
    right = probabilities.argmax(axis=1) == [plan.labels.index(row.best) for row in rows]
    return sure_from(probabilities.max(axis=1), right, np.array([row.kind for row in rows]))


def report(name: str, labels: Sequence[str], texts: Texts, places: Places, probabilities: Floats) -> None:
    """Print what is right of the best answers, by label too, how well calibrated, and what a threshold gives.

    A best answer is right when it is the main label, and acceptable when it is any that the row has.
    """
    best, confidences = probabilities.argmax(axis=1), probabilities.max(axis=1).astype(np.float64)
    main = np.array([labels.index(texts.rows[place].best) for place in places])
    right = best == main
    count = np.bincount(main, minlength=len(labels))
    hits = np.bincount(main[right], minlength=len(labels))
    exact, mean = share(int(right.sum()), len(right)), macro(hits, count)
    any_label = share(int((texts.shares[places, best] > 0).sum()), len(right))
    error = calibration_error(reliability(confidences, right))
    print(f"{name}: {len(right)} rows, right {exact.value:.3f} ({exact.low:.3f}–{exact.high:.3f}), ", end="")
    print(f"acceptable {any_label.value:.3f}, macro {mean.value:.3f} ({mean.low:.3f}–{mean.high:.3f}), ", end="")
    print(f"calibration error {error:.3f}", end="")
    for goal in (0.9, 0.95):
        found = risk_coverage(confidences, right).at_least(goal)
        if found:
            print(f"; {found[2].value:.3f} right from {found[0]:.3f} on, of {found[1]:.3f}", end="")
    if (texts.shares[places] < 1).any() and (np.count_nonzero(texts.shares[places], axis=1) > 1).any():
        order = np.argsort(-probabilities, axis=1)
        taken = np.cumsum(np.take_along_axis(probabilities, order, 1), axis=1)
        needed = 1 + (taken < GOAL).sum(axis=1)
        covered = np.cumsum(np.take_along_axis(texts.shares[places], order, 1), axis=1)
        inside = covered[np.arange(len(places)), np.minimum(needed, len(labels)) - 1].mean()
        print(f"; the {needed.mean():.2f} labels that add up to {GOAL} hold {inside:.3f} of the shares", end="")
    print("\n   ", ", ".join(f"{label} {hits[k]}/{count[k]}" for k, label in enumerate(labels) if count[k]), flush=True)


def results(plan: Plan, head: TrainedHead, texts: Texts, wanted: str) -> Iterator[Result]:
    """Yield the figures of one part, of each kind of rows; a best answer is right when it is the main label."""
    for kind in plan.kinds:
        places = texts.where(lambda row, own=kind: row.part == wanted and row.kind == own)  # type: ignore[misc]
        rows, chances = [texts.rows[place] for place in places], answers(plan, head, texts, places)
        main, best = np.array([plan.labels.index(row.best) for row in rows]), chances.argmax(axis=1)
        hits, words = best == main, KINDS_IN_WORDS.get(kind, kind)
        yield Result.accuracy(plan.title, words, hits, chances.max(axis=1))
        count = len(plan.labels)
        of_class = macro(np.bincount(main[hits], minlength=count), np.bincount(main, minlength=count))
        yield Result.of(plan.title, words, OURS, "mean of classes", of_class)
        if any(row.language != "en" for row in rows):
            yield from by_language(plan.title, words, OURS, np.array([row.language for row in rows]), hits)


def write_labels(plan: Plan, labels: Sequence[str], path: Path) -> None:
    """Write the subjects in the order of the outputs, with the broader ones of the published model's entry."""
    rows = label_table(CATALOGUE[plan.entry], labels)
    if [row.name for row in rows if row.output is not None] != list(labels):
        raise ValueError(f"{plan.entry} knows other subjects")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["level", "id", "uri", "name", "parent"])
        writer.writerows(row[:5] for row in rows)


def build(plan: Plan, options: argparse.Namespace) -> None:
    """Train, calibrate and report; write the head, its facts and its subjects where ``--out`` says."""
    labels = plan.labels
    texts = read(plan, list(plan.rows(options.data)), options.cache, options.library)
    if options.folds:
        return cross_validate(plan, texts)
    asked = texts.where(lambda row: row.part == "development" and row.kind in plan.kinds)
    taught = plan.taught or {row.kind for row in texts.rows}
    head = train(plan, texts, texts.where(lambda row: row.part == "training" and row.kind in taught))
    head = calibrate(plan, head, texts, asked)
    parts = ("development", "test") if options.test else ("development",)
    for part, kind in product(parts, plan.kinds):
        places = texts.where(lambda row, part=part, kind=kind: row.part == part and row.kind == kind)  # type: ignore[misc]
        report(f"{part}, {kind}", labels, texts, places, answers(plan, head, texts, places))
    if options.test and any(row.language != "en" for row in texts.rows):
        report_languages(plan, head, texts, labels)
    if options.test and plan.name == "subjects-8":
        for name in MEASURED:
            elsewhere = read(plan, list(measured(options.data, name)), options.cache, None)
            every = elsewhere.where(lambda row: True)
            report(name, labels, elsewhere, every, answers(plan, head, elsewhere, every))
    if options.figures:
        write(options.figures, results(plan, head, texts, parts[-1]))
    if options.out:
        sure = threshold(plan, head, texts, asked)
        least = float(np.quantile(answers(plan, head, texts, asked).max(axis=1), DECLINED))
        level = CATALOGUE[plan.entry].labels.level
        facts = {plan.name: {"least": round(least, 3), "sure": {} if sure is None else {level: sure}}}
        options.out.mkdir(parents=True, exist_ok=True)
        write_head(options.out / f"{plan.head}.npz", head)
        (options.out / f"{plan.head}.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
        write_labels(plan, labels, options.out / f"labels_{plan.name}.csv")


def cross_validate(plan: Plan, texts: Texts) -> None:
    """Print figures of all rows but the test part's, each by a head that learnt nothing of its title."""
    fold = np.array([hashlib.sha256(row.text.partition("\n")[0].encode()).digest()[1] % FOLDS for row in texts.rows])
    asked = np.array([row.kind in plan.kinds and row.part != "test" for row in texts.rows])
    learnt = np.array([row.part != "test" for row in texts.rows])
    probabilities = np.zeros_like(texts.shares)
    for own in range(FOLDS):
        held_out = np.flatnonzero(asked & (fold == own))
        head = train(plan, texts, np.flatnonzero(learnt & (fold != own)))
        probabilities[held_out] = answers(plan, head, texts, held_out)
    for kind in plan.kinds:
        places = texts.where(lambda row, kind=kind: row.part != "test" and row.kind == kind)  # type: ignore[misc]
        report(f"{FOLDS} folds, {kind}", plan.labels, texts, places, probabilities[places])


def report_languages(plan: Plan, head: TrainedHead, texts: Texts, labels: Sequence[str]) -> None:
    """Print what is right in each language, of the test part."""
    for language in sorted({row.language for row in texts.rows}):
        places = texts.where(lambda row, own=language: row.part == "test" and row.language == own)  # type: ignore[misc]
        best = answers(plan, head, texts, places).argmax(axis=1) if len(places) else np.zeros(0)
        right = sum(labels[k] == texts.rows[place].best for k, place in zip(best, places, strict=True))
        figure = share(right, len(places))
        print(f"{language} {figure.value:.3f} ({figure.low:.3f}–{figure.high:.3f}) of {len(places)}", end="; ")
    print()


def main() -> None:
    """Train one classifier."""
    parser = argparse.ArgumentParser(description="Train a small classifier on the built-in encoder.")
    parser.add_argument("what", choices=PLANS)
    parser.add_argument("--data", type=Path, required=True, help="the folder with the sets")
    parser.add_argument("--cache", type=Path, required=True, help="a folder for embeddings")
    parser.add_argument("--library", type=Path, help="the folder that recipes.embed has filled")
    parser.add_argument("--out", type=Path, help="the folder for the head, its facts and its subjects")
    parser.add_argument("--figures", type=Path, help="a file for the figures of the last part, as JSON")
    parser.add_argument("--test", action="store_true", help="give the figures of the test part: once, at the end")
    parser.add_argument("--folds", action="store_true", help="give figures of the other parts by cross-validation only")
    options = parser.parse_args()
    build(PLANS[options.what], options)


if __name__ == "__main__":
    main()
