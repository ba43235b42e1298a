"""The texts of the benchmark: strings of topic names, cut to the usual numbers of tokens."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.peers.shapes import LIMIT
from tokenizers import Tokenizer

from classmark_models.pack import BUILTIN

TITLE, ABSTRACT = 24, 220
COUNTS = {"titles": 64, "abstracts": 32, "windows": 12, "mixed": 200}
WORDS_FOR_LIMIT = 700


@dataclass(frozen=True, slots=True)
class Bag:
    """Texts, and how many tokens each is with the special ones, at most LIMIT."""

    texts: list[str]
    tokens: list[int]

    def cut(self, share: float) -> Bag:
        """Return the first share of the texts."""
        count = max(1, round(share * len(self.texts)))
        return Bag(self.texts[:count], self.tokens[:count])


def topic_names() -> list[str]:
    """Return the names of OpenAlex's topics."""
    with (BUILTIN / "labels.csv").open(encoding="utf-8", newline="") as file:
        return [row["name"] for row in csv.DictReader(file)]


def write_bags(path: Path, tokenizer: Path, prompt: str) -> None:
    """Write the four bags of a model, the same for the same tokenizer."""
    chosen, rust = random.Random(1), Tokenizer.from_file(str(tokenizer))
    rust.no_truncation()
    rust.no_padding()
    names = topic_names()
    bags = {}
    for name, count in COUNTS.items():
        bag = Bag([], [])
        for target in _targets(name, count, chosen):
            words = " ".join(chosen.choices(names, k=WORDS_FOR_LIMIT // 4)).split()[: WORDS_FOR_LIMIT * 2]
            found = rust.encode(prompt + " ".join(words))
            text = (prompt + " ".join(words))[: found.offsets[min(target, len(found.ids) - 1) - 2][1]]
            bag.texts.append(text)
            bag.tokens.append(min(LIMIT, len(rust.encode(text).ids)))
        bags[name] = {"texts": bag.texts, "tokens": bag.tokens}
    path.write_text(json.dumps(bags), encoding="utf-8")


def read_bags(path: Path) -> dict[str, Bag]:
    """Read what ``write_bags`` wrote."""
    return {name: Bag(**bag) for name, bag in json.loads(path.read_text(encoding="utf-8")).items()}


def _targets(name: str, count: int, chosen: random.Random) -> Iterator[int]:
    """Yield the number of tokens of each text; the mixed bag is 40 % titles, 40 % abstracts, 20 % full windows."""
    for _ in range(count):
        kind: Sequence[str] = ("titles", "abstracts", "windows")
        drawn = chosen.choices(kind, (0.4, 0.4, 0.2))[0] if name == "mixed" else name
        spread = chosen.lognormvariate(0, 0.4) if name == "mixed" else 1
        target = {"titles": TITLE, "abstracts": ABSTRACT, "windows": LIMIT + 20}[drawn]
        yield LIMIT + 20 if drawn == "windows" else min(LIMIT, max(8, round(target * spread)))
