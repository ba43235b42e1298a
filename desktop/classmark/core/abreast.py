"""Several documents at once: short ones are worked on side by side, and their answers come in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from threading import Event
from typing import Any, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Stop = Callable[[], bool]

MOST = 8
"""The most documents at once: what is done of each beside the encoder must fill the gaps that the others leave."""
ROOM = 16_000
"""Characters that the documents at work have together: a long one fills all processors by itself, and goes alone."""


def abreast(
    take: Callable[[Stop], Generator[Item, None, None]],
    work: Callable[[Item, Stop], Answer],
    size: Callable[[Item], int],
    should_stop: Stop = lambda: False,
) -> Iterator[Answer]:
    """Yield the answer to each item, in their order.

    ``take`` yields the items, on a thread of its own, one more than are at work; ``size`` tells their characters.
    Both callables are given the question whether to stop: yes once ``should_stop`` says so, or this generator is
    closed. Whatever they raise comes in its turn, and ends this.
    """
    is_closed = Event()

    def stop() -> bool:
        return is_closed.is_set() or should_stop()

    at_work: deque[tuple[Future[Answer], int]] = deque()

    def has_room(upcoming: Future[Item | None]) -> bool:
        if not at_work:
            return True
        if upcoming.exception() or len(at_work) == MOST:
            return False
        item = upcoming.result()
        return item is None or sum(taken for _, taken in at_work) + size(item) <= ROOM

    with (
        closing(take(stop)) as items,
        ThreadPoolExecutor(1, "classmark-taking") as taking,
        ThreadPoolExecutor(MOST, "classmark-document") as working,
    ):
        upcoming: Future[Item | None] | None = taking.submit(next, items, None)
        try:
            while upcoming or at_work:
                if upcoming and upcoming.done() and has_room(upcoming):
                    item, upcoming = upcoming.result(), None
                    if item is not None:
                        at_work.append((working.submit(work, item, stop), size(item)))
                        upcoming = taking.submit(next, items, None)
                elif at_work and at_work[0][0].done():
                    yield at_work.popleft()[0].result()
                else:
                    awaited: list[Future[Any]] = [future for future, _ in at_work][:1]
                    if upcoming and not upcoming.done():
                        awaited.append(upcoming)
                    wait(awaited, return_when=FIRST_COMPLETED)
        finally:
            is_closed.set()
