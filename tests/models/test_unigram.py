"""Pieces found here are those that the Rust library finds: ids, offsets and pieces, on any text."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from tests.models.conftest import Golden
from tokenizers import Tokenizer as RustTokenizer
from tokenizers import models, normalizers, pre_tokenizers

from classmark_models.errors import ModelDamaged
from classmark_models.pack import BUILTIN
from classmark_models.pieces import PIECES, Pieces
from classmark_models.tokens import TOKENIZER, Tokenizer
from classmark_models.words import Words, read_words
from recipes.pieces import pack_pieces, whole_tokenizer

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
def whole() -> str:
    return whole_tokenizer(BUILTIN)


@pytest.fixture(scope="module")
def rust(whole: str) -> RustTokenizer:
    return RustTokenizer.from_str(whole)


@pytest.fixture(scope="module")
def unigram() -> Words:
    _, unigram = read_words(BUILTIN / TOKENIZER)
    assert unigram is not None
    return unigram


def assert_same(rust: RustTokenizer, unigram: Words, text: str) -> None:
    theirs, ours = rust.encode(text, add_special_tokens=False), unigram.encode(text)
    assert (ours.ids, ours.offsets, ours.tokens) == (theirs.ids, theirs.offsets, theirs.tokens), text


@pytest.mark.parametrize("text", ODD, ids=lambda text: repr(text[:12]))
def test_odd_texts(text: str, rust: RustTokenizer, unigram: Words) -> None:
    assert_same(rust, unigram, text)


def test_sentences_in_many_languages(golden: Golden, rust: RustTokenizer, unigram: Words) -> None:
    for sentence in golden.sentences:
        assert_same(rust, unigram, sentence)


def test_letters_at_random(rust: RustTokenizer, unigram: Words) -> None:
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
    (tmp_path / TOKENIZER).write_text(rust.to_str(), encoding="utf-8")
    _, unigram = read_words(tmp_path / TOKENIZER)
    assert unigram is not None
    pack_pieces(tmp_path)
    assert json.loads(whole_tokenizer(tmp_path)) == json.loads(rust.to_str())
    _, packed = read_words(tmp_path / TOKENIZER)
    assert packed is not None
    for _ in range(300):
        text = "".join(choose.choices("abcdeé ", k=choose.randrange(30)))
        assert_same(rust, unigram, text)
        assert_same(rust, packed, text)


def test_other_kinds_are_left_to_the_library(tmp_path: Path) -> None:
    def searched(text: str) -> bool:
        (tmp_path / TOKENIZER).write_text(text, encoding="utf-8")
        return read_words(tmp_path / TOKENIZER)[1] is not None

    facts = json.loads(RustTokenizer(models.Unigram([("<unk>", 0.0), ("a", -1.0)], 0)).to_str())
    assert searched(json.dumps(facts))
    with_added = facts | {
        "added_tokens": [
            {"id": 2, "content": "<mask>", "special": True}
            | dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
        ]
    }
    assert not searched(json.dumps(with_added))
    byte_fallback = facts | {"model": facts["model"] | {"byte_fallback": True}}
    assert not searched(json.dumps(byte_fallback))
    for pieces in ([["a", -1.0], ["a", -2.0]], [["", -1.0]], [["a\0", -1.0]], [["a" * 300, -1.0]]):
        odd = facts | {"model": facts["model"] | {"vocab": [["<unk>", 0.0], *pieces]}}
        assert not searched(json.dumps(odd)), pieces
    assert not searched(RustTokenizer(models.BPE({"a": 0}, [])).to_str())


def test_what_was_moved_can_be_put_back(whole: str, tmp_path: Path) -> None:
    """Byte for byte, so that other libraries read what the encoder was published with; moved again, it stays."""
    (tmp_path / TOKENIZER).write_text(whole, encoding="utf-8")
    for _ in range(2):
        pack_pieces(tmp_path)
        assert (tmp_path / TOKENIZER).read_bytes() == (BUILTIN / TOKENIZER).read_bytes()
        assert (tmp_path / PIECES).read_bytes() == (BUILTIN / PIECES).read_bytes()
    assert len(json.loads(whole)["model"]["vocab"]) == 250_002


def test_moved_pieces_without_scores_are_refused(tmp_path: Path) -> None:
    (tmp_path / TOKENIZER).write_bytes((BUILTIN / TOKENIZER).read_bytes())
    Pieces.of(["<s>", "a"]).write(tmp_path / PIECES)
    with pytest.raises(ModelDamaged, match=r"tokenizer\.json cannot be read.*no scores"):
        Tokenizer(tmp_path / TOKENIZER, "", 8)


def test_moved_pieces_are_missed(tmp_path: Path) -> None:
    (tmp_path / TOKENIZER).write_bytes((BUILTIN / TOKENIZER).read_bytes())
    with pytest.raises(ModelDamaged, match=r"tokenizer\.json cannot be read.*pieces\.npz"):
        Tokenizer(tmp_path / TOKENIZER, "", 8)
