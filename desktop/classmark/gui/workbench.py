"""The work on models: one task after the other, each in a child process, with what it is at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from classmark.core.broker import Broker
from classmark.core.settings import read_settings
from classmark.core.workshop_process import Outcome, Stop, Task, run_task
from classmark.gui.jobs import Job, Lane
from classmark_models.errors import Interrupted
from classmark_models.workshop import Step

RunTask = Callable[[Task, Stop], Iterator[Step | Outcome]]


def run_here(task: Task, should_stop: Stop, broker: Broker | None = None) -> Iterator[Step | Outcome]:
    """Do a task in a child process, by the settings of the moment."""
    return run_task(read_settings(), task, should_stop, broker)


@dataclass(slots=True, eq=False)
class Work:
    """A task on its way; without a ``step`` it waits for its turn."""

    task: Task
    step: Step | None = None
    is_stopping: bool = False
    is_dropped: bool = False
    """Stopped for good: what was begun shall not be gone on with."""
    outcome: Outcome | None = None
    job: Job | None = None

    @property
    def seconds_left(self) -> float | None:
        """How long the step will take, where its speed is known."""
        if self.step is None or not self.step.speed or not self.step.total:
            return None
        return (self.step.total - self.step.done) / self.step.speed


class Workbench(QObject):
    """Does tasks in the order in which they were asked for."""

    changed = Signal(object)
    """A work was queued, has come further, or is being stopped."""
    ended = Signal(object)
    """A work is done, and has its outcome; it has none when it was stopped."""
    failed = Signal(object, object)

    def __init__(self, run_task: RunTask, lane: Lane, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._run_task, self._lane = run_task, lane
        self._works: list[Work] = []

    @property
    def works(self) -> tuple[Work, ...]:
        """What is in hand or waits, in order."""
        return tuple(self._works)

    def start(self, task: Task) -> Work:
        """Put a task in line."""
        work = Work(task)
        self._works.append(work)
        work.job = job = self._lane.start(lambda stop: self._run_task(task, stop))
        job.yielded.connect(lambda items: self._on_yielded(work, items))
        job.finished.connect(lambda: self._on_ended(work))
        job.failed.connect(lambda failure: self._on_failed(work, failure))
        self.changed.emit(work)
        return work

    def stop(self, work: Work, *, drop: bool = False) -> None:
        """Ask a work to end; ``ended`` follows, at once when it has not begun."""
        if work.job is None or work not in self._works:
            return
        work.is_stopping, work.is_dropped = True, drop
        work.job.cancel()
        if work.step is None:
            self._on_ended(work)
        else:
            self.changed.emit(work)

    def _on_yielded(self, work: Work, items: list[Step | Outcome]) -> None:
        for item in items:
            if isinstance(item, Outcome):
                work.outcome = item
            else:
                work.step = item
        self.changed.emit(work)

    def _on_ended(self, work: Work) -> None:
        if work in self._works:
            self._works.remove(work)
            self.ended.emit(work)

    def _on_failed(self, work: Work, failure: BaseException) -> None:
        if isinstance(failure, Interrupted):
            self._on_ended(work)
            return
        self._works.remove(work)
        self.failed.emit(work, failure)
