"""PDF, by PDFium."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median
from typing import Any

from classmark.core.documents import Origin, Outcome
from classmark.core.readers.base import Extract, File, Unreadable
from classmark.core.readers.guess import LONGEST_TITLE, guess_title, looks_like_title
from classmark.core.readers.text import one_line

# fpdfview.h: FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY
_PASSWORD_ERRORS = (4, 5)
_TITLE_CHARACTERS = 3000
_PAGES_EXAMINED = 50

# PDFium writes U+FFFE for a hyphen at the end of a line and leaves the line break out.
_BROKEN_WORD = re.compile(r"(?<!\w)(\w+)(?:\ufffe\n?|[-\u2010\xad]\r?\n)(\w+)")
_WORD = re.compile(r"\w+(?:-\w+)*")


def read_pdf(file: File) -> Extract:
    """Return the text of a PDF page by page; the title from its metadata, else from the largest text on page 1.

    Raises Unreadable: ENCRYPTED when a password is needed, NO_TEXT_LAYER when all pages are pictures, DAMAGED.
    """
    document = _open(file)
    try:
        return _read(document, file)
    finally:
        document.close()


def _open(file: File) -> Any:
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(str(file.path))
    except pypdfium2.PdfiumError as error:
        if error.err_code in _PASSWORD_ERRORS:
            raise Unreadable(
                Outcome.ENCRYPTED,
                "This PDF is protected by a password. Open it with the password, save a copy without it, and add that.",
            ) from error
        raise Unreadable(
            Outcome.DAMAGED,
            "This PDF is damaged and cannot be opened. Fetch the file again, or open it in a PDF program and save it "
            "anew.",
        ) from error


def _read(document: Any, file: File) -> Extract:
    from pypdfium2 import PdfiumError

    pages: list[str] = []
    bare: list[int] = []  # pages without text but with something to see
    broken: list[int] = []
    length, largest = 0, ""
    for number in range(len(document)):
        text = ""
        try:
            page = document[number]
            layer = page.get_textpage()
            text = layer.get_text_range()
            if number == 0:
                largest = _largest_text(layer)
            if not _has_letters(text) and (len(bare) >= _PAGES_EXAMINED or next(page.get_objects(max_depth=2), None)):
                bare.append(number + 1)
            layer.close()
            page.close()
        except PdfiumError:
            broken.append(number + 1)
        pages.append(text)
        length += len(text)
        if length > file.limits.characters:
            break
    if not pages or len(broken) == len(pages):
        raise Unreadable(Outcome.DAMAGED, "This PDF has no page that can be read: it is damaged. Fetch the file again.")
    if bare and not any(map(_has_letters, pages)):
        raise Unreadable(
            Outcome.NO_TEXT_LAYER,
            "The pages are pictures without a text layer, as from a scanner. Run text recognition (OCR) on the file, "
            "then add it again.",
        )
    stated = one_line(document.get_metadata_dict().get("Title", ""))
    is_stated = looks_like_title(stated, file.path.stem) and not _is_template(stated)
    return Extract(
        "PDF",
        _mend_words(pages),
        paged=True,
        title=stated if is_stated else largest,
        title_origin=Origin.METADATA if is_stated else Origin.GUESSED,
        remarks=_remarks(bare, broken, len(document)),
    )


def _has_letters(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _is_template(title: str) -> bool:
    """Tell whether authors left the title of their publisher's template in place."""
    return re.match(r"(paper title|title of (the )?(paper|article)|insert title|template)", title, re.I) is not None


def _remarks(bare: Sequence[int], broken: Sequence[int], count: int) -> list[str]:
    remarks = []
    if bare:
        remarks.append(f"No text layer on {len(bare)} of {count} pages (scans or figures): {_ranges(bare)}.")
    if broken:
        remarks.append(f"Damaged and left out: {len(broken)} of {count} pages: {_ranges(broken)}.")
    return remarks


def _ranges(numbers: Sequence[int]) -> str:
    """Return "1–3, 7" for pages 1, 2, 3, 7; no more than six ranges."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    words = [str(first) if first == last else f"{first}–{last}" for first, last in ranges]
    return ", ".join(words[:6]) + (" …" if len(words) > 6 else "")


def _mend_words(pages: list[str]) -> list[str]:
    """Join the words that line ends broke; a hyphen stays where the document writes the word with it elsewhere."""
    if not any(_BROKEN_WORD.search(page) for page in pages):
        return pages
    words = {word.lower() for page in pages for word in _WORD.findall(page)}

    def mend(found: re.Match[str]) -> str:
        first, second = found[1], found[2]
        joined, hyphenated = first + second, f"{first}-{second}"
        if joined.lower() in words:
            return joined
        own_hyphen = hyphenated.lower() in words or not second[0].islower() or not first[-1].isalpha()
        return hyphenated if own_hyphen else joined

    return [_BROKEN_WORD.sub(mend, page) for page in pages]


def _largest_text(layer: Any) -> str:
    """Return the first lines set in the largest type of the page, where it is larger than the rest.

    Heights are those of the loose character boxes: the font size PDFium gives ignores scaling by the text matrix.
    """
    lines = _lines_with_heights(layer)
    candidates = [height for text, height in lines if guess_title(text)]
    if len(lines) < 2 or not candidates:
        return ""
    largest = max(candidates)
    if largest < 1.1 * median(height for text, height in lines for _ in text):
        return ""
    taken: list[str] = []
    for text, height in lines:
        if abs(height - largest) <= 0.08 * largest and (taken or guess_title(text)):
            taken.append(text)
        elif taken and text:
            break
    title = one_line("".join(_mend_words(["\n".join(taken)])))
    return title if len(title) <= LONGEST_TITLE else ""


def _lines_with_heights(layer: Any) -> list[tuple[str, float]]:
    import pypdfium2.raw as pdfium

    lines: list[tuple[str, float]] = []
    box = pdfium.FS_RECTF()
    text, heights = "", []
    for index in range(min(layer.count_chars(), _TITLE_CHARACTERS)):
        character = chr(pdfium.FPDFText_GetUnicode(layer, index))
        if character not in "\r\n":
            text += character
            if character.isalnum() and pdfium.FPDFText_GetLooseCharBox(layer, index, box):
                heights.append(box.top - box.bottom)
        if text and (character in "\r\n" or character == "\ufffe"):
            lines.append((text, median(heights) if heights else 0.0))
            text, heights = "", []
    if text:
        lines.append((text, median(heights) if heights else 0.0))
    return lines
