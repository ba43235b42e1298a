"""The workshop in a child process: what it tells, how it fails, how it is stopped."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.models.fetching import FIRST, TOML
from tests.models.hub_server import Fault, Hub, Repo

from classmark.core import workshop_process
from classmark.core.holdings import look
from classmark.core.settings import Settings
from classmark.core.workshop_process import Outcome, Task, WorkshopCrashed, run_task
from classmark_models.collection import ModelState
from classmark_models.errors import ClassmarkError, Interrupted, ModelMissing, NotPublished, SpecInvalid
from classmark_models.spec import BUILTIN_ID
from classmark_models.workshop import Estimate, Step

WEIGHTS = bytes(range(256)) * 4000


@pytest.fixture
def hub() -> Iterator[Hub]:
    files: dict[str, bytes | Path] = {"model.h5": WEIGHTS, "config.json": b"{}"}
    repos = {
        "library/small": Repo({FIRST: files}, frozenset({"model.h5"})),
        "base": Repo({FIRST: {"tokenizer.json": b"{}"}}),
    }
    with Hub(repos).running() as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, hub: Hub) -> Settings:
    entries = tmp_path / "models" / "catalogue"
    entries.mkdir(parents=True)
    (entries / "small.toml").write_text(TOML.replace("COMMIT", FIRST), encoding="utf-8")
    return Settings(models=str(tmp_path / "models"), hub=hub.endpoint)


def _outcome(settings: Settings, task: Task) -> object:
    *steps, last = run_task(settings, task)
    assert all(isinstance(step, Step) for step in steps)
    assert isinstance(last, Outcome)
    return last.value


def test_values_come_back_as_they_are(settings: Settings, hub: Hub) -> None:
    estimate = _outcome(settings, Task("estimate", {"name": "small"}))
    assert isinstance(estimate, Estimate)
    assert estimate.size == len(WEIGHTS) + 4
    assert estimate.place == Path(settings.models)
    assert _outcome(settings, Task("verify", {"name": BUILTIN_ID})) == ()


@pytest.mark.parametrize(
    ("task", "kind", "words"),
    [
        (Task("verify", {"name": "small"}), ModelMissing, "small"),
        (Task("verify", {"name": "../small"}), SpecInvalid, "is no id"),
        (Task("estimate", {"name": "arxiv-spheres"}), NotPublished, "not published"),
        (Task("fnord"), WorkshopCrashed, "AttributeError"),
    ],
)
def test_errors_come_back_as_they_are(settings: Settings, task: Task, kind: type[ClassmarkError], words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        list(run_task(settings, task))
    assert type(caught.value) is kind


def test_a_download_is_stopped_and_kept(settings: Settings, hub: Hub) -> None:
    hub.faults.append(Fault("model.h5", after=500_000, stall=True))
    seen: list[float] = []

    def fetch() -> None:
        for item in run_task(settings, Task("fetch", {"name": "small"}), lambda: bool(seen)):
            if isinstance(item, Step) and item.done and not seen:
                seen.append(time.monotonic())

    with pytest.raises(Interrupted):
        fetch()
    assert time.monotonic() - seen[0] < 7
    [small] = [each for each in look(settings.collection()) if each.spec.id == "small"]
    assert small.state is ModelState.BEGUN


def test_a_child_that_is_killed_is_told_in_a_sentence(settings: Settings, hub: Hub) -> None:
    hub.faults.append(Fault("model.h5", after=1000, stall=True))
    before = set(_children())
    work = run_task(settings, Task("fetch", {"name": "small"}))
    for item in work:
        if isinstance(item, Step) and item.what == "Fetching model.h5":
            break
    [child] = set(_children()) - before
    os.kill(child, 9)
    with pytest.raises(WorkshopCrashed, match="broke off"):
        list(work)


def test_closing_the_generator_ends_the_child(settings: Settings, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshop_process, "_GRACE", 0.2)
    hub.faults.append(Fault("model.h5", after=1000, stall=True))
    before = set(_children())
    work = run_task(settings, Task("fetch", {"name": "small"}))
    assert next(work) == Step("Starting")
    next(work)
    work.close()
    assert set(_children()) == before


def test_two_threads_may_start_children_at_once(settings: Settings) -> None:
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(_outcome(settings, Task("verify", {"name": BUILTIN_ID}))))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [(), ()]


def _children() -> list[int]:
    import multiprocessing

    return [child.pid for child in multiprocessing.active_children() if child.pid is not None]
