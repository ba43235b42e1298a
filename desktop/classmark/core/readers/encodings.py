"""Bytes of unknown encoding to text."""

from __future__ import annotations

import codecs
import unicodedata

from classmark.core.documents import Outcome
from classmark.core.language import recognise
from classmark.core.readers.base import Unreadable

SAMPLE_BYTES = 1 << 16

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")

# The names that the web's encoding standard reads as their supersets (https://encoding.spec.whatwg.org/#names-and-labels).
_SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
    "euc_kr": "cp949",
}

# The pages that languages in Latin letters are written in, the likeliest first.
_WESTERN = ("cp1252", "iso8859-15", "mac-roman", "cp850", "cp437", "cp858", "cp037", "cp500", "cp1140")
_CENTRAL = ("cp1250", "iso8859-2", "cp852", "mac-latin2", "iso8859-16")
_BALTIC = ("cp1257", "iso8859-13", "iso8859-4", "cp775")
_TURKISH = ("cp1254", "iso8859-3", "cp857", "mac-turkish", "cp1026")
_LATIN_PAGES = (
    dict.fromkeys("ca da de en es eu fi fr gl id is it la nl no pt sv".split(), _WESTERN)
    | dict.fromkeys("cs hr hu pl ro sk sl sq".split(), _CENTRAL)
    | dict.fromkeys("et lt lv".split(), _BALTIC)
    | {"tr": _TURKISH}
)
_LANGUAGE_CHARACTERS = 4000


def decode(data: bytes, declared: str = "") -> str:
    """Return the text of ``data``: byte order mark, UTF-16/32 by its zero bytes, UTF-8, ``declared``, then a guess.

    UTF-8 goes before the declared encoding because other encodings almost never happen to be valid UTF-8, while
    declarations are often wrong. Raises Unreadable (UNSUPPORTED) when the bytes are no text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    if b"\0" in data[:SAMPLE_BYTES]:
        encoding = _wide(data)
        if encoding:
            return data.decode(encoding, errors="replace")
        if data.count(b"\0") * 50 > len(data):
            raise Unreadable(
                Outcome.UNSUPPORTED,
                "This file holds no readable text: it is some binary format. Open it with the program that made it and "
                "save it as PDF, DOCX or TXT.",
            )
        data = data.replace(b"\0", b"")
    if b"\x1b$" in data[:SAMPLE_BYTES] or b"\x1b(J" in data[:SAMPLE_BYTES]:
        try:
            return data.decode("iso2022_jp_ext")
        except UnicodeDecodeError:
            pass
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if _almost_utf8(data, error):
            return data.decode("utf-8", errors="replace")
    if declared:
        try:
            return data.decode(superset(declared), errors="strict")
        except (LookupError, UnicodeDecodeError):
            pass
    return _guessed(data)


def superset(encoding: str) -> str:
    """Return the encoding that contains ``encoding`` in practice. Raises LookupError for an unknown name."""
    name = codecs.lookup(encoding.strip()).name
    return _SUPERSETS.get(name, name)


def _almost_utf8(data: bytes, error: UnicodeDecodeError) -> bool:
    """Tell whether the text is UTF-8 with a few damaged bytes, or cut off within a character."""
    if error.start >= len(data) - 3:
        return len(data) > 12 and any(byte > 127 for byte in data[: error.start])
    damaged = data[:SAMPLE_BYTES].decode("utf-8", errors="replace")
    foreign = sum(character > "\x7f" for character in damaged)
    return damaged.count("\ufffd") * 20 < foreign


def _wide(data: bytes) -> str:
    """Return the encoding of text in UTF-16 or UTF-32 without byte order mark; empty if it is in neither."""
    best, best_share = "", 0.9
    for encoding in _WIDE:
        width = 4 if "32" in encoding else 2
        try:
            sample = data[: SAMPLE_BYTES // width * width].decode(encoding)
        except UnicodeDecodeError:
            continue
        share = _share_of_text(sample)
        if share > best_share:
            best, best_share = encoding, share
    return best


def _share_of_text(sample: str) -> float:
    """Return the share of characters that are common in text; 0 without any space, line end or full stop.

    Text read in the wrong width or with its bytes swapped looks like rare CJK letters, but has none of those.
    """
    plain = sum(map(sample.count, " \n\u3000\u3001\u3002,."))
    if plain * 200 < len(sample) or not sample:
        return 0.0
    good = sum(character in "\n\r\t\ufeff" or unicodedata.category(character)[0] in "LMNPZS" for character in sample)
    return good / len(sample) + min(plain / len(sample), 0.05)


def _guessed(data: bytes) -> str:
    from charset_normalizer import from_bytes

    # Only the lines that say something: a long beginning in ASCII, as scripts are, misleads.
    telling = [line for line in data[: 16 * SAMPLE_BYTES].split(b"\n") if not line.isascii()]
    sample = b"\n".join(telling)[:SAMPLE_BYTES] or data[:SAMPLE_BYTES]
    match = from_bytes(sample).best()
    encoding = match.encoding if match else "cp1252"
    text = data.decode(superset(encoding), errors="replace")
    # Latin letters tell the language well enough to mend what guessing by bytes confuses: "bibliothčque".
    pages = _LATIN_PAGES.get(recognise(text[:_LANGUAGE_CHARACTERS])) if _is_latin(text[:SAMPLE_BYTES]) else None
    if pages and superset(encoding) not in pages:
        return data.decode(pages[0], errors="replace")
    return text


def _is_latin(text: str) -> bool:
    """Tell whether the letters past ASCII are Latin ones; the English in a script does not count."""
    foreign = [character for character in text if character > "\x7f" and character.isalpha()]
    return sum(character < "\u0250" for character in foreign) * 10 >= len(foreign) * 9
