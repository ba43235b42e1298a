"""Files to documents: one small reader per format, chosen by content first and by suffix second."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from classmark.core.documents import Document, Outcome
from classmark.core.readers.archive import Archive, resolve
from classmark.core.readers.base import MEBIBYTE, Extract, File, Limits, Unreadable
from classmark.core.readers.encodings import decode
from classmark.core.readers.epub import read_epub
from classmark.core.readers.html import read_html
from classmark.core.readers.office import elements, read_docx, read_odf, read_pptx
from classmark.core.readers.pdf import read_pdf
from classmark.core.readers.plain import read_markdown, read_text
from classmark.core.readers.rtf import read_rtf
from classmark.core.readers.signatures import is_ole, known_binary, ole_reason, record_format
from classmark.core.readers.text import compose
from classmark.core.readers.xml import decode_head, read_xml, records_reason, root_of

__all__ = ["Limits", "Unreadable", "extract"]

Reader = Callable[[File], Extract]

_HEAD_BYTES = 1 << 16


def extract(path: Path, limits: Limits) -> tuple[Document, str]:
    """Return the document in a file, and remarks for the person.

    Raises Unreadable with the outcome, OSError, MemoryError, and whatever a parser raises on a damaged file.
    """
    file = _open(path, limits)
    found = _reader(file)(file)
    return compose(str(path), path.stem, found, limits)


def _open(path: Path, limits: Limits) -> File:
    if not path.exists():
        raise Unreadable(Outcome.DAMAGED, f"There is no file {path}. It may have been moved or renamed.")
    if path.is_dir():
        raise Unreadable(Outcome.DAMAGED, f"The folder {path} could not be opened. Check whether you may read it.")
    if not path.is_file():
        raise Unreadable(Outcome.UNSUPPORTED, "This is a device or a pipe, not a file.")
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise Unreadable(
            Outcome.TOO_LARGE,
            f"This file has {size // MEBIBYTE:,} MB; files up to {limits.file_bytes // MEBIBYTE:,} MB are read. "
            "Split it, or paste its title and abstract.",
        )
    if not size:
        raise Unreadable(Outcome.EMPTY, "This file is empty: it has no content at all.")
    with path.open("rb") as stream:
        return File(path, stream.read(_HEAD_BYTES), limits)


def _reader(file: File) -> Reader:
    """Return the reader for a file: by its signature, by its first words, then by its suffix."""
    head = file.head
    for signature, reader in _BY_SIGNATURE.items():
        if head.startswith(signature):
            return reader
    if b"%PDF-" in head[:1024] or (file.suffix == "pdf" and b"%PDF-" in head):
        return read_pdf
    if is_ole(head):
        return _refuse_ole
    kind = known_binary(head)
    if kind:
        raise Unreadable(Outcome.UNSUPPORTED, f"This is {kind}")
    text = decode_head(head)
    records = record_format(head, text, file.path)
    if records:
        raise Unreadable(Outcome.UNSUPPORTED, records_reason(records))
    if re.match(r"\s*<(\?xml|!DOCTYPE|!--|[\w:.-]+[\s>/])", text):
        return read_html if _is_html(text) or file.suffix in _HTML_SUFFIXES else _xml_or_text(file, text)
    if _is_html(text):
        return read_html
    return _by_suffix(file)


_HTML_SUFFIXES = ("html", "htm", "xhtml", "shtml")


def _is_html(text: str) -> bool:
    return root_of(text).lower() == "html" or re.search(r"<!doctype html|<html[\s>]", text[:4096], re.I) is not None


def _xml_or_text(file: File, text: str) -> Reader:
    """Return the reader for what begins with a tag: XML when it says so or is called so, else by suffix."""
    is_xml = text.lstrip().startswith("<?xml") or file.suffix not in _BY_SUFFIX
    return read_xml if is_xml else _by_suffix(file)


def _by_suffix(file: File) -> Reader:
    return _BY_SUFFIX.get(file.suffix, read_text)


def _refuse_ole(file: File) -> Extract:
    encrypted, reason = ole_reason(file.data)
    raise Unreadable(Outcome.ENCRYPTED if encrypted else Outcome.UNSUPPORTED, reason)


def _read_zip(file: File) -> Extract:
    """Read the document in a zip archive, by what its own table of contents calls it."""
    with Archive(file) as archive:
        kind = decode(archive.read_if_there("mimetype")[:100] or b" ").strip()
        if "epub" in kind or "ibooks" in kind or "META-INF/container.xml" in archive.names:
            return read_epub(archive, file)
        if kind.startswith("application/vnd.oasis.opendocument.text"):
            return read_odf(archive, file, "ODT")
        if kind.startswith("application/vnd.oasis.opendocument.presentation"):
            return read_odf(archive, file, "ODP")
        if kind.startswith("application/vnd.oasis.opendocument.spreadsheet"):
            raise Unreadable(Outcome.UNSUPPORTED, _WORKBOOK)
        relations = elements(archive.read_if_there("_rels/.rels"), file.limits, "Relationship")
        mains = [found.get("Target", "") for _, found in relations if found.get("Type", "").endswith("/officeDocument")]
        main = resolve("", mains[0]) if mains else ""
        if main.startswith("word/") or "word/document.xml" in archive.names:
            return read_docx(archive, file, main or "word/document.xml")
        if main.startswith("ppt/"):
            return read_pptx(archive, file, main)
        if main.startswith("xl/"):
            raise Unreadable(Outcome.UNSUPPORTED, _WORKBOOK)
        if file.suffix == "odt" and "content.xml" in archive.names:
            return read_odf(archive, file, "ODT")
    if file.suffix in ("docx", "pptx", "odt", "odp", "epub", "xlsx"):
        raise Unreadable(
            Outcome.DAMAGED, f"This {file.suffix.upper()} file lacks the part that holds its text. Fetch it again."
        )
    raise Unreadable(Outcome.UNSUPPORTED, "This is a packed archive (zip). Unpack it and add the files in it.")


_WORKBOOK = (
    "This is a spreadsheet, which this version does not read. If it lists catalogue records, copy the title and the "
    "abstract of a record and paste them."
)


def _must_be(kind: str) -> Reader:
    """Return a reader for files that are called like a binary format but are something else."""

    def refuse(file: File) -> Extract:
        raise Unreadable(
            Outcome.DAMAGED, f"This file is called .{file.suffix}, but it is no {kind}. It is damaged or wrongly named."
        )

    return refuse


_BY_SIGNATURE: dict[bytes, Reader] = {
    b"%PDF-": read_pdf,
    b"PK\x03\x04": _read_zip,
    b"PK\x05\x06": _read_zip,
    b"{\\rtf": read_rtf,
}
_BY_SUFFIX: dict[str, Reader] = {
    "txt": read_text,
    "text": read_text,
    "md": read_markdown,
    "markdown": read_markdown,
    "html": read_html,
    "htm": read_html,
    "xhtml": read_html,
    "xml": read_xml,
    "pdf": _must_be("PDF"),
    "docx": _must_be("Word document"),
    "doc": _must_be("Word document"),
    "pptx": _must_be("presentation"),
    "odt": _must_be("OpenDocument text"),
    "epub": _must_be("EPUB"),
    "xlsx": _must_be("workbook"),
    "rtf": _must_be("RTF document"),
}
