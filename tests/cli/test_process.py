"""The command line as a process: interrupts, pipes that close, terminals."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import (
    CANCELLED,
    CORAL,
    DONE,
    FAILED,
    POSIX,
    USAGE,
    Run,
    command,
    environment,
    records,
)


@contextlib.contextmanager
def running(*arguments: str | Path, **streams: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Start the program as the head of a process group of its own, and leave nothing of it behind."""
    process = subprocess.Popen(
        command(*arguments), env=environment(), start_new_session=True, **{"stdin": subprocess.DEVNULL, **streams}
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of files that take half a minute."""
    folder = tmp_path_factory.mktemp("many")
    for number in range(200):
        (folder / f"{number:03}.txt").write_text(CORAL * 20, encoding="utf-8")
    return folder


@POSIX
@pytest.mark.parametrize("to_file", [False, True], ids=["to a pipe", "to a file"])
def test_interrupt_keeps_whole_lines(to_file: bool, many: Path, tmp_path: Path) -> None:
    path = tmp_path / "subjects.jsonl"
    output: list[str | Path] = ["-o", path] if to_file else []
    with running(
        "classify", many, "--format", "jsonl", *output, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        written = b""
        until = time.monotonic() + 60
        while written.count(b"\n") < 3 and time.monotonic() < until:
            if to_file:
                time.sleep(0.02)
                written = path.read_bytes() if path.exists() else b""
            else:
                written += process.stdout.readline()
        began = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        rest, errors = process.stdout.read(), process.stderr.read()
        assert process.wait(20) == CANCELLED
        assert time.monotonic() - began < 10
    written = path.read_bytes() if to_file else written + rest
    lines = records(written.decode())
    assert 3 <= len(lines) < 200
    assert [line["source"] for line in lines] == [str(many / f"{number:03}.txt") for number in range(len(lines))]
    assert errors == b""


@POSIX
def test_reader_of_the_output_may_go_away(many: Path) -> None:
    """As in ``classmark classify FOLDER | head -1``."""
    with running("classify", many, "--format", "jsonl", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["status"] == "ok"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(20) == DONE


def read_terminal(end: int) -> str:
    """Return all that was written to a terminal until its last writer closed it."""
    written = b""
    while select.select([end], [], [], 60)[0]:
        try:
            chunk = os.read(end, 65536)
        except OSError:  # what Linux says when the other end is closed
            break
        if not chunk:
            break
        written += chunk
    return written.decode()


@POSIX
@pytest.mark.parametrize("out_too", [False, True], ids=["stderr", "both"])
def test_progress_on_a_terminal(out_too: bool, papers: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    try:
        with running(
            "classify", papers / "inner", "--top", "1", stdout=theirs if out_too else subprocess.PIPE, stderr=theirs
        ) as process:
            os.close(theirs)
            theirs = -1
            shown = read_terminal(ours)
            out = process.stdout.read().decode() if process.stdout else ""
            assert process.wait(20) == DONE
    finally:
        os.close(ours)
        if theirs >= 0:
            os.close(theirs)
    assert "[" + "#" * 4 in shown
    assert " 2 of 2 · 0:00 left" in shown
    assert "\x1b[K" in shown
    assert "\x1b" not in out
    if out_too:
        # What a person sees is what follows the last return on each line that is wiped.
        seen = [line.split("\r\x1b[K")[-1] for line in shown.split("\r\n")]
        assert str(papers / "inner" / "law.html") in seen
        assert "  Besteuerung von Unternehmen und Steuerflucht [de]" in seen
        assert seen[-1] == ""
    else:
        assert out.startswith(str(papers / "inner" / "law.html") + "\n")


@POSIX
def test_no_progress_for_a_single_file(papers: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    try:
        with running("classify", papers / "coral.txt", stdout=subprocess.DEVNULL, stderr=theirs) as process:
            os.close(theirs)
            assert read_terminal(ours) == ""
            assert process.wait(20) == DONE
    finally:
        os.close(ours)


@POSIX
def test_closed_standard_streams() -> None:
    """A scheduler may start programs without any."""
    shell = " ".join(f"'{word}'" for word in command("classify", "-"))
    done = subprocess.run(["sh", "-c", f"{shell} <&-"], capture_output=True, env=environment(), timeout=60, check=False)
    assert done.returncode == FAILED
    assert done.stderr.decode() == "classmark: There is no standard input to read.\n"
    shell = " ".join(f"'{word}'" for word in command("classify", "--title", "Coral reefs", "--format", "jsonl"))
    done = subprocess.run(
        ["sh", "-c", f"{shell} 2>&-"], capture_output=True, env=environment(), timeout=60, check=False
    )
    assert done.returncode == DONE
    assert records(done.stdout.decode())[0]["status"] == "ok"


@POSIX
def test_names_of_files_that_are_no_text(run: Run, papers: Path, tmp_path: Path) -> None:
    """Names are bytes on Linux; each format names the file, and JSON leads back to it."""
    names = [b"caf\xe9.txt", b"line\nend \x1b[31mred.txt"]
    try:
        for name in names:
            shutil.copy(os.fsencode(papers / "coral.txt"), os.fsencode(tmp_path) + b"/" + name)
    except OSError:
        pytest.skip("this file system takes no such names")
    lines = records(run("classify", tmp_path, "--format", "jsonl").stdout.decode())
    assert [os.fsencode(line["source"]) for line in lines] == [os.fsencode(tmp_path) + b"/" + name for name in names]
    assert [line["status"] for line in lines] == ["ok", "ok"]
    done = run("classify", tmp_path)
    assert (done.returncode, done.stderr) == (DONE, b"")
    assert b"caf\\udce9.txt\n" in done.stdout
    assert b"line\\nend \\x1b[31mred.txt\n" in done.stdout


def test_wrong_usage_of_a_process(run: Run) -> None:
    for arguments in ([], ["describe"], ["classify", "--level", "genus", "x"]):
        done = run(*arguments)
        assert (done.returncode, done.stdout) == (USAGE, b"")
