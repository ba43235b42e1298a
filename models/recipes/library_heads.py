"""Train the classifier of library records: LCC, Dewey, subject headings and OpenAlex fields in one net.

Needs ``torch``.

    python -m recipes.library_heads --data DATA --embeddings DIR --out DIR [--without LANG …]

One thread and fixed seeds: run again on the same processor it gives the same figures.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classmark_models.ngrams import BITS, bag_ids
from recipes import fields, lcc
from recipes.corpora import KINDS, Part, Record, part, read_embeddings, read_records
from recipes.encoder import LIMIT
from recipes.small_heads import embed
from recipes.topics import read_topics

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]

BAG, HIDDEN, EPOCHS, BATCH = 48, 768, 4, 512
RATE, BAG_RATE, DECAY, SCALE = 2e-3, 1e-3, 0.02, 8
KEPT_NGRAMS, KEPT_BAGS, DROPPED = 0.5, 0.85, 0.25
HEADING_WEIGHT, FIELD_WEIGHT = 0.1, 0.5
LEVEL_WEIGHTS = (0.5, 0.5)
"""What the two broader levels of a classification count in learning, beside the deepest."""
LEAST_OF_A_CLASS, LEAST_OF_A_RANGE, LEAST_OF_A_HEADING = 15, 30, 10
EXAMPLE = "x"
"""The kind of texts that are no record's: only their fields are known."""


@dataclass(frozen=True)
class Answers:
    """What is right for each record, and then for each example of fields.

    ``lcc``, ``dewey``: places of its main range in ``ranges`` and of its Dewey number, or -1; ``lcsh``: of its
    headings; ``fields``: what the OpenAlex fields are worth as answers, shape (records, fields): 1 the main one,
    0 what is not accepted. ``ranges`` are pairs of subclass and range.
    """

    ranges: tuple[tuple[str, str], ...]
    headings: tuple[str, ...]
    fields_in_order: tuple[str, ...]
    lcc: Places
    dewey: Places
    lcsh: list[list[int]]
    fields: Floats

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Whether anything but fields is known of each record, shape (records,)."""
        has_heading = np.array([bool(places) for places in self.lcsh], np.bool_)
        known: npt.NDArray[np.bool_] = (self.lcc >= 0) | (self.dewey >= 0) | has_heading
        return known

    def groups(self, level: str) -> Places:
        """Return, for each range, the place of its class or subclass among those in order."""
        names = [subclass if level == "subclass" else subclass[0] for subclass, _ in self.ranges]
        return np.unique(names, return_inverse=True)[1].astype(np.intp)


@dataclass(frozen=True)
class Texts:
    """All texts of the records, and the examples of fields: their places, kinds, embeddings and n-grams.

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


def read_answers(records: Sequence[Record], parts: Sequence[Part], data: Path) -> Answers:
    """Return the answers; only what training records use often enough counts."""
    training = [record for record, of in zip(records, parts, strict=True) if of == "training"]
    outline = lcc.Outline(lcc.read_ranges())
    classes = Counter(record.lcc for record in training if record.lcc)
    used = Counter(outline.find(record.lcc, record.number) for record in training)
    kept = lcc.Outline(each for each in lcc.read_ranges() if used[each.id] >= LEAST_OF_A_RANGE)
    subclasses = sorted(name for name, count in classes.items() if count >= LEAST_OF_A_CLASS)
    ranges = [(name, place) for name in subclasses for place in (*(each.id for each in kept.of(name)), name)]
    uses = Counter(heading for record in training for heading in record.headings)
    headings = tuple(sorted(name for name, count in uses.items() if count >= LEAST_OF_A_HEADING))
    place_of_range = {each: place for place, each in enumerate(ranges)}
    place_of_heading = {name: place for place, name in enumerate(headings)}
    known = tuple(sorted({topic["field_id"] for topic in read_topics(data / "openalex_topics.csv")}, key=int))
    examples = list(fields.examples(data))
    accepted = [*map(fields.of_record, records), *(right for _, right in examples)]
    none = np.full(len(examples), -1, np.intp)
    return Answers(
        tuple(ranges),
        headings,
        known,
        np.array(
            [place_of_range.get((r.lcc, kept.find(r.lcc, r.number)), -1) for r in records] + none.tolist(), np.intp
        ),
        np.array([int(record.dewey or -1) for record in records] + none.tolist(), np.intp),
        [sorted(place_of_heading[name] for name in record.headings if name in place_of_heading) for record in records]
        + [[] for _ in examples],
        np.array([[fields.worth(field, right) for field in known] for right in accepted], np.float32),
    )


def read_texts(records: Sequence[Record], data: Path, folder: Path) -> Texts:
    """Read the embeddings that ``recipes.embed`` wrote, embed the examples; all is kept beside them."""
    read = [read_embeddings(folder, kind) for kind in KINDS]
    examples = [text for text, _ in fields.examples(data)]
    kept = folder / f"ngrams{BITS}.npz"
    if not kept.exists():
        bags = [bag_ids(records[place].text(kind)) for kind, (ids, _) in zip(KINDS, read, strict=True) for place in ids]
        np.savez(kept, ngrams=np.concatenate(bags), starts=np.cumsum([0, *map(len, bags)]))
    with np.load(kept, allow_pickle=False) as file:
        ngrams, starts = file["ngrams"], file["starts"]
    bags = list(map(bag_ids, examples))
    return Texts(
        np.concatenate([*(ids for ids, _ in read), len(records) + np.arange(len(examples))]).astype(np.intp),
        np.repeat([*KINDS, EXAMPLE], [*(len(ids) for ids, _ in read), len(examples)]),
        np.concatenate([*(vectors for _, vectors in read), embed(examples, LIMIT, folder).astype(np.float16)]),
        np.concatenate([ngrams, *bags]),
        np.concatenate([starts, starts[-1] + np.cumsum([len(bag) for bag in bags])]),
    )


def rows_of(wanted: Part, texts: Texts, parts: Sequence[Part]) -> Places:
    """Return the texts of records of one part."""
    is_wanted = np.array([of == wanted for of in parts] + [False])
    return np.flatnonzero(is_wanted[np.minimum(texts.record, len(parts))])


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
        sizes = {
            "lcc": len(answers.ranges),
            "ddc": 1000,
            "lcsh": len(answers.headings),
            "fields": len(answers.fields_in_order),
        }
        digits = np.arange(1000)
        broader = {"lcc": map(answers.groups, ("class", "subclass")), "ddc": (digits // 100, digits // 10)}
        self.broader = {name: [torch.from_numpy(group) for group in groups] for name, groups in broader.items()}
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
        """Return the sum of the losses of the outputs over the records that have an answer."""
        torch, losses = self.torch, self.torch.nn.functional
        loss = self._levels("lcc", logits["lcc"], answers.lcc[records])
        loss = loss + self._levels("ddc", logits["ddc"], answers.dewey[records])
        known = [row for row, record in enumerate(records) if answers.lcsh[record]]
        right = torch.zeros(len(known), len(answers.headings))
        for row, place in enumerate(known):
            right[row, answers.lcsh[records[place]]] = 1
        scores = logits["lcsh"][known]
        loss = loss + losses.binary_cross_entropy_with_logits(scores, right) * len(answers.headings) * HEADING_WEIGHT
        worth = torch.from_numpy(answers.fields[records])
        known = worth.any(1)
        likely = losses.log_softmax(logits["fields"][known], 1) + torch.log(worth[known])
        return loss - FIELD_WEIGHT * torch.logsumexp(likely, 1).mean()

    def _levels(self, name: str, logits: Any, right: Places) -> Any:
        """Return the loss of the deepest level, and that of its sums at broader levels, by their weights."""
        torch, losses = self.torch, self.torch.nn.functional
        answers = torch.from_numpy(right)
        answers, logits = answers[answers >= 0], logits[answers >= 0]
        if not len(answers):
            return torch.zeros(())
        loss, shares = losses.cross_entropy(logits, answers), losses.softmax(logits, 1)
        for weight, group in zip(LEVEL_WEIGHTS, self.broader[name], strict=True):
            sums = torch.zeros(len(shares), int(group.max()) + 1).index_add(1, group, shares)
            loss = loss + weight * losses.nll_loss(torch.log(sums.clamp_min(1e-9)), group[answers])
        return loss

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


def rows_to_learn(
    records: Sequence[Record], parts: Sequence[Part], answers: Answers, texts: Texts, without: Collection[str]
) -> Places:
    """Return the training texts that have an answer, examples included; none in the languages ``without``."""
    in_training = np.array([of == "training" for of in parts] + [True] * (len(answers.lcc) - len(records)))
    learnt = (answers.known | answers.fields.any(axis=1)) & in_training & in_other_languages(records, answers, without)
    return np.flatnonzero(learnt[texts.record])


def in_other_languages(records: Sequence[Record], answers: Answers, without: Collection[str]) -> npt.NDArray[np.bool_]:
    """Return which records and examples are in none of some languages; the examples are English."""
    others = [record.language not in without for record in records]
    return np.array(others + ["eng" not in without] * (len(answers.lcc) - len(records)))


def train(data: Path, embeddings: Path, out: Path, without: Collection[str] = ()) -> None:
    """Train on the training part and write ``net.npz``, the arrays of the net in float32.

    Nothing is learnt from what is in the languages ``without``; the subjects stay those of all.
    """
    records = read_records(data)
    parts = [part(record.id) for record in records]
    answers, texts = read_answers(records, parts, data), read_texts(records, data, embeddings)
    of_titles = texts.embeddings[(texts.kind == "a") & in_other_languages(records, answers, without)[texts.record]]
    net = Net(answers, of_titles.mean(axis=0, dtype=np.float64).astype(np.float32))
    net.train(texts, answers, rows_to_learn(records, parts, answers, texts, without))
    arrays = {"centre": net.centre, "table": net.table.weight, "w1": net.hidden.weight, "b1": net.hidden.bias}
    for name, output in net.outputs.items():
        arrays |= {f"{name}.w": output.weight, f"{name}.b": output.bias}
    out.mkdir(parents=True, exist_ok=True)
    np.savez(out / "net.npz", allow_pickle=False, **{name: np.asarray(array.data) for name, array in arrays.items()})


def main() -> None:
    """Train the net."""
    parser = argparse.ArgumentParser(description="Train the classifier of library records.")
    parser.add_argument(
        "--data", type=Path, required=True, help="the folder with loc_books.csv.gz and the sets of OpenAlex and arXiv"
    )
    parser.add_argument("--embeddings", type=Path, required=True, help="the folder that recipes.embed has filled")
    parser.add_argument("--out", type=Path, required=True, help="the folder for net.npz")
    parser.add_argument("--without", nargs="+", default=[], metavar="LANG", help="languages to leave out (ger fre)")
    options = parser.parse_args()
    train(options.data, options.embeddings, options.out, options.without)


if __name__ == "__main__":
    main()
