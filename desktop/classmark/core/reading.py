"""Files to readings, in a process of its own that can hang or crash without harm."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from dataclasses import asdict
from multiprocessing.context import SpawnProcess
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from classmark.core.children import settle_child, start_child
from classmark.core.documents import Document, Origin, Outcome, Reading
from classmark.core.readers import Limits, Unreadable, extract
from classmark.core.readers.base import MEBIBYTE
from classmark.core.readers.confine import MEMORY_EXIT, confine, set_alarm
from classmark.core.seal import seal_reader
from classmark_models.errors import ClassmarkError

if TYPE_CHECKING:
    from classmark.core.children import Connection

__all__ = ["Limits", "ReaderProcess", "ReaderUnavailable", "read_file"]

_START_SECONDS = 60.0
_STOP_SECONDS = 2.0
_GRACE_SECONDS = 10.0
_ASK_SECONDS = 0.1


class ReaderUnavailable(ClassmarkError):
    """The reading process cannot be started, so that no file can be read."""


def read_file(path: Path, limits: Limits | None = None) -> Reading:
    """Return the reading of one file, in this process; whatever goes wrong becomes an outcome and a sentence."""
    limits = limits or Limits()
    source = str(path)
    try:
        document, remark = extract(path, limits)
    except Unreadable as error:
        return Reading(source, error.outcome, str(error))
    except MemoryError:
        return Reading(source, Outcome.TOO_LARGE, _memory_reason(limits))
    except PermissionError:
        return Reading(source, Outcome.DAMAGED, "This file may not be opened. Check your rights to it, then try again.")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return Reading(source, Outcome.DAMAGED, f"This file cannot be opened ({reason}). Check that it is still there.")
    except Exception as error:  # noqa: BLE001  parsers raise anything on damaged files, and the batch goes on
        kind = type(error).__name__
        return Reading(
            source,
            Outcome.DAMAGED,
            f"This file is damaged: its reader stopped ({kind}). Fetch it again or save it anew.",
        )
    return Reading(source, Outcome.READ, remark, document)


class ReaderProcess:
    """Reads files in a child process with limits of time and memory; a context manager.

    A file that hangs, crashes or swells costs its own row only: the child is ended, the next file gets a new one.
    The child starts with the first file. One thread at a time may use a reader; which one does not matter.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None
        self._awaited: Path | None = None
        self._deadline = 0.0
        self._is_greeted = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Let the child start now, while the caller does something else; it starts by itself otherwise."""
        self._started()

    def close(self) -> None:
        """End the child at once. Reading again starts a new one."""
        process, pipe = self._process, self._pipe
        self._process = self._pipe = self._awaited = None
        if pipe is not None:
            pipe.close()
        if process is not None:
            process.kill()
            process.join(_STOP_SECONDS)
            with suppress(ValueError):  # still running: the system will end it
                process.close()

    def read(self, path: Path) -> Reading:
        """Return the reading of one file. Raises ReaderUnavailable, and RuntimeError within ``read_ahead``."""
        self._send(path)
        try:
            return self._receive()
        finally:
            self._abandon()

    def read_ahead(
        self, paths: Iterable[Path], should_stop: Callable[[], bool] = lambda: False
    ) -> Generator[Reading, None, None]:
        """Yield the readings of files in order; the next file is read while the caller works on this one.

        Closing the generator early drops the file being read; so it ends once ``should_stop``, asked while waiting,
        returns True. Raises ReaderUnavailable.
        """
        upcoming = iter(paths)
        path = next(upcoming, None)
        try:
            if path is not None:
                self._send(path)
            while path is not None and self._is_answered(should_stop):
                reading = self._receive()
                path = next(upcoming, None)
                if path is not None:
                    self._send(path)
                yield reading
        finally:
            self._abandon()

    def _abandon(self) -> None:
        """End a child whose answer nobody waits for any more, so that it is not taken for the next one's."""
        if self._awaited is not None:
            self.close()

    def _send(self, path: Path) -> None:
        if self._awaited is not None:
            raise RuntimeError("this reader is reading ahead; close that generator first")
        request = json.dumps(str(path)).encode()
        try:
            self._started().send_bytes(request)
        except OSError:
            # The child ended while it was idle.
            self.close()
            self._started().send_bytes(request)
        self._awaited = path
        self._deadline = monotonic() + self.limits.seconds

    def _is_answered(self, should_stop: Callable[[], bool]) -> bool:
        """Wait until the child has answered or time is up; return False when told to stop before."""
        pipe = self._pipe
        assert pipe is not None
        self._greet(pipe)
        with suppress(OSError):
            while not pipe.poll(_ASK_SECONDS) and monotonic() < self._deadline:
                if should_stop():
                    return False
        return True

    def _receive(self) -> Reading:
        path, pipe = self._awaited, self._pipe
        assert path is not None
        assert pipe is not None
        try:
            self._greet(pipe)
            if not pipe.poll(max(0.0, self._deadline - monotonic())):
                self.close()
                return Reading(str(path), Outcome.DAMAGED, _time_reason(self.limits))
            # At most six bytes a character, for the body and for the abstract that repeats a part of it.
            reading = _unpack(pipe.recv_bytes(self.limits.characters * 12 + MEBIBYTE))
        except (EOFError, OSError, ValueError, TypeError, KeyError):
            return self._crashed(path)
        self._awaited = None
        return reading

    def _greet(self, pipe: Connection) -> None:
        """Wait for a new child's first message; its start does not count against the first file."""
        if self._is_greeted:
            return
        try:
            is_there = pipe.poll(_START_SECONDS) and pipe.recv_bytes(16) == b"ready"
        except (EOFError, OSError):
            is_there = False
        if not is_there:
            self.close()
            raise ReaderUnavailable(
                "The part of Classmark that reads files could not be started. Restart the program; if that does not "
                "help, install it again."
            )
        self._is_greeted = True
        self._deadline = max(self._deadline, monotonic() + self.limits.seconds)

    def _crashed(self, path: Path) -> Reading:
        process = self._process
        assert process is not None
        process.join(_STOP_SECONDS)
        exit_code = process.exitcode
        self.close()
        if exit_code == MEMORY_EXIT:
            return Reading(str(path), Outcome.TOO_LARGE, _memory_reason(self.limits))
        return Reading(
            str(path),
            Outcome.DAMAGED,
            "This file made its reader break off: it is damaged, or needs too much memory. Save it anew in the program "
            "it comes from, or leave it out.",
        )

    def _started(self) -> Connection:
        if self._pipe is None:
            self._process, self._pipe = start_child(_serve, "classmark-reader", self.limits)
            self._is_greeted = False
        return self._pipe


def _serve(pipe: Connection, limits: Limits) -> None:
    """Run the child: read the files whose paths come through the pipe, until it closes.

    Only JSON travels: an attacked child could send a pickle that its parent would run.
    """
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    settle_child()
    confine(limits.memory_bytes)
    seal_reader()
    with suppress(EOFError, OSError):
        pipe.send_bytes(b"ready")
        while True:
            path = Path(json.loads(pipe.recv_bytes()))
            set_alarm(limits.seconds + _GRACE_SECONDS)
            answer = _pack(read_file(path, limits))
            set_alarm(0)
            pipe.send_bytes(answer)


def _pack(reading: Reading) -> bytes:
    return json.dumps(asdict(reading), ensure_ascii=False).encode("utf-8", "surrogatepass")


def _unpack(message: bytes) -> Reading:
    """Return the reading in a message. Raises ValueError, TypeError or KeyError when it is none."""
    fields: dict[str, Any] = json.loads(message.decode("utf-8", "surrogatepass"))
    packed = fields.pop("document")
    document = None
    if packed is not None:
        packed["pages"] = tuple(map(int, packed["pages"]))
        packed["title_origin"] = Origin(packed["title_origin"])
        packed["abstract_origin"] = Origin(packed["abstract_origin"])
        document = Document(**packed)
    return Reading(fields["source"], Outcome(fields["outcome"]), fields["reason"], document)


def _time_reason(limits: Limits) -> str:
    return (
        f"Reading this file took longer than {limits.seconds:g} s and was stopped. It is damaged or unusually "
        "complicated; save it as plain text and add that."
    )


def _memory_reason(limits: Limits) -> str:
    return (
        f"Reading this file takes more than {limits.memory_bytes // MEBIBYTE:,} MB of memory, so it was stopped. Split "
        "it, or save it as plain text and add that."
    )
