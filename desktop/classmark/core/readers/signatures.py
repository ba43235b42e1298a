"""What a file is, by its first bytes; and what to say about the formats that are not read."""

from __future__ import annotations

import re
from pathlib import Path

# (offset, bytes, what it is)
_PICTURE = "a picture ({}). Run text recognition (OCR) on it, save the result as PDF or TXT, and add that."
_PACKED = "a packed archive ({}). Unpack it and add the files in it."
_MEDIA = "a recording ({}), which has no text to read. Add a transcript or a description instead."
_PROGRAM = "a program ({}), not a document."
_BOOK = "a {} book, which this version does not read. Convert it to EPUB or PDF and add that."

SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", _PICTURE.format("PNG")),
    (0, b"\xff\xd8\xff", _PICTURE.format("JPEG")),
    (0, b"GIF87a", _PICTURE.format("GIF")),
    (0, b"GIF89a", _PICTURE.format("GIF")),
    (0, b"II*\0", _PICTURE.format("TIFF")),
    (0, b"MM\0*", _PICTURE.format("TIFF")),
    (8, b"WEBP", _PICTURE.format("WebP")),
    (0, b"\0\0\0\x0cjP  \r\n", _PICTURE.format("JPEG 2000")),
    (4, b"ftypheic", _PICTURE.format("HEIC")),
    (0, b"AT&TFORM", "a DjVu document, which this version does not read. Convert it to PDF and add that."),
    (0, b"%!PS", "a PostScript file, which this version does not read. Convert it to PDF and add that."),
    (60, b"BOOKMOBI", _BOOK.format("Kindle (MOBI)")),
    (0, b"ITSF", "a Windows help file (CHM), which this version does not read."),
    (0, b"\x1f\x8b", _PACKED.format("gzip")),
    (0, b"BZh", _PACKED.format("bzip2")),
    (0, b"\xfd7zXZ\0", _PACKED.format("xz")),
    (0, b"7z\xbc\xaf\x27\x1c", _PACKED.format("7-Zip")),
    (0, b"Rar!\x1a\x07", _PACKED.format("RAR")),
    (0, b"\x28\xb5\x2f\xfd", _PACKED.format("Zstandard")),
    (257, b"ustar", _PACKED.format("tar")),
    (0, b"SQLite format 3\0", "a database (SQLite), not a document. Export what you need from it as text."),
    (0, b"ID3", _MEDIA.format("MP3")),
    (0, b"OggS", _MEDIA.format("Ogg")),
    (0, b"fLaC", _MEDIA.format("FLAC")),
    (8, b"WAVEfmt", _MEDIA.format("WAV")),
    (8, b"AVI LIST", _MEDIA.format("AVI")),
    (4, b"ftyp", _MEDIA.format("MP4")),
    (0, b"\x1aE\xdf\xa3", _MEDIA.format("Matroska")),
    (0, b"\x7fELF", _PROGRAM.format("Linux")),
    (0, b"MZ", _PROGRAM.format("Windows")),
    (0, b"\xca\xfe\xba\xbe", _PROGRAM.format("Java or macOS")),
    (0, b"\xcf\xfa\xed\xfe", _PROGRAM.format("macOS")),
)

# ISO 2709: record length, status and type letters, "22" for the lengths of indicators and subfield codes, base address,
# and the "4500" of the directory's entry map. https://www.loc.gov/marc/specifications/specrecstruc.html
_MARC = re.compile(rb"\s*\d{5}[a-z ][a-z ].{3}22\d{5}.{3}45", re.DOTALL | re.IGNORECASE)
_RIS = re.compile(r"\s*(?:\d+\.\s+)?TY  ?- ?[A-Z]{3,}|\s*FN (?:Clarivate|Thomson|ISI)|\s*%0 \w+ ?\w*\r?\n%", re.ASCII)
_BIBTEX = re.compile(r"@[A-Za-z]+\s*\{\s*[\w\"{]")

RECORD_SUFFIXES = {
    "csv": "CSV", "tsv": "TSV", "tab": "TSV", "ris": "RIS", "enw": "EndNote", "bib": "BibTeX", "bibtex": "BibTeX",
    "mrc": "MARC", "mrk": "MARC", "marc": "MARC", "jsonl": "JSONL", "ndjson": "JSONL",
}  # fmt: skip

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def is_ole(head: bytes) -> bool:
    """Tell whether the file is a compound file, as Office wrote them until 2003 ([MS-CFB])."""
    return head.startswith(_OLE)


def known_binary(head: bytes) -> str:
    """Return what a binary file is, as the end of a sentence; empty when its signature is not known."""
    for offset, signature, kind in SIGNATURES:
        if head[offset : offset + len(signature)] == signature:
            # "MZ" and "BM" begin texts, too.
            if len(signature) == 2 and b"\0" not in head[:64]:
                continue
            return kind
    return ""


def record_format(head: bytes, text: str, path: Path) -> str:
    """Return the name of the format when the file is a list of catalogue records (MARC, RIS, BibTeX, CSV)."""
    if _MARC.match(head):
        return "MARC"
    if _RIS.match(text):
        return "RIS"
    suffix = path.suffix.lower().removeprefix(".")
    if suffix in RECORD_SUFFIXES:
        return RECORD_SUFFIXES[suffix]
    lines = (line.strip() for line in text[:20_000].splitlines())
    first = next((line for line in lines if line and not line.startswith("%")), "")
    return "BibTeX" if _BIBTEX.match(first) else ""


def ole_reason(data: bytes) -> tuple[bool, str]:
    """Return whether a compound file is encrypted, and a sentence that says what it is.

    The names of its streams are searched for anywhere, in UTF-16, since the directory may stand anywhere.
    Sources: [MS-OFFCRYPTO] 1.3.2, [MS-DOC] 2.5.1, [MS-CFB].
    """

    def has(name: str) -> bool:
        return name.encode("utf-16-le") in data

    if has("EncryptedPackage"):
        return True, _LOCKED.format("document", "save a copy without it, and add that")
    if has("WordDocument"):
        # The stream usually begins right behind the header: FIB.wIdent, then fEncrypted in the flags at offset 10.
        if data[512:514] == b"\xec\xa5" and data[523:524] > b"" and data[523] & 1:
            return True, _LOCKED.format("old Word document", "and save it as DOCX without it")
        return False, _OLD.format("Word document", "doc", "as DOCX")
    if has("PowerPoint Document"):
        return False, _OLD.format("presentation", "ppt", "as PPTX")
    if has("Workbook") or has("Book"):
        return False, _OLD.format("workbook", "xls", "the sheet that matters as text")
    if has("__substg1.0_"):
        return False, "This is an Outlook message (.msg). Save it as text or PDF and add that."
    return False, "This is a file of an old program that is not read. Save it as DOCX or PDF and add that."


_LOCKED = "This {} is protected by a password. Open it with the password, {}."
_OLD = "This is a {} in the old format (.{}). Open it in a current program, save it {}, and add that."
