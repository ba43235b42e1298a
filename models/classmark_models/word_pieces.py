"""Words → the longest pieces, as the Rust library finds them, without its table of pieces."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from tokenizers import Token

from classmark_models.errors import ModelDamaged
from classmark_models.pieces import PIECES, Pieces

TRIMMED = "pieces.json"
"""The file beside PIECES: what their ``tokenizer.json`` states, its pieces but for the special ones left out."""


class WordPieces:
    """The longest piece first, then the longest that goes on; a word that is not all pieces is one unknown token.

    That is BERT's way (Wu et al., arXiv:1609.08144). The Rust library's table of 119,547 pieces takes 41 MB and a tenth
    of a second.
    """

    def __init__(self, pieces: Pieces, facts: Mapping[str, Any]) -> None:
        """Take the pieces, and what TRIMMED states of the search; LookupError, TypeError where it does not."""
        self._pieces, self._longest = pieces, facts["max_input_chars_per_word"]
        self._name, self._prefix = facts["unk_token"], facts["continuing_subword_prefix"]
        self._unknown = facts["vocab"][self._name]
        self._inside = pieces.node_of(self._prefix.encode())

    def split(self, word: str) -> list[Token]:
        """Return the pieces of a word."""
        text, find, first, ids = word.encode(), self._pieces.find, self._pieces.first, self._pieces.ids
        count, start, node, prefix = len(text), 0, 0, ""
        unknown = [Token(self._unknown, self._name, (0, count))]
        if len(word) > self._longest:
            return unknown
        found = []
        while start < count:
            at, end, place = start, start, -1
            while at < count and node >= 0:
                node = find(text[at], first[node], first[node + 1])
                at += 1
                if node >= 0 and ids[node] >= 0:
                    place, end = ids[node], at
            if place < 0 or (end < count and text[end] & 0xC0 == 0x80):  # within a letter a tampered piece may end
                return unknown
            found.append(Token(place, prefix + text[start:end].decode(), (start, end)))
            start, node, prefix = end, self._inside, self._prefix
        return found


def read_word_pieces(folder: Path) -> tuple[str, WordPieces]:
    """Read what ``write_word_pieces`` wrote: the text of TRIMMED, and the search.

    Raises LookupError, TypeError, and what ``json.loads`` and ``Pieces.read`` raise, for files that are anything else.
    """
    text = (folder / TRIMMED).read_text(encoding="utf-8")
    return text, WordPieces(Pieces.read(folder / PIECES), json.loads(text)["model"])


def write_word_pieces(tokenizer: Path) -> bool:
    """Write PIECES and TRIMMED beside a ``tokenizer.json``; tell whether it is one whose words can be searched so.

    It stays as it is, for other libraries and for texts in which its special tokens are written out.
    """
    made = _made(tokenizer)
    if made:
        pieces, trimmed = made
        pieces.write(tokenizer.with_name(PIECES))
        tokenizer.with_name(TRIMMED).write_text(json.dumps(trimmed, ensure_ascii=False, indent=1), encoding="utf-8")
    return made is not None


def check_word_pieces(tokenizer: Path) -> None:
    """See that PIECES and TRIMMED are what is made of the ``tokenizer.json`` beside them; ModelDamaged."""
    try:
        made, found = _made(tokenizer), Pieces.read(tokenizer.with_name(PIECES)).arrays
        stated = json.loads(tokenizer.with_name(TRIMMED).read_text(encoding="utf-8"))
        is_same = made is not None and all(np.array_equal(array, found[name]) for name, array in made[0].arrays.items())
    except (OSError, ValueError, RuntimeError, BadZipFile) as error:
        raise ModelDamaged(f"The pieces beside {tokenizer} cannot be read: {error}") from error
    if not is_same or made is None or stated != made[1]:
        raise ModelDamaged(f"{tokenizer} cannot be read, or the pieces beside it are others.")


def _made(tokenizer: Path) -> tuple[Pieces, dict[str, Any]] | None:
    """Return the pieces of a ``tokenizer.json`` and what else it states; None where the library has to do the search.

    Raises OSError, and ValueError when the file is no JSON.
    """
    facts = json.loads(tokenizer.read_text(encoding="utf-8"))
    try:
        model, added = facts["model"], facts["added_tokens"]
        vocab: dict[str, int] = model["vocab"]
        if model["type"] != "WordPiece" or sorted(vocab.values()) != list(range(len(vocab))):
            return None
        if any(mark["normalized"] or vocab[mark["content"]] != mark["id"] for mark in added):
            return None
        kept = {mark["content"] for mark in added} | {model["unk_token"]}
        trimmed = {**facts, "model": {**model, "vocab": {piece: vocab[piece] for piece in sorted(kept)}}}
        pieces = Pieces.of(sorted(vocab, key=vocab.__getitem__))
        WordPieces(pieces, trimmed["model"])
    except (LookupError, TypeError, ValueError, AttributeError):  # the library can do more, or says what is wrong
        return None
    return pieces, trimmed
