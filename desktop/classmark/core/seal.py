"""The seal: the system refuses this process, and all that it starts, every network socket from now on."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_UNIX = 1
"""AF_UNIX: sockets that do not leave the computer, as of the screen, the desktop, and a pipe to a child."""


@dataclass(frozen=True, slots=True)
class Seal:
    """Who refuses the network: the system of that name, or nobody but the program itself, for a reason.

    ``open_before`` counts network connections that were there when the seal was set, and stay: that to a screen on
    another computer, as a rule.
    """

    system: str = ""
    reason: str = ""
    open_before: int = 0

    @property
    def is_set(self) -> bool:
        """Whether the system vouches for it."""
        return bool(self.system)

    @property
    def sentence(self) -> str:
        """The state of the seal, for the person."""
        if not self.is_set:
            return (
                f"The system's seal is not available here ({self.reason}). The program opens no connection all the "
                "same, but nothing beside the program itself sees to it."
            )
        held = f"Sealed: {self.system} refuses this program every network socket until it ends."
        if not self.open_before:
            return held
        were = "One network connection was" if self.open_before == 1 else f"{self.open_before} network connections were"
        return f"{held} {were} open before, to the screen on another computer as a rule, and stay so."


UNSEALED = Seal(reason="this process was not asked to seal itself")


def seal() -> Seal:
    """Have the system refuse all threads of this process, and every process they will start, the network for good.

    Linux: a seccomp filter. macOS: the sandbox ``no-network``. Where neither can be had, as on Windows, which lets no
    program without administrator's rights give up its network, Python's own sockets are refused, and compiled code is
    not. What is open already stays open.
    """
    try:
        if sys.platform == "linux":
            _filter(_LOCAL_ONLY)
            return Seal("Linux", open_before=_open_network_sockets())
        if sys.platform == "darwin":
            _sandbox()
            return Seal("macOS")
    except OSError as error:
        reason = error.strerror or str(error)
    else:
        reason = f"{platform.system()} has none for programs without administrator's rights"
    sys.addaudithook(_refuse_network)
    return Seal(reason=reason)


def seal_reader() -> None:
    """Seal a process that needs nothing but files: on Linux it cannot even open local sockets or start a program."""
    if sys.platform == "linux":
        with suppress(OSError):
            _filter(_NO_SOCKETS)
            return
    seal()


def _refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    """Refuse Python's sockets; what adopts one that is open (-1), or a local one, may pass."""
    is_new = event == "socket.__new__" and arguments[1] not in (_UNIX, -1)
    if is_new or event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        raise PermissionError(errno.EACCES, "This process is sealed: it opens no network connection")


def _open_network_sockets() -> int:
    """Count the sockets of this process that are not local, as Linux lists them; 0 where /proc is hidden."""
    ours: list[str] = []
    with suppress(OSError):
        for entry in os.listdir("/proc/self/fd"):
            with suppress(OSError):  # that of this very listing has gone
                ours.append(os.readlink(f"/proc/self/fd/{entry}"))
    if not any(link.startswith("socket:") for link in ours):
        return 0
    listed: set[str] = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        with suppress(OSError):
            rows = Path("/proc/self/net", table).read_text(encoding="ascii").splitlines()[1:]
            listed.update(f"socket:[{row.split()[9]}]" for row in rows)
    return sum(link in listed for link in ours)


# macOS. Source: sandbox_init(3); deprecated since 10.8, and there in every version since. Not run on a Mac yet.


def _sandbox() -> None:
    """Enter the sandbox that forbids all networking by sockets; OSError when it is refused."""
    library = ctypes.CDLL("/usr/lib/libSystem.dylib", use_errno=True)
    library.sandbox_init.argtypes = (ctypes.c_char_p, ctypes.c_uint64, ctypes.POINTER(ctypes.c_char_p))
    fault = ctypes.c_char_p()
    named = 1
    if library.sandbox_init(b"no-network", named, ctypes.byref(fault)):
        raise OSError(ctypes.get_errno(), (fault.value or b"sandbox_init failed").decode(errors="replace"))


# Linux. Sources: seccomp(2), <linux/filter.h>, <linux/seccomp.h>, <linux/audit.h>, and the tables of system calls.

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
"""Where the filter finds them in ``struct seccomp_data``; of an argument, the lower half, which the kernel uses."""
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EACCES
_X32 = 0x40000000
"""From here on, x86-64 has the calls once more, for another shape of programs."""
_NO_NEW_PRIVILEGES, _MODE_FILTER, _ALL_THREADS = 38, 1, 1

_Step = tuple[int, int, int, int]
"""Code, how far to jump where it holds, how far where it does not, operand: ``struct sock_filter``."""


@dataclass(frozen=True, slots=True)
class _Machine:
    """What a kind of processor is called by the kernel, and the numbers that it gives to system calls."""

    architecture: int
    calls: dict[str, int]


_COMMON = {"io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "pidfd_getfd": 438}
_MACHINES = {
    "x86_64": _Machine(
        0xC000003E,
        {
            **_COMMON,
            **{"socket": 41, "socketpair": 53, "execve": 59, "execveat": 322, "ptrace": 101, "seccomp": 317},
            **{"process_vm_readv": 310, "process_vm_writev": 311},
        },
    ),
    "aarch64": _Machine(
        0xC00000B7,
        {
            **_COMMON,
            **{"socket": 198, "socketpair": 199, "execve": 221, "execveat": 281, "ptrace": 117, "seccomp": 277},
            **{"process_vm_readv": 270, "process_vm_writev": 271},
        },
    ),
}


@dataclass(frozen=True, slots=True)
class _Rules:
    """System calls that are refused, and those that are refused unless their first argument is AF_UNIX."""

    refused: Sequence[str]
    local: Sequence[str] = ()


# io_uring opens sockets without the call of that name; the others could borrow those of another process.
_AROUND = (*_COMMON, "ptrace", "process_vm_readv", "process_vm_writev")
_LOCAL_ONLY = _Rules(_AROUND, ("socket", "socketpair"))
_NO_SOCKETS = _Rules((*_AROUND, "socket", "socketpair", "execve", "execveat"))


def _steps(machine: _Machine, rules: _Rules) -> list[_Step]:
    """Return the program that the kernel runs at each system call."""
    steps: list[_Step] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, machine.architecture),
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _REFUSE),
    ]
    for name in rules.refused:
        steps += [(_EQUAL, 0, 1, machine.calls[name]), (_RETURN, 0, 0, _REFUSE)]
    for name in rules.local:
        steps += [
            (_EQUAL, 0, 4, machine.calls[name]),
            (_LOAD, 0, 0, _FIRST_ARGUMENT),
            (_EQUAL, 0, 1, _UNIX),
            (_RETURN, 0, 0, _ALLOW),
            (_RETURN, 0, 0, _REFUSE),
        ]
    return [*steps, (_RETURN, 0, 0, _ALLOW)]


class _Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def _filter(rules: _Rules) -> None:
    """Put all threads of this process under the rules, for good; OSError when the kernel does not."""
    machine = _MACHINES.get(platform.machine())
    if machine is None or sys.maxsize < 1 << 32 or sys.byteorder != "little":
        raise OSError(errno.ENOSYS, f"not known on processors of the kind {platform.machine()}")
    code = b"".join(struct.pack("=HBBI", *step) for step in _steps(machine, rules))
    program = _Program(len(code) // 8, code)
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    zero, one = ctypes.c_ulong(0), ctypes.c_ulong(1)
    if library.prctl(_NO_NEW_PRIVILEGES, one, zero, zero, zero):
        raise OSError(ctypes.get_errno(), f"prctl: {os.strerror(ctypes.get_errno())}")
    done = library.syscall(
        ctypes.c_long(machine.calls["seccomp"]),
        ctypes.c_ulong(_MODE_FILTER),
        ctypes.c_ulong(_ALL_THREADS),
        ctypes.byref(program),
    )
    if done:  # a number above 0 is that of a thread that did not follow
        reason = os.strerror(ctypes.get_errno()) if done < 0 else f"thread {done} did not follow"
        raise OSError(ctypes.get_errno(), f"seccomp: {reason}")
