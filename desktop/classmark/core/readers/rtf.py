"""RTF, by striprtf."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

from classmark.core.documents import Origin, Outcome
from classmark.core.readers.base import Extract, File, Unreadable

_CODE_PAGE = re.compile(rb"\\ansicpg(\d{1,5})")
# Pictures and embedded objects are long runs of hexadecimal digits; taken out first, they cost no time.
_HEX_DATA = re.compile(rb"[0-9a-fA-F]{64}[0-9a-fA-F\s]*")
_TITLE = re.compile(r"\{\\title\b ?((?:[^{}\\]|\\[^{}]|\\[{}]|\{[^{}]*\}){0,2000})\}")
_FONTS = re.compile(r"\{\\fonttbl.*?\}\}", re.DOTALL)


def read_rtf(file: File) -> Extract:
    """Return the text of an RTF document. Source: Rich Text Format Specification 1.9.1.

    Raises Unreadable (DAMAGED) when the document breaks off before it has begun.
    """
    data = _HEX_DATA.sub(b"", file.data)
    source = data.decode(_encoding(data), errors="replace")
    text = _plain(source)
    title = ""
    found = _TITLE.search(source)
    if found:
        fonts = _FONTS.search(source)
        code_page = _CODE_PAGE.search(data)
        start = "{\\rtf1\\ansi" + (f"\\ansicpg{code_page[1].decode()}" if code_page else "")
        title = _plain(f"{start}{fonts[0] if fonts else ''} {found[1]}}}")
    if not text.strip() and len(source) > 100 and source.count("{") > 2 * source.count("}") + 2:
        raise Unreadable(Outcome.DAMAGED, "This RTF file breaks off before its text begins. Fetch the file again.")
    return Extract("RTF", [text], title=title, title_origin=Origin.METADATA)


def _plain(source: str) -> str:
    from striprtf import striprtf

    to_text: Callable[..., str] = striprtf.rtf_to_text
    return to_text(source, errors="replace")


def _encoding(data: bytes) -> str:
    """Return the code page for bytes that stand in the file as they are, against the specification."""
    found = _CODE_PAGE.search(data)
    try:
        return codecs.lookup(f"cp{int(found[1])}").name if found else "cp1252"
    except LookupError:
        return "cp1252"
