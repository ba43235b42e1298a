"""Each connection into the journal: its beginning before a byte goes out, its end with what went and came."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from huggingface_hub import close_session, set_client_factory
from huggingface_hub.utils import WeakFileLock
from huggingface_hub.utils._http import default_client_factory

from classmark_models.errors import StoreError
from classmark_models.hub.transfer import size_of
from classmark_models.journal import LARGEST, Cause, Journal
from classmark_models.store import writing

_LOCK_SECONDS = 10.0


def record(cause: Cause | None) -> None:
    """Have whatever huggingface_hub connects to from now on written down, each time for this cause; None ends that."""
    set_client_factory(default_client_factory if cause is None else lambda: _client(cause))
    close_session()


def _client(cause: Cause) -> httpx2.Client:
    """Return the client that huggingface_hub would make, with its connections recorded, those to proxies too.

    httpx2 has no public place for a network backend. Should it change its inside, this raises, and nothing is fetched.
    """
    client = default_client_factory()
    for transport in (client._transport, *client._mounts.values()):
        if transport is not None:  # an address for which there is no proxy
            pool: Any = transport._pool  # type: ignore[attr-defined]
            pool._network_backend = _Backend(pool._network_backend, cause)
    return client


class _Backend:
    """Opens connections as ``httpcore2.NetworkBackend`` does, and has them recorded."""

    def __init__(self, backend: Any, cause: Cause) -> None:
        self._backend, self._cause = backend, cause

    def connect_tcp(self, host: str, port: int, *arguments: Any, **options: Any) -> _Stream:
        entry = _Entry(self._cause, host, port)
        try:
            stream = self._backend.connect_tcp(host, port, *arguments, **options)
        except Exception as error:
            entry.end(error)
            raise
        return _Stream(stream, entry)

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


class _Entry:
    """One connection, told in two lines of the journal."""

    def __init__(self, cause: Cause, host: str, port: int) -> None:
        """Write the first line; StoreError when that cannot be done, and no connection shall be made then."""
        self._journal, self._id = cause.journal, secrets.token_hex(6)
        self.sent = self.received = 0
        self.address = self.outcome = ""
        self._is_ended = False
        place = {"host": host, "port": port, "purpose": cause.purpose, "model": cause.model}
        _append(self._journal, {"opened": _now(), "id": self._id, **place})

    def end(self, error: Exception | None = None) -> None:
        """Write the second line, once."""
        if self._is_ended:
            return
        self._is_ended = True
        self.note(error)
        counts = {"address": self.address, "sent": self.sent, "received": self.received, "outcome": self.outcome}
        with suppress(StoreError):  # of what was done the first line tells
            _append(self._journal, {"closed": _now(), "id": self._id, **counts})

    def note(self, error: Exception | None) -> None:
        """Remember what went wrong first."""
        if error is not None and not self.outcome:
            self.outcome = f"{type(error).__name__}: {error}".rstrip(": ")


class _Stream:
    """An open connection, as ``httpcore2.NetworkStream``, whose bytes are counted."""

    def __init__(self, stream: Any, entry: _Entry) -> None:
        self._stream, self._entry = stream, entry
        with suppress(OSError):
            entry.address = str(stream.get_extra_info("server_addr")[0])

    def read(self, *arguments: Any, **options: Any) -> bytes:
        content: bytes = self._noting(lambda: self._stream.read(*arguments, **options))
        self._entry.received += len(content)
        return content

    def write(self, buffer: bytes, *arguments: Any, **options: Any) -> None:
        self._noting(lambda: self._stream.write(buffer, *arguments, **options))
        self._entry.sent += len(buffer)

    def start_tls(self, *arguments: Any, **options: Any) -> _Stream:
        try:
            return _Stream(self._stream.start_tls(*arguments, **options), self._entry)
        except Exception as error:
            self._entry.end(error)  # it is closed by now
            raise

    def close(self) -> None:
        self._stream.close()
        self._entry.end()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def _noting(self, act: Callable[[], Any]) -> Any:
        try:
            return act()
        except Exception as error:
            self._entry.note(error)
            raise


def _append(journal: Journal, facts: dict[str, Any]) -> None:
    """Write a line, and begin a new file where the journal has become large; StoreError when it cannot be written."""
    path = journal.path
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with WeakFileLock(path.with_name(f"{path.name}.lock"), timeout=_LOCK_SECONDS):
            if size_of(path) > LARGEST or not path.exists():
                history = journal.read()
                if path.exists():
                    path.replace(journal.older)
                _write(path, {"before": history.dropped + len(history.connections)})
            _write(path, facts)


def _write(path: Path, facts: dict[str, Any]) -> None:
    with path.open("ab+") as file:
        # A line that a crash cut short must not take this one with it.
        is_cut = file.tell() > 0 and (file.seek(-1, os.SEEK_END), file.read(1))[1] != b"\n"
        file.write(b"\n" * is_cut + json.dumps(facts).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
