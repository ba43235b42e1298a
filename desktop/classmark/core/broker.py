"""The broker: outside the seal, it waits until a person asks for something of a hub, and starts the helper for it."""

from __future__ import annotations

import atexit
import json
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection as PipeEnd
from multiprocessing.connection import wait
from multiprocessing.reduction import recv_handle, send_handle
from typing import TYPE_CHECKING

from classmark.core.children import settle_child, start_process

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

    from classmark.core.children import Connection

HUB_METHODS = frozenset({"estimate", "fetch", "add", "repair"})
"""What a helper does of the workshop: the tasks that need a network. A person asks for each of them."""
_KEYS = {"name", "repo"}
_LARGEST_ORDER = 1 << 16


def start_broker() -> Broker | None:
    """Start the broker, before this process is sealed; None where a seal does not go on to children.

    A seal cannot be lifted, and whatever a sealed process starts is sealed too. So there is a process beside it that is
    not: it loads no library of ours, opens nothing, takes four kinds of orders, and ends when this process ends.
    """
    if sys.platform == "win32":
        return None
    ours, theirs = Pipe()
    process = start_process(_serve, "classmark-broker", theirs, may_have_children=True)
    theirs.close()
    broker = Broker(ours, process)
    atexit.register(broker.close)  # whichever way the program ends
    return broker


class Broker:
    """The broker, as its program sees it. Any thread may ask it."""

    def __init__(self, orders: Connection, process: SpawnProcess) -> None:
        self._orders, self._process = orders, process
        self._sending = threading.Lock()

    def start(self, settings: Mapping[str, str], method: str, texts: Mapping[str, str]) -> tuple[Helper, Connection]:
        """Have a task of ``HUB_METHODS`` done, as by ``serve_task``; OSError when the broker has ended."""
        pipe, theirs = Pipe()
        life, watched = Pipe()
        with self._sending, theirs, watched:
            self._orders.send_bytes(json.dumps([settings, method, texts]).encode())
            for end in (theirs, watched):
                send_handle(self._orders, end.fileno(), self._process.pid)
        return Helper(life), pipe

    def close(self) -> None:
        """End the broker, and what it has started."""
        self._orders.close()
        self._process.join()


class Helper:
    """A process that the broker has started, with as much of ``Process`` as is needed."""

    def __init__(self, life: Connection) -> None:
        self._life = life
        self.exitcode: int | None = None

    def join(self, timeout: float) -> None:
        """Wait for its end, for some seconds at most."""
        with suppress(OSError, EOFError, ValueError):  # the broker has gone, or would not start it
            if self.exitcode is None and self._life.poll(timeout):
                self.exitcode = int(self._life.recv_bytes(16))

    def is_alive(self) -> bool:
        """Return whether it has not been heard to end."""
        self.join(0)
        return self.exitcode is None and not self._life.closed

    def kill(self) -> None:
        """End it at once."""
        self._life.close()


@dataclass(slots=True, eq=False)
class _Started:
    process: SpawnProcess
    life: Connection

    def end(self) -> None:
        """See to it that it has ended, and tell the program if that still listens."""
        self.process.kill()
        self.process.join()
        with suppress(OSError):
            self.life.send_bytes(str(self.process.exitcode).encode())
        self.life.close()


def _serve(orders: Connection) -> None:
    """Run the broker: start what is ordered, until the program has gone."""
    settle_child()
    started: list[_Started] = []
    while True:
        ready = wait([orders, *(each.process.sentinel for each in started), *(each.life for each in started)])
        for each in [each for each in started if each.process.sentinel in ready or each.life in ready]:
            each.end()
            started.remove(each)
        if orders in ready:
            try:
                order = orders.recv_bytes(_LARGEST_ORDER)
                pipe, life = PipeEnd(recv_handle(orders)), PipeEnd(recv_handle(orders))
            except (EOFError, OSError):
                break
            with pipe, suppress(ValueError, TypeError, OSError):
                started.append(_Started(_start(order, pipe), life))
    for each in started:
        each.end()


def _start(order: bytes, pipe: Connection) -> SpawnProcess:
    """Do one order; ValueError or TypeError when it is none.

    Only texts are taken from it, for these methods: a hostile file may have taken over the program that gives it.
    """
    settings, method, texts = json.loads(order)
    if method not in HUB_METHODS or not set(texts) <= _KEYS:
        raise ValueError(f"{method} is nothing for a helper")
    if not all(isinstance(text, str) for text in (*texts.values(), *settings.values())):
        raise TypeError("an order has texts alone")
    return start_process(_help, "classmark-helper", pipe, settings, method, texts)


def _help(pipe: Connection, settings: Mapping[str, str], method: str, texts: Mapping[str, str]) -> None:
    """Run a helper; the broker itself never loads what it needs."""
    from classmark.core.settings import NEVER, Settings, read_settings
    from classmark.core.workshop_child import serve_task

    given = Settings(**settings)
    if not read_settings().may_fetch:  # what the person or IT has forbidden, no order allows
        given = replace(given, network=NEVER)
    serve_task(pipe, given, method, texts)
