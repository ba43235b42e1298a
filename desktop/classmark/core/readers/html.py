"""HTML pages, and the pages inside an EPUB."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from classmark.core.documents import Origin
from classmark.core.language import recognise
from classmark.core.readers.base import Enough, Extract, File
from classmark.core.readers.encodings import decode

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_DROPPED = frozenset(
    "script style nav noscript template head svg math iframe object embed canvas audio video map footer aside button "
    "select option datalist textarea dialog rt rp".split()
)
_BLOCKS = frozenset(
    "address article blockquote body caption center dd details div dl dt fieldset figcaption figure form h1 h2 h3 h4 "
    "h5 h6 header hgroup hr html legend li main menu ol p pre section summary table tbody td tfoot th thead tr "
    "ul".split()
)
_SPACED = frozenset("p h1 h2 h3 h4 h5 h6 blockquote table ul ol dl pre section article".split())
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_DECLARED = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]{0,200}?encoding=[\"']([\w.:-]+)", re.I
)
_LONG_ENOUGH = 500
_ABSTRACTS = ("citation_abstract", "dcterms.abstract", "dc.description", "dcterms.description", "description",
              "og:description")  # fmt: skip
_ROLES = frozenset(("navigation", "banner", "search", "complementary", "contentinfo"))


@dataclass
class Page:
    """The running text of one HTML page, its headings, and the first of level one."""

    text: str = ""
    headings: list[str] = field(default_factory=list)
    main_heading: str = ""
    is_cut: bool = False


def read_html(file: File) -> Extract:
    """Return text, title and abstract of an HTML page.

    Source: https://html.spec.whatwg.org/, Highwire Press and Dublin Core ``meta`` names, and Open Graph.
    """
    declared = _DECLARED.search(file.data[:4096])
    encoding = (declared[1] or declared[2]).decode("ascii", "replace") if declared else ""
    tree = parse(decode(file.data, encoding))
    page = page_text(tree, file.limits.characters)
    meta = _meta(tree)
    title, origin = _title(tree, meta, page)
    abstract = next((meta[name] for name in _ABSTRACTS if meta.get(name)), "")
    root = tree.css_first("html")
    language = (root.attributes.get("lang") or root.attributes.get("xml:lang") or "") if root else ""
    if len(page.text) >= _LONG_ENOUGH:
        # Templates state English whatever the language of the page.
        language = recognise(title, page.text) or language
    return Extract(
        "HTML",
        [page.text],
        title=title,
        title_origin=origin,
        abstract=abstract,
        abstract_origin=Origin.METADATA,
        language=language,
        headings=page.headings,
        is_cut=page.is_cut,
    )


def parse(markup: str) -> LexborHTMLParser:
    """Return the tree of an HTML or XHTML page."""
    from selectolax.lexbor import LexborHTMLParser

    return LexborHTMLParser(markup)


def page_text(tree: LexborHTMLParser, characters: int) -> Page:
    """Return the text of a page with line breaks at block elements only; menus, scripts and styles are dropped.

    The ``main`` part is taken alone where there is one that holds a good share of the text.
    """
    root = tree.body or tree.root
    if root is None:
        return Page()
    whole = _walk(root, characters)
    for found in tree.css("main, [role=main]")[:1]:
        part = _walk(found, characters)
        if len(part.text) * 4 > len(whole.text):
            return part
    return whole


def _walk(root: LexborNode, characters: int) -> Page:
    page = Page()
    pieces: list[str] = []
    try:
        _collect(root, page, pieces, characters)
    except Enough:
        page.is_cut = True
    page.text = "".join(pieces)
    return page


def _collect(root: LexborNode, page: Page, pieces: list[str], characters: int) -> None:
    """Walk the tree without recursion (pages may be nested without end) and collect text and line breaks."""
    length = preformatted = 0
    heading_from = -1
    node: LexborNode = root
    end = root.mem_id  # comparing nodes themselves compares all of their markup
    entering = True
    while True:
        tag = node.tag or ""
        if entering:
            if tag == "-text":
                text = node.text_content or ""
                text = text if preformatted else re.sub(r"\s+", " ", text)
                pieces.append(text)
                length += len(text)
                if length > characters:
                    raise Enough
            elif tag == "br":
                pieces.append("\n")
            elif tag in _BLOCKS:
                pieces.append("\n\n" if tag in _SPACED else "\n")
                preformatted += tag == "pre"
                if tag in _HEADINGS:
                    heading_from = len(pieces)
            child = None if tag in _DROPPED or _is_furniture(node, tag) else node.first_child
            if child is not None:
                node = child
                continue
        if tag in _BLOCKS:
            pieces.append("\n\n" if tag in _SPACED else "\n")
            preformatted -= tag == "pre"
            if tag in _HEADINGS and heading_from >= 0:
                heading = " ".join("".join(pieces[heading_from:]).split())
                heading_from = -1
                if heading:
                    page.headings.append(heading)
                    page.main_heading = page.main_heading or (heading if tag == "h1" else "")
        if node.mem_id == end:
            return
        following = node.next
        if following is not None:
            node, entering = following, True
        else:
            parent = node.parent
            if parent is None:
                return
            node, entering = parent, False


def _is_furniture(node: LexborNode, tag: str) -> bool:
    """Tell whether an element belongs to the site rather than to the text: menus, and what is hidden."""
    if tag not in ("div", "ul", "ol", "section", "header", "table", "form"):
        return False
    if tag in ("ul", "ol") and _is_menu(node):
        return True
    attributes = node.attributes
    return attributes.get("role") in _ROLES or "hidden" in attributes or attributes.get("aria-hidden") == "true"


def _is_menu(listing: LexborNode) -> bool:
    """Tell whether a list holds nothing but eight or more short links, as menus and lists of languages do."""
    links = listing.css("a")
    if len(links) < 8:
        return False
    linked = sum(len(link.text(strip=True)) for link in links)
    return linked < 40 * len(links) and linked * 10 > 9 * len(listing.text(strip=True))


def _title(tree: LexborHTMLParser, meta: dict[str, str], page: Page) -> tuple[str, Origin]:
    """Return the title stated for citation, else the heading that the window's title repeats, else what there is."""
    cited = meta.get("citation_title") or meta.get("dc.title") or meta.get("dcterms.title")
    if cited:
        return cited, Origin.METADATA
    element = tree.css_first("head title") or tree.css_first("title")
    window = " ".join(element.text().split()) if element else ""
    shared = meta.get("og:title", "")
    for heading in page.headings[:5]:
        if heading in window or heading in shared:
            return heading, Origin.MARKUP
    if not shared and page.main_heading:
        return page.main_heading, Origin.MARKUP
    return shared or window, Origin.METADATA


def _meta(tree: LexborHTMLParser) -> dict[str, str]:
    """Return the content of the ``meta`` elements by name, the first of each."""
    found: dict[str, str] = {}
    for element in tree.css("meta")[:500]:
        attributes = element.attributes
        name = (attributes.get("name") or attributes.get("property") or "").strip().lower()
        content = (attributes.get("content") or "").strip()
        if name and content:
            found.setdefault(name, content)
    return found
