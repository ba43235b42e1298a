"""Works at the window as a person does, with mouse and keys, on a screen of its own; called by ``cut_off``.

Usage: desk.py DOCUMENTS SUITCASE FOLDER. Pictures of the screen are written to FOLDER.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import screen_reader as reader

SCREEN = (1680, 1000)
FILES_WIDTH = 480
FIRST_FILE = (208, 155)
"""Where the file manager, at its place on the left, draws the first file of a folder, with tabs or without."""
MIDDLE = (FILES_WIDTH + (SCREEN[0] - FILES_WIDTH) // 2, SCREEN[1] // 2)
"""The middle of Classmark's window, at its place on the right."""
COLUMNS = 4
"""State, document, best subject, score: what the list shows of each."""
EXPORT = Path("/home/reader/subjects.csv")


class Desk:
    """A screen with a window manager, a file manager on the left and Classmark on the right."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._pictures = 0
        home = folder / "home"
        home.mkdir()
        # The tools keep what they keep elsewhere, so that what is left in the person's home is Classmark's.
        self._own = {**os.environ, "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1", "QT_QPA_PLATFORM": "xcb"}
        self._tools = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_CACHE_HOME": str(home)}

    def __enter__(self) -> Desk:
        reading, writing = os.pipe()
        size = f"{SCREEN[0]}x{SCREEN[1]}x24"
        self._start(["Xvfb", "-displayfd", str(writing), "-screen", "0", size, "-nolisten", "tcp"], pass_fds=[writing])
        os.close(writing)
        with os.fdopen(reading) as told:
            display = f":{told.readline().strip()}"
        for environment in (self._own, self._tools, os.environ):
            environment["DISPLAY"] = display
        self._start(["openbox"])
        time.sleep(1)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start(self, command: list[str], **options: object) -> subprocess.Popen[bytes]:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": self._tools}
        process = subprocess.Popen(command, **{**quiet, **options})  # type: ignore[call-overload]
        self._stack.callback(process.wait)
        self._stack.callback(process.terminate)
        return process

    def open_classmark(self) -> tuple[subprocess.Popen[bytes], float]:
        """Start the window and put it on the right; return its process, and the seconds until it was there."""
        begun = time.monotonic()
        log = (self._folder / "classmark.log").open("wb")
        process = self._start(["classmark-desktop"], env=self._own, stdout=log, stderr=log)
        window = reader.wait_for(
            "The window", lambda: self._xdotool("search", "--onlyvisible", "--name", "^Classmark$")
        )
        seconds = time.monotonic() - begun
        self._place(window.split()[0], FILES_WIDTH, SCREEN[0] - FILES_WIDTH)
        return process, seconds

    def open_folder(self, folder: Path) -> None:
        """Show a folder in the file manager on the left."""
        self._start(["pcmanfm", "--no-desktop", str(folder)])
        look = ("search", "--onlyvisible", "--name", f"^{folder.name}$")
        window = reader.wait_for("The file manager", lambda: self._xdotool(*look)).split()[0]
        self._place(window, 0, FILES_WIDTH)
        self._xdotool("windowactivate", "--sync", window)

    def _place(self, window: str, left: int, width: int) -> None:
        self._xdotool("windowsize", "--sync", window, str(width - 4), str(SCREEN[1] - 40))
        self._xdotool("windowmove", "--sync", window, str(left + 2), "24")

    def drag(self, start: tuple[int, int], goal: tuple[int, int], picture: str) -> None:
        """Drag with the mouse in small steps, take a picture on the way, and let go."""
        self._mouse("mousemove", *start)
        self._mouse("mousedown", 1)
        for step in range(1, 13):
            self._mouse("mousemove", *(a + (b - a) * step // 12 for a, b in zip(start, goal, strict=True)))
        for _ in range(3):  # until both programs have told each other that it may be let go
            self._mouse("mousemove_relative", 3, 3)
            time.sleep(0.5)
        self.picture(picture)
        self._mouse("mouseup", 1)

    def click(self, place: tuple[int, int]) -> None:
        """Click on a place."""
        self._mouse("mousemove", *place)
        self._mouse("click", 1)

    def keys(self, *names: str) -> None:
        """Press keys, or several at once as in ctrl+e."""
        self._mouse("key", "--clearmodifiers", *names)

    def type(self, text: str) -> None:
        """Type a text."""
        self._mouse("type", "--delay", "30", text)

    def picture(self, name: str) -> None:
        """Keep what is on the screen."""
        self._pictures += 1
        path = self._folder / f"{self._pictures}-{name}.png"
        subprocess.run(["scrot", "--overwrite", str(path)], env=self._tools, check=True)

    @contextmanager
    def step(self, text: str) -> Iterator[list[str]]:
        """Tell what was done and how long it took; what is put into the list is told below it."""
        begun, found = time.monotonic(), list[str]()
        try:
            yield found
        except BaseException as error:
            self.picture("failed")
            print(f"✗ {text}\n{error}", flush=True)
            raise SystemExit(1) from error
        print(f"✓ {time.monotonic() - begun:6.1f} s  {text}", *found, sep="\n            ", flush=True)

    def _mouse(self, *words: object) -> None:
        self._xdotool(*map(str, words))
        time.sleep(0.15)

    def _xdotool(self, *words: str) -> str:
        return subprocess.run(
            ["xdotool", *words], env=self._tools, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ).stdout.strip()


def main() -> None:
    """Do what a person would do, and tell of each step."""
    documents, suitcase, folder = map(Path, sys.argv[1:])
    with Desk(folder) as desk:
        with desk.step("the window opens") as found:
            process, seconds = desk.open_classmark()
            found.append(f"after {seconds:.1f} s on this computer, the first time")
            window = reader.wait_for("Classmark on the accessibility bus", lambda: reader.program("classmark"))
            desk.open_folder(documents)
            desk.picture("open")
        with desk.step("documents are dropped on it with the mouse, and classified") as found:
            rows = drop_documents(desk, window, documents)
            if not any(row.startswith("Ready") for row in rows):
                raise SystemExit("No document has subjects.")
            found += rows
            desk.picture("classified")
        with desk.step("a suitcase is dropped on it, and its model used"):
            drop_suitcase(desk, suitcase)
            desk.picture("suitcase")
            desk.click(reader.middle(button(window, "Use it")))
            desk.click(reader.middle(button(window, "again with these models")))
            reader.wait_for("Answers of the model", lambda: at_rest(window))
            desk.picture("with-the-suitcase")
        with desk.step("the subjects are exported") as found:
            found.append(export(desk, len(rows)))
            desk.picture("exported")
        with desk.step("the window is closed"):
            desk.keys("ctrl+q")
            if process.wait(30):
                raise SystemExit(f"It ended with {process.returncode}.")


def drop_documents(desk: Desk, window: reader.Widget, folder: Path) -> list[str]:
    """Mark all in the file manager, drag them over, and return what the list says in the end."""
    desk.click(FIRST_FILE)
    desk.keys("ctrl+a")
    desk.drag(FIRST_FILE, MIDDLE, "dragged")
    count = sum(1 for _ in folder.iterdir())
    reader.wait_for(f"All {count} files", lambda: next(reader.widgets(window, name=f"All: {count} documents"), None))
    reader.wait_for("The end of the work", lambda: at_rest(window), 600)
    cells = list(reader.widgets(next(reader.widgets(window, name="Documents")), reader.CELL))
    return [
        " · ".join(cell.name for cell in cells[at : at + COLUMNS] if cell.name) for at in range(0, len(cells), COLUMNS)
    ]


def drop_suitcase(desk: Desk, suitcase: Path) -> None:
    """Show the stick in the file manager, and drag the suitcase over."""
    desk.open_folder(suitcase.parent)
    desk.drag(FIRST_FILE, MIDDLE, "suitcase-dragged")


def button(window: reader.Widget, name: str) -> reader.Widget:
    """Wait for a button."""
    return reader.wait_for(name, lambda: next(reader.widgets(window, reader.BUTTON, name), None))


def at_rest(window: reader.Widget) -> bool:
    """Tell whether nothing is in work: then nothing can be cancelled, and no document waits."""
    words = {cell.name for cell in reader.widgets(window, reader.CELL)}
    return not words & {"Waiting", "Working"} and next(reader.widgets(window, reader.BUTTON, "Cancel"), None) is None


def export(desk: Desk, count: int) -> str:
    """Write all subjects to a file by the window's dialog, and return what is in it of so many documents."""
    desk.keys("ctrl+e")
    time.sleep(2)
    desk.keys("ctrl+a")
    desk.type(str(EXPORT))
    desk.picture("export")
    desk.keys("Return")
    reader.wait_for("The export", EXPORT.is_file)
    time.sleep(1)
    with EXPORT.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    by = Counter(row["classifier"] for row in rows)
    if len({row["source"] for row in rows}) != count or not {"openalex-zero-shot", "tiny"} <= set(by):
        raise SystemExit(f"{EXPORT} lacks documents or models: {dict(by)}")
    return f"{EXPORT}: {count} documents; rows by model: {dict(by)}"


if __name__ == "__main__":
    main()
