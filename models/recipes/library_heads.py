"""Train the classifier of library records: LCC, Dewey and subject headings in one net. Needs ``torch``.

    python -m recipes.library_heads --data DATA --embeddings DIR --out DIR

One thread and fixed seeds: run again on the same processor it gives the same figures.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classmark_models.ngrams import BITS, bag_ids
from recipes.corpora import KINDS, Part, Record, part, read_embeddings, read_records

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]

BAG, HIDDEN, EPOCHS, BATCH = 48, 768, 4, 512
RATE, BAG_RATE, DECAY, SCALE = 2e-3, 1e-3, 0.02, 8
KEPT_NGRAMS, KEPT_BAGS, DROPPED = 0.5, 0.85, 0.25
HEADING_WEIGHT = 0.1
LEAST_OF_A_CLASS, LEAST_OF_A_HEADING = 15, 10


@dataclass(frozen=True)
class Answers:
    """What is right for each record: places of its LCC subclass and Dewey number, or -1, and of its headings."""

    subclasses: tuple[str, ...]
    headings: tuple[str, ...]
    lcc: Places
    dewey: Places
    lcsh: list[list[int]]


@dataclass(frozen=True)
class Texts:
    """All texts of the records: their places, kinds, embeddings and n-grams.

    The n-grams of text i are ``ngrams[starts[i] : starts[i + 1]]``.
    """

    record: Places
    kind: npt.NDArray[np.str_]
    embeddings: npt.NDArray[np.float16]
    ngrams: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]

    def bags(self, rows: Iterable[int]) -> list[npt.NDArray[np.int32]]:
        """Return the n-grams of some texts."""
        return [self.ngrams[self.starts[row] : self.starts[row + 1]] for row in rows]


def read_answers(records: Sequence[Record], parts: Sequence[Part]) -> Answers:
    """Return the answers; only what training records use often enough counts."""
    training = [record for record, of in zip(records, parts, strict=True) if of == "training"]
    classes = Counter(record.lcc for record in training if record.lcc)
    uses = Counter(heading for record in training for heading in record.headings)
    subclasses = tuple(sorted(name for name, count in classes.items() if count >= LEAST_OF_A_CLASS))
    headings = tuple(sorted(name for name, count in uses.items() if count >= LEAST_OF_A_HEADING))
    place_of_class = {name: place for place, name in enumerate(subclasses)}
    place_of_heading = {name: place for place, name in enumerate(headings)}
    return Answers(
        subclasses,
        headings,
        np.array([place_of_class.get(record.lcc, -1) for record in records], np.intp),
        np.array([int(record.dewey or -1) for record in records], np.intp),
        [sorted(place_of_heading[name] for name in record.headings if name in place_of_heading) for record in records],
    )


def read_texts(records: Sequence[Record], folder: Path) -> Texts:
    """Read the embeddings that ``recipes.embed`` wrote, and the n-grams, which are kept beside them."""
    read = [read_embeddings(folder, kind) for kind in KINDS]
    kept = folder / f"ngrams{BITS}.npz"
    if not kept.exists():
        bags = [bag_ids(records[place].text(kind)) for kind, (ids, _) in zip(KINDS, read, strict=True) for place in ids]
        np.savez(kept, ngrams=np.concatenate(bags), starts=np.cumsum([0, *map(len, bags)]))
    with np.load(kept, allow_pickle=False) as file:
        ngrams, starts = file["ngrams"], file["starts"]
    return Texts(
        np.concatenate([ids for ids, _ in read]).astype(np.intp),
        np.repeat(KINDS, [len(ids) for ids, _ in read]),
        np.concatenate([vectors for _, vectors in read]),
        ngrams,
        starts,
    )


class Net:
    """The net in training: a table of n-grams, a hidden layer, and the three outputs."""

    def __init__(self, answers: Answers, centre: Floats) -> None:
        import torch

        torch.set_num_threads(1)
        torch.manual_seed(0)
        self.torch, self.centre = torch, centre
        self.random = np.random.default_rng(0)
        self.table = torch.nn.EmbeddingBag(1 << BITS, BAG, mode="mean", sparse=True)
        torch.nn.init.normal_(self.table.weight, std=0.05)
        sizes = {"lcc": len(answers.subclasses), "ddc": 1000, "lcsh": len(answers.headings)}
        self.hidden = torch.nn.Linear(len(centre) + BAG, HIDDEN)
        self.outputs = torch.nn.ModuleDict({name: torch.nn.Linear(HIDDEN + BAG, n) for name, n in sizes.items()})
        torch.nn.init.constant_(self.outputs["lcsh"].bias, -6)

    def dense(self) -> list[Any]:
        """Return all parameters but the table's."""
        return [*self.hidden.parameters(), *self.outputs.parameters()]

    def forward(self, texts: Texts, rows: Places, training: bool) -> dict[str, Any]:
        """Return the logits of some texts by output; in training parts of what is read are left out."""
        torch, random = self.torch, self.random
        bags = texts.bags(rows)
        if training:
            bags = [bag[random.random(len(bag)) < KEPT_NGRAMS] for bag in bags]
        starts = torch.from_numpy(np.cumsum([0, *map(len, bags[:-1])]))
        bag = self.table(torch.from_numpy(np.concatenate(bags).astype(np.int64)), starts) * SCALE
        if training:
            bag = bag * torch.from_numpy((random.random((len(rows), 1)) < KEPT_BAGS).astype(np.float32))
        centred = torch.from_numpy((texts.embeddings[rows].astype(np.float32) - self.centre) * SCALE)
        hidden = torch.nn.functional.gelu(self.hidden(torch.cat([centred, bag], 1)))
        read = torch.cat([torch.nn.functional.dropout(hidden, DROPPED, training), bag], 1)
        return {name: output(read) for name, output in self.outputs.items()}

    def loss(self, logits: dict[str, Any], answers: Answers, records: Places) -> Any:
        """Return the sum of the losses of the three outputs over the records that have an answer."""
        torch, losses = self.torch, self.torch.nn.functional
        loss = losses.cross_entropy(logits["lcc"], torch.from_numpy(answers.lcc[records]), ignore_index=-1)
        loss = loss + losses.cross_entropy(logits["ddc"], torch.from_numpy(answers.dewey[records]), ignore_index=-1)
        known = [row for row, record in enumerate(records) if answers.lcsh[record]]
        right = torch.zeros(len(known), len(answers.headings))
        for row, place in enumerate(known):
            right[row, answers.lcsh[records[place]]] = 1
        scores = logits["lcsh"][known]
        return loss + losses.binary_cross_entropy_with_logits(scores, right) * len(answers.headings) * HEADING_WEIGHT

    def train(self, texts: Texts, answers: Answers, rows: Places) -> None:
        """Learn from some texts, in random order, EPOCHS times."""
        torch, steps = self.torch, EPOCHS * -(-len(rows) // BATCH)
        optimizers = [
            torch.optim.AdamW(self.dense(), RATE, weight_decay=DECAY),
            torch.optim.SparseAdam([self.table.weight], BAG_RATE),
        ]
        schedules = [
            torch.optim.lr_scheduler.OneCycleLR(optimizers[0], RATE, total_steps=steps),
            torch.optim.lr_scheduler.OneCycleLR(optimizers[1], BAG_RATE, total_steps=steps, cycle_momentum=False),
        ]
        for epoch in range(EPOCHS):
            started, total = time.monotonic(), 0.0
            order = self.random.permutation(rows)
            for first in range(0, len(order), BATCH):
                batch = order[first : first + BATCH]
                loss = self.loss(self.forward(texts, batch, True), answers, texts.record[batch])
                for optimizer in optimizers:
                    optimizer.zero_grad()
                loss.backward()
                for moved in (*optimizers, *schedules):
                    moved.step()
                total += float(loss.detach()) * len(batch)
            print(f"epoch {epoch + 1}: loss {total / len(rows):.3f}, {time.monotonic() - started:.0f} s", flush=True)


def train(records: Sequence[Record], embeddings: Path, out: Path) -> None:
    """Train on the training part and write ``net.npz``, the arrays of the net in float32."""
    parts = [part(record.id) for record in records]
    answers, texts = read_answers(records, parts), read_texts(records, embeddings)
    of_titles = texts.embeddings[texts.kind == "a"]
    net = Net(answers, of_titles.mean(axis=0, dtype=np.float64).astype(np.float32))
    answered = (answers.lcc >= 0) | (answers.dewey >= 0) | np.array([bool(places) for places in answers.lcsh])
    learnt = answered & np.array([of == "training" for of in parts])
    net.train(texts, answers, np.flatnonzero(learnt[texts.record]))
    arrays = {"centre": net.centre, "table": net.table.weight, "w1": net.hidden.weight, "b1": net.hidden.bias}
    for name, output in net.outputs.items():
        arrays |= {f"{name}.w": output.weight, f"{name}.b": output.bias}
    out.mkdir(parents=True, exist_ok=True)
    np.savez(out / "net.npz", allow_pickle=False, **{name: np.asarray(array.data) for name, array in arrays.items()})


def main() -> None:
    """Train the net."""
    parser = argparse.ArgumentParser(description="Train the classifier of library records.")
    parser.add_argument("--data", type=Path, required=True, help="the folder with loc_books.csv.gz")
    parser.add_argument("--embeddings", type=Path, required=True, help="the folder that recipes.embed has filled")
    parser.add_argument("--out", type=Path, required=True, help="the folder for net.npz")
    options = parser.parse_args()
    train(read_records(options.data), options.embeddings, options.out)


if __name__ == "__main__":
    main()
