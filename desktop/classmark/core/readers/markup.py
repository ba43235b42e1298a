"""XML by expat, with every door closed: no entity declarations, nothing loaded from elsewhere, bounded depth."""

from __future__ import annotations

from collections.abc import Iterable
from html.entities import html5
from typing import Protocol
from xml.parsers import expat

from classmark.core.documents import Outcome
from classmark.core.readers.base import Enough, Limits, Unreadable

Attributes = dict[str, str]


class Broken(Unreadable):
    """The XML is not well-formed from some line on; the handler has what came before."""


class Handler(Protocol):
    """Takes the events of one XML document; names are "namespace local", or "local" outside any namespace."""

    def start(self, name: str, attributes: Attributes) -> None:
        """Take a start tag."""

    def end(self, name: str) -> None:
        """Take an end tag."""

    def text(self, text: str) -> None:
        """Take a piece of text."""


def walk(pieces: Iterable[bytes | str], handler: Handler, limits: Limits) -> None:
    """Send the events of an XML document, given in pieces, to ``handler``, until it raises Enough.

    A DOCTYPE is allowed, since JATS has one. Named characters of HTML (``&eacute;``) are understood, other entities
    are left out. Raises Broken when the XML is not well-formed, Unreadable (DAMAGED) when it declares entities
    (billion laughs, external entities) or nests deeper than ``limits.depth``. Source: https://www.w3.org/TR/xml/.
    """
    depth = 0

    def start(name: str, attributes: Attributes) -> None:
        nonlocal depth
        depth += 1
        if depth > limits.depth:
            raise Unreadable(Outcome.DAMAGED, "This file nests its parts too deeply to be a document; it was not read.")
        handler.start(name, attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        handler.end(name)

    def skipped(name: str, is_parameter: bool) -> None:
        if not is_parameter:
            handler.text(html5.get(name + ";", ""))

    def load_nothing(context: str, base: str | None, system_id: str | None, public_id: str | None) -> int:
        # Expat skips unknown entities only if an outside DTD "was read": it reads an empty one.
        parser.ExternalEntityParserCreate(context).Parse(b"", True)
        return 1

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = handler.text
    parser.SkippedEntityHandler = skipped
    parser.EntityDeclHandler = _refuse_entity
    # As if every document named an outside DTD, which is then not loaded: unknown entities are skipped, no error.
    parser.UseForeignDTD(True)
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_UNLESS_STANDALONE)
    parser.ExternalEntityRefHandler = load_nothing
    try:
        for piece in pieces:
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except Enough:
        pass
    except expat.ExpatError as error:
        raise Broken(
            Outcome.DAMAGED,
            f"The XML in this file is damaged at line {error.lineno}: {expat.ErrorString(error.code)}. Fetch the file "
            "again, or ask where it came from for a corrected one.",
        ) from error


def local(name: str) -> str:
    """Return the name without its namespace."""
    return name.rpartition(" ")[2]


def _refuse_entity(*declaration: object) -> None:
    raise Unreadable(
        Outcome.DAMAGED,
        "This XML file declares entities of its own, which can be used to attack a reader; it was not read. Ask where "
        "it came from for a copy without them.",
    )
