"""Small files of every kind, built in memory for the tests of the readers."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from io import BytesIO

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
LIBRARY = (
    "The library keeps manuscripts from the coast and from the islands. Cataloguers describe each of them by hand, "
    "and readers find them by subject."
)


def zipped(entries: Mapping[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip archive."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def relationships(kind: str, target: str) -> str:
    """Return a relationship part with one entry."""
    return f'<Relationships><Relationship Id="r1" Type="{RELATION}/{kind}" Target="{target}"/></Relationships>'


def docx(body: str, properties: str = "", **more: str | bytes) -> bytes:
    """Return a Word document; ``more`` are parts in its word folder, without their suffix."""
    mc = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    parts: dict[str, str | bytes] = {
        "_rels/.rels": relationships("officeDocument", "word/document.xml"),
        "docProps/core.xml": properties,
        "word/document.xml": f'<w:document xmlns:w="{W}" xmlns:mc="{mc}"><w:body>{body}</w:body></w:document>',
    }
    return zipped(parts | {f"word/{name}.xml": content for name, content in more.items()})


def paragraph(text: str, style: str = "") -> str:
    """Return a paragraph of a Word document."""
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


def odt(content: str, manifest: str = "<manifest/>") -> bytes:
    """Return an OpenDocument text."""
    oasis = "urn:oasis:names:tc:opendocument:xmlns"
    names = " ".join(f'xmlns:{name}="{oasis}:{name}:1.0"' for name in ("office", "text", "style", "table", "draw"))
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "META-INF/manifest.xml": manifest,
            "content.xml": f"<office:document-content {names}>{content}</office:document-content>",
        }
    )


def pptx(*slides: str) -> bytes:
    """Return a presentation whose slides are listed in reverse order of their names."""
    p, a = (f"http://schemas.openxmlformats.org/{name}/2006/main" for name in ("presentationml", "drawingml"))
    numbers = range(len(slides))
    ids = "".join(f'<p:sldId r:id="r{number}" id="{256 + number}"/>' for number in numbers)
    targets = "".join(
        f'<Relationship Id="r{number}" Target="slides/slide{len(slides) - number}.xml"/>' for number in numbers
    )
    parts: dict[str, str | bytes] = {
        "_rels/.rels": relationships("officeDocument", "ppt/presentation.xml"),
        "ppt/presentation.xml": f'<p:presentation xmlns:p="{p}" xmlns:r="{RELATION}">{ids}</p:presentation>',
        "ppt/_rels/presentation.xml.rels": f"<Relationships>{targets}</Relationships>",
    }
    for number, slide in enumerate(slides):
        parts[f"ppt/slides/slide{len(slides) - number}.xml"] = f'<p:sld xmlns:p="{p}" xmlns:a="{a}">{slide}</p:sld>'
    return zipped(parts)


def shape(text: str, kind: str = "body") -> str:
    """Return a shape of a slide."""
    return f'<p:sp><p:nvPr><p:ph type="{kind}"/></p:nvPr><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:sp>'


def epub(chapters: Mapping[str, str], spine: list[str], encryption: str = "", title: str = "Islands") -> bytes:
    """Return a book; ``spine`` gives the order in which its chapters are read."""
    items = "".join(f'<item id="{name}" href="text/{name}.xhtml"/>' for name in chapters)
    order = "".join(f'<itemref idref="{name}"/>' for name in spine)
    parts: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>',
        "OPS/book.opf": f'<package xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>{title}</dc:title>'
        f"<dc:language>ger</dc:language></metadata><manifest>{items}</manifest><spine>{order}</spine></package>",
    }
    if encryption:
        parts["META-INF/encryption.xml"] = encryption
    return zipped(
        parts | {f"OPS/text/{name}.xhtml": f"<html><body>{text}</body></html>" for name, text in chapters.items()}
    )


def pdf(*pages: str, title: str = "", locked: bool = False) -> bytes:
    """Return a PDF in Helvetica, the first line of each page set large; a page "picture" shows a black box instead.

    A locked one only claims to be encrypted, with check values that fit no password.
    """
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {len(pages)}/Kids[{kids}]/MediaBox[0 0 600 800]/Resources<</Font<</F 3 0 R>>>>>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    for number, page in enumerate(pages):
        objects.append(f"<</Type/Page/Parent 2 0 R/Contents {5 + 2 * number} 0 R>>")
        lines = page.split("\n")
        shown = "".join(
            f"BT /F {24 if line == 0 else 10} Tf 50 {740 - 30 * line} Td ({words}) Tj ET\n"
            for line, words in enumerate(lines)
        )
        content = "100 100 200 200 re f" if page == "picture" else shown
        objects.append(f"<</Length {len(content)}>>stream\n{content}\nendstream")
    objects.append(f"<</Title({title})>>")
    trailer = f"/Size {len(objects) + 1}/Root 1 0 R/Info {len(objects)} 0 R/ID[<00><00>]"
    if locked:
        trailer += f"/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<{'11' * 32}>/U<{'22' * 32}>>>"
    out, offsets = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer<<{trailer}>>\nstartxref\n{start}\n%%EOF"
    return out.encode("latin-1")
