"""The proof that Classmark works without a network, and asks for none.

Two ways, each with a control that shows it would catch a connection: a network namespace without interfaces, which
holds for compiled code too; and a hook that forbids and records every internet socket of the Python processes, the
program's and its children's, which finds attempts that a program would otherwise hide.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from tests.cli.model_world import ABSTRACT, TITLE, make_world
from tests.fixtures import window_run
from tests.models.hub_server import Hub

from classmark.resources import asset

CLASSIFY_TINY = ("classify", "--title", TITLE, "--abstract", ABSTRACT, "--model", "tiny", "--format", "jsonl")

# Python runs a module of this name at the start of every process.
_HOOK = """
import os, socket, sys

def note(line):
    with open(os.environ["SOCKET_NOTES"], "a") as notes:
        notes.write(line + "\\n")

def forbid(event, arguments):
    if not event.startswith("socket."):
        return
    if event == "socket.__new__" and arguments[1] not in (socket.AF_INET, socket.AF_INET6):
        return  # a pipe between a program and its child
    if event == "socket.__new__" or arguments and event in ("socket.getaddrinfo", "socket.gethostbyname"):
        note(f"caught {event} {arguments[1:]}")
        raise PermissionError("sockets are forbidden")

note(f"watching {os.getpid()}")
sys.addaudithook(forbid)
"""


@dataclass(frozen=True)
class Isolation:
    """A way to run a program without a network; ``prefix`` goes before its command."""

    prefix: tuple[str, ...]
    folder: Path | None

    def run(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        environment = dict(os.environ)
        if self.folder is not None:
            paths = os.pathsep.join(map(os.path.abspath, [str(self.folder), *sys.path]))
            environment |= {"PYTHONPATH": paths, "SOCKET_NOTES": str(self.folder / "notes")}
        command = [*self.prefix, sys.executable, *map(str, arguments)]
        return subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=120
        )

    def caught(self) -> list[str]:
        """Return what the hook caught."""
        return [note for note in self._notes() if note.startswith("caught")]

    def watched(self) -> int:
        """Return the number of processes that were hooked."""
        return len({note for note in self._notes() if note.startswith("watching")})

    def _notes(self) -> list[str]:
        return [] if self.folder is None else (self.folder / "notes").read_text().splitlines()


@cache
def without_network() -> tuple[str, ...] | None:
    """Return the command that starts a program in a network namespace of its own, as root or as anybody, if any may."""
    for command in (("unshare", "--net"), ("unshare", "--map-root-user", "--net")):
        if shutil.which("unshare") and not subprocess.run([*command, "true"], capture_output=True).returncode:
            return command
    return None


@pytest.fixture(params=["without interfaces", "sockets forbidden"])
def isolation(request: pytest.FixtureRequest, tmp_path: Path) -> Isolation:
    if request.param == "sockets forbidden":
        (tmp_path / "sitecustomize.py").write_text(_HOOK)
        return Isolation((), tmp_path)
    prefix = without_network()
    if prefix is None:
        pytest.skip("this system does not let us make a network namespace")
    return Isolation(prefix, None)


@pytest.fixture
def port() -> Iterator[int]:
    """A server on this computer, the easiest connection there is."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def assert_nothing_was_asked(isolation: Isolation) -> None:
    """Nothing was caught, and not for want of watching: the program and its reading process were both hooked."""
    assert isolation.caught() == []
    assert isolation.folder is None or isolation.watched() >= 2


def test_control_a_connection_would_fail(isolation: Isolation, port: int) -> None:
    connect = f"import socket; socket.create_connection(('127.0.0.1', {port}), 5).close()"
    assert Isolation((), None).run("-c", connect).returncode == 0
    assert isolation.run("-c", connect).returncode != 0


@pytest.mark.parametrize("isolation", ["sockets forbidden"], indirect=True)
@pytest.mark.parametrize("attempt", ["getaddrinfo('a.test', 80)", "socket(AF_INET, SOCK_DGRAM)", "socket(AF_INET6)"])
def test_control_a_hidden_attempt_would_be_noted(isolation: Isolation, attempt: str) -> None:
    hidden = f"import contextlib\nfrom socket import *\nwith contextlib.suppress(OSError): {attempt}"
    assert isolation.run("-c", hidden).returncode == 0
    assert len(isolation.caught()) == 1


def test_command_line_works_offline(isolation: Isolation) -> None:
    done = isolation.run("-m", "classmark.cli", "classify", asset("samples"), "--format", "jsonl")
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(records) == len(list(asset("samples").iterdir()))
    assert {record["status"] for record in records} == {"ok"}
    assert all(record["results"] for record in records)
    assert_nothing_was_asked(isolation)


@pytest.fixture
def tiny_case(tmp_path: Path, alone: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A suitcase of a model that was fetched from a hub on this computer and removed again."""

    def run(*arguments: object) -> str:
        command = [sys.executable, "-m", "classmark.cli", *map(str, arguments)]
        paths = {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}
        done = subprocess.run(command, env={**os.environ, **paths}, capture_output=True, encoding="utf-8", timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    case = tmp_path / "tiny.classmark"
    monkeypatch.setenv("CLASSMARK_HOME", str(tmp_path / "home"))
    with Hub({}).running() as hub:
        make_world(hub, tmp_path / "published").know(tmp_path / "home")
        run("models", "fetch", "tiny", "--yes", "--hub", hub.endpoint)
    assert json.loads(run(*CLASSIFY_TINY))["status"] == "ok"
    run("models", "export", "tiny", case)
    run("models", "remove", "tiny", "--yes")
    return case


def test_models_are_carried_without_a_network(isolation: Isolation, tiny_case: Path) -> None:
    assert isolation.run("-m", "classmark.cli", *CLASSIFY_TINY).returncode == 1
    for arguments in (("models", "import", tiny_case), CLASSIFY_TINY):
        done = isolation.run("-m", "classmark.cli", *arguments)
        assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert (record["classifier"], record["status"]) == ("tiny", "ok")
    assert record["results"]
    assert isolation.caught() == []


def test_window_works_offline(isolation: Isolation, tmp_path: Path) -> None:
    samples = sorted(asset("samples").iterdir())
    done = isolation.run(window_run.__file__, tmp_path / "settings.ini", *samples)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {sample.name: "Ready" for sample in samples}
    assert_nothing_was_asked(isolation)
