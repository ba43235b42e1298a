"""A published folder's tokenizer: its tokenizer.json, or one built from the word lists of older repos."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from classmark_models.errors import ModelDamaged, ModelMissing
from classmark_models.store import writing
from classmark_models.tokens import TOKENIZER

SETTINGS = ("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")
"""What may stand beside word lists and say how they are meant."""
_LARGEST_FILE = 64 << 20
_MOST_WORDS = 1 << 21
_WORD_PIECE = {"unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]"}
_BYTE_PAIRS = {"cls_token": "<s>", "pad_token": "<pad>", "sep_token": "</s>", "unk_token": "<unk>"}


def tokenizer_files(names: Collection[str]) -> tuple[str, ...]:
    """Return those of a repo's files that give its tokenizer, the best way of it; none when there is no way."""
    for needed in _WAYS:
        if all(name in names for name in needed):
            return needed if needed == (TOKENIZER,) else (*needed, *(name for name in SETTINGS if name in names))
    return ()


def write_tokenizer(folder: Path, target: Path) -> None:
    """Write the ``tokenizer.json`` of a published folder to ``target``; one that is there is taken byte for byte.

    Raises as ``tokenizer_of``, and StoreError, DiskFull.
    """
    tokenizer = tokenizer_of(folder)
    published = folder / TOKENIZER
    with writing(target):
        if published.is_file():
            target.write_bytes(published.read_bytes())
        else:
            target.write_text(tokenizer.to_str(), encoding="utf-8")


def tokenizer_of(folder: Path) -> Tokenizer:
    """Read the tokenizer of a published folder, or build it as transformers does.

    ``vocab.txt`` gives BERT's WordPiece (Devlin et al. 2019), ``vocab.json`` with ``merges.txt`` RoBERTa's byte pairs.
    Raises ModelMissing when there is none, ModelDamaged when the files cannot be used.
    """
    for needed, build in _WAYS.items():
        if all((folder / name).is_file() for name in needed):
            try:
                return build(folder)
            except (ModelDamaged, KeyboardInterrupt, SystemExit):
                raise
            except BaseException as error:  # the Rust library raises no narrower class, and its panics are none
                raise ModelDamaged(f"The tokenizer in {folder} cannot be used: {error}") from error
    kinds = ", ".join(" with ".join(needed) for needed in _WAYS)
    raise ModelMissing(f"There is no tokenizer in {folder} that Classmark can read: {kinds}.")


def _published(folder: Path) -> Tokenizer:
    return Tokenizer.from_str(_text(folder / TOKENIZER))


def _word_pieces(folder: Path) -> Tokenizer:
    settings = _settings(folder)
    # A line a word; of two that are alike the last counts.
    words = {word: place for place, word in enumerate(_lines(folder / "vocab.txt"))}
    special = _special(settings, _WORD_PIECE | {"mask_token": "[MASK]"})
    _check_words(folder / "vocab.txt", words, special)
    tokenizer = Tokenizer(models.WordPiece(words, unk_token=special["unk_token"], max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(
        clean_text=True,
        handle_chinese_chars=_flag(settings, "tokenize_chinese_chars", True),
        strip_accents=settings.get("strip_accents"),
        lowercase=_flag(settings, "do_lower_case", True),
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    cls, sep = special["cls_token"], special["sep_token"]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{cls}:0 $A:0 {sep}:0",
        pair=f"{cls}:0 $A:0 {sep}:0 $B:1 {sep}:1",
        special_tokens=[(cls, words[cls]), (sep, words[sep])],
    )
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    _add(tokenizer, folder, settings, [AddedToken(word, normalized=False, special=True) for word in special.values()])
    return tokenizer


def _byte_pairs(folder: Path) -> Tokenizer:
    settings = _settings(folder)
    words = _json(folder / "vocab.json")
    if not all(type(place) is int and 0 <= place < _MOST_WORDS for place in words.values()):
        raise _damaged(folder / "vocab.json", "it does not map words to numbers")
    special = _special(settings, _BYTE_PAIRS | {"mask_token": "<mask>"})
    _check_words(folder / "vocab.json", words, special)
    lines = [line for line in _lines(folder / "merges.txt") if line and not line.startswith("#version")]
    if any(line.count(" ") != 1 for line in lines):
        raise _damaged(folder / "merges.txt", "a line of it is no pair")
    pairs = [(first, second) for first, _, second in (line.partition(" ") for line in lines)]
    spaced = _flag(settings, "add_prefix_space", False)
    tokenizer = Tokenizer(models.BPE(words, pairs))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=spaced)
    tokenizer.decoder = decoders.ByteLevel()
    cls, sep = ((special[key], words[special[key]]) for key in ("cls_token", "sep_token"))
    tokenizer.post_processor = processors.RobertaProcessing(sep, cls, trim_offsets=True, add_prefix_space=spaced)
    marks = [
        AddedToken(word, normalized=key != "mask_token", special=True, lstrip=key == "mask_token")
        for key, word in special.items()
    ]
    _add(tokenizer, folder, settings, marks)
    return tokenizer


_WAYS: dict[tuple[str, ...], Callable[[Path], Tokenizer]] = {
    (TOKENIZER,): _published,
    ("vocab.txt",): _word_pieces,
    ("vocab.json", "merges.txt"): _byte_pairs,
}


def _settings(folder: Path) -> dict[str, Any]:
    """Return what tokenizer_config.json says, over special_tokens_map.json."""
    stated: dict[str, Any] = {}
    for name in ("special_tokens_map.json", "tokenizer_config.json"):
        if (folder / name).is_file():
            stated |= _json(folder / name)
    return stated


def _special(settings: Mapping[str, Any], usual: Mapping[str, str]) -> dict[str, str]:
    """Return the marks by their roles; each is stated as a text or as an object with ``content``."""
    found = {}
    for role, word in usual.items():
        stated = settings.get(role) or word
        stated = stated.get("content") if isinstance(stated, dict) else stated
        found[role] = stated if isinstance(stated, str) and stated else word
    return found


def _flag(settings: Mapping[str, Any], key: str, default: bool) -> bool:
    value = settings.get(key)
    return value if isinstance(value, bool) else default


def _add(tokenizer: Tokenizer, folder: Path, settings: Mapping[str, Any], marks: list[AddedToken]) -> None:
    """Add the marks, and the words that a publisher added after the list, at their places."""
    tokenizer.add_special_tokens(marks)
    added: dict[int, AddedToken] = {}
    if (folder / "added_tokens.json").is_file():
        added = {place: AddedToken(word) for word, place in _json(folder / "added_tokens.json").items()}
    decoder = settings.get("added_tokens_decoder")
    if isinstance(decoder, dict):
        for place, facts in decoder.items():
            flags = {key: bool(facts.get(key)) for key in ("lstrip", "rstrip", "single_word", "normalized", "special")}
            added[int(place)] = AddedToken(facts["content"], **flags)
    for place in sorted(added):
        if tokenizer.token_to_id(added[place].content) != place:
            tokenizer.add_tokens([added[place]])
        if tokenizer.token_to_id(added[place].content) != place:
            raise _damaged(folder, f"the added word {added[place].content!r} has no place {place}")


def _check_words(path: Path, words: Mapping[str, int], special: Mapping[str, str]) -> None:
    if len(words) > _MOST_WORDS:
        raise _damaged(path, f"it has more than {_MOST_WORDS:,} words")
    for role, word in special.items():
        if word not in words and role != "mask_token":
            raise _damaged(path, f"the mark {word} is not in it")


def _lines(path: Path) -> list[str]:
    return _text(path).removesuffix("\n").split("\n")


def _json(path: Path) -> dict[str, Any]:
    try:
        facts = json.loads(_text(path))
    except (ValueError, RecursionError) as error:
        raise _damaged(path, f"it is no JSON ({error})") from error
    if not isinstance(facts, dict):
        raise _damaged(path, "it is no table")
    return facts


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise _damaged(path, f"it is larger than {_LARGEST_FILE:,} bytes")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(path, str(error)) from error


def _damaged(path: Path, fault: str) -> ModelDamaged:
    return ModelDamaged(f"{path} cannot be used: {fault}.")
