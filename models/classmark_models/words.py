"""Texts → tokens by the Rust library, with a search among pieces of our own where the library's takes much memory."""

from __future__ import annotations

import json
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Protocol

from tokenizers import Encoding, PreTokenizedString, Token
from tokenizers import Tokenizer as RustTokenizer

from classmark_models.errors import ModelDamaged
from classmark_models.unigram import find_unigram, trimmed
from classmark_models.word_pieces import TRIMMED, read_word_pieces

_REMEMBERED, _SHORT = 8_192, 24
"""Words that are remembered, and letters of the longest of them."""


class Search(Protocol):
    """A way to find the pieces of a word."""

    def split(self, word: str) -> list[Token]:
        """Return the pieces of a word, their places in it counted in bytes."""


class Words:
    """A tokenizer of the library's, all of it but the search among pieces.

    What becomes of letters before, where words begin, where in the text each piece stood is left to the library.
    """

    def __init__(self, path: Path, rust: RustTokenizer, search: Search) -> None:
        """Take the library's tokenizer, whose own pieces are not asked for; ``path``: the file with all of it."""
        self._path, self._rust, self._search = path, rust, search
        self._known = lru_cache(_REMEMBERED)(search.split)
        self._marks = [token.content for token in rust.get_added_tokens_decoder().values()]

    def encode(self, text: str) -> Encoding:
        """Return ids and offsets of a text, without special tokens; ModelDamaged when that takes a file that is bad."""
        if any(mark in text for mark in self._marks):
            return self.whole.encode(text, add_special_tokens=False)
        words = PreTokenizedString(text)
        if self._rust.normalizer is not None:
            words.normalize(self._rust.normalizer.normalize)
        if self._rust.pre_tokenizer is not None:
            self._rust.pre_tokenizer.pre_tokenize(words)
        words.tokenize(lambda word: self._known(word) if len(word) <= _SHORT else self._search.split(word))
        return words.to_encoding()

    @cached_property
    def whole(self) -> RustTokenizer:
        """The library's own tokenizer, for what is seldom asked: texts with special tokens in them, a token's word."""
        try:
            whole = RustTokenizer.from_file(str(self._path))
        except Exception as error:  # the Rust library raises no narrower class
            raise ModelDamaged(f"The tokenizer file {self._path} cannot be read: {error}") from error
        whole.no_truncation()
        whole.no_padding()
        return whole


def read_words(path: Path) -> tuple[RustTokenizer, Words | None]:
    """Read a ``tokenizer.json`` and what lies beside it; None where the library's own tokenizer does all.

    Raises what ``read_word_pieces``, ``find_unigram`` and the library raise, for files that cannot be used.
    """
    if path.with_name(TRIMMED).is_file():
        text, pieces = read_word_pieces(path.parent)
        rust = RustTokenizer.from_str(text)
        return rust, Words(path, rust, pieces)
    content = path.read_bytes()
    facts: dict[str, Any] = json.loads(content) if b'"Unigram"' in content else {}
    unigram = find_unigram(facts, path.parent)
    rust = RustTokenizer.from_str(json.dumps(trimmed(facts)) if unigram else content.decode())
    return rust, Words(path, rust, unigram) if unigram else None
