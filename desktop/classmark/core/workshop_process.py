"""The workshop in a process of its own: the window never waits for it, and its memory is given back."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from classmark.core.broker import HUB_METHODS, Broker
from classmark.core.children import start_child
from classmark.core.settings import Settings
from classmark.core.workshop_child import BEAT, serve_task
from classmark_models import errors
from classmark_models.errors import ClassmarkError, Interrupted
from classmark_models.workshop import Estimate, Step

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

    from classmark.core.broker import Helper
    from classmark.core.children import Connection

    _Process = SpawnProcess | Helper

Stop = Callable[[], bool]

_GRACE = 3.0
"""Seconds that the child has to end in good order; a stop in the midst of a download loses nothing."""
_LARGEST_MESSAGE = 1 << 20


class WorkshopCrashed(ClassmarkError):
    """The process that works on models ended without a word."""


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One call of a method of ``Workshop``: its name, and its arguments as text; those that are paths, in ``paths``."""

    method: str
    texts: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, Path] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The id of the model that is worked on, empty where there is none yet."""
        return self.texts.get("name", "")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a task: an Estimate, an id, paths, or sentences for the person, as its method has it."""

    value: object


def run_task(
    settings: Settings, task: Task, should_stop: Stop = lambda: False, broker: Broker | None = None
) -> Generator[Step | Outcome, None, None]:
    """Do a task in a child process; yield what it is at, and last its outcome.

    A task that asks a hub is given to the ``broker`` where there is one: a child of a sealed process is sealed too.
    To stop, let ``should_stop`` return True, or close the generator: the child ends itself, or is ended after three
    seconds. Raises what the workshop raises, by class and message, Interrupted when it was stopped, and
    WorkshopCrashed.
    """
    yield Step("Starting")
    process, pipe = _start(settings, task, broker)
    try:
        yield from _listen(process, pipe, task, should_stop)
    finally:
        _end(process, pipe)


def _start(settings: Settings, task: Task, broker: Broker | None) -> tuple[_Process, Connection]:
    if broker is None or task.method not in HUB_METHODS:
        return start_child(serve_task, "classmark-workshop", settings, task.method, {**task.texts, **task.paths})
    try:
        return broker.start(asdict(settings), task.method, task.texts)
    except OSError as error:
        raise WorkshopCrashed(
            "The part of Classmark that fetches models has ended. Start Classmark again, then try again."
        ) from error


def _listen(process: _Process, pipe: Connection, task: Task, should_stop: Stop) -> Iterator[Step | Outcome]:
    deadline: float | None = None
    while True:
        if deadline is None and should_stop():
            deadline = monotonic() + _GRACE
            _say_stop(pipe)
        try:
            if not pipe.poll(BEAT):
                if deadline is not None and monotonic() > deadline:
                    process.kill()
                    raise Interrupted("Stopped.")
                continue
            kind, content = json.loads(pipe.recv_bytes(_LARGEST_MESSAGE))
        except (EOFError, OSError, ValueError) as error:
            if deadline is not None:
                raise Interrupted("Stopped.") from error
            process.join(_GRACE)
            raise WorkshopCrashed(
                f"The work on the model broke off (code {process.exitcode}). Memory may be short: close other "
                "programs, then try again. What was fetched is kept."
            ) from error
        match kind:
            case "step":
                yield Step(**content)
            case "outcome":
                yield Outcome(_OUTCOMES.get(task.method, lambda _: None)(content))
                return
            case _:
                raise _error(*content)


def _end(process: _Process, pipe: Connection) -> None:
    _say_stop(pipe)
    process.join(_GRACE)
    if process.is_alive():
        process.kill()
        process.join(_GRACE)
    pipe.close()


def _say_stop(pipe: Connection) -> None:
    with suppress(OSError):  # it has ended by itself
        pipe.send_bytes(b"stop")


def _error(kind: str, message: str) -> ClassmarkError:
    known = WorkshopCrashed if kind == WorkshopCrashed.__name__ else getattr(errors, kind, None)
    is_ours = isinstance(known, type) and issubclass(known, ClassmarkError)
    return known(message) if is_ours and known is not None else ClassmarkError(message)


def _estimate(facts: dict[str, Any]) -> Estimate:
    return Estimate(**{**facts, "place": Path(facts["place"])})


_OUTCOMES: dict[str, Callable[[Any], object]] = {
    "estimate": _estimate,
    "fetch": lambda made: tuple(made["notes"]),
    "convert": lambda made: tuple(made["notes"]),
    "add": lambda spec: str(spec["id"]),
    "selftest": lambda tested: str(tested["sentence"]),
    "verify": tuple,
    "repair": tuple,
    "import_suitcase": str,
    "export_suitcase": Path,
    "export_hub_layout": Path,
}
