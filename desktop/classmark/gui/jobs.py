"""The lanes on which long work runs beside the window; the only file that knows threads."""

from __future__ import annotations

import gc
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from PySide6.QtCore import QObject, Qt, QTimer, Signal

Stop = Callable[[], bool]
Work = Callable[[Stop], Iterable[object]]
"""A long piece of work: it yields what it has, and ends soon after the question it was given is answered True."""

_PERIOD = 60
"""Milliseconds between two deliveries."""
_COLLECTION = 2000
"""Milliseconds between two looks for garbage."""
_PORTION = 100
"""The most that one delivery hands over, so that no delivery holds up the window."""


def collect_garbage_here(parent: QObject) -> None:
    """Let Python look for cycles of garbage in the window's thread only.

    By default the thread that happens to allocate does it, and a worker that finds a widget in a cycle deletes it:
    Qt then ends the program.
    """
    gc.disable()
    turns = count(1)
    timer = QTimer(parent, interval=_COLLECTION)
    timer.timeout.connect(lambda: gc.collect(2 if next(turns) % 30 == 0 else 1))
    timer.start()


class Job(QObject):
    """One piece of work on a lane, as the window sees it; every signal arrives in the window's thread.

    What the work yields is gathered and handed over in lists. ``finished`` comes last, after a cancel too; in its
    place ``failed`` comes with the exception that ended the work.
    """

    yielded = Signal(list)
    finished = Signal()
    failed = Signal(object)
    _arrived = Signal()
    _ended = Signal(object)

    def __init__(self, work: Work, parent: QObject) -> None:
        super().__init__(parent)
        self._work = work
        self._stop = threading.Event()
        self._pending: deque[object] = deque()
        self._is_announced = False
        self._outcome: tuple[BaseException | None] | None = None
        self._timer = QTimer(self, interval=_PERIOD, singleShot=True)
        self._timer.timeout.connect(self._on_time_to_deliver)
        self._arrived.connect(self._on_arrived, Qt.ConnectionType.QueuedConnection)
        self._ended.connect(self._on_ended, Qt.ConnectionType.QueuedConnection)

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked the work to end."""
        return self._stop.is_set()

    def cancel(self) -> None:
        """Ask the work to end; ``finished`` follows."""
        self._stop.set()

    def run(self) -> None:
        """Do the work, on the lane's thread."""
        failure: BaseException | None = None
        try:
            if not self._stop.is_set():
                for item in self._work(self._stop.is_set):
                    self._pending.append(item)
                    if not self._is_announced:
                        self._is_announced = True
                        self._arrived.emit()
                    if self._stop.is_set():
                        break
        except Exception as caught:  # noqa: BLE001 - the top of a thread: shown by the window
            failure = caught
        self._ended.emit(failure)  # the last touch: from here on the window may delete the job

    def _on_arrived(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _on_ended(self, failure: BaseException | None) -> None:
        self._outcome = (failure,)
        self._timer.stop()
        self._on_time_to_deliver()

    def _on_time_to_deliver(self) -> None:
        self._is_announced = False
        items = [self._pending.popleft() for _ in range(min(len(self._pending), _PORTION))]
        if items:
            self.yielded.emit(items)
        if self._pending:
            self._timer.start()
        elif self._outcome is not None:
            [failure] = self._outcome
            self._outcome = None
            if failure is None:
                self.finished.emit()
            else:
                self.failed.emit(failure)


class Lane(QObject):
    """A thread of its own on which jobs run one after another.

    Jobs belong to their lane: whichever thread lets go of one last, it is deleted in the window's.
    """

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=f"classmark-{name}")
        self._is_closed = False

    def start(self, work: Work) -> Job:
        """Put work in line and return its job; connect its signals before the event loop runs again.

        After closing nothing is done any more, and nothing is said of it.
        """
        job = Job(work, self)
        job.finished.connect(job.deleteLater)
        job.failed.connect(job.deleteLater)
        if self._is_closed:
            job.cancel()
        else:
            self._pool.submit(job.run)
        return job

    def close(self) -> None:
        """Cancel everything and wait until the thread has ended."""
        self._is_closed = True
        for job in self.findChildren(Job):
            job.cancel()
        self._pool.shutdown(wait=True)
