"""XML: JATS articles with their parts, any other XML as plain text with a title where one is found."""

from __future__ import annotations

import re

from classmark.core.documents import Origin, Outcome
from classmark.core.readers.base import Enough, Extract, File, Unreadable
from classmark.core.readers.encodings import decode
from classmark.core.readers.html import page_text, parse, read_html
from classmark.core.readers.markup import Attributes, Broken, local, walk
from classmark.core.readers.office import Body

_DECLARATION = re.compile(r"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([\w.:-]+)[\"']")
_LANGUAGE = "http://www.w3.org/XML/1998/namespace lang"

# Elements that stand within a line of text; all others begin and end a line.
_INLINE = frozenset(
    "abbrev abbr b bold break chem-struct citation date-in-citation email emph emphasis ext-link fixed-case "
    "foreign fpage hi i inline-formula inline-graphic issue italic lb lpage milestone monospace named-content "
    "name nlm-citation note pb persName placeName quote ref rid roman sans-serif sc seg source span strike "
    "strong styled-content sub sup surname given-names term underline uri u a volume w xref year style em code "
    "g l-s".split()
)
_DROPPED = frozenset(
    "tex-math annotation annotation-xml ref-list object-id binary binData script stylesheet styles fonts docPr lists "
    "article-id journal-id related-article permissions contrib-group aff author-notes pub-date history "
    "counts custom-meta-group funding-group trans-title-group alt-title "
    # what feeds carry beside their text
    "id guid link generator modified issued created updated pubDate docs".split()
)
_RECORDS = {
    "http://www.loc.gov/MARC21/slim": "MARCXML",
    "http://www.loc.gov/mods/v3": "MODS",
    "info:lc/xmlns/marcxchange-v1": "MarcXchange",
    "info:lc/xmlns/marcxchange-v2": "MarcXchange",
}
_TITLES = frozenset(("title", "book-title", "titleproper", "TitleText", "maintitle", "main-title", "headline"))
_ABSTRACTS = frozenset(("abstract", "annotation"))
_WORTH_READING = 500
# Prolog, comments and DOCTYPE in front of the root; atomic, so that no hostile sequence of them takes long.
_ROOT = re.compile(
    r"(?>\ufeff|\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE(?>[^\[<>]|\[.*?\]\s*)*+>)*+<(?:[\w.-]+:)?([\w.-]+)",
    re.DOTALL | re.IGNORECASE,
)


class Tree:
    """Collects running text from XML by the local names of elements; JATS tells which parts are which."""

    def __init__(self, characters: int) -> None:
        self.root = ""
        self.language = ""
        self.title = ""
        self.abstract = ""
        self.pieces: list[str] = []
        self.headings: list[str] = []
        self.is_cut = False
        self._left = characters
        self._path: list[str] = []
        self._dropping = 0
        self._title_from = self._abstract_from = self._heading_from = -1
        self._abstract_begun = ""

    @property
    def is_jats(self) -> bool:
        """Tell whether this is an article in JATS, or one of its ancestors at the NLM."""
        return self.root == "article"

    def start(self, name: str, attributes: Attributes) -> None:
        """Take a start tag."""
        tag = local(name)
        if not self._path:
            self.root = tag
            self._refuse_records(name)
        self._path.append(tag)
        if self._dropping or tag in _DROPPED or (self.is_jats and self._is_aside(tag)):
            self._dropping += 1
            return
        if len(self._path) <= 2 and not self.language:
            self.language = attributes.get(_LANGUAGE, "")
        if tag not in _INLINE:
            self.pieces.append("\n")
        if not self.title and self._title_from < 0 and self._is_title(tag):
            self._title_from = len(self.pieces)
        elif self._is_abstract(tag, attributes):
            self._abstract_from = len(self.pieces)
        elif tag in ("title", "head", "h"):
            self._heading_from = len(self.pieces)

    def end(self, name: str) -> None:
        """Take an end tag."""
        tag = self._path[-1]
        if self._dropping:
            self._dropping -= 1
            self._path.pop()
            return
        if self._title_from >= 0 and self._is_title(tag):
            self.title = self._since(self._title_from)
            self._title_from = -1
        elif self._abstract_from >= 0 and tag in _ABSTRACTS:
            self.abstract = self._since(self._abstract_from)
            self._abstract_from = -1
        elif tag in ("title", "head", "h") and self._heading_from >= 0:
            heading = self._since(self._heading_from)
            self._heading_from = -1
            if heading:
                self.headings.append(heading)
        elif tag in ("lang", "language") and not self.language:
            text = self._last_text()
            self.language = text if len(text) <= 8 else ""
        self._path.pop()
        if tag not in _INLINE:
            self.pieces.append("\n")

    def text(self, text: str) -> None:
        """Take a piece of text."""
        if self._dropping:
            return
        text = re.sub(r"\s+", " ", text)
        self.pieces.append(text)
        self._left -= len(text)
        if self._left < 0:
            self.is_cut = True
            raise Enough

    def _since(self, start: int) -> str:
        return _lines("".join(self.pieces[start:]))

    def _last_text(self) -> str:
        return self.pieces[-1].strip() if self.pieces else ""

    def _is_title(self, tag: str) -> bool:
        if self.is_jats:
            return tag == "article-title" and "title-group" in self._path[-2:-1]
        return tag in _TITLES

    def _is_abstract(self, tag: str, attributes: Attributes) -> bool:
        """Tell whether the abstract begins: the first one without a type ("teaser", "graphical", "summary")."""
        if tag not in _ABSTRACTS or self.abstract or self._abstract_from >= 0:
            return False
        return not self.is_jats or "abstract-type" not in attributes

    def _is_aside(self, tag: str) -> bool:
        """Tell whether this is a part of the front matter that is no text: journal, numbers, licences, notes."""
        if tag in ("journal-meta", "fn", "xref") and "title-group" in self._path:
            return True
        return tag in ("journal-meta", "article-categories", "self-uri", "volume", "issue", "fpage", "lpage",
                       "elocation-id") and "body" not in self._path  # fmt: skip

    def _refuse_records(self, name: str) -> None:
        kind = _RECORDS.get(name.rpartition(" ")[0])
        if kind:
            raise Unreadable(Outcome.UNSUPPORTED, records_reason(kind))


def records_reason(kind: str) -> str:
    """Return the sentence for a file that holds many records, to be read record by record in a later version."""
    return (
        f"This is a list of catalogue records ({kind}). This version reads one document per file, so it was not read "
        "as a text. Copy the title and the abstract of a record and paste them instead."
    )


def read_xml(file: File) -> Extract:
    """Return the text of an XML document; of a JATS article title, abstract, language and body, too.

    Sources: https://jats.nlm.nih.gov/, and the first title element of TEI, FictionBook, DocBook, ONIX, RSS and others.
    Raises Unreadable: UNSUPPORTED for lists of records, DAMAGED as walk does.
    """
    head = decode_head(file.head)
    found = _DECLARATION.match(head)
    text = decode(file.data, found[1] if found else "")
    root = root_of(text)
    if root == "html":
        return read_html(file)
    if root in ("wordDocument", "package") and ("word/2003/wordml" in text[:8000] or "xmlPackage" in text[:8000]):
        return _word_xml(text, file)
    tree = Tree(file.limits.characters)
    remarks = []
    try:
        walk([text.lstrip("\ufeff \t\r\n")], tree, file.limits)
    except Broken as error:
        if sum(map(len, tree.pieces)) < _WORTH_READING:
            raise
        remarks.append(f"{error} What came before it was read.")
    body = _lines("".join(tree.pieces))
    # Feeds and ONIX put HTML into their elements, masked as text.
    if tree.root in ("rss", "feed", "RDF", "ONIXMessage") and re.search(r"</?(p|br|div|a|b|i|em|span)\b", body):
        body = page_text(parse(body.replace("\n", "<br>")), file.limits.characters).text
    return Extract(
        "JATS" if tree.is_jats else "XML",
        [body],
        title=" ".join(tree.title.split()),
        title_origin=Origin.MARKUP,
        abstract=re.sub(r"\A(abstract|summary|zusammenfassung|résumé|resumen)\n", "", tree.abstract, flags=re.I),
        abstract_origin=Origin.MARKUP,
        language=tree.language,
        headings=tree.headings,
        remarks=remarks,
        is_cut=tree.is_cut,
    )


def decode_head(head: bytes) -> str:
    """Return the first bytes of a file as text in which markup can be recognised, whatever the encoding."""
    return head.replace(b"\0", b"").removeprefix(b"\xef\xbb\xbf").lstrip(b"\xff\xfe").decode("latin-1")


def root_of(text: str) -> str:
    """Return the local name of the first element in XML text, found without parsing; empty when there is none."""
    found = _ROOT.match(text)
    return found[1] if found else ""


def _lines(text: str) -> str:
    """Return ``text`` with each run of white space as one line end, if it holds one, or one space."""
    return re.sub(r"\s+", lambda run: "\n" if "\n" in run[0] else " ", text).strip()


def _word_xml(text: str, file: File) -> Extract:
    """Return the text of a Word document saved as one XML file (Word 2003 XML, Flat OPC)."""
    body = Body(file.limits.characters)
    walk([text.lstrip("\ufeff \t\r\n")], body, file.limits)
    return Extract("Word XML", ["\n".join(page) for page in body.pages], title=body.title, title_origin=Origin.MARKUP)
