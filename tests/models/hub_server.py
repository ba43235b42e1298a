"""A hub on this computer: the protocol as huggingface_hub speaks it, with faults on request.

Model info with blob sizes and LFS object ids, the list of commits in pages of one, ``resolve`` with the hub's headers;
large files are redirected to a second server, as the hub does with its storage, which must never see the token.
"""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit


@dataclass
class Repo:
    """Files at each commit, the newest commit last; those of ``large`` lie in the storage."""

    commits: dict[str, dict[str, bytes]]
    large: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Asked:
    """One request, as the server saw it."""

    server: str
    method: str
    path: str
    range: str | None
    token: str | None


@dataclass
class Fault:
    """What goes wrong when a path that ends so is asked for, ``times`` times.

    ``status`` is answered instead, with ``headers`` and ``body``; or, of the answer's body, only ``after`` bytes come
    before the line breaks, or before nothing more comes (``stall``); or ``change`` is made to it. An ``unsized`` answer
    does not say how long it is, so that its end looks like any other.
    """

    ending: str
    times: int = 1
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    after: int | None = None
    stall: bool = False
    change: Callable[[bytes], bytes] | None = None
    ignore_range: bool = False
    unsized: bool = False


class Hub:
    """The hub and its storage; ``asked`` grows with each request."""

    def __init__(self, repos: dict[str, Repo]) -> None:
        self.repos = repos
        self.faults: list[Fault] = []
        self.asked: list[Asked] = []
        self.token: str | None = None
        self.released = threading.Event()
        self._servers = [
            _Server(("127.0.0.1", 0), partial(_Handler, hub=self, name=name)) for name in ("hub", "storage")
        ]
        self.endpoint, self.storage = (f"http://127.0.0.1:{server.server_port}" for server in self._servers)

    @contextmanager
    def running(self) -> Iterator[Hub]:
        for server in self._servers:
            threading.Thread(target=partial(server.serve_forever, 0.01)).start()
        try:
            yield self
        finally:
            self.released.set()
            for server in self._servers:
                server.shutdown()
                server.server_close()

    def fault(self, path: str) -> Fault | None:
        """Return the fault that shall happen now, and count it."""
        for fault in self.faults:
            if path.endswith(fault.ending) and fault.times > 0:
                fault.times -= 1
                return fault
        return None

    def downloads(self) -> list[tuple[str, str | None]]:
        """Return name and range of each request that brought, or should have brought, bytes of a file."""
        small = [a for a in self.asked if a.server == "hub" and "/resolve/" in a.path and not self._is_large(a.path)]
        stored = [a for a in self.asked if a.server == "storage"]
        chosen = [a for a in self.asked if a in small or a in stored]
        return [(a.path.rsplit("/", 1)[-1], a.range) for a in chosen]

    def find(self, path: str) -> tuple[Repo, str, str] | None:
        """Return repo, commit and file of a ``resolve`` path."""
        name, _, rest = path.lstrip("/").partition("/resolve/")
        commit, _, file = rest.partition("/")
        repo = self.repos.get(name)
        if repo is None or file not in repo.commits.get(commit, {}):
            return None
        return repo, commit, file

    def _is_large(self, path: str) -> bool:
        found = self.find(path)
        return found is not None and found[2] in found[0].large


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that go away: that is what some of them are here for."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, *arguments: object, hub: Hub, name: str) -> None:
        self._hub, self._name = hub, name
        super().__init__(*arguments)  # type: ignore[arg-type]

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        token = self.headers.get("Authorization")
        self._hub.asked.append(Asked(self._name, self.command, path, self.headers.get("Range"), token))
        if self._name == "storage":
            repo, commit, file = path.lstrip("/").split("//")
            return self._send(self._hub.repos[repo].commits[commit][file], path)
        large = (found := self._hub.find(path)) is not None and found[2] in found[0].large
        fault = None if large else self._hub.fault(path)
        if fault is not None and fault.status is not None:
            return self._refuse(fault.status, fault.headers, fault.body)
        if self._hub.token is not None and token != f"Bearer {self._hub.token}":
            return self._refuse(401, {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access is restricted."})
        if path.startswith("/api/models/"):
            return self._inform(path.removeprefix("/api/models/"), fault)
        if found is None:
            return self._refuse(404, {"X-Error-Code": "EntryNotFound"})
        return self._resolve(*found, path, fault)

    def _inform(self, path: str, fault: Fault | None) -> None:
        name, _, revision = path.partition("/revision/")
        name, commits_asked, _ = name.partition("/commits/")
        repo = self._hub.repos.get(name)
        if repo is None:
            return self._refuse(404, {"X-Error-Code": "RepoNotFound"})
        if commits_asked:
            page = int(urlsplit(self.path).query.removeprefix("p=") or 0)
            newest_first, here = list(reversed(repo.commits)), f"{self._hub.endpoint}/api/models/{path}"
            more = {"Link": f'<{here}?p={page + 1}>; rel="next"'} if page + 1 < len(newest_first) else {}
            return self._send(json.dumps([{"id": newest_first[page]}]).encode(), path, more, fault)
        commit = revision or list(repo.commits)[-1]
        if commit not in repo.commits:
            return self._refuse(404, {"X-Error-Code": "RevisionNotFound"})
        siblings = [
            {
                "rfilename": file,
                "size": len(content),
                "blobId": _git(_pointer(content) if file in repo.large else content),
            }
            | (
                {"lfs": {"sha256": _sha256(content), "size": len(content), "pointerSize": 134}}
                if file in repo.large
                else {}
            )
            for file, content in repo.commits[commit].items()
        ]
        return self._send(json.dumps({"id": name, "sha": commit, "siblings": siblings}).encode(), path, fault=fault)

    def _resolve(self, repo: Repo, commit: str, file: str, path: str, fault: Fault | None) -> None:
        content = repo.commits[commit][file]
        if file not in repo.large:
            return self._send(content, path, {"ETag": f'"{_git(content)}"', "X-Repo-Commit": commit}, fault)
        name = next(name for name, known in self._hub.repos.items() if known is repo)
        return self._refuse(
            302,
            {
                "Location": f"{self._hub.storage}/{name}//{commit}//{file}",
                "X-Repo-Commit": commit,
                "X-Linked-Size": str(len(content)),
                "X-Linked-Etag": f'"{_sha256(content)}"',
            },
        )

    def _send(
        self, content: bytes, path: str, headers: dict[str, str] | None = None, fault: Fault | None = None
    ) -> None:
        fault = fault or self._hub.fault(path)
        if fault is not None and fault.status is not None:
            return self._refuse(fault.status, fault.headers, fault.body)
        if fault is not None and fault.change is not None:
            content = fault.change(content)
        begin, status = 0, 200
        asked = self.headers.get("Range", "")
        if asked and not (fault and fault.ignore_range):
            begin, status = int(asked.removeprefix("bytes=").removesuffix("-")), 206
            if begin >= len(content):
                return self._refuse(416, {"Content-Range": f"bytes */{len(content)}"})
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status == 206:
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        if fault is not None and fault.unsized:
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(len(content) - begin))
        self.end_headers()
        if self.command == "HEAD":
            return None
        if fault is None or fault.after is None:
            self.wfile.write(content[begin:])
            return None
        self.wfile.write(content[begin : begin + fault.after])
        self.wfile.flush()
        if fault.stall:
            self._hub.released.wait(30)
        self.close_connection = True
        return None

    def _refuse(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _git(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _pointer(content: bytes) -> bytes:
    facts = f"oid sha256:{_sha256(content)}\nsize {len(content)}\n"
    return f"version https://git-lfs.github.com/spec/v1\n{facts}".encode()
