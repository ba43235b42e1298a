"""Texts → token ids and windows, with the Rust tokenizers library."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from classmark_models.errors import ModelDamaged

if TYPE_CHECKING:
    from tokenizers import Encoding

TokenIds = npt.NDArray[np.int64]
"""Token ids, int64, shape (tokens,)."""

TOKENIZER = "tokenizer.json"
"""The file of a tokenizer, in any model's folder."""
BLOCK_CHARACTERS = 50_000
"""Long texts are tokenized in blocks of this size: offsets of a whole book would fill memory."""
_ENDS_OF_SENTENCES = frozenset(".!?。！？؟।…")


@dataclass(frozen=True, slots=True)
class Span:
    """The tokens of one window, prompt and special tokens included, and the characters that they cover."""

    ids: TokenIds
    start: int
    end: int


class Tokenizer:
    """Turns texts into the ids that one encoder expects: ``<s> prompt text </s>``, at most ``limit`` tokens.

    The special tokens are those that the file itself puts around a text; what it says of cutting and padding is not
    heeded.
    """

    def __init__(self, path: Path, prompt: str, limit: int, after: str = "") -> None:
        """Load ``tokenizer.json``, or what was made of it beside it: see ``words``.

        ``prompt`` stands before each text and ``after`` behind it. Raises ModelDamaged when the files cannot be read,
        or when nothing of a text would fit.
        """
        from classmark_models.words import read_words  # with the library, of 8 MB

        try:
            self._rust, self._words = read_words(path)
        except Exception as error:  # the Rust library raises no narrower class
            raise ModelDamaged(f"The tokenizer file {path} cannot be read: {error}") from error
        self._rust.no_truncation()
        self._rust.no_padding()
        self._path, self._limit = path, limit
        self._dress(prompt, after)

    def with_prompt(self, prompt: str, after: str = "") -> Tokenizer:
        """Return one with another prompt that shares what was loaded; ModelDamaged when nothing of a text would fit."""
        other = copy(self)
        other._dress(prompt, after)
        return other

    def _dress(self, prompt: str, after: str) -> None:
        first, last = self._specials()
        self._before = [*first, *self._ids(prompt.strip())]
        self._after = [*self._ids(after.strip()), *last]
        self._room = self._limit - len(self._before) - len(self._after)
        if self._room < 1:
            raise ModelDamaged(f"The prompt fills all {self._limit} tokens that the model of {self._path} takes.")

    def _specials(self) -> tuple[list[int], list[int]]:
        """Return the ids that stand before and behind every text."""
        dressed = self._rust.encode("a")
        added = dressed.special_tokens_mask
        before = added.index(0) if 0 in added else 1
        behind = added[::-1].index(0) if 0 in added else len(added) - before
        return dressed.ids[:before], dressed.ids[len(added) - behind :]

    def _ids(self, text: str) -> list[int]:
        return list(self._encode(text).ids) if text else []

    def _encode(self, text: str) -> Encoding:
        return self._words.encode(text) if self._words else self._rust.encode(text, add_special_tokens=False)

    @property
    def unknown(self) -> int:
        """The id of letters that no token has; -1 when there is none."""
        found = self._rust.token_to_id("<unk>")
        return -1 if found is None else found

    def bare(self, ids: TokenIds) -> TokenIds:
        """Return ids of a text without the prompt and the special tokens around it."""
        return ids[len(self._before) : len(ids) - len(self._after)]

    def encode(self, text: str) -> TokenIds:
        """Return the ids of a text, cut to the limit."""
        return self.span(text).ids

    def span(self, text: str) -> Span:
        """Return the one window that begins a text, cut to the limit."""
        encoding = self._encode(text)
        ids = encoding.ids[: self._room]
        return Span(self._with_prompt(ids), 0, encoding.offsets[len(ids) - 1][1] if ids else 0)

    def mask(self) -> tuple[str, int] | None:
        """Return the token that stands for a masked word, and its id; None when there is not just one."""
        added = self._rust.get_added_tokens_decoder()
        found = [
            (token.content, id_) for id_, token in added.items() if token.special and "mask" in token.content.lower()
        ]
        return found[0] if len(found) == 1 else None

    def word(self, token: int) -> str:
        """Return a token as a person writes it, "" for one that there is not."""
        rust = self._words.whole if self._words else self._rust
        return rust.decode([token], skip_special_tokens=False).strip()

    def windows(self, text: str) -> Iterator[Span]:
        """Cut a text into windows as long as the encoder takes.

        A window ends at a paragraph, else at a sentence, where one ends in the last fifth of it. ``start`` and
        ``end`` are offsets into ``text``, in characters. Nothing is yielded for white space.
        """
        for at in _blocks(text):
            encoding = self._encode(text[at[0] : at[1]])
            ids, offsets = encoding.ids, [(at[0] + start, at[0] + end) for start, end in encoding.offsets]
            first = 0
            while first < len(ids):
                last = first + self._room
                if last < len(ids):
                    last = _good_cut(text, offsets, first, last)
                start, end = offsets[first][0], offsets[min(last, len(ids)) - 1][1]
                if not text[start:end].isspace():
                    yield Span(self._with_prompt(ids[first:last]), start, end)
                first = last

    def _with_prompt(self, ids: list[int]) -> TokenIds:
        return np.array([*self._before, *ids, *self._after], np.int64)


def count_letters(text: str) -> int:
    """Count the letters of a text; an ideograph says as much as three."""
    return sum(3 if letter > "\u2e80" else 1 for letter in filter(str.isalpha, text))


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of blocks of at most BLOCK_CHARACTERS, cut at a line end or space where there is one."""
    start = 0
    while start < len(text):
        end = min(start + BLOCK_CHARACTERS, len(text))
        if end < len(text):
            middle = start + BLOCK_CHARACTERS // 2
            end = next((cut for mark in "\n " if (cut := text.rfind(mark, middle, end)) > 0), end)
        yield start, end
        start = end


def _good_cut(text: str, offsets: list[tuple[int, int]], first: int, last: int) -> int:
    """Return the token before which a window had best end; never one within a character (``½`` takes three)."""
    fifth = range(last, last - (last - first) // 5, -1)
    candidates = [token for token in fifth if offsets[token - 1][1] <= offsets[token][0]]
    for token in candidates:
        if "\n" in text[offsets[token - 1][1] : offsets[token][0] + 1]:
            return token
    for token in candidates:
        if text[offsets[token - 1][1] - 1] in _ENDS_OF_SENTENCES:
            return token
    return candidates[0] if candidates else last
