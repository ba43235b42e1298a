"""Compare tokenizers built from word lists with those of transformers, slow and fast, on hard text.

Needs ``transformers`` (4.x, which has both kinds) in an environment of its own. Word lists are learnt here from
sentences and hard text; ``--real`` adds a published folder with a ``vocab.txt``. ``--record`` writes the small lists
and the ids of the fast tokenizers, which the tests keep.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from classmark_models.vocab_files import tokenizer_of

HARD = (
    "",
    " ",
    "<TITLE> Statistical Mechanics of Complex Networks\n<ABSTRACT> We study <i>graphs</i>.",
    "Crème brûlée, Ångström, ŁÓDŹ, Straße, İstanbul, e\u0301te\u0301, ﬁne, Ǆ",
    "中文标题:复杂网络的统计力学 2026年，與繁體字。",
    "日本語のテキスト、カタカナ ｶﾀｶﾅ 한국어 텍스트",
    "Москва — это город; Ελληνικά, ΣΊΣΥΦΟΣ; العربية عَرَبِيّ; עברית; ไทย; हिन्दी",
    "emoji 😀👩‍👩‍👧‍👦🇩🇪 ❤️ and 𝕬𝖇𝖈 𝒳 𠀀𪚥",
    "control\x00\x01\x7f\x85\u200b\u200d\ufeff\ufffd\u00ad characters\u2028and\u2029lines\tand\r\nreturns\x0b\x0c",
    "non\u00a0breaking\u2003em\u3000wide spaces  and   runs",
    "a" * 99 + " " + "b" * 100 + " " + "c" * 101 + " " + "中" * 120,
    "pneumonoultramicroscopicsilicovolcanoconiosis Donaudampfschifffahrtsgesellschaftskapitän",
    "don't it's we'll I'm they've he'd DON'T 's",
    "x²+y³=√z; ½ €5.00 ≤ $1,000 @user #tag http://a.b/c?d=e&f=g~^`|\\",
    "[CLS] text [MASK] here [SEP] [UNK] [PAD] and [mask]",
    "<s> text <mask> here </s> <unk> <pad> and<mask>joined  <mask>",
    "trailing newline\n\n",
)
CASES: dict[str, list[dict[str, Any]]] = {
    "Bert": [
        {},
        {"do_lower_case": False},
        {"do_lower_case": True, "strip_accents": False},
        {"do_lower_case": False, "strip_accents": True},
        {"do_lower_case": False, "tokenize_chinese_chars": False},
    ],
    "Roberta": [{}, {"add_prefix_space": True}],
}


def learn_words(texts: list[str], size: int, folder: Path) -> None:
    """Write a vocab.txt: marks, signs, pieces."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=size, special_tokens=marks))
    words = tokenizer.get_vocab()
    (folder / "vocab.txt").write_text("".join(f"{word}\n" for word in sorted(words, key=words.__getitem__)), "utf-8")


def learn_pairs(texts: list[str], size: int, folder: Path) -> None:
    """Write a vocab.json and a merges.txt of bytes."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    marks = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=marks, initial_alphabet=alphabet)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.model.save(str(folder))
    merges = (folder / "merges.txt").read_text("utf-8")
    if not merges.startswith("#version"):
        (folder / "merges.txt").write_text(f"#version: 0.2\n{merges}", "utf-8")


def compare(family: str, folder: Path, settings: dict[str, Any], texts: list[str]) -> dict[str, list[int]]:
    """Print how often ours and those of transformers agree; return the ids of the fast one."""
    import transformers

    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    ours = tokenizer_of(folder)
    found = {text: ours.encode(text).ids for text in texts}
    slow = getattr(transformers, f"{family}Tokenizer").from_pretrained(folder)
    fast = getattr(transformers, f"{family}TokenizerFast").from_pretrained(folder)
    expected = {}
    for name, theirs in (("slow", slow), ("fast", fast)):
        expected[name] = {text: list(theirs(text)["input_ids"]) for text in texts}
        differ = [text for text in texts if expected[name][text] != found[text]]
        print(f"{family} {settings}, {name}: {len(texts) - len(differ)} of {len(texts)} texts alike")
        for text in differ:
            print(f"    {text[:60]!r}: ours {found[text][:12]}, theirs {expected[name][text][:12]}")
    return expected["fast"]


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", type=Path, help="a published folder with a vocab.txt")
    parser.add_argument("--record", type=Path, help="where to write what the tests keep")
    asked = parser.parse_args()
    sentences = Path(__file__).with_name("sentences.txt").read_text("utf-8").splitlines()
    texts = [*HARD, *sentences]
    learn: dict[str, Callable[[list[str], int, Path], None]] = {"Bert": learn_words, "Roberta": learn_pairs}
    record: dict[str, Any] = {}
    for family, cases in CASES.items():
        for size in (450, 8000):
            with tempfile.TemporaryDirectory() as place:
                learn[family](texts, size, Path(place))
                lists = {path.name: path.read_text("utf-8") for path in sorted(Path(place).iterdir())}
                answers = [{"settings": case, "ids": compare(family, Path(place), case, texts)} for case in cases]
            if size == 450:
                hard = [case | {"ids": [case["ids"][text] for text in HARD]} for case in answers]
                record[family] = {"files": lists, "cases": hard}
    if asked.real:
        with tempfile.TemporaryDirectory() as place:
            (Path(place) / "vocab.txt").write_bytes((asked.real / "vocab.txt").read_bytes())
            compare("Bert", Path(place), {}, texts)
    if asked.record:
        asked.record.write_text(json.dumps({"texts": list(HARD)} | record, ensure_ascii=True, indent=None) + "\n")


if __name__ == "__main__":
    main()
