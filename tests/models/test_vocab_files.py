"""Tokenizers built from word lists give the ids of transformers, and hostile lists give a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer

from classmark_models import vocab_files
from classmark_models.errors import ModelDamaged, ModelMissing
from classmark_models.pack import BUILTIN
from classmark_models.vocab_files import tokenizer_files, tokenizer_of, write_tokenizer

RECORDED: dict[str, Any] = json.loads(Path(__file__).with_name("vocab_files.json").read_text(encoding="utf-8"))
"""By the fast tokenizers of transformers 4.35.2 (models/recipes/vocab_parity.py)."""
PANIC = b"""{"version": "1.0", "normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAA"},
"model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}}"""
"""The library does not raise on it as it does on others: it panics."""
FAMILIES = ("Bert", "Roberta")
CASES = [(family, place) for family in FAMILIES for place in range(len(RECORDED[family]["cases"]))]


def write(folder: Path, family: str, **settings: Any) -> Path:
    for name, text in RECORDED[family]["files"].items():
        (folder / name).write_bytes(text.encode())
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


@pytest.mark.parametrize(("family", "place"), CASES)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_ids_are_those_of_transformers(tmp_path: Path, family: str, place: int, ends: str) -> None:
    case = RECORDED[family]["cases"][place]
    write(tmp_path, family, **case["settings"])
    for name in ("vocab.txt", "merges.txt"):
        if (tmp_path / name).exists():
            (tmp_path / name).write_bytes((tmp_path / name).read_bytes().replace(b"\n", ends.encode()))
    write_tokenizer(tmp_path, tmp_path / "written.json")
    for tokenizer in (tokenizer_of(tmp_path), Tokenizer.from_file(str(tmp_path / "written.json"))):
        assert [tokenizer.encode(text).ids for text in RECORDED["texts"]] == case["ids"]


def test_a_published_tokenizer_is_taken_as_it_is(tmp_path: Path) -> None:
    published = (BUILTIN / "tokenizer.json").read_bytes()
    write(tmp_path, "Bert")
    (tmp_path / "tokenizer.json").write_bytes(published)
    write_tokenizer(tmp_path, tmp_path / "written.json")
    assert (tmp_path / "written.json").read_bytes() == published


@pytest.mark.parametrize("way", ["added_tokens.json", "tokenizer_config.json"])
def test_added_words_keep_their_places(tmp_path: Path, way: str) -> None:
    write(tmp_path, "Bert")
    count = len(RECORDED["Bert"]["files"]["vocab.txt"].splitlines())
    decoder: dict[str, dict[str, Any]] = {
        str(count + 1): {"content": "<ABSTRACT>"},
        str(count): {"content": "<TITLE>", "special": True},
    }
    added: dict[str, Any] = {facts["content"]: int(place) for place, facts in decoder.items()}
    stated = added if way == "added_tokens.json" else {"added_tokens_decoder": decoder}
    (tmp_path / way).write_text(json.dumps(stated))
    assert tokenizer_of(tmp_path).encode("<TITLE><ABSTRACT>", add_special_tokens=False).ids == [count, count + 1]
    (tmp_path / way).write_text(json.dumps(stated).replace(str(count), "999"))
    with pytest.raises(ModelDamaged, match="has no place"):
        tokenizer_of(tmp_path)


def test_marks_of_other_names(tmp_path: Path) -> None:
    write(tmp_path, "Bert", cls_token={"content": "[PAD]"})
    assert tokenizer_of(tmp_path).encode("").tokens == ["[PAD]", "[SEP]"]


@pytest.mark.parametrize(
    ("names", "taken"),
    [
        ({"tokenizer.json", "vocab.txt", "tokenizer_config.json"}, ("tokenizer.json",)),
        ({"vocab.txt", "tokenizer_config.json"}, ("vocab.txt", "tokenizer_config.json")),
        ({"vocab.json", "merges.txt", "added_tokens.json"}, ("vocab.json", "merges.txt", "added_tokens.json")),
        ({"vocab.json", "sentencepiece.bpe.model"}, ()),
    ],
)
def test_what_to_fetch(names: set[str], taken: tuple[str, ...]) -> None:
    assert tokenizer_files(names) == taken


def test_no_tokenizer(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"no tokenizer in .*vocab\.json with merges\.txt"):
        tokenizer_of(tmp_path)


@pytest.mark.parametrize(
    ("family", "name", "content"),
    [
        ("Bert", "vocab.txt", b""),
        ("Bert", "vocab.txt", b"\xff\xfe"),
        ("Bert", "vocab.txt", b"[UNK]\n[SEP]\n[PAD]\n"),
        ("Bert", "tokenizer_config.json", b"[]"),
        ("Bert", "tokenizer_config.json", b"[" * 100_000),
        ("Bert", "tokenizer_config.json", b'{"added_tokens_decoder": {"x": 5}}'),
        ("Bert", "tokenizer_config.json", b'{"added_tokens_decoder": {"5": {"content": 7}}}'),
        ("Bert", "added_tokens.json", b'{"x": "5"}'),
        ("Bert", "added_tokens.json", b'{"x": 1e999}'),
        ("Bert", "tokenizer.json", b"{}"),
        ("Bert", "tokenizer.json", b'{"model": {"type": "WordPiece", "vocab": {}}}'),
        ("Bert", "tokenizer.json", PANIC),
        ("Roberta", "vocab.json", b"[1]"),
        ("Roberta", "vocab.json", b'{"<s>": -1}'),
        ("Roberta", "vocab.json", b'{"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 99999999999}'),
        ("Roberta", "vocab.json", b'{"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": true}'),
        ("Roberta", "merges.txt", b"a b c\n"),
        ("Roberta", "merges.txt", b"not there\n"),
    ],
)
def test_hostile_lists(tmp_path: Path, family: str, name: str, content: bytes) -> None:
    write(tmp_path, family)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelDamaged, match="cannot be used"):
        tokenizer_of(tmp_path)


@pytest.mark.parametrize("limit", ["_LARGEST_FILE", "_MOST_WORDS"])
def test_absurd_sizes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(vocab_files, limit, 100)
    with pytest.raises(ModelDamaged, match=r"larger than 100 bytes|more than 100 words"):
        tokenizer_of(write(tmp_path, "Bert"))
