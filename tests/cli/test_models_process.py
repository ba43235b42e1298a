"""``classmark models`` as a process: a terminal that is asked, and interrupts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.conftest import CANCELLED, DONE, POSIX, Run
from tests.cli.model_world import World, make_world
from tests.cli.test_process import read_terminal, running
from tests.models.hub_server import Fault, Hub


@pytest.fixture
def world(home: Path, tmp_path: Path, alone: None) -> Iterator[World]:
    with Hub({}).running() as hub:
        world = make_world(hub, tmp_path / "published")
        world.know(home)
        yield world


@POSIX
def test_interrupted_in_mid_download(world: World, home: Path, run: Run) -> None:
    world.hub.faults.append(Fault("model.safetensors", after=50_000, stall=True))
    published = home / "models" / "published" / "tiny"
    fetch = ("models", "fetch", "tiny", "--yes", "--hub", world.hub.endpoint)
    with running(*fetch, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        until = time.monotonic() + 30
        while time.monotonic() < until and not any(p.stat().st_size for p in published.glob("model.safetensors.*")):
            time.sleep(0.02)
        began = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(20) == CANCELLED
        assert time.monotonic() - began < 5
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read() == b""
        assert process.stderr.read().decode().splitlines()[-1] == (
            "Stopped. What has come so far is kept: `classmark models fetch` goes on from there."
        )
    listed = {each["id"]: each["state"] for each in json.loads(run("models", "list", "--json").stdout)}
    assert listed["tiny"] == "begun"
    assert run(*fetch).returncode == DONE
    ranges = [asked for name, asked in world.hub.downloads() if name == "model.safetensors"]
    assert ranges[0] is None
    assert ranges[-1] == "bytes=50000-"


@POSIX
def test_a_terminal_is_asked_and_shown_how_far_it_is(world: World, home: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    try:
        fetch = ("models", "fetch", "tiny-masks", "--hub", world.hub.endpoint)
        with running(*fetch, stdin=theirs, stdout=theirs, stderr=theirs) as process:
            os.close(theirs)
            theirs = -1
            os.write(ours, b"y\n")
            shown = read_terminal(ours)
            assert process.wait(20) == DONE
    finally:
        os.close(ours)
        if theirs >= 0:
            os.close(theirs)
    assert "none stated: its publisher does not say what you may do with it." in shown
    assert "Fetch tiny-masks? [y/N]" in shown
    assert "\rFetching model.safetensors [" in shown
    assert "tiny-masks is ready: " in shown.split("\x1b[K")[-1]
