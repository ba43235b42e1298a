"""A hub on this computer: the protocol as huggingface_hub speaks it, with faults on request.

Model info with blob sizes and LFS object ids, the list of commits in pages of one, ``resolve`` with the hub's headers;
large files are redirected to a second server, as the hub does with its storage, which must never see the token.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache, partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from huggingface_hub import ModelCard

Content = bytes | Path


@dataclass
class Repo:
    """Files at each commit, the newest commit last; those of ``large`` lie in the storage, a Path is read from disk.

    With ``gated``, files are only given to who has the hub's token; anybody may see what there is.
    """

    commits: dict[str, dict[str, Content]]
    large: frozenset[str] = frozenset()
    gated: bool = False

    @staticmethod
    def of_folder(folder: Path, large: int = 1_000_000) -> Repo:
        """Return the files of a folder as a repo of one commit; those from so many bytes on lie in the storage."""
        files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
        named = "".join(f"{name} {_digest(path, 'sha256')}\n" for name, path in files.items())
        stored = frozenset(name for name, path in files.items() if path.stat().st_size >= large)
        return Repo({hashlib.sha1(named.encode()).hexdigest(): dict(files)}, stored)


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
        self.gate: str | None = None
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
        files = repo.commits[commit]
        siblings = [_sibling(file, content, file in repo.large) for file, content in files.items()]
        facts = {"id": name, "sha": commit, "siblings": siblings, "gated": "auto" if repo.gated else False}
        if "README.md" in files:
            with _opened(files["README.md"]) as card:
                facts["cardData"] = ModelCard(card.read().decode(), ignore_metadata_errors=True).data.to_dict()  # type: ignore[no-untyped-call]
        return self._send(json.dumps(facts).encode(), path, fault=fault)

    def _resolve(self, repo: Repo, commit: str, file: str, path: str, fault: Fault | None) -> None:
        content = repo.commits[commit][file]
        if repo.gated and (self._hub.gate is None or self.headers.get("Authorization") != f"Bearer {self._hub.gate}"):
            return self._refuse(401, {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access is restricted."})
        if file not in repo.large:
            return self._send(content, path, {"ETag": f'"{_git(content)}"', "X-Repo-Commit": commit}, fault)
        name = next(name for name, known in self._hub.repos.items() if known is repo)
        return self._refuse(
            302,
            {
                "Location": f"{self._hub.storage}/{name}//{commit}//{file}",
                "X-Repo-Commit": commit,
                "X-Linked-Size": str(_size(content)),
                "X-Linked-Etag": f'"{_digest(content, "sha256")}"',
            },
        )

    def _send(
        self, content: Content, path: str, headers: dict[str, str] | None = None, fault: Fault | None = None
    ) -> None:
        fault = fault or self._hub.fault(path)
        if fault is not None and fault.status is not None:
            return self._refuse(fault.status, fault.headers, fault.body)
        if fault is not None and fault.change is not None:
            with _opened(content) as whole:
                content = fault.change(whole.read())
        begin, status, size = 0, 200, _size(content)
        asked = self.headers.get("Range", "")
        if asked and not (fault and fault.ignore_range):
            begin, status = int(asked.removeprefix("bytes=").removesuffix("-")), 206
            if begin >= size:
                return self._refuse(416, {"Content-Range": f"bytes */{size}"})
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status == 206:
            self.send_header("Content-Range", f"bytes {begin}-{size - 1}/{size}")
        if fault is not None and fault.unsized:
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(size - begin))
        self.end_headers()
        if self.command == "HEAD":
            return None
        with _opened(content) as output:
            output.seek(begin)
            if fault is None or fault.after is None:
                shutil.copyfileobj(output, self.wfile, 1 << 20)
                return None
            self.wfile.write(output.read(fault.after))
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


def _sibling(file: str, content: Content, large: bool) -> dict[str, Any]:
    size = _size(content)
    if not large:
        return {"rfilename": file, "size": size, "blobId": _git(content)}
    sha256 = _digest(content, "sha256")
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n"
    facts = {"sha256": sha256, "size": size, "pointerSize": len(pointer)}
    return {"rfilename": file, "size": size, "blobId": _git(pointer.encode()), "lfs": facts}


def _opened(content: Content) -> BinaryIO:
    return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")


def _size(content: Content) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def _digest(content: Content, kind: str, before: bytes = b"") -> str:
    return _digest_of(content, kind, before, 0 if isinstance(content, bytes) else content.stat().st_mtime_ns)


@lru_cache(256)
def _digest_of(content: Content, kind: str, before: bytes, changed: int) -> str:
    digest = hashlib.new(kind, before)
    with _opened(content) as whole:
        while block := whole.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _git(content: Content) -> str:
    return _digest(content, "sha1", b"blob %d\0" % _size(content))
