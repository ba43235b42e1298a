"""Small published folders that can be prepared: weights, configuration and a tokenizer of letters."""

from __future__ import annotations

import string
from pathlib import Path

from tests.models.published_folders import CONFIGS, LABELS, published, write
from tests.models.small_encoder import WORDS
from tests.models.test_convert_masked_words import folder_of
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from classmark_models.spec import ModelSpec, parse_spec

MASK = "[MASK]"
_SPECIAL = ["[UNK]", "[CLS]", "[SEP]", MASK]


def write_tokenizer(folder: Path) -> None:
    """Write a tokenizer of which each letter is a word, and upper case another."""
    words = [*_SPECIAL, *string.ascii_letters]
    assert len(words) <= WORDS
    tokenizer = Tokenizer(models.WordLevel({word: place for place, word in enumerate(words)}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    tokenizer.add_special_tokens(_SPECIAL)
    tokenizer.save(str(folder / "tokenizer.json"))


def small_spec(name: str = "small", task: str = "classification", **more: str) -> ModelSpec:
    facts = {"id": name, "title": "Small", "task": task, "licence": "MIT", "scope": "Nothing.", **more}
    lines = [f'{key} = "{value}"' for key, value in facts.items()]
    names = ", ".join(f'"subject {place}"' for place in range(LABELS))
    labels = f"[labels]\nnames = [{names}]\n" if task == "classification" else ""
    return parse_spec("\n".join(lines) + f'\n{labels}[[golden]]\ntitle = "A title"\n[[golden]]\nabstract = "Words."\n')


def publish(where: Path, family: str = "bert", task: str = "classification") -> Path:
    """Write a small model as it is published and return its folder."""
    where.mkdir(parents=True)
    if task == "classification":
        write(where, {**CONFIGS[family], "id2label": None}, published(family))
    else:
        folder_of(family, where)
    write_tokenizer(where)
    (where / "README.md").write_text("# Small\n", encoding="utf-8")
    return where
