"""The journal: whatever is asked of a hub is written down, before and after, and nothing secret with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.models.fetching import FIRST, HASTY, QUICK, TOML, WEIGHTS, small
from tests.models.hub_server import Fault, Hub, Repo

from classmark_models import journal as journals
from classmark_models.collection import Collection
from classmark_models.errors import ClassmarkError, LineBroken, NoNetwork, StoreError
from classmark_models.hub import fetch, recording, survey
from classmark_models.hub.line import Patience
from classmark_models.journal import Cause, Connection, Journal
from classmark_models.store import Store
from classmark_models.workshop import Workshop


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "kept" / "connections.jsonl")


@pytest.fixture
def cause(journal: Journal) -> Cause:
    return Cause(journal, "fetch", "small")


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])


def test_each_server_is_told_with_its_bytes(hub: Hub, store: Store, cause: Cause) -> None:
    """The storage too, to which the hub redirects for large files."""
    hub.repos["library/small"] = Repo({FIRST: {"model.h5": WEIGHTS, "config.json": b"{}"}}, frozenset({"model.h5"}))
    fetch(small(), store, endpoint=hub.endpoint, patience=QUICK, cause=cause)
    history = cause.journal.read()
    asked, stored = history.connections
    assert (asked.port, stored.port) == (_port(hub.endpoint), _port(hub.storage))
    assert {(each.host, each.address, each.purpose, each.model, each.outcome) for each in history.connections} == {
        ("127.0.0.1", "127.0.0.1", "fetch", "small", "")
    }
    assert len(WEIGHTS) < stored.received < len(WEIGHTS) + 1000
    assert 0 < stored.sent < 2000
    assert asked.ended
    assert asked.ended >= asked.began
    assert history.dropped == 0


@pytest.mark.parametrize("way", ["estimate", "fetch", "add", "repair"])
def test_whatever_a_workshop_asks_is_told(way: str, hub: Hub, tmp_path: Path, journal: Journal) -> None:
    entries = tmp_path / "models" / "catalogue"
    entries.mkdir(parents=True)
    (entries / "small.toml").write_text(TOML.replace("COMMIT", FIRST), encoding="utf-8")
    store = Store(tmp_path / "models" / "published")
    if way == "repair":
        fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
        (store.folder("small") / "config.json").write_bytes(b"?")
        hub.asked.clear()
    named = "https://person:secret@hub.test/library/small?token=secret" if way == "add" else "small"
    try:
        getattr(Workshop(Collection(tmp_path / "models"), journal, hub=hub.endpoint), way)(named)
    except ClassmarkError:
        pass  # the weights are none
    assert hub.asked
    told = journal.read().connections
    assert {each.port for each in told} == {
        _port(hub.endpoint if a.server == "hub" else hub.storage) for a in hub.asked
    }
    assert {(each.purpose, each.model) for each in told} == {(way, "library/small" if way == "add" else "small")}


def test_nothing_secret_is_written(hub: Hub, store: Store, cause: Cause) -> None:
    hub.token = "hf_secret"
    fetch(small(), store, endpoint=hub.endpoint, token="hf_secret", patience=QUICK, cause=cause)
    assert "hf_secret" not in cause.journal.path.read_text(encoding="utf-8")


def test_what_fails_is_told_with_the_reason(hub: Hub, store: Store, cause: Cause) -> None:
    once = Patience(timeout=5, tries=1)
    with pytest.raises(NoNetwork):
        survey(small(), store, endpoint="http://127.0.0.1:9", patience=once, cause=cause)
    [refused] = cause.journal.read().connections
    assert refused.port == 9
    assert "refused" in refused.outcome
    assert (refused.sent, refused.received) == (0, 0)
    hub.faults.append(Fault("model.h5", after=1000, stall=True))
    with pytest.raises(LineBroken):
        fetch(small(), store, endpoint=hub.endpoint, patience=Patience(timeout=0.5, tries=1), cause=cause)
    assert any("timed out" in each.outcome for each in cause.journal.read().connections)


def test_a_proxy_is_where_the_connection_goes(
    hub: Hub, store: Store, cause: Cause, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", hub.storage)
    monkeypatch.setenv("NO_PROXY", "")
    with pytest.raises(ClassmarkError):
        survey(small(), store, endpoint="http://hub.test", patience=HASTY, cause=cause)
    assert {(each.host, each.port) for each in cause.journal.read().connections} == {("127.0.0.1", _port(hub.storage))}


def test_without_a_journal_nothing_is_connected(hub: Hub, store: Store, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    cause = Cause(Journal(tmp_path / "taken" / "connections.jsonl"), "fetch", "small")
    with pytest.raises(StoreError, match="taken"):
        fetch(small(), store, endpoint=hub.endpoint, patience=QUICK, cause=cause)
    assert hub.asked == []


def test_the_beginning_is_written_before_a_byte_goes(
    hub: Hub, store: Store, cause: Cause, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A helper that is ended in the middle has told of its connection all the same."""
    seen: list[tuple[Connection, ...]] = []

    class Ended(Exception):
        pass

    def connect(*_: object, **__: object) -> None:
        seen.append(cause.journal.read().connections)
        raise Ended

    made = recording._Backend
    backend = type("Backend", (), {"connect_tcp": staticmethod(connect)})()
    monkeypatch.setattr(recording, "_Backend", lambda _, cause: made(backend, cause))
    with pytest.raises(Ended):
        survey(small(), store, endpoint=hub.endpoint, patience=QUICK, cause=cause)
    [[connection]] = seen
    assert connection.ended is None


def test_large_journals_begin_anew_and_count_what_they_drop(
    cause: Cause, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "LARGEST", 2000)
    for number in range(60):
        recording._Entry(cause, f"host-{number}", 443).end()
    history = journal.read()
    assert history.dropped + len(history.connections) == 60
    assert history.dropped > 0
    assert [each.host for each in history.connections] == [f"host-{number}" for number in range(history.dropped, 60)]
    assert all(each.ended for each in history.connections[1:])
    assert max(path.stat().st_size for path in (journal.path, journal.older)) < 2500
    journal.older.unlink()
    history = journal.read()
    assert history.dropped + len(history.connections) == 60, "what a person removed is counted too"


@pytest.mark.parametrize(
    "damage",
    [
        b'{"opened": 1}\n',
        b'{"opened": "now", "id": "x"}\n',
        b"[]\n",
        b"\xff\xfe\n",
        b'{"closed": "',
        b"[" * 9000 + b"\n",
    ],
)
def test_damaged_lines_take_no_other_with_them(damage: bytes, cause: Cause, journal: Journal) -> None:
    recording._Entry(cause, "first.test", 443).end()
    with journal.path.open("ab") as file:
        file.write(damage)
    recording._Entry(cause, "second.test", 443).end()
    assert [(each.host, bool(each.ended)) for each in journal.read().connections] == [
        ("first.test", True),
        ("second.test", True),
    ]


def test_there_need_be_none(journal: Journal) -> None:
    assert journal.read() == journals.History(())


def test_lines_are_as_stated(cause: Cause, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "_now", lambda: "2026-11-21T09:00:00.000+00:00")
    monkeypatch.setattr("secrets.token_hex", lambda _: "0123456789ab")
    entry = recording._Entry(cause, "hub.test", 443)
    entry.sent, entry.received, entry.address = 10, 20, "192.0.2.1"
    entry.end()
    lines: list[dict[str, Any]] = [json.loads(line) for line in journal.path.read_text().splitlines()]
    same = {"id": "0123456789ab"}
    place = {"host": "hub.test", "port": 443, "purpose": "fetch", "model": "small"}
    assert lines == [
        {"before": 0},
        {"opened": "2026-11-21T09:00:00.000+00:00", **same, **place},
        {
            **{"closed": "2026-11-21T09:00:00.000+00:00", **same, "address": "192.0.2.1"},
            **{"sent": 10, "received": 20, "outcome": ""},
        },
    ]
