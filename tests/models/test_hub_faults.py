"""Fetching when the line, the hub or the disk fails."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from huggingface_hub import constants
from tests.models.fetching import (
    FILES,
    FIRST,
    HASTY,
    QUICK,
    TOML,
    assert_whole,
    small,
)
from tests.models.hub_server import Fault, Hub

from classmark_models.errors import (
    AccessRefused,
    DiskFull,
    FetchError,
    HubFailed,
    LineBroken,
    NoNetwork,
    NotPublished,
    Stalled,
    StoreError,
    TooManyRequests,
    WrongBytes,
)
from classmark_models.hub import fetch
from classmark_models.store import Store

INFO = (
    b'{"id": "x", "sha": "%s", "siblings": [{"rfilename": "x", "lfs": {"size": %d, "sha256": "%s", "pointerSize": 1}}]}'
)
HOSTILE = [INFO % (FIRST.encode(), -5, b"0" * 64), INFO % (FIRST.encode(), 5, b"../../../x")]


@pytest.mark.parametrize("name", ["model.h5", "config.json"])
@pytest.mark.parametrize(("stall", "unsized"), [(False, False), (True, False), (False, True)])
def test_a_broken_or_stalled_line_goes_on_where_it_stopped(
    hub: Hub, store: Store, name: str, stall: bool, unsized: bool
) -> None:
    hub.faults.append(Fault(name, after=10, stall=stall, unsized=unsized))
    fetch(small(), store, endpoint=hub.endpoint, patience=HASTY if stall else QUICK)
    assert_whole(store, small(), FILES)
    assert [asked for asked in hub.downloads() if asked[0] == name][:2] == [(name, None), (name, "bytes=10-")]


def test_a_line_that_breaks_often_is_good_as_long_as_it_brings_something(hub: Hub, store: Store) -> None:
    hub.faults.append(Fault("model.h5", times=9, after=1000))
    fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
    assert hub.downloads()[9] == ("model.h5", "bytes=9000-")
    assert_whole(store, small(), FILES)


@pytest.mark.parametrize(("stall", "kind"), [(False, LineBroken), (True, Stalled)])
def test_a_line_that_brings_nothing_is_given_up_and_gone_on_with_later(
    hub: Hub, store: Store, stall: bool, kind: type[FetchError]
) -> None:
    hub.faults += [Fault("model.h5", after=1000), Fault("model.h5", times=2, after=0, stall=stall)]
    with pytest.raises(kind, match="Go on later"):
        fetch(small(), store, endpoint=hub.endpoint, patience=HASTY)
    assert not store.installed(small())
    fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
    assert hub.downloads()[3] == ("model.h5", "bytes=1000-")
    assert_whole(store, small(), FILES)


def test_a_server_that_knows_no_ranges_sends_all_again(hub: Hub, store: Store) -> None:
    hub.faults += [Fault("model.h5", after=1000), Fault("model.h5", ignore_range=True)]
    fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
    assert_whole(store, small(), FILES)


@pytest.mark.parametrize("name", ["model.h5", "config.json"])
@pytest.mark.parametrize(
    "change", [lambda sent: b"?" + sent[1:], lambda sent: sent[:-1] + b"?", lambda sent: b"?" + sent + b"more"]
)
def test_wrong_bytes_are_thrown_away(hub: Hub, store: Store, name: str, change: Callable[[bytes], bytes]) -> None:
    hub.faults.append(Fault(name, change=change))
    with pytest.raises(WrongBytes, match=f"sent as {name} is not"):
        fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
    assert not store.installed(small())
    assert not list(store.root.rglob("*.part"))
    fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
    assert_whole(store, small(), FILES)


def test_a_part_that_went_bad_is_begun_again(hub: Hub, store: Store) -> None:
    hub.faults.append(Fault("model.h5", times=3, after=0))
    with pytest.raises(LineBroken):
        fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
    (part,) = store.root.rglob("*.part")
    part.write_bytes(b"\0" * 5000)
    fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
    assert hub.downloads()[3:5] == [("model.h5", "bytes=5000-"), ("model.h5", None)]
    assert_whole(store, small(), FILES)


@pytest.mark.parametrize("ending", [f"/api/models/library/small/revision/{FIRST}", "config.json", "model.h5"])
@pytest.mark.parametrize(
    ("status", "kind", "passes"),
    [
        (400, HubFailed, False),
        (401, AccessRefused, False),
        (403, AccessRefused, False),
        (404, NotPublished, False),
        (429, TooManyRequests, True),
        (500, HubFailed, True),
        (503, HubFailed, True),
    ],
)
def test_what_the_hub_refuses(
    hub: Hub, store: Store, ending: str, status: int, kind: type[FetchError], passes: bool
) -> None:
    hub.faults.append(Fault(ending, times=99, status=status))
    with pytest.raises(kind):
        fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
    tries = 99 - hub.faults[0].times
    assert (tries > 1) is passes
    assert not store.installed(small())
    hub.faults = [Fault(ending, status=status)] if passes else []
    fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
    assert_whole(store, small(), FILES)


@pytest.mark.parametrize("headers", [{"Retry-After": "90"}, {"RateLimit": '"api";r=0;t=90'}])
def test_the_person_is_told_how_long_the_hub_wants_to_rest(hub: Hub, store: Store, headers: dict[str, str]) -> None:
    hub.faults.append(Fault("model.h5", status=429, headers=headers))
    with pytest.raises(TooManyRequests, match="in 90 seconds"):
        fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)


@pytest.mark.parametrize(
    "answer", [b"<html>Please log in</html>", b"[]", b"{}", INFO % (b"main", 5, b"0" * 64), *HOSTILE]
)
def test_a_login_page_is_no_hub(hub: Hub, store: Store, answer: bytes) -> None:
    hub.faults.append(Fault(FIRST, change=lambda _: answer))
    with pytest.raises(HubFailed, match="log in first"):
        fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)


def test_without_a_network(alone: None, store: Store) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(NoNetwork, match="cannot be reached"):
            fetch(small(), store, endpoint=endpoint, patience=QUICK)


def test_offline_mode_is_respected(hub: Hub, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(NoNetwork, match="HF_HUB_OFFLINE"):
        fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
    assert hub.asked == []


def test_too_little_room_is_said_before_the_download(hub: Hub, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Store, "free_space", lambda _: 1_000_000)
    with pytest.raises(DiskFull, match="Make room"):
        fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
    assert hub.downloads() == []


def test_a_disk_that_fills_up(hub: Hub, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        with pytest.raises(DiskFull, match="make room"):
            fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
    assert not store.installed(small())
    fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
    assert_whole(store, small(), FILES)


def test_a_killed_process_is_gone_on_with(hub: Hub, store: Store, tmp_path: Path) -> None:
    """It asks HF_ENDPOINT, and for nothing that nobody asked it for."""
    hub.faults.append(Fault("model.h5", after=100_000, stall=True))
    (tmp_path / "small.toml").write_text(TOML.replace("COMMIT", FIRST))
    program = (
        "import sys; from pathlib import Path; from classmark_models import hub, spec, store\n"
        "entry, place = map(Path, sys.argv[1:])\n"
        "hub.fetch(spec.read_spec(entry), store.Store(place), patience=hub.Patience(timeout=60))"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "small.toml"), str(store.root)]
    with subprocess.Popen(command, env={**os.environ, "HF_ENDPOINT": hub.endpoint}) as process:
        try:
            while not [part for part in store.root.rglob("*.part") if part.stat().st_size > 50_000]:
                assert process.poll() is None
                time.sleep(0.01)
            with pytest.raises(StoreError, match="Another Classmark"):
                fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
        finally:
            process.kill()
    (part,) = store.root.rglob("*.part")
    have = part.stat().st_size
    assert not store.installed(small())
    fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
    assert hub.downloads()[1] == ("model.h5", f"bytes={have}-")
    assert_whole(store, small(), FILES)
    assert not [asked.path for asked in hub.asked if "/library/" not in asked.path and "/base" not in asked.path]


@pytest.mark.parametrize("pin", ["size = 5", f'sha256 = "{"0" * 64}"'])
def test_a_hub_that_offers_other_bytes_than_the_catalogue_is_not_believed(hub: Hub, store: Store, pin: str) -> None:
    with pytest.raises(WrongBytes, match=r"another model\.h5"):
        fetch(
            small(FIRST, 'path = "model.h5"', f'path = "model.h5"\n{pin}'), store, endpoint=hub.endpoint, patience=QUICK
        )
    assert hub.downloads() == []


def test_a_file_that_is_not_there(hub: Hub, store: Store) -> None:
    with pytest.raises(NotPublished, match=r"tf\.h5 is not in library/small"):
        fetch(small(FIRST, "model.h5", "tf.h5"), store, endpoint=hub.endpoint, patience=QUICK)
