"""Work beside the window: delivery in portions, failure, cancelling, closing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from classmark.gui.jobs import Job, Lane, Stop


@pytest.fixture
def lane() -> Iterator[Lane]:
    made = Lane("test")
    yield made
    made.close()


def _collect(job: Job) -> list[list[object]]:
    portions: list[list[object]] = []
    job.yielded.connect(portions.append)
    return portions


def test_everything_arrives_in_order_and_in_portions(qtbot: QtBot, lane: Lane) -> None:
    job = lane.start(lambda _stop: iter(range(1000)))
    portions = _collect(job)
    with qtbot.waitSignal(job.finished):
        pass
    assert [item for portion in portions for item in portion] == list(range(1000))
    assert max(map(len, portions)) <= 100


def test_work_runs_beside_the_window_and_signals_arrive_in_it(qtbot: QtBot, lane: Lane) -> None:
    here = threading.get_ident()
    threads: list[int] = []
    job = lane.start(lambda _stop: iter([threading.get_ident()]))
    portions = _collect(job)
    job.yielded.connect(lambda _: threads.append(threading.get_ident()))
    with qtbot.waitSignal(job.finished):
        pass
    assert threads == [here]
    assert portions[0][0] != here


def test_a_failure_comes_after_what_was_yielded_and_the_lane_goes_on(qtbot: QtBot, lane: Lane) -> None:
    def work(_stop: Stop) -> Iterator[object]:
        yield 1
        raise ZeroDivisionError("no")

    job = lane.start(work)
    portions = _collect(job)
    with qtbot.waitSignal(job.failed) as failed:
        pass
    assert portions == [[1]]
    assert isinstance(failed.args[0], ZeroDivisionError)
    after = lane.start(lambda _stop: iter("a"))
    with qtbot.waitSignal(after.finished):
        pass


def test_cancelling_ends_the_work_and_still_says_finished(qtbot: QtBot, lane: Lane) -> None:
    def work(stop: Stop) -> Iterator[object]:
        while not stop():
            time.sleep(0.001)
            yield 1

    job = lane.start(work)
    with qtbot.waitSignal(job.yielded):
        pass
    with qtbot.waitSignal(job.finished):
        job.cancel()
    assert job.cancelled


def test_finished_is_said_once(qtbot: QtBot, lane: Lane) -> None:
    times: list[int] = []
    job = lane.start(lambda _stop: iter(range(5)))
    job.finished.connect(lambda: times.append(1))
    qtbot.waitUntil(lambda: bool(times))
    qtbot.wait(150)
    assert times == [1]


def test_closing_cancels_and_waits(qtbot: QtBot) -> None:
    ended: list[bool] = []

    def work(stop: Stop) -> Iterator[object]:
        while not stop():
            time.sleep(0.001)
        ended.append(True)
        yield None

    lane = Lane("closing")
    lane.start(work)
    qtbot.wait(20)
    lane.close()
    assert ended == [True]
