"""A session of Classmark under strace: command line and window, documents in, subjects out, and what was called."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from calls import Trace, control, read_trace, traced

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted((ROOT / "assets/samples").iterdir())
DRAG_SOURCE = ROOT / "tests/gui/drag_source.py"
_PATIENCE = 180.0
"""Seconds that a step may take: strace makes everything several times as slow."""


def main() -> int:
    """Run the session; return 0 when nothing but local sockets was seen, and the control was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="the frozen folder (default: this source tree)")
    parser.add_argument("--without-window", action="store_true", help="the command line alone, for a quick look")
    asked = parser.parse_args()
    programs = {"classmark": "classmark.cli", "classmark-desktop": "classmark.gui.app"}
    here = {name: [sys.executable, "-m", module] for name, module in programs.items()}
    given = {name: [str(asked.folder.absolute() / name)] for name in programs} if asked.folder else here
    with tempfile.TemporaryDirectory(prefix="classmark-proof-") as name:
        folder = Path(name)
        environment = {**os.environ, "CLASSMARK_HOME": str(folder / "home")}
        if not asked.folder:
            environment["PYTHONPATH"] = os.pathsep.join((str(ROOT / "desktop"), str(ROOT / "models")))
        seen = control(folder, environment)
        print(f"Control: a program that does connect was seen to, in {len(seen.foreign)} calls.")
        trace = _command_line(given["classmark"], folder, environment)
        if not asked.without_window:
            trace += _window(given["classmark-desktop"], folder, environment)
    print(f"Local sockets connected to: {', '.join(sorted(trace.places)) or 'none'}.")
    for line in trace.foreign[:20]:
        print(f"NOT LOCAL: {line}")
    is_proven = len(seen.foreign) >= 4 and not trace.foreign and trace.seals > 0
    print(
        f"{'Proven' if is_proven else 'NOT PROVEN'}: {trace.calls} calls that have to do with sockets, "
        f"{len(trace.foreign)} of them not local; {trace.programs} programs started, {trace.seals} seals set."
    )
    return 0 if is_proven else 1


def _command_line(program: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Trace:
    """Run the commands that need no hub, and look at what they wrote."""
    written = folder / "subjects.jsonl"
    rows = str(ROOT / "tests/fixtures/out_of_scope.jsonl")
    commands: list[list[str]] = [
        ["classify", *map(str, SAMPLES), "--format", "jsonl", "--output", str(written)],
        ["evaluate", rows, "--out-of-scope", "--limit", "3"],
        ["models", "list"],
        ["models", "verify", "openalex-zero-shot"],
        ["journal"],
    ]
    trace = Trace()
    for number, command in enumerate(commands):
        record = folder / f"command-{number}"
        code = traced([*program, *command], record, {**environment, "COLUMNS": "80"}).wait(_PATIENCE)
        if code:
            raise SystemExit(f"classmark {' '.join(command)} ended with {code}.")
        trace += _read(record)
    _check_written(written, len(SAMPLES))
    print(f"Command line: {len(commands)} commands, {len(SAMPLES)} documents classified.")
    return trace


def _window(program: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Trace:
    """Open the window with a file, drop others on it with the mouse, open one by its dialog, export and quit."""
    opened, dropped, chosen = SAMPLES[:1], SAMPLES[1:3], SAMPLES[3:4]
    record = folder / "window"
    with ExitStack() as stack:
        screen = stack.enter_context(_screen(environment))
        window = traced([*program, *map(str, opened)], record, screen)
        stack.callback(window.kill)
        hand = _Hand(screen)
        hand.find("^Classmark$")
        time.sleep(2)
        with _running([sys.executable, str(DRAG_SOURCE), *map(str, dropped)], screen) as source:
            if source.stdout is None or source.stdout.readline().strip() != b"ready":
                raise SystemExit("There is nothing to drag from.")
            time.sleep(2)
            hand.drag((120, 80), (800, 500))
            time.sleep(2)
        hand.press("ctrl+o")
        hand.answer(chosen[0])
        count = len(opened + dropped + chosen)
        for attempt in range(12):  # an export has what is classified by then
            time.sleep(5)
            written = folder / f"window-{attempt}.jsonl"
            hand.press("ctrl+e")
            hand.answer(written)
            if _lines(written) == count:
                break
        _check_written(written, count)
        hand.press("ctrl+q")
        if code := window.wait(_PATIENCE):
            raise SystemExit(f"The window ended with {code}.")
    print(f"Window: {len(opened)} file named, {len(dropped)} dropped, {len(chosen)} chosen in a dialog; all exported.")
    return _read(record)


class _Hand:
    """The person before the screen."""

    def __init__(self, screen: Mapping[str, str]) -> None:
        self._screen = screen

    def find(self, name: str) -> None:
        """Wait until a window of this name is there."""
        _wait_for(lambda: bool(self._do("search", "--onlyvisible", "--name", name)), f"window {name}")

    def press(self, keys: str) -> None:
        """Press keys in the program's window, once it is the active one."""
        self._do("search", "--onlyvisible", "--name", "^Classmark$", "windowactivate")
        time.sleep(1)
        self._do("key", "--clearmodifiers", keys)

    def answer(self, path: Path) -> None:
        """Give a path to the dialog for files that comes next: its folder, which it turns to, then its name."""
        dialog = "^(Open|Export)"
        self.find(dialog)
        time.sleep(2)
        self._enter(f"{path.parent}/")

        def is_answered() -> bool:
            if self._do("search", "--onlyvisible", "--name", dialog):
                self._enter(path.name)
            return not self._do("search", "--onlyvisible", "--name", dialog)

        _wait_for(is_answered, "the end of the dialog")

    def _enter(self, text: str) -> None:
        """Write into the field that has the focus, and leave its list of completions time to come."""
        self._do("key", "--clearmodifiers", "ctrl+a")
        self._do("type", "--delay", "50", text)
        time.sleep(2)
        self._do("key", "Return")
        time.sleep(3)

    def drag(self, start: tuple[int, int], goal: tuple[int, int]) -> None:
        """Drag with the mouse, in small steps as a hand does."""
        self._do("mousemove", *map(str, start))
        self._do("mousedown", "1")
        for step in range(1, 13):
            self._do("mousemove", *(str(a + (b - a) * step // 12) for a, b in zip(start, goal, strict=True)))
            time.sleep(0.2)
        time.sleep(2)
        self._do("mouseup", "1")

    def _do(self, *words: str) -> str:
        done = subprocess.run(["xdotool", *words], env=dict(self._screen), capture_output=True, text=True, check=False)
        return done.stdout


@contextmanager
def _screen(environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Start an X server of our own with a window manager; yield the environment for programs on it."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    with _running(command, environment, pass_fds=(writing,)):
        os.close(writing)
        with os.fdopen(reading) as told:
            display = told.readline().strip()
        if not display:
            raise SystemExit("Xvfb did not start.")
        screen = {**environment, "DISPLAY": f":{display}", "QT_QPA_PLATFORM": "xcb"}
        screen.pop("WAYLAND_DISPLAY", None)
        with _running(["openbox"], screen):
            time.sleep(1)
            yield screen


@contextmanager
def _running(
    command: Sequence[str], environment: Mapping[str, str], pass_fds: Sequence[int] = ()
) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a program that says little, and end it with the block."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, env=dict(environment), pass_fds=pass_fds, **streams)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(is_so: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + _PATIENCE
    while not is_so():
        if time.monotonic() > until:
            raise SystemExit(f"Waited in vain for {what}.")
        time.sleep(0.5)


def _lines(path: Path) -> int:
    time.sleep(1)
    return len(path.read_text(encoding="utf-8").splitlines()) if path.exists() else 0


def _check_written(path: Path, count: int) -> None:
    """End the proof where the documents were not classified: a session that does nothing proves nothing."""
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    if len(records) != count or not all(record["results"] for record in records):
        raise SystemExit(f"{path.name} has {len(records)} classified documents, not {count}.")


def _read(record: Path) -> Trace:
    return read_trace(record.read_text(errors="replace").splitlines())


if __name__ == "__main__":
    sys.exit(main())
