"""Titles and abstracts in running text."""

from __future__ import annotations

import re
from collections.abc import Collection

LONGEST_TITLE = 300
_LONGEST_GUESS = 200
_SEARCHED = 20_000
_LONGEST_ABSTRACT = 6_000
_PARAGRAPH = 200

_NO_TITLES = frozenset(
    """
    title|untitled|no title|none|unknown|document|document1|document 1|dokument|dokument1|dokument 1|doc1|new document
    |presentation|presentation1|powerpoint presentation|powerpoint-präsentation|présentation powerpoint|slide 1|folie 1
    |unbenannt|ohne titel|sans titre|sin título|senza titolo|без названия|layout 1|front matter|index|home|(anonymous)
    |untitled document|untitled-1|word document|full page photo|page 1|スライド 1|无标题|幻灯片 1
    """.replace("\n", "")
    .replace("    ", "")
    .split("|")
)
_FILE_NAME = re.compile(
    r"\.(docx?|dotx?|odt|rtf|pdf|tex|dvi|ps|eps|indd|qxd|pmd|fm|wpd|cdr|ai|pptx?|xlsx?|html?|txt|md|jpe?g|tiff?|png)$"
    r"|^microsoft (word|powerpoint|excel)\b|^\w:\\|^file:|^/\w+/",
    re.IGNORECASE,
)
_NO_TITLE_LINE = re.compile(
    r"https?://|www\.|\S@\S+\.\w|^\s*(doi|issn|isbn|arxiv|tag|page|seite|vol(ume)?|received|accepted|copyright|©|from|date|to)"
    r"\b[\s.:]|^\s*(chapter|part|kapitel|teil|chapitre|capítulo|глава|часть)\s+[\divx]+\W*$|^\s*\d{1,2}\.?\s+[A-ZÀ-Þ]"
    r"|^\s*(contents|table of contents|inhalt|inhaltsverzeichnis|sommaire|índice|оглавление|содержание|目次|目录)\s*$",
    re.IGNORECASE,
)

# Two sentences, an unfinished one, or a line that goes on.
_RUNNING_TEXT = re.compile(r"[.!?]\s+\w.*[.!?]$|[,;:]$|^[a-zß-öø-ÿ]\w+ \w+ \w+ \w+ \w+ \w+ \w")

_ABSTRACT = (
    r"abstract|summary|executive summary|synopsis|author summary|zusammenfassung|kurzfassung|kurzzusammenfassung|résumé"
    r"|sommaire exécutif|resumen|resumo|resum|riassunto|sommario|sintesi|samenvatting|sammanfattning|sammendrag|resumé"
    r"|referat|tiivistelmä|streszczenie|abstrakt|anotace|souhrn|abstrakt|sažetak|povzetek|összefoglal(?:ás|ó)|rezumat"
    r"|özet|περίληψη|аннотация|реферат|резюме|анотація|summarium|摘\s*要|内容提要|內容提要|要\s*旨|抄\s*録|要\s*約|概\s*要"
    r"|초\s*록|요\s*약|국문초록|الملخص|ملخص|المستخلص|مستخلص|چکیده|תקציר|सारांश|บทคัดย่อ|tóm tắt|abstrak"
)
_ABSTRACT_LINE = re.compile(
    rf"(?:\d{{1,2}}\.?\s*)?[\[【「（(]?(?:{_ABSTRACT})[\]】」）)]?(?:\s*[:：.．—–-]+\s*(.*)|\s*)", re.I
)
_AFTER_ABSTRACT = re.compile(
    r"(?:\d{1,2}\.?\s*|[ivx]{1,4}\.\s*)?[\[【「]?"
    r"(?:key ?words?|index terms|ccs concepts|general terms|jel|msc|introduction|background|preface|contents"
    r"|table of contents|acknowledge?ments?|copyright|schl(?:ag|üssel)w[oö]rter|stichw[oö]rter|einleitung|einführung"
    r"|inhalt(?:sverzeichnis)?|vorwort|mots[- ]clés|introducción|palabras? clave|índice|introdução|palavras[- ]chave"
    r"|introduzione|parole chiave|trefwoorden|inleiding|nyckelord|inledning|słowa kluczowe|wstęp|klíčová slova|úvod"
    r"|ключевые слова|введение|содержание|ключові слова|вступ|关键词|關鍵詞|关键字|引言|前言|导言|緒論|绪论|目录|目次"
    r"|キーワード|はじめに|序論|중심어"
    rf"|주제어|키워드|서론|목차|{_ABSTRACT})\b",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?:1|I)\.?\s+\w.{0,60}")


def looks_like_title(title: str, stem: str = "") -> bool:
    """Tell whether a title from metadata is one, and not a file name or what a program filled in."""
    if not 3 <= len(title) <= LONGEST_TITLE or title.lower().strip(" .") in _NO_TITLES or _FILE_NAME.search(title):
        return False
    if title.casefold() == stem.casefold() and " " not in title:
        return False
    letters = sum(character.isalpha() for character in title)
    if letters * 2 < len(title.replace(" ", "")):
        return False
    # One token with digits or underscores is a code or a file name: "S0140-6736", "final_v3".
    return " " in title or not title.isascii() or not re.search(r"[\d_]|-.*-|^[a-z]+-[a-z]+$", title)


def guess_title(body: str) -> str:
    """Return the first substantial line of a text, or an empty string if it begins with running text."""
    for line in body[:4000].split("\n")[:40]:
        if _NO_TITLE_LINE.search(line):
            continue
        letters = sum(character.isalpha() for character in line)
        line = line.strip()
        if _RUNNING_TEXT.search(line):
            return ""
        wide = any(character > "\u2e80" for character in line)
        if letters < (4 if wide else 6) or letters * 2 < len(line.replace(" ", "")):
            continue
        return line if len(line) <= _LONGEST_GUESS else ""
    return ""


def find_abstract(body: str, headings: Collection[str] = ()) -> str:
    """Return the section headed "Abstract", "Zusammenfassung", "摘要" …, or an empty string.

    The section ends at a line in ``headings``, at a line that usually follows abstracts ("Keywords",
    "1 Introduction"), or at a blank line once a paragraph is complete.
    """
    lines = body[: _SEARCHED + _LONGEST_ABSTRACT].split("\n")
    searched = 0
    for number, line in enumerate(lines):
        searched += len(line) + 1
        if searched > _SEARCHED:
            break
        found = _ABSTRACT_LINE.fullmatch(line.strip())
        if found:
            abstract = _section(found[1] or "", lines[number + 1 :], headings)
            if len(abstract) >= (30 if any(character > "\u2e80" for character in abstract) else 80):
                return abstract
    return ""


def _section(first: str, following: list[str], headings: Collection[str]) -> str:
    taken = [first] if first else []
    length = len(first)
    for line in following:
        stripped = line.strip()
        if not stripped:
            if length >= _PARAGRAPH:
                break
            taken.append("")
            continue
        if stripped in headings or _AFTER_ABSTRACT.match(stripped) or (length and _NUMBERED.fullmatch(stripped)):
            break
        if length + len(stripped) > _LONGEST_ABSTRACT:
            break
        taken.append(stripped)
        length += len(stripped)
    return "\n".join(taken).strip()
