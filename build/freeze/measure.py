"""How fast frozen programs start, cold and warm, and how much memory they take at most; as JSON.

    python build/freeze/measure.py dist/classmark [--runs 5]

FOLDER holds ``classmark`` and ``classmark-desktop``. Linux; needs Xvfb. The window counts as shown when the middle of a
virtual screen is painted. Cold: with nothing of the disk in memory, which root alone can bring about. Seconds are
medians of the runs, "processor" those of the processor, which tell more on a busy computer. Memory, in MB, is the most
that a program and its children were charged together (PSS, which parts shared pages) until they had nothing left to do;
of the command line, which works alone here, the largest resident set.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import NamedTuple

TITLE = "Coral bleaching on the Great Barrier Reef"
SCREEN = (1920, 1080)
PATIENCE, IDLE = 60.0, 1.5
"""Seconds until a program is given up, and without work until it counts as idle."""
_LOOK = 0.005
_ALL_PLANES, _Z_PIXMAP = ctypes.c_ulong(-1), 2
_CACHES = Path("/proc/sys/vm/drop_caches")


class Run(NamedTuple):
    """One start: seconds until it was seen, those of the processor, and bytes of memory at most."""

    seconds: float
    processor: float
    peak: float


class Screen:
    """A virtual screen and the colour of its middle; a context manager."""

    def __enter__(self) -> Screen:
        reading, writing = os.pipe()
        words = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{SCREEN[0]}x{SCREEN[1]}x24", "-nolisten", "tcp"]
        self._server = subprocess.Popen(words, pass_fds=[writing], stderr=subprocess.DEVNULL)
        os.close(writing)
        with open(reading, encoding="ascii") as numbers:
            self.name = f":{numbers.readline().strip()}"
        x11 = self._x11 = ctypes.CDLL("libX11.so.6")
        for name in ("XOpenDisplay", "XGetImage", "XDefaultRootWindow", "XGetPixel"):
            getattr(x11, name).restype = ctypes.c_void_p
        self._display = ctypes.c_void_p(x11.XOpenDisplay(self.name.encode()))
        self._root = ctypes.c_void_p(x11.XDefaultRootWindow(self._display))
        return self

    def __exit__(self, *_: object) -> None:
        self._x11.XCloseDisplay(self._display)
        self._server.terminate()
        self._server.wait()

    def middle(self) -> int:
        """Return the colour of the pixel in the middle."""
        place = (SCREEN[0] // 2, SCREEN[1] // 2, 1, 1)
        image = ctypes.c_void_p(self._x11.XGetImage(self._display, self._root, *place, _ALL_PLANES, _Z_PIXMAP))
        colour = int(self._x11.XGetPixel(image, 0, 0) or 0)
        self._x11.XDestroyImage(image)
        return colour


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    folder = options.folder.absolute()
    with tempfile.TemporaryDirectory() as home, Screen() as screen:
        os.environ.update(CLASSMARK_HOME=home, DISPLAY=screen.name, QT_QPA_PLATFORM="xcb")
        ways: dict[str, Callable[[], Run]] = {
            "window shown": lambda: _window(folder / "classmark-desktop", screen),
            "version told": lambda: _told([str(folder / "classmark"), "--version"]),
            "first result": lambda: _told([str(folder / "classmark"), "classify", "--title", TITLE]),
        }
        found = {name: _measure(run, options.runs) for name, run in ways.items()}
    print(json.dumps(found, indent=1))


def _measure(run: Callable[[], Run], runs: int) -> dict[str, float | None]:
    cold = [run() for _ in range(runs) if _forget()]
    warm = [run() for _ in range(runs)]
    return {
        "cold": round(median(each.seconds for each in cold), 2) if cold else None,
        "warm": round(median(each.seconds for each in warm), 2),
        "processor": round(median(each.processor for each in warm), 2),
        "peak MB": round(max(each.peak for each in (*cold, *warm)) / 1e6),
    }


def _forget() -> bool:
    """Have the system forget what it has read of the disk; return whether it may be told to."""
    os.sync()
    try:
        _CACHES.write_text("3", encoding="ascii")
    except OSError:
        return False
    return True


def _window(program: Path, screen: Screen) -> Run:
    """Start the window; it is seen when it is painted, and its memory is watched until it is idle."""
    empty = screen.middle()
    with _started([str(program)]) as (process, began):
        while screen.middle() == empty:
            _check(process, began)
            time.sleep(_LOOK)
        seconds = time.perf_counter() - began
        return Run(seconds, sum(map(_worked, _family(process.pid))), _peak(process))


def _told(words: list[str]) -> Run:
    """Start a command and let it end; it is seen when it writes anything."""
    with _started(words) as (process, began):
        assert process.stdout is not None
        if not process.stdout.read(1):
            raise SystemExit(f"{words[0]} says nothing")
        seconds = time.perf_counter() - began
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0
        return Run(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


@contextmanager
def _started(words: list[str]) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    began = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        yield process, began
    finally:
        process.terminate()
        process.wait()


def _check(process: subprocess.Popen[bytes], began: float) -> None:
    if process.poll() is not None or time.perf_counter() - began > PATIENCE:
        raise SystemExit(f"{process.args!r} shows no window")


def _peak(process: subprocess.Popen[bytes]) -> float:
    """Return the largest memory of a program and its children, in bytes, until they have been idle for a while."""
    peak, worked, since = 0.0, -1.0, time.perf_counter()
    while time.perf_counter() - since < IDLE:
        family = _family(process.pid)
        peak = max(peak, sum(map(_charged, family)))
        if (now := sum(map(_worked, family))) > worked + 0.02:
            worked, since = now, time.perf_counter()
        time.sleep(0.1)
    return peak


def _family(pid: int) -> list[int]:
    """Return a process and all that come from it."""
    family = [pid]
    for each in family:
        with suppress(OSError):
            for task in Path(f"/proc/{each}/task").iterdir():
                family += map(int, (task / "children").read_text(encoding="ascii").split())
    return family


def _charged(pid: int) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0.0


def _worked(pid: int) -> float:
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


if __name__ == "__main__":
    sys.exit(main())
