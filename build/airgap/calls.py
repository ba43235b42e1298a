"""What strace saw: which system calls have to do with a network, and which of them are not local."""

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# Without --seccomp-bpf, with which strace would not be told of calls that a seal refuses.
STRACE = ("strace", "-f", "-qq", "-s", "256", "-e", "trace=%network,io_uring_setup,execve,seccomp", "-e", "signal=none")
_LINE = re.compile(r"(?P<process>\d+) +(?:<\.\.\. )?(?P<call>\w+)(?P<rest>.*)")
_FAMILY = re.compile(r"(?:socket|socketpair)\((?:AF|PF)_(?P<family>\w+)")
_ADDRESS = re.compile(r"sa_family=AF_(?P<family>\w+)")
_PLACE = re.compile(r'sun_path=(@?"[^"]*")')
_LOCAL = {"UNIX", "LOCAL"}
_BESIDE = {"execve", "seccomp", "exit_group"}


@dataclass
class Trace:
    """What was seen of a command and all processes that it started."""

    calls: int = 0
    programs: int = 0
    seals: int = 0
    processes: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)
    """Local sockets that were connected to, by name."""
    foreign: list[str] = field(default_factory=list)
    """Lines of what was not local, refused or not."""

    def __add__(self, other: "Trace") -> "Trace":
        return Trace(
            *(self.calls + other.calls, self.programs + other.programs, self.seals + other.seals),
            *(self.processes | other.processes, self.places | other.places, self.foreign + other.foreign),
        )


def read_trace(lines: Sequence[str]) -> Trace:
    """Count and judge the calls in the lines of a trace."""
    trace = Trace()
    for line in lines:
        found = _LINE.match(line)
        if found is None:
            continue
        trace.processes.add(found["process"])
        call, rest = found["call"], found["rest"]
        if call == "execve":
            trace.programs += rest.endswith("= 0")
        elif call == "seccomp":
            trace.seals += "SECCOMP_SET_MODE_FILTER" in rest and rest.endswith("= 0")
        if call in _BESIDE:
            continue
        trace.calls += "resumed>" not in rest
        opened = _FAMILY.match(call + rest)
        families = {opened["family"]} if opened else set()
        families |= {each["family"] for each in _ADDRESS.finditer(rest)}
        if call == "io_uring_setup" or families - _LOCAL:
            trace.foreign.append(line)
        elif call == "connect":
            trace.places.update(_PLACE.findall(rest))
    return trace


def traced(command: Sequence[str], record: Path, environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """Start a command under strace, which writes to ``record``."""
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    return subprocess.Popen([*STRACE, "-o", str(record), *command], env=dict(environment), **quiet)


def control(folder: Path, environment: Mapping[str, str]) -> Trace:
    """Return the trace of a program that does connect, to a port of this computer, and uses a datagram."""
    connect = (
        "import socket\n"
        "with socket.create_server(('127.0.0.1', 0)) as server:\n"
        "    socket.create_connection(server.getsockname()).close()\n"
        "with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM): pass\n"
    )
    record = folder / "control"
    if traced([sys.executable, "-c", connect], record, environment).wait(60):
        raise SystemExit("The control did not run.")
    return read_trace(record.read_text(errors="replace").splitlines())
