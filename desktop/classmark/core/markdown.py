"""The small part of Markdown that the guide is written in, to blocks, spans and plain text.

Headings, paragraphs, lists of one depth, tables, pictures on a line of their own, code indented by four spaces; within
a line ``**bold**``, ``*stress*``, `` `code` ``, ``<kbd>keys</kbd>`` and ``[links](page.md#heading)``. It reads as
GitHub's Markdown (https://github.github.com/gfm/) does, as far as it goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Kind(StrEnum):
    """What a stretch of a line is."""

    TEXT = "text"
    BOLD = "bold"
    STRESS = "stress"
    CODE = "code"
    KEY = "key"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a line; ``target`` is where a link leads."""

    kind: Kind
    text: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; the page's own title is of level 1."""

    level: int
    text: str

    @property
    def anchor(self) -> str:
        """What links name it by: small letters, with hyphens for spaces and no other marks."""
        return re.sub(r"[^\w-]", "", plain(self.text).casefold().replace(" ", "-"))


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True, slots=True)
class Items:
    """A list, with numbers or without."""

    entries: tuple[str, ...]
    is_numbered: bool


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of as many cells each; the first row is the head."""

    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Code:
    """Lines to be shown as they are."""

    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture by its path from the page's folder, and what is to be seen on it."""

    caption: str
    source: str


Block: TypeAlias = Heading | Paragraph | Items | Table | Code | Picture

_SPAN = re.compile(
    r"\*\*(?P<bold>.+?)\*\*|\*(?P<stress>[^*\s][^*]*)\*|`(?P<code>[^`]+)`|<kbd>(?P<key>.+?)</kbd>"
    r"|\[(?P<link>[^\]]+)\]\((?P<target>[^)\s]+)\)"
)
_HEADING = re.compile(r"(#{1,3}) (.+)")
_PICTURE = re.compile(r"!\[(.*)\]\((\S+)\)")
_ITEM = re.compile(r"(?:[*-]|(\d+)\.) +(.+)")


def parse(source: str) -> tuple[Block, ...]:
    """Return the blocks of a text in Markdown."""
    blocks: list[Block] = []
    for block in map(_block, _gathered(source)):
        if isinstance(block, Code) and blocks and isinstance(before := blocks[-1], Code):
            blocks[-1] = Code(f"{before.text}\n\n{block.text}")
        else:
            blocks.append(block)
    return tuple(blocks)


def spans(line: str) -> Iterator[Span]:
    """Yield the stretches of a line, in order."""
    at = 0
    for match in _SPAN.finditer(line):
        if match.start() > at:
            yield Span(Kind.TEXT, line[at : match.start()])
        kind = Kind.LINK if match["link"] else Kind(str(match.lastgroup))
        yield Span(kind, match[kind.value], match["target"] or "")
        at = match.end()
    if at < len(line):
        yield Span(Kind.TEXT, line[at:])


def plain(line: str) -> str:
    """Return a line without its marks."""
    return "".join(span.text for span in spans(line))


def lines_of(block: Block) -> tuple[str, ...]:
    """Return what a block holds, a line to each thing that is read by itself, with the marks in the lines."""
    match block:
        case Heading(text=text) | Paragraph(text=text) | Picture(caption=text):
            return (text,)
        case Items(entries=entries):
            return entries
        case Table(rows=rows):
            return tuple(" · ".join(cell for cell in row if cell) for row in rows)
        case Code(text=text):
            return tuple(text.splitlines())


def links_of(block: Block) -> Iterator[str]:
    """Yield where the links of a block lead."""
    if not isinstance(block, Code):
        yield from (span.target for line in lines_of(block) for span in spans(line) if span.kind is Kind.LINK)


def _gathered(source: str) -> Iterator[list[str]]:
    """Yield the lines of each block: they are parted by blank lines, and headings stand alone."""
    block: list[str] = []
    for line in [*source.splitlines(), ""]:
        is_code = line.startswith("    ")
        if block and (not line.strip() or (is_code != block[0].startswith("    ") and not _ITEM.match(block[0]))):
            yield block
            block = []
        if line.strip():
            block.append(line)
        if line.startswith("#"):
            yield block
            block = []


def _block(lines: list[str]) -> Block:
    first = lines[0]
    if first.startswith("    "):
        return Code("\n".join(line[4:] for line in lines))
    if match := _HEADING.fullmatch(first):
        return Heading(len(match[1]), match[2])
    if match := _PICTURE.fullmatch(" ".join(map(str.strip, lines))):
        return Picture(match[1], match[2])
    if first.startswith("|"):
        rows = [tuple(cell.strip() for cell in line.strip().strip("|").split("|")) for line in lines]
        return Table((rows[0], *rows[2:]))
    if match := _ITEM.fullmatch(first):
        return Items(tuple(_entries(lines)), is_numbered=match[1] is not None)
    return Paragraph(" ".join(map(str.strip, lines)))


def _entries(lines: list[str]) -> Iterator[str]:
    entry: list[str] = []
    for line in lines:
        match = _ITEM.fullmatch(line)
        if match and entry:
            yield " ".join(entry)
            entry = []
        entry.append(match[2] if match else line.strip())
    yield " ".join(entry)
