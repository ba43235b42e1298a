"""The child's side of the workshop in a process of its own: one task, told in JSON."""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, is_dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from classmark.core.broker import HUB_METHODS
from classmark.core.children import settle_child
from classmark.core.connections import journal
from classmark.core.seal import seal
from classmark.core.settings import Settings
from classmark_models.errors import ClassmarkError
from classmark_models.workshop import Step, Workshop

if TYPE_CHECKING:
    from classmark.core.children import Connection

BEAT = 0.1
"""Seconds between two looks at whether to stop, and between two steps that are told."""


def serve_task(pipe: Connection, settings: Settings, method: str, arguments: Mapping[str, str | Path]) -> None:
    """Call a method of ``Workshop`` in this process, which is sealed unless the method asks a hub and may.

    Only JSON goes back: files of models are hostile, and a pickle could be an attack.
    """
    settle_child()
    if method not in HUB_METHODS or not settings.may_fetch:
        seal()
    told_at, told_of = float("-inf"), ""

    def say(kind: str, content: object) -> None:
        pipe.send_bytes(json.dumps([kind, content], default=str).encode("utf-8", "surrogatepass"))

    def tell(step: Step) -> None:
        nonlocal told_at, told_of
        now = monotonic()
        if step.what != told_of or now - told_at >= BEAT or step.done == step.total > 0:
            told_at, told_of = now, step.what
            say("step", asdict(step))

    with suppress(OSError):  # the parent has gone
        try:
            workshop = Workshop(
                settings.collection(),
                journal(),
                hub=settings.hub,
                exports=settings.exports,
                may_fetch=settings.may_fetch,
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
