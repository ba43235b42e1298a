"""List the files of a frozen folder as the makers of Windows packages want them told.

    python3 build/windows/payload.py nsis FOLDER OUT        # OUT/{install-files,remove-files,documents}.nsh
    python3 build/windows/payload.py wix  FOLDER OUT        # OUT/files.wxs
    python3 build/windows/payload.py zip  FOLDER OUT.zip --marker portable.txt

An uninstaller takes away the files that are listed here, one by one, and folders only when they are empty: what else a
person keeps in the program's folder is not ours. Standard library alone, so that any Python runs it.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import uuid
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from xml.sax.saxutils import quoteattr

DOCUMENTS = (
    "pdf",
    "docx",
    "odt",
    "pptx",
    "odp",
    "rtf",
    "epub",
    "html",
    "htm",
    "xhtml",
    "xml",
    "txt",
    "text",
    "md",
    "markdown",
)
"""Suffixes of the documents that are read: Classmark is offered under "Open with", and takes none of them over."""
SUITCASE = "classmark"
"""The suffix of suitcases: nobody else's, so it is opened by Classmark where the person wants that."""

_NAMESPACE = uuid.UUID("4a1f1f0e-5d0c-4f0e-9d1c-8f5c1f7f6b35")
"""Of the names from which an MSI's components get their GUIDs; never changed, or upgrades leave files behind."""
_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?$")
_FORBIDDEN = re.compile(r'[<>:"|?*\\$]|[^ -~]|[ .]$')
"""What Windows allows in no name, and what the packers do not agree on: dollars, and letters beyond ASCII."""
_EARLIEST = 315_532_800
"""The first second of 1980, before which a zip knows no time."""


class PayloadError(ValueError):
    """A folder that cannot be packed for Windows; the message names the file."""


def listing(folder: Path) -> list[PurePosixPath]:
    """Return the files below a folder, relative and sorted. Raises PayloadError for what Windows cannot hold."""
    found, spelled = [], dict[str, PurePosixPath]()
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in [*folders, *names]:
            path = Path(root, name)
            told = PurePosixPath(path.relative_to(folder).as_posix())
            if path.is_symlink():
                raise PayloadError(f"{told} is a link, which Windows packages cannot hold.")
            if _FORBIDDEN.search(name) or _RESERVED.match(name):
                raise PayloadError(f"{told} has a name that Windows packages cannot hold.")
            twin = spelled.setdefault(str(told).casefold(), told)
            if twin != told:
                raise PayloadError(f"{told} and {twin} are one name to Windows.")
        found += [PurePosixPath(Path(root, name).relative_to(folder).as_posix()) for name in names]
    if not found:
        raise PayloadError(f"There is nothing in {folder}.")
    return sorted(found)


def folders_of(files: Iterable[PurePosixPath]) -> list[PurePosixPath]:
    """Return the folders of files, each before those in it; the top folder is left out."""
    return sorted({parent for file in files for parent in file.parents if parent.parts})


def nsis_install(folder: Path, files: Iterable[PurePosixPath]) -> Iterator[str]:
    """Yield the lines of a script that lay the files down."""
    place = None
    for file in sorted(files, key=lambda file: (file.parent, file.name)):
        if file.parent != place:
            place = file.parent
            yield f'SetOutPath "{_nsis_path(place)}"'
        yield f'File "{folder / file}"'


def nsis_remove(files: Iterable[PurePosixPath]) -> Iterator[str]:
    """Yield the lines that take the files away again, and the folders that are empty then, the deepest first."""
    files = list(files)
    for file in files:
        yield f'Delete "{_nsis_path(file)}"'
    for place in reversed(folders_of(files)):
        yield f'RMDir "{_nsis_path(place)}"'


def nsis_documents() -> Iterator[str]:
    """Yield a macro that calls another one with the suffix of each kind of document."""
    yield "!macro EachDocument do"
    yield from (f"  !insertmacro ${{do}} {suffix}" for suffix in DOCUMENTS)
    yield "!macroend"


def _nsis_path(path: PurePosixPath) -> str:
    return "\\".join(["$INSTDIR", *path.parts])


def wix(files: Iterable[PurePosixPath]) -> Iterator[str]:
    """Yield a WiX fragment: the files in their directories, a component each, and what "Open with" is told.

    wixl takes no absolute paths: ``payload`` is the frozen folder, beside the fragment.
    """
    files = list(files)
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield '<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">'
    yield '<Fragment><DirectoryRef Id="INSTALLFOLDER">'
    yield from _wix_folder(PurePosixPath(), files)
    yield "</DirectoryRef></Fragment>"
    yield '<Fragment><ComponentGroup Id="Files">'
    yield from (f'<ComponentRef Id="{_id("c", file)}"/>' for file in files)
    yield "</ComponentGroup></Fragment>"
    yield '<Fragment><DirectoryRef Id="INSTALLFOLDER">'
    yield '<Component Id="OpenWithTypes" Guid="0F7B7A1E-7E59-4B5B-8E6E-0D7E2C1D1A04" Win64="yes">'
    program = "Software\\Classes\\Applications\\classmark-desktop.exe"
    yield _wix_value(program, "FriendlyAppName", "Classmark", ' KeyPath="yes"')
    yield _wix_value(f"{program}\\shell\\open\\command", "", '"[INSTALLFOLDER]classmark-desktop.exe" "%1"')
    yield from (_wix_value(f"{program}\\SupportedTypes", f".{suffix}", "") for suffix in DOCUMENTS)
    yield "</Component></DirectoryRef></Fragment>"
    yield "</Wix>"


def _wix_value(key: str, name: str, value: str, more: str = "") -> str:
    named = f" Name={quoteattr(name)}" if name else ""
    return f'<RegistryValue Root="HKLM" Key="{key}"{named} Type="string" Value={quoteattr(value)}{more}/>'


def _wix_folder(place: PurePosixPath, files: list[PurePosixPath]) -> Iterator[str]:
    for file in files:
        if file.parent == place:
            guid = str(uuid.uuid5(_NAMESPACE, str(file))).upper()
            yield f'<Component Id="{_id("c", file)}" Guid="{guid}" Win64="yes">'
            names = f"Name={quoteattr(file.name)} Source={quoteattr(f'payload/{file}')}"
            yield f'<File Id="{_id("f", file)}" {names} KeyPath="yes"/>'
            yield "</Component>"
    for child in folders_of(files):
        if child.parent == place:
            yield f'<Directory Id="{_id("d", child)}" Name={quoteattr(child.name)}>'
            yield from _wix_folder(child, files)
            yield "</Directory>"


def _id(kind: str, path: PurePosixPath) -> str:
    """Return an identifier that the same path always gets; MSI allows 72 letters."""
    return f"{kind}{uuid.uuid5(_NAMESPACE, str(path)).hex}"


def write_zip(folder: Path, files: Iterable[PurePosixPath], out: Path, top: str, marker: str = "") -> None:
    """Pack files below one folder ``top``, the same bytes each time; ``marker``: an empty file beside the programs."""
    moment = max(int(os.environ.get("SOURCE_DATE_EPOCH", _EARLIEST)), _EARLIEST)
    stamp = datetime.fromtimestamp(moment, UTC).timetuple()[:6]
    contents = {file: (folder / file).read_bytes for file in files}
    if marker:
        contents[PurePosixPath(marker)] = bytes
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(contents):
            entry = zipfile.ZipInfo(f"{top}/{file}", stamp)
            entry.create_system, entry.external_attr = 0, 0x20  # MS-DOS, an ordinary file
            archive.writestr(entry, contents[file](), zipfile.ZIP_DEFLATED)


def main() -> None:
    """Write what was asked for; a folder that cannot be packed is told in one sentence."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("kind", choices=("nsis", "wix", "zip"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--top", default="Classmark", help="the folder that a zip unpacks to")
    parser.add_argument("--marker", default="", help="the file that makes a program portable")
    asked = parser.parse_args()
    folder = asked.folder.absolute()
    try:
        files = listing(folder)
    except PayloadError as error:
        sys.exit(str(error))
    match asked.kind:
        case "nsis":
            _write(asked.out / "install-files.nsh", nsis_install(folder, files))
            _write(asked.out / "remove-files.nsh", nsis_remove(files))
            _write(asked.out / "documents.nsh", nsis_documents())
        case "wix":
            _write(asked.out / "files.wxs", wix(files))
        case _:
            write_zip(folder, files, asked.out, asked.top, asked.marker)


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8-sig" if path.suffix == ".nsh" else "utf-8")


if __name__ == "__main__":
    main()
