"""Word pieces found here are those that the Rust library finds: ids, offsets and pieces, on any text."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from tests.models.conftest import Golden
from tests.models.ready_packs import PIECES as FEW
from tests.models.ready_packs import SPECIAL, write_tokenizer
from tokenizers import AddedToken, models, normalizers, pre_tokenizers
from tokenizers import Tokenizer as RustTokenizer

from classmark_models.arrays import map_arrays, write_arrays
from classmark_models.errors import ModelDamaged
from classmark_models.pieces import PIECES, Pieces
from classmark_models.tokens import TOKENIZER, Tokenizer
from classmark_models.word_pieces import TRIMMED, write_word_pieces
from classmark_models.words import Words, read_words

ODD = [
    "",
    " ",
    "\n\t \u3000",
    "Seven white geese flew over the glacier’s ice.",
    "unknowable" * 9 + " " + "a" * 100 + " " + "a" * 101 + " " + "水" * 101,
    "½ ﬁ … ❤️❤️👩‍👩‍👧 𐍈𐍈𐍈 \u0001x \u200b ##s # # ##",
    "e\u0301tude nai\u0308ve ÄÖÜ İstanbul ß ｆｕｌｌ",
    "量子力学と観測" * 40,
    "Donaudampfschifffahrtsgesellschaft" * 30,
    "[MASK] of[SEP]the [unk] [UNK][PAD] sea [CLS",
]


def tokenizer(folder: Path, **wishes: Any) -> RustTokenizer:
    """Write a tokenizer with a piece for each of many letters, and return it as the library reads it."""
    letters = [
        chr(code) for begin, end in ((0xC0, 0x180), (0x391, 0x460), (0x4E00, 0x4F00)) for code in range(begin, end)
    ]
    pieces = dict.fromkeys([*FEW, *letters, *("##" + letter for letter in letters), "𐍈", "##𐍈𐍈", "##"])
    rust = RustTokenizer(models.WordPiece({piece: at for at, piece in enumerate(pieces)}, unk_token="[UNK]"))
    rust.normalizer = normalizers.BertNormalizer(**wishes)
    rust.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    rust.add_special_tokens(SPECIAL)
    rust.save(str(folder / TOKENIZER))
    return rust


def searched(folder: Path) -> Words:
    assert write_word_pieces(folder / TOKENIZER)
    rust, words = read_words(folder / TOKENIZER)
    assert rust.get_vocab_size(with_added_tokens=True) == len(SPECIAL), "the library holds none of the pieces"
    assert words is not None
    return words


def assert_same(rust: RustTokenizer, words: Words, text: str) -> None:
    theirs, ours = rust.encode(text, add_special_tokens=False), words.encode(text)
    assert (ours.ids, ours.offsets, ours.tokens) == (theirs.ids, theirs.offsets, theirs.tokens), text


@pytest.mark.parametrize("lowercase", [False, True])
def test_odd_texts_and_sentences_in_many_languages(lowercase: bool, golden: Golden, tmp_path: Path) -> None:
    rust = tokenizer(tmp_path, lowercase=lowercase)
    words = searched(tmp_path)
    for text in [*ODD, *golden.sentences]:
        assert_same(rust, words, text)


def test_letters_at_random(tmp_path: Path) -> None:
    """Pieces, special tokens and letters of all scripts, put together without sense."""
    rust = tokenizer(tmp_path, strip_accents=False, handle_chinese_chars=False)
    words, choose = searched(tmp_path), random.Random(5)
    pieces = sorted(rust.get_vocab())
    for _ in range(2_000):
        parts = [
            choose.choice(pieces).removeprefix("##" * choose.randrange(2)) if choose.random() < 0.9 else
            chr(choose.choice((0x80, 0x2000, 0xD7FF, 0x1F9FF, choose.randrange(1, 0xD800))))
            for _ in range(choose.randrange(14))
        ]  # fmt: skip
        assert_same(rust, words, choose.choice(("", " ")).join(parts))


@pytest.mark.parametrize("seed", range(4))
def test_small_vocabularies_without_all_letters(seed: int, tmp_path: Path) -> None:
    """Words that begin like a piece and end like none; another prefix, and none; a low limit of letters."""
    choose, prefix = random.Random(seed), ("##", "", "é", "##")[seed]
    bare = sorted({"".join(choose.choices("abcé", k=choose.randrange(1, 5))) for _ in range(20)})
    vocab = dict.fromkeys(["?", *bare, *(prefix + word for word in bare if choose.random() < 0.5 and seed < 3)])
    rust = RustTokenizer(
        models.WordPiece({piece: at for at, piece in enumerate(vocab)}, unk_token="?", max_input_chars_per_word=9)
    )
    rust.model.continuing_subword_prefix = prefix
    rust.pre_tokenizer = pre_tokenizers.Whitespace() if seed % 2 else None
    rust.save(str(tmp_path / TOKENIZER))
    assert write_word_pieces(tmp_path / TOKENIZER)
    _, words = read_words(tmp_path / TOKENIZER)
    assert words is not None
    for _ in range(400):
        assert_same(rust, words, "".join(choose.choices("abcdé ", k=choose.randrange(30))))


def test_windows_and_prompts_are_the_same(tmp_path: Path) -> None:
    write_tokenizer(tmp_path / TOKENIZER)
    whole = Tokenizer(tmp_path / TOKENIZER, "title: ", 20, ": end")
    assert write_word_pieces(tmp_path / TOKENIZER)
    short = Tokenizer(tmp_path / TOKENIZER, "title: ", 20, ": end")
    text = "The queen of the hive is old. [MASK] snow\n\n" * 40
    for asked in (text, text.replace("[MASK]", "white")):
        for ours, theirs in zip(short.windows(asked), whole.windows(asked), strict=True):
            assert (ours.ids.tolist(), ours.start, ours.end) == (theirs.ids.tolist(), theirs.start, theirs.end)
    assert short.mask() == whole.mask() == ("[MASK]", SPECIAL.index("[MASK]"))
    assert [short.word(FEW.index(piece)) for piece in ("queen", "[SEP]")] == ["queen", "[SEP]"]


def test_other_kinds_are_left_to_the_library(tmp_path: Path) -> None:
    def written(text: str) -> bool:
        (tmp_path / TOKENIZER).write_text(text, encoding="utf-8")
        found = write_word_pieces(tmp_path / TOKENIZER)
        assert (tmp_path / TOKENIZER).read_text(encoding="utf-8") == text
        assert (tmp_path / PIECES).exists() == (tmp_path / TRIMMED).exists() == found
        return found

    rust = tokenizer(tmp_path)
    facts = json.loads(rust.to_str())
    model, added = facts["model"], facts["added_tokens"]
    assert not written(RustTokenizer(models.BPE({"a": 0}, [])).to_str())
    assert not written(json.dumps(facts | {"model": model | {"vocab": model["vocab"] | {"gap": 9_999}}}))
    assert not written(json.dumps(facts | {"model": model | {"vocab": {**model["vocab"], "": len(model["vocab"])}}}))
    assert not written(json.dumps(facts | {"added_tokens": [added[0] | {"normalized": True}, *added[1:]]}))
    rust.add_tokens([AddedToken("New York", normalized=False)])
    assert not written(rust.to_str()), "its place would be another one"
    assert written(json.dumps(facts))


@pytest.mark.parametrize("missing", [PIECES, TOKENIZER])
def test_missing_file_is_named(missing: str, tmp_path: Path) -> None:
    write_tokenizer(tmp_path / TOKENIZER)
    write_word_pieces(tmp_path / TOKENIZER)
    (tmp_path / missing).unlink()
    with pytest.raises(ModelDamaged, match=r"tokenizer\.json cannot be read"):
        Tokenizer(tmp_path / TOKENIZER, "", 8).encode("a [MASK]")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"model": {}}', '{"model": {"type": "WordPiece"}}'])
def test_trimmed_file_that_is_none_is_refused(content: str, tmp_path: Path) -> None:
    write_tokenizer(tmp_path / TOKENIZER)
    write_word_pieces(tmp_path / TOKENIZER)
    (tmp_path / TRIMMED).write_text(content, encoding="utf-8")
    with pytest.raises(ModelDamaged, match=r"tokenizer\.json cannot be read"):
        Tokenizer(tmp_path / TOKENIZER, "", 8)


def test_tampered_piece_that_ends_within_a_letter(tmp_path: Path) -> None:
    """It would give the library offsets that are none."""
    tokenizer(tmp_path)
    assert searched(tmp_path).encode("x ѡ я").tokens == ["x", "[UNK]", "я"]
    arrays = dict(map_arrays(tmp_path / PIECES))
    node = Pieces.read(tmp_path / PIECES).node_of("ѡ".encode()[:1])
    arrays["ids"] = arrays["ids"].copy()
    arrays["ids"][node] = 7
    (tmp_path / PIECES).unlink()  # it is mapped
    write_arrays(tmp_path / PIECES, arrays)
    _, tampered = read_words(tmp_path / TOKENIZER)
    assert tampered is not None
    assert tampered.encode("x ѡ я").tokens == ["x", "[UNK]", "я"]
