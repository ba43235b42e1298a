"""Text is decoded whatever its encoding."""

from __future__ import annotations

import codecs

import pytest

from classmark.core.readers.encodings import decode

ENGLISH = "A quiet library by the sea keeps many old books and letters.\nReaders come from far away to see them.\n"
FRENCH = "La bibliothèque conserve des manuscrits très anciens. Où sont-ils rangés ? Déjà près de la fenêtre, à côté.\n"
GERMAN = "Die Bücherei öffnet täglich. Größere Bände liegen im Kühlraum; Schlüssel hängen über der Tür.\n"
RUSSIAN = "Библиотека хранит старинные рукописи и книги. Читатели приходят сюда каждый день, чтобы работать.\n"
GREEK = "Η βιβλιοθήκη φυλάσσει παλιά χειρόγραφα και βιβλία. Οι αναγνώστες έρχονται εδώ κάθε μέρα για να διαβάσουν.\n"
HEBREW = "הספרייה שומרת כתבי יד עתיקים וספרים. הקוראים באים לכאן בכל יום כדי לעבוד וללמוד בשקט.\n"
CZECH = "Knihovna uchovává staré rukopisy a knihy. Čtenáři sem přicházejí každý den, aby zde v klidu pracovali.\n"
TRADITIONAL = "圖書館收藏許多古老的書籍與手稿，讀者每天都來這裡閱讀和研究。館員為每一本書編寫目錄，並提供主題標目。\n"
SIMPLIFIED = "图书馆收藏许多古老的书籍与手稿，读者每天都来这里阅读和研究。馆员为每一本书编写目录，并提供主题词。\n"
JAPANESE = "図書館には古い写本や書籍がたくさん保存されています。利用者は毎日ここへ来て、静かに研究をしています。\n"
KOREAN = "도서관에는 오래된 책과 필사본이 많이 보관되어 있습니다. 이용자들은 매일 이곳에 와서 연구를 합니다.\n"

CASES = [
    (ENGLISH, "ascii"), (FRENCH, "utf-8"), (JAPANESE, "utf-8"), (FRENCH, "cp1252"), (GERMAN, "latin-1"),
    (RUSSIAN, "koi8-r"), (RUSSIAN, "cp1251"), (RUSSIAN, "cp866"), (RUSSIAN, "iso8859-5"), (GREEK, "iso8859-7"),
    (HEBREW, "cp1255"), (CZECH, "cp1250"), (TRADITIONAL, "big5"), (SIMPLIFIED, "gb2312"), (SIMPLIFIED, "gb18030"),
    (JAPANESE, "shift_jis"), (JAPANESE, "euc_jp"), (JAPANESE, "iso2022_jp"), (KOREAN, "euc_kr"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "encoding"), CASES, ids=[f"{encoding}-{number}" for number, (_, encoding) in enumerate(CASES)]
)
def test_an_encoding_is_recognised(text: str, encoding: str) -> None:
    assert decode((text * 4).encode(encoding)) == text * 4


@pytest.mark.parametrize("text", [ENGLISH, RUSSIAN, JAPANESE], ids=["english", "russian", "japanese"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_encodings_need_no_byte_order_mark(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_byte_order_mark_decides_and_is_taken_away(mark: bytes, encoding: str) -> None:
    assert decode(mark + "né".encode(encoding)) == "né"


def test_a_declared_encoding_decides_where_utf8_does_not_fit() -> None:
    assert decode("Žluťoučký kůň".encode("cp1250"), declared="windows-1250") == "Žluťoučký kůň"


def test_utf8_goes_before_a_wrong_declaration() -> None:
    assert decode("Žluťoučký kůň".encode(), declared="iso-8859-1") == "Žluťoučký kůň"


def test_an_unknown_declaration_is_passed_over() -> None:
    assert decode((GERMAN * 3).encode("cp1252"), declared="no-such-encoding") == GERMAN * 3


def test_one_damaged_byte_does_not_change_the_encoding() -> None:
    data = bytearray((RUSSIAN * 5).encode())
    data[100] = 0xFF
    assert decode(bytes(data)).endswith(RUSSIAN)


def test_a_text_cut_within_a_character_stays_utf8() -> None:
    assert decode(RUSSIAN.rstrip().rstrip(".").encode()[:-1]).startswith(RUSSIAN[:50])


def test_english_in_front_of_another_script_does_not_mislead() -> None:
    text = ENGLISH * 50 + RUSSIAN * 20
    assert decode(text.encode("cp1251")) == text
