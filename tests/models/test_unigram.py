"""Pieces found here are those that the Rust library finds: ids, offsets and pieces, on any text."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from tests.models.conftest import Golden
from tokenizers import Tokenizer as RustTokenizer
from tokenizers import models, normalizers, pre_tokenizers

from classmark_models.pack import BUILTIN
from classmark_models.unigram import Unigram, read_unigram

TOKENIZER = BUILTIN / "tokenizer.json"
ODD = [
    "",
    " ",
    "\n\t \u3000",
    "<s> <unk> </s><mask>",
    "½ ﬁ … ❤️❤️👩‍👩‍👧 𐍈𐍈𐍈 \u0001x \u200b",
    "ก็ ที่นี่ e\u0301\u0323 ｆｕｌｌ ～",
    "量子力学と観測" * 40,
    "\ue000\ue001 \ue002a\ue003\ue004b",
    "Donaudampfschifffahrtsgesellschaft" * 30,
]


@pytest.fixture(scope="module")
def rust() -> RustTokenizer:
    return RustTokenizer.from_file(str(TOKENIZER))


@pytest.fixture(scope="module")
def unigram() -> Unigram:
    _, unigram = read_unigram(TOKENIZER.read_bytes())
    assert unigram is not None
    return unigram


def assert_same(rust: RustTokenizer, unigram: Unigram, text: str) -> None:
    theirs, ours = rust.encode(text, add_special_tokens=False), unigram.encode(text)
    assert (ours.ids, ours.offsets, ours.tokens) == (theirs.ids, theirs.offsets, theirs.tokens), text


@pytest.mark.parametrize("text", ODD, ids=lambda text: repr(text[:12]))
def test_odd_texts(text: str, rust: RustTokenizer, unigram: Unigram) -> None:
    assert_same(rust, unigram, text)


def test_sentences_in_many_languages(golden: Golden, rust: RustTokenizer, unigram: Unigram) -> None:
    for sentence in golden.sentences:
        assert_same(rust, unigram, sentence)


def test_letters_at_random(rust: RustTokenizer, unigram: Unigram) -> None:
    """Pieces and letters of all scripts, put together without sense."""
    choose = random.Random(5)
    pieces = list(rust.get_vocab())
    for _ in range(1_500):
        parts = [
            choose.choice(pieces) if choose.random() < 0.7 else chr(choose.choice((0x80, 0x2000, 0xD7FF, 0x1F9FF)))
            for _ in range(choose.randrange(12))
        ]
        parts += [chr(choose.randrange(1, 0xD800)) for _ in range(choose.randrange(4))]
        assert_same(rust, unigram, choose.choice(("", " ")).join(choose.sample(parts, len(parts))))


@pytest.mark.parametrize("seed", range(4))
def test_small_vocabularies_without_all_letters(seed: int, tmp_path: Path) -> None:
    """Many ways through a word, some of them equally likely, and letters that no piece has."""
    choose = random.Random(seed)
    words = {"".join(choose.choices("abcd", k=choose.randrange(1, 5))) for _ in range(25)}
    rust = RustTokenizer(
        models.Unigram([("<unk>", 0.0), *((word, -choose.randrange(1, 9)) for word in sorted(words))], 0)
    )
    rust.normalizer = normalizers.NFKC() if seed % 2 else None
    rust.pre_tokenizer = pre_tokenizers.Metaspace() if seed > 1 else pre_tokenizers.Whitespace()
    _, unigram = read_unigram(rust.to_str().encode())
    assert unigram is not None
    for _ in range(300):
        assert_same(rust, unigram, "".join(choose.choices("abcdeé ", k=choose.randrange(30))))


def test_other_kinds_are_left_to_the_library() -> None:
    facts = json.loads(RustTokenizer(models.Unigram([("<unk>", 0.0), ("a", -1.0)], 0)).to_str())
    assert read_unigram(json.dumps(facts).encode())[1] is not None
    with_added = facts | {
        "added_tokens": [
            {"id": 2, "content": "<mask>", "special": True}
            | dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
        ]
    }
    assert read_unigram(json.dumps(with_added).encode())[1] is None
    byte_fallback = facts | {"model": facts["model"] | {"byte_fallback": True}}
    assert read_unigram(json.dumps(byte_fallback).encode())[1] is None
    pairs = RustTokenizer(models.BPE({"a": 0}, [])).to_str()
    assert read_unigram(pairs.encode())[1] is None
