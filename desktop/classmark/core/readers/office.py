"""DOCX, PPTX, ODT and ODP: one family of zipped XML."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

from classmark.core.documents import Origin, Outcome
from classmark.core.readers.archive import Archive, resolve
from classmark.core.readers.base import Enough, Extract, File, Limits, Unreadable
from classmark.core.readers.markup import Attributes, Broken, local, walk

# ECMA-376 (transitional), ISO/IEC 29500 (strict), Word 2003 XML; OASIS OpenDocument 1.3
_PREFIXES = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w",
    "http://purl.oclc.org/ooxml/wordprocessingml/main": "w",
    "http://schemas.microsoft.com/office/word/2003/wordml": "w",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "a",
    "http://purl.oclc.org/ooxml/drawingml/main": "a",
    "http://schemas.openxmlformats.org/presentationml/2006/main": "p",
    "http://purl.oclc.org/ooxml/presentationml/main": "p",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "m",
    "http://purl.oclc.org/ooxml/officeDocument/math": "m",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    "urn:oasis:names:tc:opendocument:xmlns:text:1.0": "text",
    "urn:oasis:names:tc:opendocument:xmlns:office:1.0": "office",
    "urn:oasis:names:tc:opendocument:xmlns:style:1.0": "style",
    "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0": "draw",
    "urn:oasis:names:tc:opendocument:xmlns:presentation:1.0": "presentation",
}
_RELATION = {
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships id": "r:id",
    "http://purl.oclc.org/ooxml/officeDocument/relationships id": "r:id",
}
_PARAGRAPHS = frozenset(("w:p", "a:p", "text:p", "text:h"))
_RUNS = frozenset(("w:t", "a:t", "m:t"))
_MARKS = {
    "w:tab": "\t", "w:br": "\n", "w:cr": "\n", "w:noBreakHyphen": "-", "a:br": "\n",
    "text:tab": "\t", "text:line-break": "\n",
}  # fmt: skip
# Fallback repeats what Choice holds; del and moveFrom were deleted; rt and ruby-text tell the pronunciation; a tab in
# tabs is a setting; a fld in a slide is its number or the date.
_SKIPPED = frozenset(
    "mc:Fallback w:del w:moveFrom w:rt w:tabs w:binData a:fld text:tracked-changes text:ruby-text text:note-citation "
    "office:annotation office:annotation-end office:forms presentation:notes text:sequence-decls".split()
)


@dataclass
class Paragraph:
    """One paragraph while it is read: its style and its text in pieces."""

    style: str = ""
    pieces: list[str] = field(default_factory=list)


class Body:
    """Collects paragraphs from the events of a document's main part.

    Paragraphs may hold paragraphs, in text boxes and footnotes; the inner ones then come first, whole.
    """

    def __init__(self, characters: int) -> None:
        self.pages: list[list[str]] = [[]]
        self.headings: list[str] = []
        self.title = ""
        self.styles: dict[str, str] = {}
        self.is_cut = False
        self._left = characters
        self._open: list[Paragraph] = []
        self._skipping = 0
        self._in_run = False
        self._shape_style = ""

    def start(self, name: str, attributes: Attributes) -> None:
        """Take a start tag."""
        short = _short(name)
        if self._skipping or short in _SKIPPED or _is_separator(short, attributes):
            self._skipping += 1
        elif short in _PARAGRAPHS:
            style = self._shape_style or ("heading" if short == "text:h" else "")
            self._open.append(Paragraph(self.styles.get(_attribute(attributes, "style-name"), style)))
        elif short in _RUNS:
            self._in_run = True
        elif short == "w:pStyle" and self._open:
            self._open[-1].style = self.styles.get(_attribute(attributes, "val"), "")
        elif short in _MARKS:
            self._add(_MARKS[short])
        elif short == "text:s":
            self._add(" ")
        elif short == "p:ph" and attributes.get("type") in ("title", "ctrTitle"):
            self._shape_style = "title"
        elif short == "draw:page":
            self.new_page()
        elif short == "style:style":
            parent = _attribute(attributes, "parent-style-name")
            style = _odf_style(self.styles.get(parent, parent))
            if style:
                self.styles[_attribute(attributes, "name")] = style

    def end(self, name: str) -> None:
        """Take an end tag."""
        if self._skipping:
            self._skipping -= 1
            return
        short = _short(name)
        if short in _RUNS:
            self._in_run = False
        elif short == "p:sp":
            self._shape_style = ""
        elif short in _PARAGRAPHS and self._open:
            self._close(self._open.pop())

    def text(self, text: str) -> None:
        """Take a piece of text: in OOXML it counts within runs, in OpenDocument anywhere in a paragraph."""
        if not self._skipping and self._open and (self._in_run or self._open_document):
            # Line ends in the XML are mere spaces.
            self._add(text.replace("\n", " "))

    _open_document = False

    def new_page(self) -> None:
        """Begin the next slide."""
        if self.pages[-1]:
            self.pages.append([])

    def _add(self, text: str) -> None:
        if self._open:
            self._open[-1].pieces.append(text)
            self._left -= len(text)
            if self._left < 0:
                self._close(self._open.pop())
                self.is_cut = True
                raise Enough

    def _close(self, paragraph: Paragraph) -> None:
        text = "".join(paragraph.pieces).strip()
        if not text:
            return
        if paragraph.style == "title":
            self.title = self.title or text
        if paragraph.style:
            self.headings.append(text)
        self.pages[-1].append(text)


class OpenDocumentBody(Body):
    """The same for OpenDocument, where text stands directly in paragraphs."""

    _open_document = True


class Fields:
    """Collects the text of the leaves of a small XML document by local name, the first of each."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self._pieces: list[str] = []

    def start(self, name: str, attributes: Attributes) -> None:
        """Take a start tag."""
        self._pieces = []

    def end(self, name: str) -> None:
        """Take an end tag."""
        self.found.setdefault(local(name), "".join(self._pieces).strip())
        self._pieces = []

    def text(self, text: str) -> None:
        """Take a piece of text."""
        self._pieces.append(text)


class Elements:
    """Collects the attributes of the elements with given local names, in order.

    Attribute names are made local, but for ``r:id``, the reference from one part to another.
    """

    def __init__(self, *names: str) -> None:
        self.found: list[tuple[str, Attributes]] = []
        self._names = frozenset(names)

    def start(self, name: str, attributes: Attributes) -> None:
        """Take a start tag."""
        if local(name) in self._names:
            short = {_RELATION.get(key, local(key)): value for key, value in attributes.items()}
            self.found.append((local(name), short))

    def end(self, name: str) -> None:
        """Take an end tag."""

    def text(self, text: str) -> None:
        """Take a piece of text."""


def elements(data: bytes, limits: Limits, *names: str) -> list[tuple[str, Attributes]]:
    """Return names and attributes of the elements called ``names`` in an XML document; nothing for no data."""
    handler = Elements(*names)
    if data:
        walk([data], handler, limits)
    return handler.found


def fields(data: bytes, limits: Limits) -> dict[str, str]:
    """Return the text of the elements of a small XML document by local name; as far as it is well-formed."""
    handler = Fields()
    if data:
        # Properties are no reason to refuse a document.
        with suppress(Broken):
            walk([data], handler, limits)
    return handler.found


def read_docx(archive: Archive, file: File, main: str) -> Extract:
    """Return the text of a Word document: body, text boxes, footnotes and endnotes, without deleted text.

    Source: ECMA-376 part 1, chapter 17. Raises Unreadable as Archive and walk do.
    """
    body = Body(file.limits.characters)
    body.styles = _word_styles(archive.read_if_there(resolve(main, "styles.xml")), file.limits)
    walk(archive.chunks(main), body, file.limits)
    for notes in ("footnotes.xml", "endnotes.xml"):
        part = resolve(main, notes)
        if part in archive.names:
            walk(archive.chunks(part), body, file.limits)
    return _extract("DOCX", body, fields(archive.read_if_there("docProps/core.xml"), file.limits))


def read_pptx(archive: Archive, file: File, main: str) -> Extract:
    """Return the text of a presentation slide by slide. Source: ECMA-376 part 1, chapter 19."""
    relations = elements(archive.read_if_there(_relations(main)), file.limits, "Relationship")
    targets = {found.get("Id", ""): resolve(main, found.get("Target", "")) for _, found in relations}
    body = Body(file.limits.characters)
    pages: list[str] = []
    for _, slide in elements(archive.read(main), file.limits, "sldId"):
        part = targets.get(slide.get("r:id", ""), "")
        body.pages = [[]]
        if part in archive.names:
            walk(archive.chunks(part), body, file.limits)
        pages.append("\n".join(body.pages[0]))
    extract = _extract("PPTX", body, fields(archive.read_if_there("docProps/core.xml"), file.limits))
    extract.parts, extract.paged = pages, True
    return extract


def read_odf(archive: Archive, file: File, format: str) -> Extract:
    """Return the text of an OpenDocument text or presentation. Source: OASIS OpenDocument 1.3 part 3.

    Raises Unreadable (ENCRYPTED) when the manifest lists encrypted parts.
    """
    manifest = archive.read_if_there("META-INF/manifest.xml")
    if elements(manifest, file.limits, "encryption-data"):
        raise Unreadable(
            Outcome.ENCRYPTED,
            "This document is protected by a password. Open it with the password, save a copy without it, and add "
            "that.",
        )
    body = OpenDocumentBody(file.limits.characters)
    body.styles = {"Title": "title"}
    walk(archive.chunks("content.xml"), body, file.limits)
    extract = _extract(format, body, fields(archive.read_if_there("meta.xml"), file.limits))
    if format == "ODP":
        extract.parts, extract.paged = ["\n".join(page) for page in body.pages], True
    return extract


def _extract(format: str, body: Body, properties: dict[str, str]) -> Extract:
    """Put together: a title shown in the document goes before its properties, which templates often fill."""
    shown = body.title
    return Extract(
        format,
        ["\n".join(page) for page in body.pages],
        title=shown or properties.get("title", "") or (body.headings[0] if body.headings else ""),
        title_origin=Origin.MARKUP if shown or not properties.get("title") else Origin.METADATA,
        headings=body.headings,
        is_cut=body.is_cut,
    )


def _word_styles(data: bytes, limits: Limits) -> dict[str, str]:
    """Return style id → "title" or "heading"; in ``styles.xml`` built-in styles are named in English always."""
    styles: dict[str, str] = {}
    current = ""
    for name, attributes in elements(data, limits, "style", "name"):
        if name == "style":
            current = attributes.get("styleId", "")
        elif current:
            styled = attributes.get("val", "").lower()
            if styled == "title" or styled.startswith("heading"):
                styles[current] = "title" if styled == "title" else "heading"
            current = ""
    return styles


def _odf_style(name: str) -> str:
    if name.lower() == "title":
        return "title"
    return "heading" if name.lower().startswith("heading") else ""


def _relations(part: str) -> str:
    folder, _, name = part.rpartition("/")
    return f"{folder}/_rels/{name}.rels".lstrip("/")


def _short(name: str) -> str:
    namespace, _, name = name.rpartition(" ")
    return f"{_PREFIXES.get(namespace, '')}:{name}"


def _attribute(attributes: Attributes, wanted: str) -> str:
    return next((value for name, value in attributes.items() if local(name) == wanted), "")


def _is_separator(short: str, attributes: Attributes) -> bool:
    """Tell whether this is the line between text and footnotes, which Word keeps as a footnote."""
    return short in ("w:footnote", "w:endnote") and "eparator" in _attribute(attributes, "type")
