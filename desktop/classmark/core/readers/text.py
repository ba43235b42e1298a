"""Raw text to normalised text, and an extract to a document."""

from __future__ import annotations

import re
import unicodedata

from classmark.core.documents import Document, Origin, Outcome
from classmark.core.language import code, recognise
from classmark.core.readers.base import Extract, Limits, Unreadable
from classmark.core.readers.guess import find_abstract, guess_title, looks_like_title

_SHORTEST_ABSTRACT = 20  # "unknown", "Free tutorials"
_CONTROLS = {number: None for number in (*range(32), *range(127, 160)) if chr(number) not in "\n\t"}
_INVISIBLE = dict.fromkeys((0xAD, 0x200B, 0x2060, 0xFEFF, 0xFFFE, 0xFFFF))
_SPACES = dict.fromkeys((0xA0, 0x2007, 0x202F, *range(0x2000, 0x2007), *range(0x2008, 0x200B)), " ")
_LINE_ENDS = dict.fromkeys((0x0B, 0x0C, 0x85, 0x2028, 0x2029), "\n")
_PRIVATE = dict.fromkeys(range(0xE000, 0xF900))  # bullets and arrows of symbol fonts
_TABLE = _PRIVATE | _CONTROLS | _INVISIBLE | _SPACES | _LINE_ENDS


def clean(text: str) -> str:
    """Return ``text`` in NFC, newlines as line ends, single spaces, at most one blank line, no control characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    # RTF and JSON write characters past U+FFFF as two surrogates: join the pairs, replace the lone ones.
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = unicodedata.normalize("NFC", text.translate(_TABLE))
    text = re.sub(r"[ \t]{2,}", lambda run: "\t" if "\t" in run[0] else " ", text)
    text = re.sub(r"[ \t]?\n[ \t]?", "\n", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def one_line(text: str) -> str:
    """Return ``text`` cleaned, as one line."""
    return " ".join(clean(text).split())


def compose(source: str, stem: str, extract: Extract, limits: Limits) -> tuple[Document, str]:
    """Return the document for an extract, and remarks for the person.

    ``stem`` is the file's name without suffix, which is no title. Raises Unreadable (EMPTY) without any text.
    """
    body, pages, cut = _assemble(extract, limits.characters)
    if not any(character.isalnum() for character in body):
        raise Unreadable(Outcome.EMPTY, "There is no text in this file.")
    title, title_origin = one_line(extract.title), extract.title_origin
    if not looks_like_title(title, stem):
        title, title_origin = guess_title(body), Origin.GUESSED
    abstract, abstract_origin = clean(extract.abstract), extract.abstract_origin
    if len(abstract) < _SHORTEST_ABSTRACT:
        headings = [one_line(heading) for heading in extract.headings]
        abstract = find_abstract(body, headings)
        abstract_origin = Origin.MARKUP if headings else Origin.GUESSED
    remarks = list(extract.remarks)
    if cut or extract.is_cut:
        remarks.append(f"Only the first {limits.characters:,} characters were read.")
    document = Document(
        source=source,
        format=extract.format,
        title=title,
        abstract=abstract,
        body=body,
        title_origin=title_origin if title else Origin.NONE,
        abstract_origin=abstract_origin if abstract else Origin.NONE,
        pages=tuple(pages) if extract.paged else (),
        language=code(extract.language) or recognise(f"{title}\n{abstract}", body),
    )
    return document, " ".join(remarks)


def _assemble(extract: Extract, characters: int) -> tuple[str, list[int], bool]:
    """Return the cleaned parts joined by blank lines, where each begins, and whether the text was cut."""
    pieces: list[str] = []
    pages: list[int] = []
    length = 0
    for part in extract.parts:
        if length > characters:
            break
        text = clean(part[: characters + 1])
        if length and text:
            pieces.append("\n\n")
            length += 2
        pages.append(length)
        pieces.append(text)
        length += len(text)
    body = "".join(pieces)
    return body[:characters], [page for page in pages if page <= characters], len(body) > characters
