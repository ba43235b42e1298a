"""Words → the likeliest pieces, as the Rust library finds them, without its tree of pieces."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Encoding, PreTokenizedString, Token
from tokenizers import Tokenizer as RustTokenizer

from classmark_models.pieces import PIECES, Pieces

_PENALTY = 10.0
"""How much less likely than the least likely piece an unknown letter is; SentencePiece's own number."""
_REMEMBERED, _SHORT = 8_192, 24
"""Words that are remembered, and letters of the longest of them."""


class Unigram:
    """A tokenizer with a unigram model (Kudo, arXiv:1804.10959) whose pieces are kept here.

    The Rust library's tree of a quarter million pieces takes 280 MB and 0.7 seconds. All but the search among pieces
    is left to it: what becomes of letters before, where words begin, where in the text each piece stood.
    """

    def __init__(self, rust: RustTokenizer, pieces: Pieces, unknown: int) -> None:
        """Take the library's tokenizer, whose own pieces are not asked for; ``unknown``: the id of unknown letters."""
        self._rust, self._pieces, self._unknown = rust, pieces, unknown
        self._least = pieces.least - _PENALTY
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
        text, unknown, least = word.encode(), self._unknown, self._least
        find, first, ids, scores = self._pieces.find, self._pieces.first, self._pieces.ids, self._pieces.scores
        count, longest = len(text), self._pieces.longest
        best = [0.0] + [float("-inf")] * count
        came_from, taken = [0] * (count + 1), [unknown] * (count + 1)
        letters = [at for at, byte in enumerate(text) if byte & 0xC0 != 0x80]
        for start, after in pairwise([*letters, count]):
            so_far, node, end, is_piece = best[start], 0, start, False
            for byte in text[start : start + longest]:
                node = find(byte, first[node], first[node + 1])
                if node < 0:
                    break
                end += 1
                place = ids[node]
                if place >= 0:
                    is_piece |= end == after
                    score = so_far + scores[place]
                    if score > best[end]:
                        best[end], came_from[end], taken[end] = score, start, place
            if not is_piece and so_far + least > best[after]:
                best[after], came_from[after], taken[after] = so_far + least, start, unknown
        found, end = [], count
        while end:
            start, place = came_from[end], taken[end]
            if place == unknown:
                while start and taken[start] == unknown:
                    start = came_from[start]
                place = self._pieces.id_of(text[start:end])
            found.append(Token(unknown if place < 0 else place, text[start:end].decode(), (start, end)))
            end = start
        return found[::-1]


def read_unigram(path: Path) -> tuple[RustTokenizer, Unigram | None]:
    """Read a ``tokenizer.json``; where it is of another kind, the library's own tokenizer does all, and None is given.

    One that is ``trimmed`` has its pieces in the file PIECES beside it. Raises ValueError, what ``map_arrays`` and what
    the library raise, for files that cannot be used.
    """
    content = path.read_bytes()
    facts: dict[str, Any] = json.loads(content) if b'"Unigram"' in content else {}
    try:
        model, unknown = facts["model"], facts["model"]["unk_id"]
        if model["type"] != "Unigram" or facts["added_tokens"] or model["byte_fallback"] or unknown < 0:
            raise ValueError("it needs more than the search among pieces")
        is_trimmed = len(model["vocab"]) == unknown + 1
        pieces = None if is_trimmed else pieces_of(facts)
    except (LookupError, TypeError, ValueError):  # the library says what is wrong with it, if anything is
        return RustTokenizer.from_str(content.decode()), None
    rust = RustTokenizer.from_str(json.dumps(trimmed(facts)))
    return rust, Unigram(rust, pieces or Pieces.read(path.with_name(PIECES)), unknown)


def pieces_of(facts: Mapping[str, Any]) -> Pieces:
    """Return the pieces that a ``tokenizer.json`` holds; LookupError, TypeError, ValueError where it holds none."""
    vocab = facts["model"]["vocab"]
    return Pieces.of([piece for piece, _ in vocab], np.array([score for _, score in vocab], np.float64))


def trimmed(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a ``tokenizer.json`` states, of its pieces only those up to the unknown one."""
    model = facts["model"]
    return {**facts, "model": {**model, "vocab": model["vocab"][: model["unk_id"] + 1]}}
