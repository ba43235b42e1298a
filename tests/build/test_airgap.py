"""The proof by strace: that it would see a connection, and that a session of the command line makes none."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.build.test_windows import load
from tests.cli.model_world import make_world
from tests.models.hub_server import Hub

from classmark_models.journal import Journal

AIRGAP = Path(__file__).parents[2] / "build" / "airgap"
calls = load(AIRGAP / "calls.py")

LOCAL = """\
10 execve("/usr/bin/classmark", ["classmark"], 0x7ffd /* 9 vars */) = 0
10 socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0) = 3
10 connect(3, {sa_family=AF_UNIX, sun_path=@"/tmp/.X11-unix/X9"}, 20) = 0
10 socketpair(AF_UNIX, SOCK_STREAM, 0, [4, 5]) = 0
11 sendmsg(4, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="M", iov_len=1}]}, 0) = 1
10 seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, {len=30, filter=0x7f}) = 0
12 recvmsg(3,  <unfinished ...>
12 <... recvmsg resumed>{msg_name=NULL}, 0) = -1 EAGAIN (Resource temporarily unavailable)
"""
FOREIGN = [
    "10 socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 3",
    "10 socket(AF_INET6, SOCK_DGRAM, IPPROTO_IP) = -1 EACCES (Permission denied)",
    "10 socket(AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_ROUTE <unfinished ...>",
    '10 connect(3, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("192.0.2.1")}, 16) = 0',
    '10 sendto(3, "x", 1, 0, {sa_family=AF_INET6, sin6_port=htons(53)}, 28) = 1',
    "11 io_uring_setup(8, {flags=0}) = -1 EACCES (Permission denied)",
]


def test_local_calls_are_counted_and_named() -> None:
    trace = calls.read_trace(LOCAL.splitlines())
    assert trace.foreign == []
    assert (trace.calls, trace.programs, trace.seals, trace.processes) == (5, 1, 1, {"10", "11", "12"})
    assert trace.places == {'@"/tmp/.X11-unix/X9"'}


@pytest.mark.parametrize("line", FOREIGN)
def test_whatever_is_not_local_is_seen_though_it_be_refused(line: str) -> None:
    assert calls.read_trace([*LOCAL.splitlines(), line]).foreign == [line]


def test_traces_add_up() -> None:
    one, other = calls.read_trace(LOCAL.splitlines()), calls.read_trace(FOREIGN)
    both = one + other
    assert (both.calls, both.foreign) == (one.calls + other.calls, FOREIGN)
    assert one.foreign == []


@pytest.mark.skipif(shutil.which("strace") is None, reason="not installed: strace")
def test_a_session_of_the_command_line_is_proven() -> None:
    """With the window too, in a minute: ``build/airgap/prove``."""
    command = [sys.executable, str(AIRGAP / "session.py"), "--without-window"]
    given = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=given)
    assert done.returncode == 0, done.stdout + done.stderr
    control, _, _, proven = done.stdout.splitlines()
    assert "was seen to, in 6 calls" in control
    assert proven.startswith("Proven: ")
    assert " 0 of them not local" in proven


@pytest.mark.skipif(shutil.which("strace") is None, reason="not installed: strace")
def test_control_a_program_that_connects_is_not_proven(tmp_path: Path) -> None:
    """The session of a program that behaves as Classmark does, and connects beside it."""
    folder = tmp_path / "frozen"
    folder.mkdir()
    room = AIRGAP.parents[1]
    program = folder / "classmark"
    program.write_text(
        f"#!{sys.executable}\nimport contextlib, socket, sys\n"
        f"sys.path[:0] = [{str(room / 'desktop')!r}, {str(room / 'models')!r}]\n"
        "from classmark.cli import main\n"
        "if __name__ == '__main__':\n"
        "    with contextlib.suppress(OSError):\n        socket.create_connection(('127.0.0.1', 9))\n"
        "    sys.exit(main())\n"
    )
    program.chmod(0o755)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(room / "desktop"), str(room / "models")))}
    command = [sys.executable, str(AIRGAP / "session.py"), "--without-window", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "NOT LOCAL: " in done.stdout
    assert "NOT PROVEN" in done.stdout


@pytest.mark.skipif(shutil.which("strace") is None, reason="not installed: strace")
def test_the_journal_tells_of_every_connection_that_strace_saw(
    tmp_path: Path, alone: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a fetch, converting and all: as many connections, to the same ports, and to nothing else."""
    monkeypatch.setenv("CLASSMARK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(os.path.abspath, sys.path)))
    with Hub({}).running() as hub:
        make_world(hub, tmp_path / "published").know(tmp_path / "home")
        fetch = [sys.executable, "-m", "classmark.cli", "models", "fetch", "tiny", "--yes", "--hub", hub.endpoint]
        assert calls.traced(fetch, tmp_path / "trace", os.environ).wait(300) == 0
    lines = (tmp_path / "trace").read_text(errors="replace").splitlines()
    connected = [line for line in lines if " connect(" in line and "AF_UNIX" not in line]
    ports = sorted(int(port) for line in connected for port in re.findall(r"sin6?_port=htons\((\d+)\)", line))
    told = Journal(tmp_path / "home" / "connections.jsonl").read().connections
    assert ports == sorted(each.port for each in told)
    assert len(ports) >= 2
    assert all('inet_addr("127.0.0.1")' in line for line in connected)
    assert sum(each.sent + each.received for each in told) > 1000
