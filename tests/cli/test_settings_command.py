"""``classmark settings``: shown, set, unset, refused."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import DONE, FAILED, USAGE, Call

from classmark.core.paths import HOME, config_folder
from classmark.core.settings import FILE

HUB = "https://hub.example.org"


def test_nothing_is_settled_at_first(call: Call) -> None:
    code, out, err = call("settings")
    assert (code, err) == (DONE, "")
    lines = out.splitlines()
    assert lines[:4] == [f"{name:9}not set" for name in ("models", "shared", "hub", "exports")]
    assert lines[-1] == f"They are kept in {config_folder() / FILE}."
    assert not config_folder().exists()


def test_set_show_and_unset(call: Call) -> None:
    assert call("settings", "hub", f"{HUB}/") == (DONE, f"{HUB}\n", "")
    assert call("settings", "hub") == (DONE, f"{HUB}\n", "")
    assert json.loads(call("settings", "--json")[1]) == {"models": "", "shared": "", "hub": HUB, "exports": ""}
    assert call("settings", "hub", "--unset") == (DONE, "\n", "")
    assert json.loads(call("settings", "hub", "--json")[1]) == {"hub": ""}


def test_folders_are_kept_whole(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert call("settings", "models", "here") == (DONE, f"{tmp_path / 'here'}\n", "")
    monkeypatch.chdir("/")
    assert call("settings", "models")[1] == f"{tmp_path / 'here'}\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["colour"], "invalid choice: 'colour'"),
        (["hub", "hub.example.org"], "begins with https://"),
        (["exports", "file:///srv"], "begins with https://"),
        (["--unset"], "--unset wants the name"),
        (["hub", HUB, "--unset"], "--unset wants the name"),
    ],
)
def test_wrong_usage(arguments: list[str], complaint: str, call: Call) -> None:
    code, out, err = call("settings", *arguments)
    assert (code, out) == (USAGE, "")
    assert err.startswith("usage: classmark settings ")
    assert complaint in err
    assert not config_folder().exists()


def test_a_broken_file_is_told(call: Call) -> None:
    config_folder().mkdir(parents=True)
    (config_folder() / FILE).write_text("models = 3")
    code, out, err = call("settings")
    assert (code, out) == (FAILED, "")
    assert str(config_folder() / FILE) in err


def test_a_portable_program_that_cannot_write_says_so(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(HOME)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "classmark"))
    for name in ("portable.txt", "data"):
        (tmp_path / name).touch()
    code, out, err = call("settings")
    assert (code, out) == (FAILED, "")
    assert f"portable and keeps everything in {tmp_path / 'data'}" in err
