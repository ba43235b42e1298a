"""A proxy as institutions have them: it forwards plain requests, and reads along in those that are encrypted."""

from __future__ import annotations

import base64
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HOST = "hub.example.org"
"""A name that no test can look up: whoever reaches it went through the proxy."""
_PASSED_ON = ("Authorization", "Range", "Accept", "Accept-Encoding", "User-Agent")


def make_certificate(folder: Path) -> Path:
    """Write key and certificate of ``HOST``, signed by itself, into one file; without openssl there is none."""
    path = folder / "institution.pem"
    made = f"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN={HOST}".split()
    program = shutil.which("openssl")
    assert program
    subprocess.run(
        [program, *made, "-addext", f"subjectAltName=DNS:{HOST}", "-keyout", path, "-out", folder / "certificate"],
        check=True,
        capture_output=True,
    )
    path.write_bytes(path.read_bytes() + (folder / "certificate").read_bytes())
    return path


class Proxy:
    """Forwards what is asked of ``HOST`` to a hub of this computer; ``asked`` grows with each request or tunnel."""

    def __init__(self, hub: str, certificate: Path | None = None, secret: str = "") -> None:
        self.hub, self.secret = hub, secret
        self.asked: list[str] = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate else None
        if self.context and certificate:
            self.context.load_cert_chain(certificate)
        self._server = _Server(("127.0.0.1", 0), partial(_Handler, proxy=self))
        self.place = f"127.0.0.1:{self._server.server_port}"

    @contextmanager
    def running(self) -> Iterator[Proxy]:
        threading.Thread(target=partial(self._server.serve_forever, 0.01)).start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that do not trust us."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, *arguments: object, proxy: Proxy) -> None:
        self._proxy, self._tunnel = proxy, ""
        super().__init__(*arguments)  # type: ignore[arg-type]

    def log_message(self, *_: object) -> None:
        pass

    def finish(self) -> None:
        super().finish()
        if self._tunnel:
            self.connection.close()

    def do_CONNECT(self) -> None:
        if self._may_pass():
            self._tunnel = self.path.partition(":")[0]
            self.send_response(200)
            self.end_headers()
            assert self._proxy.context
            self.connection = self._proxy.context.wrap_socket(self.connection, server_side=True)
            self.rfile = self.connection.makefile("rb")
            self.wfile = self.connection.makefile("wb", 0)

    def do_HEAD(self) -> None:
        self._forward()

    def do_GET(self) -> None:
        self._forward()

    def _may_pass(self) -> bool:
        self._proxy.asked.append(f"{self.command} {self.path}")
        known = "Basic " + base64.b64encode(self._proxy.secret.encode()).decode()
        if self._tunnel or not self._proxy.secret or self.headers.get("Proxy-Authorization") == known:
            return True
        self.send_response(407)
        self.send_header("Proxy-Authenticate", "Basic")
        self.send_header("Content-Length", "0")
        self.end_headers()
        return False

    def _forward(self) -> None:
        if not self._may_pass():
            return
        url = urlsplit(self.path)
        place = urlsplit(self._proxy.hub).netloc if (self._tunnel or url.hostname) == HOST else url.netloc
        beyond = HTTPConnection(place, timeout=10)
        headers = {name: self.headers[name] for name in _PASSED_ON if name in self.headers}
        beyond.request(self.command, url._replace(scheme="", netloc="").geturl(), headers=headers)
        answer = beyond.getresponse()
        body = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding", "server", "date"):
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        beyond.close()
