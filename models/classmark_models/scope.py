"""Whether a text describes a document at all, or is the body of one, in a language that the encoder reads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from classmark_models.errors import ModelDamaged
from classmark_models.labels import Scores
from classmark_models.ngrams import NgramIds
from classmark_models.tokens import TokenIds, count_letters
from classmark_models.trained_head import Floats, TrainedHead
from classmark_models.windows import Weights

SCOPE = "scope.npz"
DESCRIBED = "described"
REASONS = {
    "code": "It looks like source code or a data file, not like a text about something.",
    "recipe": "It looks like a recipe: there are amounts and steps, but no subject.",
    "garbled": "Its letters look garbled, as after a bad scan or in a wrong encoding.",
    "foreign": "It seems to be in a language or script that the built-in classifiers do not read.",
    "filler": "It looks like filler text, such as lorem ipsum.",
    "boilerplate": "It looks like boilerplate: notices, forms, page numbers or letters, but no subject.",
}
"""What seems to be the matter, by kinds of texts in their order; before them comes ``DESCRIBED``."""
KINDS = (DESCRIBED, *REASONS)
MEASURES = 20
_OUTPUT = "scope"
_LONGEST_NGRAM, _READ = 4, 600
_SCRIPTS = ((0x41, 0x250), (0x400, 0x530), (0x590, 0x700), (0x900, 0xE00), (0x3040, 0xD7B0))
_WORD = re.compile(r"\S+")


class Scope:
    """A small trained head over a window's embedding, some counts, and parts of its words."""

    def __init__(self, path: Path, width: int) -> None:
        """Read what ``recipes.scope`` wrote for an encoder of that width; ModelDamaged when it is anything else."""
        self._head = TrainedHead.read(path)
        sizes = {name: len(layer.b) for name, layer in self._head.layers.items()}
        if sizes != {_OUTPUT: len(KINDS)} or len(self._head.centre) != width + MEASURES:
            raise ModelDamaged(f"{path} does not tell the {len(KINDS)} kinds of texts apart. Install Classmark again.")

    def chances(self, embeddings: Floats, measures: Floats, ngrams: Sequence[NgramIds]) -> Scores:
        """Return the probabilities of KINDS of each text, shape (texts, kinds).

        ``embeddings``: shape (texts, width); ``measures``: rows of ``measure``; ``ngrams``: those of ``letter_ids``.
        """
        rows = np.concatenate([embeddings, measures], axis=1)
        hidden = self._head.hidden(rows, self._head.bags(ngrams))
        logits = self._head.logits(_OUTPUT, hidden)
        return self._head.probabilities(_OUTPUT, logits, np.zeros(len(rows), np.float32), independent=False)

    def doubt(self, chances: Scores, weights: Weights) -> str:
        """Say what seems to be the matter with a document whose windows have these chances and weights, or nothing."""
        described, *others = weights @ chances
        return "" if described >= 0.5 else list(REASONS.values())[int(np.argmax(others))]


def letter_ids(text: str) -> NgramIds:
    """Return the hashes of one to four letters in a row, small ones, of the first 600 characters; [0] for no text."""
    letters = np.frombuffer(text[:_READ].lower().encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    found = [np.zeros(1, np.int32)] if not len(letters) else []
    hashes = np.full(len(letters), 0x9E3779B9, np.uint64)
    for size in range(1, min(_LONGEST_NGRAM, len(letters)) + 1):
        start = len(letters) - size + 1
        hashes = (hashes[:start] * np.uint64(0x01000193) + letters[size - 1 :]) % np.uint64(0xFFFFFFFB)
        found.append(((hashes * np.uint64(2654435761) >> np.uint64(16)) & np.uint64(0x3FFFF)).astype(np.int32))
    return np.concatenate(found)


def measure(text: str, ids: TokenIds, unknown: int) -> Floats:
    """Return counts of a text that tell kinds apart, each about as large as 1/8, float32, shape (MEASURES,).

    ``ids``: its tokens without those added to every text; ``unknown``: the id of the token of unknown letters.
    """
    seen = [letter for letter in text if not letter.isspace()]
    letters = [letter for letter in seen if letter.isalpha()]
    words = _WORD.findall(text)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    many, alphabet, count = max(len(seen), 1), max(len(letters), 1), max(len(words), 1)
    codes = np.array([ord(letter) for letter in letters])
    scripts = [float(((codes >= first) & (codes < last)).sum()) / alphabet for first, last in _SCRIPTS]
    digits = sum(map(str.isdigit, seen))
    ascii_signs = sum(not letter.isalnum() and letter.isascii() for letter in seen)
    values = [
        np.log1p(len(letters)) / 8,
        len(letters) / many,
        digits / many,
        ascii_signs / many,
        (many - len(letters) - digits - ascii_signs) / many,
        sum(map(str.isupper, letters)) / alphabet,
        min(len(ids) / max(count_letters(text), 1), 2) / 2,
        float((ids == unknown).mean()) if len(ids) else 0.0,
        _entropy(seen) / 5,
        len(set(words)) / count,
        1 - len(set(lines)) / max(len(lines), 1),
        min(many / count / 10, 2) / 2,
        sum(len(word) == 1 for word in words) / count,
        sum(not word.strip(".,;:!?()\"'").isalpha() for word in words) / count,
        min(len(lines) / count, 1),
        *scripts,
    ]
    return np.array(values, np.float32) / np.float32(4)


def _entropy(letters: Sequence[str]) -> float:
    """Return how evenly letters are spread, in nats."""
    shares = np.array(list(Counter(letters).values()) or [1]) / max(len(letters), 1)
    return float(-(shares * np.log(shares)).sum())
