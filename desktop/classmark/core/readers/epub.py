"""EPUB: its pages in reading order."""

from __future__ import annotations

from classmark.core.documents import Origin, Outcome
from classmark.core.readers.archive import Archive, resolve
from classmark.core.readers.base import Extract, File, Unreadable
from classmark.core.readers.encodings import decode
from classmark.core.readers.html import page_text, parse
from classmark.core.readers.office import elements, fields

# Fonts may be obfuscated without the book being locked: https://www.w3.org/TR/epub-33/#sec-font-obfuscation
_FONT_OBFUSCATION = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")


def read_epub(archive: Archive, file: File) -> Extract:
    """Return the text of a book chapter by chapter, in the order of its spine.

    Source: https://www.w3.org/TR/epub-33/. Raises Unreadable: ENCRYPTED for books locked by DRM, DAMAGED.
    """
    _refuse_locked(archive, file)
    roots = elements(archive.read("META-INF/container.xml"), file.limits, "rootfile")
    package = roots[0][1].get("full-path", "") if roots else ""
    opf = archive.read(package)
    metadata = fields(opf, file.limits)
    items: dict[str, dict[str, str]] = {}
    chapters: list[str] = []
    for name, attributes in elements(opf, file.limits, "item", "itemref"):
        if name == "item":
            items[attributes.get("id", "")] = attributes
        else:
            item = items.get(attributes.get("idref", ""), {})
            if "nav" not in item.get("properties", "").split():
                chapters.append(resolve(package, item.get("href", "")))
    parts: list[str] = []
    headings: list[str] = []
    length, is_cut = 0, False
    for chapter in chapters:
        if chapter not in archive.names:
            continue
        page = page_text(parse(decode(archive.read(chapter))), file.limits.characters)
        parts.append(page.text)
        headings += page.headings
        length += len(page.text)
        is_cut = page.is_cut or length > file.limits.characters
        if is_cut:
            break
    description = metadata.get("description", "")
    return Extract(
        "EPUB",
        parts,
        paged=True,
        title=metadata.get("title", ""),
        title_origin=Origin.METADATA,
        # Publishers put HTML into the description.
        abstract=page_text(parse(description), file.limits.characters).text if description else "",
        abstract_origin=Origin.METADATA,
        language=metadata.get("language", ""),
        headings=headings,
        is_cut=is_cut,
    )


def _refuse_locked(archive: Archive, file: File) -> None:
    methods = elements(archive.read_if_there("META-INF/encryption.xml"), file.limits, "EncryptionMethod")
    if any(attributes.get("Algorithm") not in _FONT_OBFUSCATION for _, attributes in methods):
        raise Unreadable(
            Outcome.ENCRYPTED,
            "This book is locked by digital rights management (DRM), so its text cannot be read. Use an edition "
            "without it, or paste the title and the summary.",
        )
