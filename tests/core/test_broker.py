"""The broker: out of a sealed process a person's order goes to a helper that is not, and nothing else does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from tests.core.test_workshop_process import hub, settings
from tests.models.hub_server import Fault, Hub

from classmark.core import workshop_process
from classmark.core.broker import Broker, start_broker
from classmark.core.settings import NEVER, Settings, write_settings
from classmark.core.workshop_process import Outcome, Task, WorkshopCrashed, run_task
from classmark_models.errors import Interrupted, NetworkClosed, NotPublished
from classmark_models.workshop import Estimate, Step

__all__ = ["hub", "settings"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a seal of Windows does not go on to children")

_SEALED = """
import json, sys, time
from classmark.core.broker import start_broker
from classmark.core.seal import seal
from classmark.core.settings import NEVER, Settings, write_settings
from classmark.core.workshop_process import Task, run_task

if __name__ == "__main__":
    broker = start_broker() if "broker" in sys.argv else None
    assert seal().is_set
    try:
        settings = Settings(**json.loads(sys.argv[1]))
        *steps, outcome = run_task(settings, Task("estimate", {"name": "small"}), broker=broker)
        print(outcome.value.size)
    except Exception as error:
        print(type(error).__name__)
"""


@pytest.fixture
def broker() -> Iterator[Broker]:
    broker = start_broker()
    assert broker is not None
    yield broker
    broker.close()


@pytest.mark.skipif(sys.platform != "linux", reason="the seal of Linux")
@pytest.mark.parametrize(("ways", "told"), [(["broker"], "1024004"), ([], "NoNetwork")])
def test_a_sealed_program_asks_a_hub_through_the_broker_only(settings: Settings, ways: list[str], told: str) -> None:
    command = [sys.executable, "-c", _SEALED, json.dumps(asdict(settings)), *ways]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == told, done.stderr


def test_values_errors_and_stops_come_back_as_from_a_child(settings: Settings, hub: Hub, broker: Broker) -> None:
    *_, last = run_task(settings, Task("estimate", {"name": "small"}), broker=broker)
    assert isinstance(last, Outcome)
    assert isinstance(last.value, Estimate)
    with pytest.raises(NotPublished):
        list(run_task(settings, Task("estimate", {"name": "arxiv-spheres"}), broker=broker))
    hub.faults.append(Fault("model.h5", after=500_000, stall=True))
    began = time.monotonic()
    with pytest.raises(Interrupted):
        list(run_task(settings, Task("fetch", {"name": "small"}), lambda: time.monotonic() - began > 1.5, broker))


def test_a_helper_that_hangs_is_ended(
    settings: Settings, hub: Hub, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workshop_process, "_GRACE", 0.2)
    hub.faults.append(Fault("model.h5", after=1000, stall=True))
    work = run_task(settings, Task("fetch", {"name": "small"}), broker=broker)
    for item in work:
        if isinstance(item, Step) and item.what == "Fetching model.h5":
            break
    [helper] = _helpers(broker)
    work.close()
    _wait_for_the_end_of(helper)


def test_a_helper_that_is_killed_is_told_in_a_sentence(settings: Settings, hub: Hub, broker: Broker) -> None:
    hub.faults.append(Fault("model.h5", after=1000, stall=True))
    work = run_task(settings, Task("fetch", {"name": "small"}), broker=broker)
    for item in work:
        if isinstance(item, Step) and item.what == "Fetching model.h5":
            break
    os.kill(_helpers(broker)[0], 9)
    with pytest.raises(WorkshopCrashed, match=r"broke off \(code -9\)"):
        list(work)


@pytest.mark.parametrize(
    ("method", "texts"),
    [("remove", {"name": "small"}), ("fetch", {"name": "small", "keep": "yes"}), ("add", {"repo": ["a/b"]})],
)
def test_other_orders_are_not_taken(settings: Settings, broker: Broker, method: str, texts: dict[str, str]) -> None:
    helper, pipe = broker.start(asdict(settings), method, texts)
    with pytest.raises(EOFError):
        pipe.recv_bytes()
    helper.kill()
    pipe.close()
    *_, last = run_task(settings, Task("estimate", {"name": "small"}), broker=broker)
    assert isinstance(last, Outcome), "it takes others still"


def test_what_is_settled_here_no_order_overrules(
    settings: Settings, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLASSMARK_HOME", str(tmp_path / "home"))
    write_settings(Settings(network=NEVER))
    broker = start_broker()
    assert broker is not None
    with pytest.raises(NetworkClosed):
        list(run_task(settings, Task("estimate", {"name": "small"}), broker=broker))
    broker.close()
    assert hub.asked == []


def test_a_broker_that_has_gone_is_told_in_a_sentence(settings: Settings, broker: Broker) -> None:
    broker.close()
    with pytest.raises(WorkshopCrashed, match="Start Classmark again"):
        list(run_task(settings, Task("estimate", {"name": "small"}), broker=broker))


def test_broker_ends_with_its_program(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import time\nfrom classmark.core.broker import start_broker\n"
        "if __name__ == '__main__':\n    print(start_broker()._process.pid, flush=True)\n    time.sleep(60)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}
    with subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, text=True, env=environment) as running:
        assert running.stdout is not None
        broker = int(running.stdout.readline())
        running.kill()
    _wait_for_the_end_of(broker)


def _helpers(broker: Broker) -> list[int]:
    """Return the processes that the broker has started, but not the tracker that comes with the first."""
    children = Path(f"/proc/{broker._process.pid}/task/{broker._process.pid}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def _wait_for_the_end_of(process: int) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return
        if state == "Z":
            return
        time.sleep(0.05)
    raise AssertionError(f"process {process} goes on")
