"""N-grams of a text: which there are, and that heads taught yesterday find them where they were."""

from __future__ import annotations

from zlib import crc32

import pytest

from classmark_models.ngrams import BITS, WORDS, bag_ids


@pytest.mark.parametrize(
    ("text", "ngrams"),
    [
        ("Tax law", "wtax|wlaw|btax law"),
        ("Coral", "wcoral|c<cora|ccoral|coral>"),
        ("法学", "w法学|1法|1学|2法学|2学"),
        ("量子力学", "w量子力学|1量|1子|1力|1学|2量子|2子力|2力学|2学|3量子力|3子力学"),
        ("of of", "wof|bof of"),
    ],
)
def test_ngrams_of_a_text(text: str, ngrams: str) -> None:
    expected = [crc32(ngram.encode()) & (2**BITS - 1) for ngram in sorted(set(ngrams.split("|")))]
    assert bag_ids(text).tolist() == expected


@pytest.mark.parametrize("text", ["", " \n", "?! …", "\u200b"])
def test_text_without_words_has_the_first_place(text: str) -> None:
    assert bag_ids(text).tolist() == [0]


def test_places_are_those_that_heads_were_taught_with() -> None:
    assert bag_ids("Das Kapital. Kritik der politischen Ökonomie").sum() == 5159041
    assert bag_ids("ภาษาไทย และ 日本語").sum() == 3467647


def test_words_beyond_the_limit_do_not_count() -> None:
    words = [f"word{number}" for number in range(WORDS)]
    assert bag_ids(" ".join([*words, "more"])).tolist() == bag_ids(" ".join(words)).tolist()


def test_half_a_character_is_no_accident() -> None:
    assert len(bag_ids("a\ud800b")) > 0
