"""Texts that nobody can read: misread letters, wrong encodings, letters by chance, languages that there are not."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Sequence
from random import Random

from recipes.scope_texts import Text, cased, syllables

_ALIKE = {
    "a": "oeu", "b": "hl", "c": "eo(", "d": "cl", "e": "co", "f": "t", "g": "q9", "h": "bl", "i": "l1!j",
    "j": "i;", "k": "lc", "l": "1I|i", "m": "rn", "n": "ru", "o": "0ce", "q": "g", "r": "n", "s": "5",
    "t": "fl", "u": "n", "v": "y", "w": "v", "y": "v", "z": "2", "A": "4", "B": "8", "D": "0",
    "E": "F", "G": "6", "I": "l1|", "O": "0Q", "S": "5", "T": "7", " ": ".,",
}  # fmt: skip
_DOUBLE = {
    "m": ("rn", "ni", "iii"),
    "w": ("vv", "\\v"),
    "d": ("cl", "tl"),
    "h": ("li", "ii"),
    "n": ("ii", "ri"),
    "u": ("ii", "ti"),
    "k": ("lc", "l<"),
}
_DIRT = ".,;:'`^~|_-\\/!·•*\"°¬¦<>()[]{}■"
_SIGNS = _DIRT + "+=%#@§$&?1lI0Oo"
_WRONG = [
    pair.split(">")
    for pair in (
        "utf-8>cp1252 utf-8>latin-1 utf-8>cp1251 utf-8>koi8-r utf-8>cp866 utf-8>gb18030 utf-8>big5 cp1251>koi8-r "
        "koi8-r>cp1251 cp1251>latin-1 gb18030>latin-1 big5>gb18030 shift_jis>latin-1 euc-jp>shift_jis "
        "euc-kr>latin-1 cp1255>latin-1 cp1256>latin-1 cp1253>latin-1 utf-16-le>latin-1 utf-8>ascii "
    ).split()
]
"""Encodings that texts were written in, and read in."""
_RARE = [
    (int(first, 16), int(size))
    for first, _, size in (
        block.partition("+")
        for block in (
            "13a0+85 1401+500 7ca+33 2d30+50 a984+47 1c50+48 10330+27 a500+268 16a0+75 10400+80 2801+255 710+30 "
            "780+38 a000+1100 f40+40 1b13+33 1a00+23 abc0+35 11103+33 1e900+60 12000+500 13000+900 10900+22 "
            "840+25 1820+80 "
        ).split()
    )
]
"""Where in Unicode scripts begin that hardly any encoder knows, and how many letters they have."""
_VOWELS, _CONSONANTS = "aeiou", "bcdfghjklmnpqrstvwxyz"
_CYRILLIC_VOWELS, _CYRILLIC_CONSONANTS = "аеиоуыэюя", "бвгджзклмнпрстфхцчшщ"


def garbled(titles: Sequence[str], chance: Random, count: int) -> Iterator[Text]:
    """Yield texts that nobody can read: misread letters, a wrong encoding, letters by chance, signs alone."""
    ways: tuple[Callable[[str, Random], str], ...] = (
        *(_misread,) * 6, *(_wrong_encoding,) * 4,
        _letters_by_chance, _signs, _codes, _spaced, _shuffled, _single_letters,
    )  # fmt: skip
    made = 0
    while made < count:
        text = chance.choice(ways)(chance.choice(titles)[:400], chance)
        if text.strip():
            made += 1
            yield Text(text, frozenset({"garbled"}))


def unheard(titles: Sequence[str], chance: Random, count: int) -> Iterator[Text]:
    """Yield languages that there are not: titles in another alphabet or with other letters, and syllables."""
    for _ in range(count):
        way, title = chance.random(), chance.choice(titles)
        if way < 0.35:
            yield Text(_in_rare_script(title, chance), frozenset({"foreign"}), "script")
        elif way < 0.75 and _is_alphabetic(title):
            yield Text(_other_letters(title, chance), frozenset({"foreign", "garbled"}), "letters")
        else:
            words = [syllables(chance) for _ in range(chance.randint(3, 14))]
            yield Text(cased(" ".join(words), chance), frozenset({"foreign", "garbled", "filler"}), "syllables")


def slightly_noisy(text: str, chance: Random) -> str:
    """Return a text with one letter in thirty misread, which anybody can read."""
    return "".join(chance.choice(_ALIKE.get(letter, letter)) if chance.random() < 0.03 else letter for letter in text)


def _misread(text: str, chance: Random) -> str:
    share = chance.choice((0.3, 0.4, 0.5, 0.7))
    read = []
    for letter in text:
        if chance.random() >= (share if letter < "\u0530" else share + 0.25):
            read.append(letter)
        elif letter in _DOUBLE and chance.random() < 0.5:
            read.append(chance.choice(_DOUBLE[letter]))
        elif letter.lower() in _ALIKE and chance.random() < 0.7:
            read.append(chance.choice(_ALIKE.get(letter, _ALIKE[letter.lower()])))
        elif chance.random() < 0.5:
            read.append(chance.choice(_DIRT) + chance.choice(("", " ", letter)))
        else:
            read.append(chr(chance.randint(0x4E00, 0x9FA5)) if letter > "\u3000" else chance.choice(text + "  "))
    return "".join(read)


def _wrong_encoding(text: str, chance: Random) -> str:
    """Return a text read in the wrong encoding, nothing where less than a third of it changes."""
    if sum(letter > "\x7f" for letter in text) * 3 < len(text):
        return ""
    right, wrong = chance.choice(_WRONG)
    found = text.encode(right, "ignore").decode(wrong, "replace")
    return found if len(found) > 5 else ""


def _letters_by_chance(text: str, chance: Random) -> str:
    rows = (
        "asdfghjkl",
        "qwertyuiop",
        "zxcvbnm",
        _CONSONANTS,
        _CONSONANTS + _VOWELS,
        "йцукенгшщз",
        "фывапролдж",
        "1234567890qwe",
    )
    row = chance.choice(rows)
    words = ("".join(chance.choices(row, k=chance.randint(2, 11))) for _ in range(chance.randint(1, 12)))
    return cased(" ".join(words), chance)


def _signs(text: str, chance: Random) -> str:
    words = ("".join(chance.choices(_SIGNS, k=chance.randint(1, 5))) for _ in range(chance.randint(3, 20)))
    lines = " ".join(words)
    return (
        lines
        if chance.random() < 0.7
        else " ".join(chance.choice("□■�▯?") * chance.randint(1, 6) for _ in range(chance.randint(2, 9)))
    )


def _codes(text: str, chance: Random) -> str:
    raw = chance.randbytes(chance.randint(9, 120))
    return chance.choice(
        (
            base64.b64encode(raw).decode(),
            raw.hex(),
            raw.hex(" "),
            "\n".join(re.findall(".{1,40}", base64.b64encode(raw).decode())),
        )
    )


def _spaced(text: str, chance: Random) -> str:
    """Return a text whose words are cut and joined anywhere, letters lost besides; nothing of one without words."""
    if " " not in text:
        return ""
    kept = [letter for letter in text if letter != " " and chance.random() > 0.15]
    return "".join(letter + (" " if chance.random() < 0.4 else "") for letter in kept)


def _shuffled(text: str, chance: Random) -> str:
    if " " not in text:
        return ""
    letters = list(text)
    chance.shuffle(letters)
    return "".join(letters)


def _single_letters(text: str, chance: Random) -> str:
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,'|-"
    return " ".join(
        "".join(chance.choices(letters, k=chance.choice((1, 1, 1, 2)))) for _ in range(chance.randint(6, 30))
    )


def _in_rare_script(text: str, chance: Random) -> str:
    first, size = chance.choice(_RARE)
    shown = "".join(
        chr(first + (ord(letter) * 7 + len(text)) % size) if letter.isalpha() else letter for letter in text.lower()
    )
    return shown[: chance.randint(8, 160)]


def _is_alphabetic(text: str) -> bool:
    """Tell whether most letters are Latin or Cyrillic."""
    return sum(letter.isalpha() and letter < "\u0530" for letter in text) * 2 > len(text)


def _other_letters(text: str, chance: Random) -> str:
    """Return a title with each vowel and each consonant replaced by another, always the same."""
    table: dict[int, str] = {}
    for letters in (_VOWELS, _CONSONANTS, _CYRILLIC_VOWELS, _CYRILLIC_CONSONANTS):
        others = chance.sample(letters, len(letters))
        table |= {ord(one): other for one, other in zip(letters, others, strict=True)}
        table |= {ord(one.upper()): other.upper() for one, other in zip(letters, others, strict=True)}
    return text[:250].translate(table)
