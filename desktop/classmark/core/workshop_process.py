"""The workshop in a process of its own: the window never waits for it, and its memory is given back."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, is_dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from classmark.core.children import settle_child, start_child
from classmark.core.settings import Settings
from classmark_models import errors
from classmark_models.errors import ClassmarkError, Interrupted
from classmark_models.workshop import Estimate, Step, Workshop

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

    from classmark.core.children import Connection

Stop = Callable[[], bool]

_BEAT = 0.1
"""Seconds between two looks at whether to stop, and between two steps that are told."""
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
    settings: Settings, task: Task, should_stop: Stop = lambda: False
) -> Generator[Step | Outcome, None, None]:
    """Do a task in a child process; yield what it is at, and last its outcome.

    To stop, let ``should_stop`` return True, or close the generator: the child ends itself, or is ended after three
    seconds. Raises what the workshop raises, by class and message, Interrupted when it was stopped, and
    WorkshopCrashed.
    """
    yield Step("Starting")
    process, pipe = start_child(_serve, "classmark-workshop", settings, task.method, _arguments(task))
    try:
        yield from _listen(process, pipe, task, should_stop)
    finally:
        _end(process, pipe)


def _listen(process: SpawnProcess, pipe: Connection, task: Task, should_stop: Stop) -> Iterator[Step | Outcome]:
    deadline: float | None = None
    while True:
        if deadline is None and should_stop():
            deadline = monotonic() + _GRACE
            _say_stop(pipe)
        try:
            if not pipe.poll(_BEAT):
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


def _end(process: SpawnProcess, pipe: Connection) -> None:
    _say_stop(pipe)
    process.join(_GRACE)
    if process.is_alive():
        process.kill()
        process.join(_GRACE)
    pipe.close()


def _say_stop(pipe: Connection) -> None:
    with suppress(OSError):  # it has ended by itself
        pipe.send_bytes(b"stop")


def _arguments(task: Task) -> dict[str, str | Path]:
    return {**task.texts, **task.paths}


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


def _serve(pipe: Connection, settings: Settings, method: str, arguments: dict[str, str | Path]) -> None:
    """Run the child. Only JSON comes back: files of models are hostile, and a pickle could be an attack."""
    settle_child()
    told_at, told_of = float("-inf"), ""

    def say(kind: str, content: object) -> None:
        pipe.send_bytes(json.dumps([kind, content], default=str).encode("utf-8", "surrogatepass"))

    def tell(step: Step) -> None:
        nonlocal told_at, told_of
        now = monotonic()
        if step.what != told_of or now - told_at >= _BEAT or step.done == step.total > 0:
            told_at, told_of = now, step.what
            say("step", asdict(step))

    with suppress(OSError):  # the parent has gone
        try:
            workshop = Workshop(
                settings.collection(),
                hub=settings.hub,
                exports=settings.exports,
                progress=tell,
                should_stop=pipe.poll,
            )
            made = getattr(workshop, method)(**arguments)
            say("outcome", asdict(made) if is_dataclass(made) and not isinstance(made, type) else made)
        except ClassmarkError as error:
            say("error", [type(error).__name__, str(error)])
        except MemoryError:
            say(
                "error",
                ["ClassmarkError", "There is not enough memory for this. Close other programs, then try again."],
            )
        except Exception as error:  # noqa: BLE001 - the top of a process: told by the window
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{type(error).__name__} in {Path(place.filename).name}, line {place.lineno}"
            say("error", ["WorkshopCrashed", f"Something went wrong that we did not expect ({where}). Try again."])
