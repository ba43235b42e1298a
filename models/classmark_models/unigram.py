"""Words → the likeliest pieces, as the Rust library finds them, in a quarter of its memory and half of its start."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable
from functools import lru_cache
from itertools import accumulate
from typing import Any

from tokenizers import Encoding, PreTokenizedString, Token
from tokenizers import Tokenizer as RustTokenizer

_PENALTY = 10.0
"""How much less likely than the least likely piece an unknown letter is; SentencePiece's own number."""
_REMEMBERED, _SHORT = 8_192, 24
"""Words that are remembered, and letters of the longest of them."""


class Unigram:
    """A tokenizer with a unigram model (Kudo, arXiv:1804.10959) whose pieces are kept here.

    The Rust library's tree of a quarter million pieces takes 280 MB and 0.7 seconds. All but the search among pieces
    is left to it: what becomes of letters before, where words begin, where in the text each piece stood.
    """

    def __init__(self, rust: RustTokenizer, pieces: Iterable[str], scores: array[float], unknown: int) -> None:
        """Take the library's tokenizer, whose own pieces are not asked for; ``scores``: the pieces' log likelihoods.

        Raises ValueError and IndexError for pieces that are none.
        """
        self._rust, self._scores = rust, scores
        self._ids = {piece: place for place, piece in enumerate(pieces)}
        if len(self._ids) != len(scores):
            raise ValueError("some pieces are the same")
        self._longest: dict[str, int] = {}
        longest = self._longest
        for piece in self._ids:
            first, size = piece[0], len(piece)
            if longest.get(first, 0) < size:
                longest[first] = size
        self._unknown, self._least = unknown, min(self._scores) - _PENALTY
        self._known = lru_cache(_REMEMBERED)(self._split)

    def encode(self, text: str) -> Encoding:
        """Return ids and offsets of a text, without special tokens."""
        words = PreTokenizedString(text)
        if self._rust.normalizer is not None:
            words.normalize(self._rust.normalizer.normalize)
        if self._rust.pre_tokenizer is not None:
            self._rust.pre_tokenizer.pre_tokenize(words)
        words.tokenize(lambda word: self._known(word) if len(word) <= _SHORT else self._split(word))
        return words.to_encoding()

    def _split(self, word: str) -> list[Token]:
        """Return the pieces of the likeliest way through a word; unknown letters in a row are one."""
        count, ids, scores = len(word), self._ids, self._scores
        best = [0.0] + [float("-inf")] * count
        came_from, taken = [0] * (count + 1), [self._unknown] * (count + 1)
        for start in range(count):
            so_far = best[start]
            ends = range(start + 1, min(count, start + self._longest.get(word[start], 0)) + 1)
            for end in ends:
                place = ids.get(word[start:end])
                if place is not None and so_far + scores[place] > best[end]:
                    best[end], came_from[end], taken[end] = so_far + scores[place], start, place
            if word[start] not in ids and so_far + self._least > best[start + 1]:
                best[start + 1], came_from[start + 1], taken[start + 1] = so_far + self._least, start, self._unknown
        sizes = [0, *accumulate(len(letter.encode()) for letter in word)]
        found, end = [], count
        while end:
            start = came_from[end]
            if taken[end] == self._unknown:
                while start and taken[start] == self._unknown:
                    start = came_from[start]
            piece = word[start:end]
            found.append(Token(ids.get(piece, self._unknown), piece, (sizes[start], sizes[end])))
            end = start
        return found[::-1]


def read_unigram(content: bytes) -> tuple[RustTokenizer, Unigram | None]:
    """Read a ``tokenizer.json``; where it is of another kind, the library's own tokenizer does all, and None is given.

    Raises what the library raises, and ValueError, for a file that cannot be used.
    """
    if b'"Unigram"' not in content:
        return RustTokenizer.from_str(content.decode()), None
    facts: dict[str, Any] = json.loads(content)
    try:
        model, unknown = facts["model"], facts["model"]["unk_id"]
        if model["type"] == "Unigram" and not facts["added_tokens"] and not model["byte_fallback"] and 0 <= unknown:
            # One string and an array, and the pieces anew: what JSON made of them lies scattered between its lists.
            pieces = "\0".join([piece for piece, _ in model["vocab"]])
            scores = array("d", [score for _, score in model["vocab"]])
            model["vocab"] = model["vocab"][: unknown + 1]
            rust = RustTokenizer.from_str(json.dumps(facts))
            del facts, model
            return rust, Unigram(rust, pieces.split("\0"), scores, unknown)
    except (LookupError, TypeError, ValueError):
        pass  # the library says what is wrong with it
    return RustTokenizer.from_str(content.decode()), None
