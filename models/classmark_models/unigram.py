"""Words → the likeliest pieces, as the Rust library finds them, without its tree of pieces."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Token

from classmark_models.pieces import PIECES, Pieces

_PENALTY = 10.0
"""How much less likely than the least likely piece an unknown letter is; SentencePiece's own number."""


class Unigram:
    """The likeliest way through a word (Kudo, arXiv:1804.10959).

    The Rust library's tree of a quarter million pieces takes 280 MB and 0.7 seconds.
    """

    def __init__(self, pieces: Pieces, unknown: int) -> None:
        """Take the pieces and the id of unknown letters; ValueError where nothing tells how likely the pieces are."""
        if not len(pieces.scores):
            raise ValueError("its pieces have no scores")
        self._pieces, self._unknown = pieces, unknown
        self._least = pieces.least - _PENALTY

    def split(self, word: str) -> list[Token]:
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


def find_unigram(facts: Mapping[str, Any], folder: Path) -> Unigram | None:
    """Return the search that a ``tokenizer.json`` in a folder asks for; None where it needs more than that.

    One that is ``trimmed`` has its pieces in the file PIECES beside it. Errors as for ``Pieces.read``.
    """
    try:
        model, unknown = facts["model"], facts["model"]["unk_id"]
        if model["type"] != "Unigram" or facts["added_tokens"] or model["byte_fallback"] or unknown < 0:
            return None
        is_trimmed = len(model["vocab"]) == unknown + 1
        pieces = None if is_trimmed else pieces_of(facts)
    except (LookupError, TypeError, ValueError):  # the library says what is wrong with it, if anything is
        return None
    return Unigram(pieces or Pieces.read(folder / PIECES), unknown)


def pieces_of(facts: Mapping[str, Any]) -> Pieces:
    """Return the pieces that a ``tokenizer.json`` holds; LookupError, TypeError, ValueError where it holds none."""
    vocab = facts["model"]["vocab"]
    return Pieces.of([piece for piece, _ in vocab], np.array([score for _, score in vocab], np.float64))


def trimmed(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a ``tokenizer.json`` states, of its pieces only those up to the unknown one."""
    model = facts["model"]
    return {**facts, "model": {**model, "vocab": model["vocab"][: model["unk_id"] + 1]}}
