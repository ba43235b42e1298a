"""A file that hangs, crashes or swells costs its own row only."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from multiprocessing.context import SpawnProcess
from pathlib import Path

import pytest
from tests.core.files import LIBRARY, docx, paragraph, pdf

from classmark.core.documents import Outcome, Reading
from classmark.core.reading import Limits, ReaderProcess, read_file
from classmark.core.sources import find_files

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and pipes")
DOCS = Path(__file__).parents[3] / "shared" / "docs"


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.txt"
    path.write_text("A short text")  # too short to load the recogniser of languages, which takes half a second
    return path


@pytest.fixture
def hanging(tmp_path: Path) -> Path:
    """Return a page whose elements are nested so deeply that the HTML parser takes minutes."""
    path = tmp_path / "hanging.html"
    path.write_text("<div>" * 300_000 + LIBRARY)
    return path


def child(reader: ReaderProcess) -> SpawnProcess:
    process = reader._process
    assert process is not None
    return process


def pid_of(reader: ReaderProcess) -> int:
    pid = child(reader).pid
    assert pid is not None
    return pid


def test_a_reading_is_the_same_as_without_the_process(tmp_path: Path) -> None:
    paths = []
    for name, content in (
        ("a.docx", docx(paragraph("Vögel 🐦") + paragraph(LIBRARY))),
        ("b.pdf", pdf("A title\ntext", "picture", title="Birds of the Coast")),
        ("c.txt", b""),
        ("d\u2028 \U0001f426.txt", LIBRARY.encode()),
    ):
        paths.append(tmp_path / name)
        paths[-1].write_bytes(content)
    paths.append(tmp_path / "missing.txt")
    with ReaderProcess() as reader:
        assert list(reader.read_ahead(paths)) == [read_file(path) for path in paths]
        assert [reader.read(path) for path in paths] == [read_file(path) for path in paths]


@POSIX
def test_names_that_are_no_unicode_pass(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt"))
    path.write_text(LIBRARY)
    with ReaderProcess() as reader:
        reading = reader.read(path)
    assert (reading.outcome, Path(reading.source)) == (Outcome.READ, path)


def test_no_files_start_no_process() -> None:
    with ReaderProcess() as reader:
        assert list(reader.read_ahead([])) == []
        assert reader._process is None


def test_a_hanging_file_is_stopped_and_the_next_one_read(good: Path, hanging: Path) -> None:
    with ReaderProcess(Limits(seconds=1)) as reader:
        reader.read(good)
        began = time.monotonic()
        readings = list(reader.read_ahead([hanging, good]))
    assert time.monotonic() - began < 10
    assert [reading.outcome for reading in readings] == [Outcome.DAMAGED, Outcome.READ]
    assert "longer than 1 s" in readings[0].reason


def test_the_next_file_is_read_while_the_caller_works(good: Path, hanging: Path) -> None:
    with ReaderProcess(Limits(seconds=1)) as reader:
        readings = reader.read_ahead([good, hanging, good])
        next(readings)
        time.sleep(1.5)  # the hanging file's time runs out meanwhile
        began = time.monotonic()
        assert next(readings).outcome is Outcome.DAMAGED
        assert time.monotonic() - began < 0.5
        assert next(readings).outcome is Outcome.READ


@POSIX
def test_a_crash_costs_one_row(good: Path, hanging: Path) -> None:
    with ReaderProcess() as reader:
        readings = reader.read_ahead([good, hanging, good])
        next(readings)
        os.kill(pid_of(reader), signal.SIGSEGV)
        reading = next(readings)
        assert reading.outcome is Outcome.DAMAGED
        assert "break off" in reading.reason
        assert next(readings).outcome is Outcome.READ


@POSIX
def test_a_child_that_died_idle_is_replaced(good: Path) -> None:
    with ReaderProcess() as reader:
        reader.read(good)
        process = child(reader)
        os.kill(pid_of(reader), signal.SIGKILL)
        process.join()
        assert reader.read(good).outcome is Outcome.READ


def test_a_file_that_takes_too_much_memory_is_stopped(good: Path, tmp_path: Path) -> None:
    hog = tmp_path / "hog.txt"
    hog.write_text(LIBRARY * 400_000)  # 60 MB, several times that in memory
    with ReaderProcess(Limits(memory_bytes=100 << 20)) as reader:
        readings = list(reader.read_ahead([hog, good]))
    assert [reading.outcome for reading in readings] == [Outcome.TOO_LARGE, Outcome.READ]
    assert "100 MB of memory" in readings[0].reason


def test_an_abandoned_reader_can_be_used_again(good: Path, hanging: Path) -> None:
    with ReaderProcess() as reader:
        readings = reader.read_ahead([good, hanging, good])
        next(readings)
        with pytest.raises(RuntimeError, match="reading ahead"):
            reader.read(good)
        readings.close()
        assert reader.read(good).source == str(good)


def test_leaving_ends_the_child(good: Path) -> None:
    with ReaderProcess() as reader:
        reader.read(good)
        pid = pid_of(reader)
    assert reader._process is None
    if sys.platform != "win32":
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_another_thread_may_use_the_reader(good: Path) -> None:
    found: list[Reading] = []
    with ReaderProcess() as reader:
        found.append(reader.read(good))
        thread = threading.Thread(target=lambda: found.append(reader.read(good)))
        thread.start()
        thread.join()
    assert found[0] == found[1]


@POSIX
def test_ctrl_c_does_not_reach_the_child(good: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with ReaderProcess() as reader:
        reader.read(good)
        os.kill(pid_of(reader), signal.SIGINT)
        assert reader.read(good).outcome is Outcome.READ
    assert capfd.readouterr().err == ""


@POSIX
@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
def test_the_child_ends_with_its_parent(good: Path, hanging: Path, busy: bool) -> None:
    code = (
        "import os, sys, time; from pathlib import Path; from classmark.core.reading import Limits, ReaderProcess\n"
        "reader = ReaderProcess(Limits(seconds=1)); reader.read(Path(sys.argv[1]))\n"
        "print(reader._process.pid, flush=True)\n"
        "if len(sys.argv) > 2: reader._send(Path(sys.argv[2])); time.sleep(0.2)\n"
        "os._exit(0)"
    )
    arguments = [str(good), str(hanging)] if busy else [str(good)]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60)
    pid = int(done.stdout)
    deadline = time.monotonic() + 15
    while _is_running(pid):
        assert time.monotonic() < deadline, "the child outlived its parent"
        time.sleep(0.05)


def _is_running(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text() if sys.platform == "linux" else ""
        os.kill(pid, 0)
    except (ProcessLookupError, FileNotFoundError):
        return False
    return stat.rpartition(")")[2].split()[0:1] != ["Z"]  # dead already, if nobody has asked for its end


def test_the_child_imports_no_main_module(tmp_path: Path, good: Path) -> None:
    script = tmp_path / "window.py"
    script.write_text(
        "from pathlib import Path\nimport sys\n"
        "if __name__ != '__main__': raise SystemExit('the main module was imported')\n"
        "from classmark.core.reading import ReaderProcess\n"
        "with ReaderProcess() as reader: print(reader.read(Path(sys.argv[1])).outcome.value)\n"
    )
    done = subprocess.run([sys.executable, str(script), str(good)], capture_output=True, text=True, timeout=60)
    assert (done.stdout.strip(), done.stderr) == ("read", "")


@pytest.mark.skipif(not DOCS.is_dir(), reason="the collection of real documents is not beside this checkout")
def test_real_documents_end_as_their_folders_say() -> None:
    with ReaderProcess() as reader:
        readings = list(reader.read_ahead(find_files([DOCS])))
    outcomes: dict[str, set[Outcome]] = {}
    for reading in readings:
        outcomes.setdefault(Path(reading.source).parent.name, set()).add(reading.outcome)
        assert "reader stopped" not in reading.reason, reading
        assert "break off" not in reading.reason, reading
        assert "longer than" not in reading.reason, reading
    for folder in ("bibtex", "csv", "marc", "marcxml", "ris", "xls"):
        assert outcomes[folder] == {Outcome.UNSUPPORTED}, folder
    for folder in ("epub", "html", "jats", "rtf", "xml_other"):
        assert outcomes[folder] == {Outcome.READ}, folder
    assert outcomes["pdf_encrypted"] == {Outcome.ENCRYPTED, Outcome.READ}
    assert Outcome.NO_TEXT_LAYER in outcomes["pdf_scanned"]


def test_reading_ahead_ends_when_told_to(good: Path, hanging: Path) -> None:
    """Also while a file is being read that takes long."""
    with ReaderProcess() as reader:
        told = threading.Event()
        readings = reader.read_ahead([good, hanging, good], told.is_set)
        assert next(readings).outcome is Outcome.READ
        threading.Timer(0.2, told.set).start()
        began = time.monotonic()
        assert list(readings) == []
        assert time.monotonic() - began < reader.limits.seconds / 2
        assert reader.read(good).outcome is Outcome.READ
