"""Text → the hashed words, pairs and parts of words that trained heads look up in their tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from zlib import crc32

import numpy as np
import numpy.typing as npt

BITS = 18
"""The hash has so many; a smaller table takes the lowest of them."""
WORDS = 60
"""Words beyond these are not looked at."""
NgramIds = npt.NDArray[np.int32]
"""Places in a table of 2^BITS rows, int32, shape (n-grams,)."""

_WORD = re.compile(r"\w+")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]+")


def bag_ids(text: str) -> NgramIds:
    """Return the hashes of a text's n-grams, each once, in the order of the n-grams; 0 for a text without words.

    N-grams: words in small letters, pairs of neighbours, one to three letters in a row of words in scripts without
    spaces, and five letters in a row of the others, which begin with ``<`` and end with ``>``.
    """
    words = _WORD.findall(text.lower())[:WORDS]
    found = {ngram for place, word in enumerate(words) for ngram in _ngrams(words, place, word)}
    hashes = [crc32(ngram.encode("utf-8", "surrogatepass")) & ((1 << BITS) - 1) for ngram in sorted(found)]
    return np.array(hashes or [0], np.int32)


def _ngrams(words: list[str], place: int, word: str) -> Iterator[str]:
    # The first letter tells the kind, so that a word and a part that is spelled like it differ.
    yield f"w{word}"
    if place:
        yield f"b{words[place - 1]} {word}"
    if _UNSPACED.search(word):
        for size in (1, 2, 3):
            # A last pair may lack its second letter: heads were taught with that.
            ends = len(word) - 2 if size == 3 else len(word)
            yield from (f"{size}{word[start : start + size]}" for start in range(ends))
    elif len(word) > 3:
        closed = f"<{word}>"
        yield from (f"c{closed[start : start + 5]}" for start in range(len(closed) - 4))
