"""How long the window is ever busy: drops many files on it and prints the longest gap of a 10 ms heartbeat.

Usage: responsiveness.py [--documents 500] [--toy]. The files are made for the run; ``--toy`` takes an engine that
answers at once, so that results come as fast as the window can take them; ``--repeat`` makes the documents longer.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[2]))

from PySide6.QtCore import QMimeData, QPoint, Qt, QTimer, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication
from tests.gui.fakes import FakeEngine

from classmark.gui.engine import Engine, local_engine
from classmark.gui.jobs import collect_garbage_here
from classmark.gui.memory import Memory
from classmark.gui.results_model import Column
from classmark.gui.theme import Theme
from classmark.gui.window import Window
from classmark.resources import asset

BEAT = 10


def main() -> None:
    options = _options()
    application = QApplication([])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        papers = folder / "papers"
        _write_documents(papers, options.documents, options.repeat)
        opener: Callable[[], Engine] = FakeEngine if options.toy else local_engine
        memory = Memory(folder / "window.ini")
        memory.choice = ("toy",) if options.toy else memory.choice
        window = Window(opener, Theme(application), memory)
        window.resize(1440, 900)
        window.show()
        collect_garbage_here(window)
        run = _Run(window, papers, application)
        run.start()
        application.exec()


class _Run:
    """Goes through the steps of a run, each with its own longest gap."""

    def __init__(self, window: Window, papers: Path, application: QApplication) -> None:
        self._window, self._papers, self._application = window, papers, application
        self._beat = QTimer(interval=BEAT, timerType=Qt.TimerType.PreciseTimer)
        self._beat.timeout.connect(self._on_beat)
        self._last = self._began = perf_counter()
        self._longest = 0.0
        self._done: Callable[[], bool] = lambda: False
        self._steps: Iterator[tuple[str, Callable[[], object], Callable[[], bool]]] = iter(
            [
                ("start, classifier opening", lambda: None, lambda: self._window.engine is not None),
                ("drop, counting, classifying", self._drop, self._is_done),
                ("threshold moved 20 times", self._move_threshold, self._is_decided),
                ("level changed 4 times", self._change_level, self._is_decided),
                ("sorted by score, searched", self._sort_and_search, lambda: self._since() > 1.0),
                ("walking 30 rows", self._walk, lambda: self._since() > 1.0),
                ("all removed and undone", self._remove_and_undo, lambda: self._since() > 1.0),
            ]
        )

    def start(self) -> None:
        self._next()
        self._beat.start()

    def _on_beat(self) -> None:
        now = perf_counter()
        self._longest = max(self._longest, now - self._last)
        self._last = now
        if self._since() > 0.1 and self._done():
            print(
                f"{self._name:32} {self._longest * 1000:7.0f} ms longest gap   {self._since():7.1f} s in all",
                flush=True,
            )
            self._next()

    def _next(self) -> None:
        step = next(self._steps, None)
        if step is None:
            self._beat.stop()
            self._window.close()
            self._application.quit()
            return
        self._name, act, self._done = step
        self._longest, self._began = 0.0, perf_counter()
        act()

    def _since(self) -> float:
        return perf_counter() - self._began

    def _is_done(self) -> bool:
        return bool(self._window.review.results.rows) and self._window.is_at_rest

    def _is_decided(self) -> bool:
        results = self._window.review.results
        return self._since() > 0.7 and all(
            row.is_decided(results.rule) for row in results.rows if row.result is not None
        )

    def _drop(self) -> None:
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(self._papers))])
        copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        self._window.dropEvent(QDropEvent(QPoint(400, 300).toPointF(), copy, mime, left, none))

    def _move_threshold(self) -> None:
        for value in range(20):
            QTimer.singleShot(value * 30, lambda value=value: self._window.rule_bar.threshold.setValue(value))

    def _change_level(self) -> None:
        for place in range(4):
            QTimer.singleShot(place * 100, lambda place=place: self._window.rule_bar.level.setCurrentIndex(place))

    def _sort_and_search(self) -> None:
        self._window.list.sortByColumn(Column.SCORE, Qt.SortOrder.DescendingOrder)
        QTimer.singleShot(300, lambda: self._window.finder.search.setText("number 1"))
        QTimer.singleShot(600, self._window.finder.search.clear)

    def _walk(self) -> None:
        for step in range(30):
            QTimer.singleShot(step * 30, self._window.commands["next"].trigger)

    def _remove_and_undo(self) -> None:
        self._window.commands["clear"].trigger()
        QTimer.singleShot(300, self._window.commands["undo"].trigger)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=500)
    parser.add_argument("--repeat", type=int, default=1, help="how many times each text is repeated")
    parser.add_argument("--toy", action="store_true", help="an engine that answers at once")
    return parser.parse_args()


def _write_documents(folder: Path, count: int, repeat: int) -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted(asset("samples").iterdir()) if path.suffix != ".html"]
    for number in range(count):
        place = folder / f"shelf {number % 10}"
        place.mkdir(parents=True, exist_ok=True)
        text = texts[number % len(texts)].lstrip("# ")
        title, _, rest = text.partition("\n")
        (place / f"{number:05}.txt").write_text(f"{title} (number {number})\n{rest * repeat}", encoding="utf-8")


if __name__ == "__main__":
    main()
