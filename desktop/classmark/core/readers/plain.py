"""Plain text and Markdown."""

from __future__ import annotations

import re

from classmark.core.documents import Origin, Outcome
from classmark.core.readers.base import Extract, File, Unreadable
from classmark.core.readers.encodings import decode

_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n(?:---|\.\.\.)\n", re.DOTALL)
_COMMON_CONTROLS = "\t\n\r\f\v\x1a\x1b"
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+?)[ \t]*#*$|^(\S.*)\n(?:={3,}|-{3,})$", re.MULTILINE)


def read_text(file: File) -> Extract:
    """Return the text of a file in any encoding. Raises Unreadable when it is no text."""
    text = _decode_text(file)
    return Extract("TXT", [text])


def read_markdown(file: File) -> Extract:
    """Return the text of a Markdown file, marks of emphasis and links taken away.

    Source: CommonMark 0.31 (https://spec.commonmark.org/0.31.2/), headings, fences, links and emphasis only.
    """
    text = _decode_text(file).replace("\r\n", "\n")
    title, language = "", ""
    origin = Origin.METADATA
    front = _FRONT_MATTER.match(text)
    if front:
        text = text[front.end() :]
        fields: dict[str, str] = dict(re.findall(r"^(\w+):[ \t]*[\"']?(.*?)[\"']?[ \t]*$", front[1], re.MULTILINE))
        title, language = fields.get("title", ""), fields.get("lang", fields.get("language", ""))
    headings = [_inline(first or second) for first, second in _HEADING.findall(text)]
    if not title and headings:
        title, origin = headings[0], Origin.MARKUP
    text = _HEADING.sub(lambda found: f"\n{found[1] or found[2]}\n", text)
    text = re.sub(r"^(?:```|~~~).*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"^[ \t]*(?:>[ \t]?|[-*+][ \t]+)", "", text, flags=re.MULTILINE)
    return Extract("Markdown", [_inline(text)], title=title, title_origin=origin, language=language, headings=headings)


def _inline(text: str) -> str:
    text = re.sub(r"!?\[([^\]\n]*)\]\([^)\n]*\)", r"\1", text)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    return re.sub(r"(\*\*|__|`+|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w))", "", text)


def _decode_text(file: File) -> str:
    text = decode(file.data)
    sample = text[:20_000]
    odd = sum(character == "\ufffd" or (character < " " and character not in _COMMON_CONTROLS) for character in sample)
    if odd * 10 > len(sample):
        raise Unreadable(
            Outcome.UNSUPPORTED,
            "This file holds no readable text: it is some binary format. Open it with the program that made it and "
            "save it as PDF, DOCX or TXT.",
        )
    return text
