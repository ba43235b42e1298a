"""The user's guide: its pages in their order, and the search through them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from classmark.core.markdown import Block, Heading, Items, Kind, lines_of, parse, plain, spans

CONTENTS = "contents.md"
"""The file that lists the pages: a heading for each section, below it a link for each page."""

_TITLE, _HEADING, _BODY, _PHRASE = 20, 6, 1, 10
_MOST = 5
"""As many places on a page count; more say no more."""
_SNIPPET, _BEFORE = 120, 40
"""Characters of a snippet, and how many of them stand before the first word that was found."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is read by itself, as plain text, and the heading that it stands under."""

    text: str
    heading: Heading
    is_heading: bool


@dataclass(frozen=True, slots=True)
class Page:
    """One page: the name of its file without the suffix, its section, and what it holds."""

    name: str
    section: str
    blocks: tuple[Block, ...]

    @property
    def title(self) -> str:
        """The first heading."""
        return plain(next(block.text for block in self.blocks if isinstance(block, Heading)))

    @property
    def anchors(self) -> tuple[str, ...]:
        """What links can name on this page."""
        return tuple(block.anchor for block in self.blocks if isinstance(block, Heading))

    def lines(self) -> Iterator[Line]:
        """Yield all that can be read on the page."""
        heading = Heading(1, "")
        for block in self.blocks:
            heading = block if isinstance(block, Heading) else heading
            for line in lines_of(block):
                yield Line(plain(line), heading, isinstance(block, Heading))


@dataclass(frozen=True, slots=True)
class Hit:
    """A page on which all words of a search are found."""

    page: Page
    score: int
    snippet: str
    """A stretch of the line that says most about them."""
    anchor: str
    """The heading under which that line stands."""


class Guide:
    """All pages."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self.pages = tuple(pages)
        self._by_name = {page.name: page for page in pages}

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def __getitem__(self, name: str) -> Page:
        return self._by_name[name]

    def search(self, query: str) -> tuple[Hit, ...]:
        """Return the pages that hold all words of a query, the best first; none for an empty one.

        Words are found by their beginning; where that finds no page at all, within other words too. Case and
        diacritics make no difference. Words in titles weigh most, then those in headings.
        """
        words = words_of(query)
        if not words:
            return ()
        for is_inner in (False, True):
            hits = [hit for page in self.pages if (hit := _hit(page, words, is_inner)) is not None]
            if hits:
                return tuple(sorted(hits, key=lambda hit: -hit.score))
        return ()


def read_guide(folder: Path) -> Guide:
    """Read the pages that the folder's contents list, in that order; OSError when one cannot be read."""
    pages: list[Page] = []
    section = ""
    for block in parse((folder / CONTENTS).read_text(encoding="utf-8")):
        if isinstance(block, Heading):
            section = block.text
        elif isinstance(block, Items):
            for target in (span.target for line in block.entries for span in spans(line) if span.kind is Kind.LINK):
                text = (folder / target).read_text(encoding="utf-8")
                pages.append(Page(target.removesuffix(".md"), section, parse(text)))
    return Guide(pages)


def words_of(query: str) -> tuple[str, ...]:
    """Return the words of a query, folded, each once."""
    return tuple(dict.fromkeys(_folded(query)[0].split()))


def places(text: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Return where words of a search begin and end in a text, in order and without overlap.

    A word is looked for at the beginning of words first, like ``Guide.search`` does.
    """
    return _places(text, words, is_inner=False) or _places(text, words, is_inner=True)


def _places(text: str, words: Sequence[str], *, is_inner: bool) -> list[tuple[int, int]]:
    folded, origins = _folded(text)
    if not words:
        return []
    longest_first = sorted(words, key=len, reverse=True)
    pattern = "|".join(re.escape(word) for word in longest_first)
    matches = re.finditer(pattern if is_inner else rf"(?<!\w)(?:{pattern})", folded)
    return [(origins[match.start()], origins[match.end() - 1] + 1) for match in matches]


@lru_cache(maxsize=4096)
def _folded(text: str) -> tuple[str, tuple[int, ...]]:
    """Return a text without case and diacritics, and for each of its characters the place in the original."""
    folded: list[str] = []
    origins: list[int] = []
    for place, character in enumerate(text):
        parts = unicodedata.normalize("NFKD", character.casefold())
        kept = [part for part in parts if not unicodedata.combining(part)]
        folded += kept
        origins += [place] * len(kept)
    return "".join(folded), tuple(origins)


def _hit(page: Page, words: Sequence[str], is_inner: bool) -> Hit | None:
    lines = list(page.lines())
    found = [{word: len(_places(line.text, [word], is_inner=is_inner)) for word in words} for line in lines]
    if not all(any(counts[word] for counts in found) for word in words):
        return None
    score = 0
    for word in words:
        titles = sum(counts[word] for counts, line in zip(found, lines, strict=True) if _is_title(line))
        headings = sum(counts[word] for counts, line in zip(found, lines, strict=True) if line.is_heading)
        body = sum(counts[word] for counts in found)
        score += _TITLE * bool(titles) + _HEADING * min(headings - titles, _MOST) + _BODY * min(body, _MOST)
    phrase = " ".join(words)
    if len(words) > 1 and any(_places(line.text, [phrase], is_inner=is_inner) for line in lines):
        score += _PHRASE
    telling = [
        (sum(map(bool, counts.values())), not line.is_heading) for counts, line in zip(found, lines, strict=True)
    ]
    best = lines[max(range(len(lines)), key=lambda place: telling[place])]
    said = next(line.text for line in lines if not line.is_heading) if _is_title(best) else best.text
    return Hit(page, score, _snippet(said, words), best.heading.anchor)


def _is_title(line: Line) -> bool:
    return line.is_heading and line.heading.level == 1


def _snippet(text: str, words: Sequence[str]) -> str:
    """Return a stretch of a line around the first word that was found, cut between words."""
    found = places(text, words)
    start = max(0, found[0][0] - _BEFORE) if found else 0
    start = text.find(" ", start) + 1 if start else 0
    end = len(text) if len(text) <= start + _SNIPPET else text.rfind(" ", start, start + _SNIPPET)
    return f"{'… ' if start else ''}{text[start:end]}{' …' if end < len(text) else ''}"
