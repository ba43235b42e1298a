"""A real drag of files, with the mouse, from another program onto the real window under a real X server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NEEDED = ("Xvfb", "openbox", "xdotool")
MISSING = [name for name in NEEDED if shutil.which(name) is None]
HERE = Path(__file__).parent

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")


@contextmanager
def _running(command: list[str], environment: dict[str, str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, env=environment, text=True, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


@pytest.fixture
def screen() -> Iterator[dict[str, str]]:
    """An X server of our own with a window manager; yields the environment for programs on it."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    quiet: dict[str, Any] = {"stderr": subprocess.DEVNULL}
    with _running(command, dict(os.environ), pass_fds=[writing], **quiet):
        os.close(writing)
        with os.fdopen(reading) as told:
            display = told.readline().strip()
        assert display, "Xvfb did not start"
        environment = {**os.environ, "DISPLAY": f":{display}", "QT_QPA_PLATFORM": "xcb"}
        environment.pop("WAYLAND_DISPLAY", None)
        with _running(["openbox"], environment, **quiet):
            time.sleep(0.5)
            yield environment


def _next_event(process: subprocess.Popen[str], name: str) -> dict[str, Any]:
    assert process.stdout is not None
    for line in process.stdout:
        event: dict[str, Any] = json.loads(line)
        if event["event"] == name:
            return event
    raise AssertionError(f"the window ended before {name}")


def _mouse(environment: dict[str, str], *arguments: object) -> None:
    subprocess.run(["xdotool", *map(str, arguments)], env=environment, check=True, timeout=10)
    time.sleep(0.12)


@pytest.mark.parametrize("onto", ["middle", "editor"])
def test_files_are_dropped_with_the_mouse(screen: dict[str, str], papers: Path, tmp_path: Path, onto: str) -> None:
    """Onto the middle of the window, and onto its text box, which must not swallow them."""
    picture = tmp_path / "overlay.png"
    target = [sys.executable, str(HERE / "drop_target.py"), str(tmp_path), str(picture)]
    source = [sys.executable, str(HERE / "drag_source.py"), str(papers), str(papers / "coral.txt")]
    with (
        _running(target, screen, stdout=subprocess.PIPE) as window,
        _running(source, screen, stdout=subprocess.PIPE) as drag,
    ):
        place = _next_event(window, "ready")
        assert drag.stdout is not None
        assert drag.stdout.readline().strip() == "ready"
        time.sleep(0.5)
        start, goal = (120, 80), (place["x"], place["y"]) if onto == "middle" else tuple(place["editor"])
        _mouse(screen, "mousemove", *start)
        _mouse(screen, "mousedown", 1)
        steps = 10
        for step in range(1, steps + 1):
            _mouse(screen, "mousemove", *(a + (b - a) * step // steps for a, b in zip(start, goal, strict=True)))
        _mouse(screen, "mousemove_relative", 3, 3)
        _next_event(window, "overlay")
        time.sleep(0.2)
        _mouse(screen, "mouseup", 1)
        done = _next_event(window, "rows")
        assert window.wait(20) == 0
    assert done["rows"] == {
        "coral.txt": "Ready",
        "guild.txt": "Ready",
        "reading.txt": "Ready",
        "picture.bin": "Unsupported",
        "void.txt": "Empty",
    }
    assert not done["overlay"]
    assert picture.stat().st_size > 1000
