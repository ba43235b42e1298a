"""Every file ends in one outcome, with a sentence that helps."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.core.files import LIBRARY, W, docx, epub, odt, paragraph, pdf, relationships, zipped

from classmark.core.documents import Outcome, Reading
from classmark.core.reading import Limits, read_file

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def ole(stream: str, first: bytes = b"") -> bytes:
    return OLE + first.ljust(512, b"\0") + stream.encode("utf-16-le") + bytes(100)


def locked_entry() -> bytes:
    """Return a Word document whose parts carry the flag of zip encryption."""
    data = bytearray(docx(paragraph(LIBRARY)))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(mark, at + 1)
    return bytes(data)


ENCRYPTED_ODT = '<m:manifest xmlns:m="urn:m"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'
DRM = '<encryption><EncryptedData><EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/>'
DRM += "</EncryptedData></encryption>"
FONTS = DRM.replace("http://www.w3.org/2001/04/xmlenc#aes128-cbc", "http://www.idpf.org/2008/embedding")
MARC = b"00096nam a2200049 a 4500245002200000\x1e10\x1faA title\x1e\x1d"
BAD_ZIP = docx(paragraph(LIBRARY))[:-60]


@pytest.mark.parametrize(
    ("name", "content", "outcome", "says"),
    [
        ("plain.txt", LIBRARY, Outcome.READ, ""),
        ("nothing.txt", b"", Outcome.EMPTY, "no content"),
        ("blank.txt", b" \n\t\n\xef\xbb\xbf", Outcome.EMPTY, "no text"),
        ("blank.docx", docx("<w:p/>"), Outcome.EMPTY, "no text"),
        ("blank.pdf", pdf(""), Outcome.EMPTY, "no text"),
        ("scan.pdf", pdf("picture", "picture"), Outcome.NO_TEXT_LAYER, "OCR"),
        ("half.pdf", pdf("A report\nwith words in it", "picture"), Outcome.READ, "1 of 2 pages"),
        ("locked.pdf", pdf("Secret", locked=True), Outcome.ENCRYPTED, "password"),
        ("locked.docx", ole("EncryptedPackage"), Outcome.ENCRYPTED, "password"),
        ("zipcrypt.docx", locked_entry(), Outcome.ENCRYPTED, "password"),
        ("locked.doc", ole("WordDocument", b"\xec\xa5" + bytes(9) + b"\x01"), Outcome.ENCRYPTED, "password"),
        ("locked.odt", odt("", ENCRYPTED_ODT), Outcome.ENCRYPTED, "password"),
        ("locked.epub", epub({"a": LIBRARY}, ["a"], DRM), Outcome.ENCRYPTED, "DRM"),
        ("fonts.epub", epub({"a": LIBRARY}, ["a"], FONTS), Outcome.READ, ""),
        ("cut.pdf", b"%PDF-1.7\n1 0 obj", Outcome.DAMAGED, "damaged"),
        ("cut.docx", BAD_ZIP, Outcome.DAMAGED, "damaged"),
        ("no.odt", b"no archive at all", Outcome.DAMAGED, "no OpenDocument text"),
        ("hollow.docx", zipped({"readme": "x"}), Outcome.DAMAGED, "lacks the part"),
        ("wrong.docx", docx("<w:p>"), Outcome.DAMAGED, "line 1"),
        ("wrong.xml", "<a><b></a>", Outcome.DAMAGED, "line 1"),
        ("old.doc", ole("WordDocument"), Outcome.UNSUPPORTED, "DOCX"),
        ("old.xls", ole("Workbook"), Outcome.UNSUPPORTED, ".xls"),
        ("old.ppt", ole("PowerPoint Document"), Outcome.UNSUPPORTED, "PPTX"),
        ("mail.msg", ole("__substg1.0_1000001F"), Outcome.UNSUPPORTED, "Outlook"),
        ("book.xlsx", zipped({"_rels/.rels": relationships("officeDocument", "xl/workbook.xml")}), Outcome.UNSUPPORTED,
         "spreadsheet"),
        ("records.mrc", MARC, Outcome.UNSUPPORTED, "MARC"),
        ("records.dat", MARC, Outcome.UNSUPPORTED, "MARC"),
        ("records.xml", '<collection xmlns="http://www.loc.gov/MARC21/slim"/>', Outcome.UNSUPPORTED, "MARCXML"),
        ("records.txt", "\n TY  - JOUR\nTI  - A title\nER  - ", Outcome.UNSUPPORTED, "RIS"),
        ("records.bib", "@comment{x}", Outcome.UNSUPPORTED, "BibTeX"),
        ("records", "% mine\n\n@article{key,\n title={A}}", Outcome.UNSUPPORTED, "BibTeX"),
        ("records.csv", "title,year\nA,1999", Outcome.UNSUPPORTED, "CSV"),
        ("scan.png", b"\x89PNG\r\n\x1a\n", Outcome.UNSUPPORTED, "PNG"),
        ("named.pdf", b"\xff\xd8\xff\xe0", Outcome.UNSUPPORTED, "JPEG"),
        ("many.zip", zipped({"a.txt": "x"}), Outcome.UNSUPPORTED, "Unpack"),
        ("noise.bin", bytes(range(256)) * 20, Outcome.UNSUPPORTED, "no readable text"),
        ("program.exe", b"MZ\x90\0" + bytes(100), Outcome.UNSUPPORTED, "program"),
        ("MZ.txt", "MZ is a mark of printers. " + LIBRARY, Outcome.READ, ""),
    ],
)  # fmt: skip
def test_each_kind_of_file_has_its_outcome(
    read: Callable[..., Reading], name: str, content: bytes | str, outcome: Outcome, says: str
) -> None:
    reading = read(name, content)
    assert reading.outcome is outcome, reading.reason
    assert says in reading.reason
    assert (reading.document is not None) == (outcome is Outcome.READ)
    assert not reading.reason or reading.reason.endswith(".")


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    reading = read_file(tmp_path / "gone.pdf")
    assert reading.outcome is Outcome.DAMAGED
    assert reading.reason.startswith("There is no file")


def test_a_large_file_is_not_opened(read: Callable[..., Reading]) -> None:
    assert read("large.txt", LIBRARY, Limits(file_bytes=100)).outcome is Outcome.TOO_LARGE


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("long.txt", "word " * 1000),
        ("long.html", f"<p>{'word ' * 1000}</p>"),
        ("long.docx", docx(paragraph("word ") * 1000)),
        ("long.xml", f"<r><p>{'word ' * 1000}</p></r>"),
        ("long.pdf", pdf(*["many words on a page"] * 30)),
        ("long.epub", epub({"a": "word " * 1000}, ["a", "a"])),
    ],
)
def test_a_long_text_is_cut_with_a_remark(read: Callable[..., Reading], name: str, content: bytes | str) -> None:
    reading = read(name, content, Limits(characters=200))
    assert reading.outcome is Outcome.READ
    assert "first 200 characters" in reading.reason
    assert reading.document is not None
    assert len(reading.document.body) <= 200
    assert all(page <= 200 for page in reading.document.pages)


def bomb(megabytes: int = 64) -> bytes:
    """Return a Word document that unpacks to a thousand times its size."""
    return bytes(docx(paragraph("a" * (megabytes << 20))))


def test_a_zip_bomb_is_refused(read: Callable[..., Reading]) -> None:
    reading = read("bomb.docx", bomb())
    assert reading.outcome is Outcome.TOO_LARGE
    assert "unpacks to" in reading.reason


def test_a_zip_bomb_that_lies_about_its_size_is_bounded(read: Callable[..., Reading]) -> None:
    data = bytearray(bomb())
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 1000)
    assert read("liar.docx", bytes(data)).outcome is Outcome.DAMAGED


@pytest.mark.parametrize(
    "limits", [Limits(expanded_bytes=1000), Limits(entries=1)], ids=["unpacked bytes", "number of parts"]
)
def test_an_archive_keeps_within_its_limits(read: Callable[..., Reading], limits: Limits) -> None:
    assert read("big.docx", docx(paragraph(LIBRARY * 20)), limits).outcome is Outcome.TOO_LARGE


def test_hostile_names_in_an_archive_reach_no_disk(read: Callable[..., Reading], tmp_path: Path) -> None:
    parts = {
        "../../evil.txt": "x",
        "/etc/evil": "x",
        "C:\\evil": "x",
        "_rels/.rels": relationships("officeDocument", "../../../../etc/passwd"),
        "word/document.xml": f'<w:document xmlns:w="{W}">{paragraph(LIBRARY)}</w:document>',
    }
    before = set(Path(tmp_path).rglob("*"))
    assert read("evil.docx", zipped(parts)).outcome is Outcome.DAMAGED
    assert set(Path(tmp_path).rglob("*")) - before == {tmp_path / "evil.docx"}


LAUGHS = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
HOSTILE_XML = {
    "billion laughs": f'<!DOCTYPE r [<!ENTITY l0 "ha">{LAUGHS}]><r>&l9;</r>',
    "quadratic": f'<!DOCTYPE r [<!ENTITY a "{"a" * 10000}">]><r>{"&a;" * 10000}</r>',
    "external": '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>',
    "parameter": '<!DOCTYPE r [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]><r>text</r>',
}


@pytest.mark.parametrize("content", HOSTILE_XML.values(), ids=HOSTILE_XML)
@pytest.mark.parametrize("kind", ["xml", "docx", "epub"])
def test_entity_declarations_are_refused_everywhere(
    read: Callable[..., Reading], kind: str, content: bytes | str
) -> None:
    data: bytes | str = content
    if kind == "docx":
        data = zipped(
            {"word/document.xml": content, "_rels/.rels": relationships("officeDocument", "word/document.xml")}
        )
    elif kind == "epub":
        data = zipped({"mimetype": "application/epub+zip", "META-INF/container.xml": content})
    reading = read(f"hostile.{kind}", data)
    assert reading.outcome is Outcome.DAMAGED
    assert "entities" in reading.reason


def test_xml_nested_without_end_is_refused(read: Callable[..., Reading]) -> None:
    reading = read("deep.xml", "<a>" * 5000 + "</a>" * 5000)
    assert reading.outcome is Outcome.DAMAGED
    assert "deeply" in reading.reason


@pytest.mark.parametrize("start", ["\n" * 5000, "<!-- a -->" * 300, "<?a?> " * 300, "% a\n\n" * 2000])
@pytest.mark.parametrize("suffix", ["txt", "xml", "html", "bib2"])
def test_no_beginning_keeps_the_choice_of_a_reader_busy(read: Callable[..., Reading], start: str, suffix: str) -> None:
    read(f"slow.{suffix}", start + "x")


def test_a_flate_bomb_in_a_pdf_is_left_to_the_memory_limit(read: Callable[..., Reading]) -> None:
    content = zlib.compress(b" " * (8 << 20))
    stream = f"5 0 obj\n<</Filter/FlateDecode/Length {len(content)}>>stream\n".encode() + content
    data = pdf("picture").replace(b"%%EOF", stream + b"\nendstream\nendobj\n%%EOF")
    assert read("flate.pdf", data).outcome in (Outcome.EMPTY, Outcome.NO_TEXT_LAYER)
