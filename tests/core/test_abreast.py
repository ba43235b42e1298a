"""Documents side by side: order, how many at once, long ones alone, stopping, and errors in their turn."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from types import GeneratorType

import pytest

from classmark.core.abreast import MOST, ROOM, abreast

Stop = Callable[[], bool]


class Work:
    """Answers numbers with themselves, when their gate is open; remembers which were at work together."""

    def __init__(self, *shut: int) -> None:
        self.gates = {number: threading.Event() for number in shut}
        self.taken: list[int] = []
        self.begun: list[int] = []
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()

    def numbers(self, count: int) -> Callable[[Stop], Generator[int, None, None]]:
        def take(_stop: Stop) -> Generator[int, None, None]:
            for number in range(count):
                self.taken.append(number)
                yield number

        return take

    def answer(self, number: int, stop: Stop) -> int:
        with self._lock:
            self.begun.append(number)
            self._now += 1
            self.most = max(self.most, self._now)
        gate = self.gates.get(number)
        while gate and not gate.wait(0.001) and not stop():
            pass
        with self._lock:
            self._now -= 1
        return number


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.001)


def open_gate(work: Work, number: int, is_so: Callable[[], bool]) -> None:
    """Open it as soon as something is so, and a little later, for more to come if more came."""

    def wait() -> None:
        until(is_so)
        time.sleep(0.02)
        work.gates[number].set()

    threading.Thread(target=wait).start()


def close(answers: Iterator[int]) -> None:
    assert isinstance(answers, GeneratorType)
    answers.close()


def test_answers_come_in_order_whatever_ends_first() -> None:
    work = Work(0)
    answers = abreast(work.numbers(50), work.answer, lambda _: 1)
    open_gate(work, 0, lambda: len(work.begun) == MOST)
    assert list(answers) == list(range(50))
    assert 1 < work.most <= MOST


def test_an_answer_does_not_wait_for_the_next() -> None:
    work = Work(1)
    answers = abreast(work.numbers(3), work.answer, lambda _: 1)
    assert next(answers) == 0
    work.gates[1].set()
    assert list(answers) == [1, 2]


def test_an_answer_does_not_wait_for_the_next_item() -> None:
    gate = threading.Event()

    def take(_stop: Stop) -> Generator[int, None, None]:
        yield 0
        gate.wait(20)
        yield 1

    answers = abreast(take, Work().answer, lambda _: 1)
    assert next(answers) == 0
    assert not gate.is_set()
    gate.set()
    assert list(answers) == [1]


def test_no_more_is_taken_than_is_at_work_and_one() -> None:
    work = Work(0)
    answers = abreast(work.numbers(50), work.answer, lambda _: 1)
    open_gate(work, 0, lambda: len(work.taken) > MOST)
    assert next(answers) == 0
    assert len(work.taken) <= MOST + 2
    close(answers)
    assert len(work.taken) <= MOST + 3


@pytest.mark.parametrize(("size", "most"), [(ROOM * 10, 1), (ROOM, 1), (ROOM // 2, 2), (ROOM // 2 + 1, 1), (0, MOST)])
def test_as_many_as_there_is_room_for(size: int, most: int) -> None:
    work = Work(*range(12))
    answers = abreast(work.numbers(12), work.answer, lambda _: size)
    for number in range(12):
        wanted = min(number + most, 12)
        open_gate(work, number, lambda wanted=wanted: len(work.begun) == wanted)  # type: ignore[misc]
        assert next(answers) == number
    assert list(answers) == []
    assert work.most == most


def test_closing_stops_what_is_at_work() -> None:
    work = Work(1, 2)
    answers = abreast(work.numbers(50), work.answer, lambda _: 1)
    assert next(answers) == 0
    close(answers)
    assert len(work.begun) <= MOST + 1


def test_whoever_takes_and_works_is_told_to_stop() -> None:
    told = threading.Event()
    asked: list[str] = []

    def take(stop: Stop) -> Generator[int, None, None]:
        yield 0
        until(stop)
        asked.append("take")

    def work(number: int, stop: Stop) -> int:
        told.set()
        until(stop)
        asked.append("work")
        return number

    assert list(abreast(take, work, lambda _: 1, told.is_set)) == [0]
    assert sorted(asked) == ["take", "work"]


@pytest.mark.parametrize("fails", ["take", "work"])
def test_errors_come_in_their_turn(fails: str) -> None:
    def take(_stop: Stop) -> Generator[int, None, None]:
        yield from range(3)
        if fails == "take":
            raise OSError("no more")
        yield 3

    def work(number: int, _stop: Stop) -> int:
        if number == 3:
            raise OSError("no answer")
        time.sleep(0.02 * (3 - number))
        return number

    answers = abreast(take, work, lambda _: 1)
    assert [next(answers) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(OSError, match="no more" if fails == "take" else "no answer"):
        next(answers)


def test_items_are_closed() -> None:
    is_closed = threading.Event()

    def take(_stop: Stop) -> Generator[int, None, None]:
        try:
            yield from range(100)
        finally:
            is_closed.set()

    answers = abreast(take, Work().answer, lambda _: 1)
    next(answers)
    close(answers)
    assert is_closed.is_set()
