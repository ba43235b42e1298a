"""The lanes on which long work runs beside the window; the only file that knows threads."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from PySide6.QtCore import QObject, Qt, QTimer, Signal

Stop = Callable[[], bool]
Work = Callable[[Stop], Iterable[object]]
"""A long piece of work: it yields what it has, and ends soon after the question it was given is answered True."""

_PERIOD = 60
"""Milliseconds between two deliveries."""
_PORTION = 100
"""The most that one delivery hands over, so that no delivery holds up the window."""


class Job(QObject):
    """One piece of work on a lane, as the window sees it; every signal arrives in the window's thread.

    What the work yields is gathered and handed over in lists. ``finished`` comes last, after a cancel too; in its
    place ``failed`` comes with the exception that ended the work.
    """

    yielded = Signal(list)
    finished = Signal()
    failed = Signal(object)
    _arrived = Signal()

    def __init__(self, work: Work) -> None:
        super().__init__()
        self._work = work
        self._stop = threading.Event()
        self._pending: deque[object] = deque()
        self._announced = False
        self._ended = False
        self._reported = False
        self._failure: BaseException | None = None
        self._timer = QTimer(self, interval=_PERIOD, singleShot=True)
        self._timer.timeout.connect(self._on_time_to_deliver)
        self._arrived.connect(self._on_arrived, Qt.ConnectionType.QueuedConnection)

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked the work to end."""
        return self._stop.is_set()

    def cancel(self) -> None:
        """Ask the work to end; ``finished`` follows."""
        self._stop.set()

    def run(self) -> None:
        """Do the work, on the lane's thread."""
        try:
            if not self._stop.is_set():
                for item in self._work(self._stop.is_set):
                    self._pending.append(item)
                    self._announce()
                    if self._stop.is_set():
                        break
        except Exception as failure:  # noqa: BLE001 - the top of a thread: shown by the window
            self._failure = failure
        self._ended = True
        self._announced = False
        self._announce()

    def _announce(self) -> None:
        if not self._announced:
            self._announced = True
            self._arrived.emit()

    def _on_arrived(self) -> None:
        if self._ended and not self._timer.isActive():
            self._on_time_to_deliver()
        elif not self._timer.isActive():
            self._timer.start()

    def _on_time_to_deliver(self) -> None:
        self._announced = False
        ended = self._ended  # read before the items are taken: nothing can follow once it is set
        items = [self._pending.popleft() for _ in islice(self._pending.copy(), _PORTION)]
        if items:
            self.yielded.emit(items)
        if self._pending:
            self._timer.start()
        elif ended and not self._reported:
            self._reported = True
            if self._failure is None:
                self.finished.emit()
            else:
                self.failed.emit(self._failure)


class Lane:
    """A thread of its own on which jobs run one after another."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=f"classmark-{name}")
        self._jobs: list[Job] = []
        self._closed = False

    def start(self, work: Work) -> Job:
        """Put work in line and return its job; connect its signals before the event loop runs again.

        After closing nothing is done any more, and nothing is said of it.
        """
        job = Job(work)
        if self._closed:
            job.cancel()
            return job
        self._jobs.append(job)
        job.finished.connect(lambda: self._forget(job))
        job.failed.connect(lambda _: self._forget(job))
        self._pool.submit(job.run)
        return job

    def close(self) -> None:
        """Cancel everything and wait until the thread has ended."""
        self._closed = True
        for job in self._jobs:
            job.cancel()
        self._pool.shutdown(wait=True)

    def _forget(self, job: Job) -> None:
        if job in self._jobs:
            self._jobs.remove(job)
