"""Bounded reading of the zip archives that DOCX, ODT, PPTX and EPUB are; nothing is ever written to disk."""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from types import TracebackType
from typing import Self
from urllib.parse import unquote

from classmark.core.documents import Outcome
from classmark.core.readers.base import MEBIBYTE, File, Unreadable

_DAMAGED = "This file is damaged: {}. Fetch it again, or open it in the program that made it and save it anew."
_BOMB = "This file unpacks to {} MB, far more than a document needs. It was not opened."
_CHUNK = 1 << 16


class Archive:
    """An open zip archive whose entries are read within limits.

    Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, through ``zipfile``. Names are keys only, so
    that a hostile name ("../../x") reaches no file system.
    """

    def __init__(self, file: File) -> None:
        """Open the archive. Raises Unreadable: DAMAGED, or TOO_LARGE with too many entries."""
        self._limits = file.limits
        self._left = file.limits.expanded_bytes
        try:
            self._zip = zipfile.ZipFile(file.path)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, ValueError, EOFError) as error:
            raise Unreadable(Outcome.DAMAGED, _DAMAGED.format("its parts cannot be found")) from error
        self.names = frozenset(self._zip.namelist())
        if len(self._zip.infolist()) > file.limits.entries:
            self._zip.close()
            raise Unreadable(
                Outcome.TOO_LARGE,
                f"This file is made of more than {file.limits.entries:,} parts, too many for a document.",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the content of one entry piece by piece.

        Raises Unreadable: TOO_LARGE past the limits, ENCRYPTED, DAMAGED (a missing entry, too).
        """
        try:
            entry = self._zip.getinfo(name)
            self._check(entry)
            with self._zip.open(entry) as stream:
                while chunk := stream.read(_CHUNK):
                    self._left -= len(chunk)
                    if self._left < 0:
                        raise Unreadable(Outcome.TOO_LARGE, _BOMB.format(self._limits.expanded_bytes // MEBIBYTE))
                    yield chunk
        except KeyError as error:
            raise Unreadable(Outcome.DAMAGED, _DAMAGED.format("a part of it is missing")) from error
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError) as error:
            raise Unreadable(Outcome.DAMAGED, _DAMAGED.format("a part of it cannot be unpacked")) from error

    def read(self, name: str) -> bytes:
        """Return the content of one entry; raises as ``chunks`` does."""
        return b"".join(self.chunks(name))

    def read_if_there(self, name: str) -> bytes:
        """Return the content of one entry, or nothing where it is missing; raises as ``chunks`` does."""
        return self.read(name) if name in self.names else b""

    def _check(self, entry: zipfile.ZipInfo) -> None:
        if entry.flag_bits & 1:
            raise Unreadable(
                Outcome.ENCRYPTED, "This file is protected by a password. Save a copy without it, and add that."
            )
        ratio = entry.file_size / max(entry.compress_size, 1)
        if entry.file_size > self._limits.ratio_bytes and ratio > self._limits.ratio:
            raise Unreadable(Outcome.TOO_LARGE, _BOMB.format(entry.file_size // MEBIBYTE))


def resolve(base: str, target: str) -> str:
    """Return the entry that ``target``, a reference found in the entry ``base``, points to."""
    target = unquote(target.split("#")[0])
    if target.startswith("/"):
        return posixpath.normpath(target.lstrip("/"))
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), target))
