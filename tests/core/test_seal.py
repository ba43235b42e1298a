"""The seal, tried from within: what it refuses, what it leaves, and what is said where it cannot be had."""

from __future__ import annotations

import errno
import struct
import subprocess
import sys

import pytest

from classmark.core import seal

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the seal of Linux")
_BEGIN = """
import ctypes, os, platform, socket, subprocess, sys, threading
from classmark.core.seal import seal, seal_reader
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
X86 = platform.machine() == "x86_64"
SOCKET = 41 if X86 else 198

def call(number, *arguments):
    if libc.syscall(ctypes.c_long(number), *map(ctypes.c_ulong, arguments)) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

def attempt(do):
    try:
        do()
        return 0
    except OSError as error:
        return error.errno

def in_thread(go, do):
    found = []
    thread = threading.Thread(target=lambda: (go.wait(), found.append(attempt(do))))
    thread.start()
    return lambda: (go.set(), thread.join(), found[0])[-1]

inet = lambda: socket.socket().close()
go = threading.Event()
"""


def _within(program: str) -> list[str]:
    """Run lines in a process of their own and return what it wrote."""
    done = subprocess.run([sys.executable, "-c", _BEGIN + program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


ATTEMPTS = {
    "Python": "attempt(inet)",
    "IPv6": "attempt(lambda: socket.socket(socket.AF_INET6).close())",
    "datagrams": "attempt(lambda: socket.socket(type=socket.SOCK_DGRAM).close())",
    "netlink": "attempt(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close())",
    "C": "attempt(lambda: call(SOCKET, 2, 1, 0))",
    "a thread from before": "in_thread(go, inet)()",
    "a child": """int(subprocess.run([sys.executable, "-c", '''
import socket
try: socket.socket(); print(0)
except OSError as error: print(error.errno)
'''], capture_output=True, text=True).stdout)""",
}


@LINUX
@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_no_network_socket_is_opened(attempt: str) -> None:
    made_before = attempt.replace("in_thread(go, inet)()", "asked()")
    begin = "asked = in_thread(go, inet)\n" if attempt != made_before else ""
    assert _within(f"{begin}assert seal().is_set\nprint({made_before})") == [str(errno.EACCES)]
    assert _within(f"print({attempt})") == ["0"], "the control: without the seal it is opened"


@LINUX
@pytest.mark.parametrize(
    "attempt",
    [
        pytest.param("call(425, 8, ctypes.addressof(ctypes.create_string_buffer(200)))", id="io_uring"),
        pytest.param("call(438, 0, 0, 0)", id="the socket of another process"),
        pytest.param("call(101 if X86 else 117, 0)", id="another process's hand"),
        pytest.param("call(0x40000029 if X86 else SOCKET, 2, 1, 0)", id="x32"),
        pytest.param("call(SOCKET, 0xFFFFFFFF00000002, 1, 0)", id="upper half"),
        pytest.param("socket.socketpair(socket.AF_INET)", id="pair"),
    ],
)
def test_no_way_leads_around(attempt: str) -> None:
    assert _within(f"seal()\nprint(attempt(lambda: {attempt}))") == [str(errno.EACCES)]


@LINUX
def test_local_sockets_and_programs_are_left() -> None:
    asked = "[socket.socketpair(), socket.socket(socket.AF_UNIX), subprocess.run(['true'], check=True)]"
    assert _within(f"seal()\nprint(len({asked}))") == ["3"]


@LINUX
@pytest.mark.parametrize(
    "attempt", ["socket.socket(socket.AF_UNIX)", "socket.socketpair()", "subprocess.run(['true'])", "inet()"]
)
def test_a_reader_is_left_nothing(attempt: str) -> None:
    assert _within(f"seal_reader()\nprint(attempt(lambda: {attempt}))") == [str(errno.EACCES)]


@LINUX
def test_what_was_open_before_is_counted_and_told() -> None:
    program = "server = socket.create_server(('127.0.0.1', 0))\nheld = seal()\nprint(held.open_before, held.sentence)"
    [told] = _within(program)
    assert told.startswith("1 Sealed: Linux refuses this program every network socket until it ends. One network")
    [told] = _within("print(seal().sentence)")
    assert told == "Sealed: Linux refuses this program every network socket until it ends."


@pytest.mark.parametrize(
    ("elsewhere", "reason"),
    [
        ("platform.machine = lambda: 'sparc64'", "not known on processors of the kind sparc64"),
        ("platform.system, sys.platform = lambda: 'Windows', 'win32'", "Windows has none for programs without"),
    ],
)
def test_where_there_is_none_it_is_said_and_python_refuses(elsewhere: str, reason: str) -> None:
    tried = "print(attempt(inet), attempt(lambda: call(SOCKET, 2, 1, 0)))"
    sentence, found = _within(f"{elsewhere}\nprint(seal().sentence)\n{tried}")
    assert sentence.startswith("The system's seal is not available here")
    assert reason in sentence
    assert found == f"{errno.EACCES} 0", "Python's own sockets are refused, and compiled code is not"


def _decision(steps: list[tuple[int, int, int, int]], architecture: int, number: int, first: int) -> int:
    """Run a filter as the kernel would, on one system call."""
    data = struct.pack("<IIQQ", number & 0xFFFFFFFF, architecture, 0, first)
    at, loaded = 0, 0
    while True:
        code, if_so, if_not, operand = steps[at]
        at += 1
        match code:
            case 0x20:
                (loaded,) = struct.unpack_from("<I", data, operand)
            case 0x15:
                at += if_so if loaded == operand else if_not
            case 0x35:
                at += if_so if loaded >= operand else if_not
            case 0x06:
                return operand
            case _:
                raise AssertionError(code)


@pytest.mark.parametrize("machine", seal._MACHINES)
def test_the_filter_decides_right_on_every_processor(machine: str) -> None:
    """That of the other processor too, which this computer cannot run."""
    kind, others = seal._MACHINES[machine], [each for name, each in seal._MACHINES.items() if name != machine]
    local, none = (seal._steps(kind, rules) for rules in (seal._LOCAL_ONLY, seal._NO_SOCKETS))
    allow, refuse = 0x7FFF0000, 0x00050000 | errno.EACCES
    for family in range(50):
        for name in ("socket", "socketpair"):
            asked = kind.architecture, kind.calls[name], family
            assert _decision(local, *asked) == (allow if family == 1 else refuse)
            assert _decision(none, *asked) == refuse
    named = {number: name for name, number in kind.calls.items()}
    for number in set(range(500)) - {kind.calls["socket"], kind.calls["socketpair"]}:
        for steps, rules in ((local, seal._LOCAL_ONLY), (none, seal._NO_SOCKETS)):
            expected = refuse if named.get(number) in rules.refused else allow
            assert _decision(steps, kind.architecture, number, 2) == expected
        assert {_decision(local, other.architecture, number, 1) for other in others} == {refuse}
    assert _decision(local, kind.architecture, -1, 1) == refuse
