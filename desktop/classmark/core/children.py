"""What the child processes share: how they are started, and what they leave alone."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.context import SpawnProcess
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # What a pipe's end is called differs between the systems.
    from multiprocessing.connection import _ConnectionBase

    Connection = _ConnectionBase[Any, Any]

_starting = threading.Lock()


def start_child(serve: Callable[..., None], name: str, *arguments: object) -> tuple[SpawnProcess, Connection]:
    """Start ``serve(pipe, *arguments)`` in a new process; return it with our end of the pipe."""
    ours, theirs = get_context("spawn").Pipe()
    process = start_process(serve, name, theirs, *arguments)
    theirs.close()
    return process, ours


def start_process(
    serve: Callable[..., None], name: str, *arguments: object, may_have_children: bool = False
) -> SpawnProcess:
    """Start ``serve(*arguments)`` in a new process, which a pipe among the arguments reaches.

    The child does not import the program's main module, and with it the whole window. Any thread may start one. One
    that may have children must be told to end before this process can.
    """
    process = get_context("spawn").Process(target=serve, args=arguments, name=name, daemon=not may_have_children)
    with _starting:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            process.start()
        finally:
            sys.modules["__main__"] = main
    return process


def settle_child() -> None:
    """Leave Ctrl-C to the parent, and say nothing: what libraries log may quote a document."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.disable()
    warnings.simplefilter("ignore")
