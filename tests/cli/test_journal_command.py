"""``classmark journal``, and that every command is sealed but the three that ask a hub."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.conftest import DONE, Call
from tests.cli.model_world import World, make_world
from tests.models.hub_server import Hub

from classmark import cli
from classmark.core.connections import NONE_YET


@pytest.fixture
def world(home: Path, tmp_path: Path, alone: None) -> Iterator[World]:
    with Hub({}).running() as hub:
        world = make_world(hub, tmp_path / "published")
        world.know(home)
        yield world


def test_what_was_fetched_is_told(world: World, call_plainly: Call, home: Path) -> None:
    code, out, err = call_plainly("journal")
    assert (code, err) == (DONE, "")
    assert out == f"{NONE_YET}\nThe journal lies in {home / 'connections.jsonl'}.\n"
    assert call_plainly("models", "fetch", "tiny", "--yes", "--hub", world.hub.endpoint)[0] == DONE
    _, out, _ = call_plainly("journal")
    head, *rows = out.split("\n\n")[0].splitlines()
    assert head.split() == "When Where Why Sent Received Took How it ended".split()
    assert any("ask for the size of tiny" in row for row in rows)
    assert any("fetch tiny" in row and world.hub.storage.removeprefix("http://") in row for row in rows)
    kept = json.loads(call_plainly("journal", "--json")[1])
    assert kept["file"] == str(home / "connections.jsonl")
    assert len(kept["connections"]) == len(rows)
    assert {each["outcome"] for each in kept["connections"]} == {""}


@pytest.mark.parametrize(
    ("command", "is_sealed"),
    [
        (["journal"], True),
        (["models", "list"], True),
        (["models", "verify", "tiny"], True),
        (["settings"], True),
        (["models", "fetch", "tiny"], False),
        (["models", "repair", "tiny"], False),
        (["models", "add", "owner/name"], False),
    ],
)
def test_all_commands_but_three_are_sealed(
    command: list[str], is_sealed: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sealed: list[str] = []
    monkeypatch.setattr(cli, "seal", lambda: sealed.append("sealed"))
    monkeypatch.setattr(cli, "check_portable", lambda: sys.exit(7))  # nothing is done
    monkeypatch.setattr(sys, "argv", ["classmark", *command])
    with pytest.raises(SystemExit):
        cli.main()
    assert bool(sealed) is is_sealed


@pytest.mark.parametrize(
    "command", [["models", "fetch", "tiny"], ["models", "repair", "tiny"], ["models", "add", "a/b"]]
)
def test_where_it_has_locked_the_network_all_are_sealed(
    command: list[str], policies: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed: list[str] = []
    policies[0].write_text("[locked]\nnetwork = 'never'")
    monkeypatch.setattr(cli, "seal", lambda: sealed.append("sealed"))
    monkeypatch.setattr(cli, "check_portable", lambda: sys.exit(7))  # nothing is done
    monkeypatch.setattr(sys, "argv", ["classmark", *command])
    with pytest.raises(SystemExit):
        cli.main()
    assert sealed
