"""``classmark settings``: shown, set, unset, refused."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import DONE, FAILED, USAGE, Call

from classmark.core.paths import HOME, SETTINGS, config_folder

HUB = "https://hub.example.org"


def test_nothing_is_settled_at_first(call: Call) -> None:
    code, out, err = call("settings")
    assert (code, err) == (DONE, "")
    lines = [line.split() for line in out.splitlines()[:5]]
    assert lines == [
        ["models", str(config_folder() / "models"), "environment"],
        ["shared", "none", "default"],
        ["hub", "https://huggingface.co", "default"],
        ["exports", "none", "default"],
        ["network", "asked", "default"],
    ]
    assert f"Yours are kept in {config_folder() / SETTINGS}." in out
    assert not config_folder().exists()


def test_set_show_and_unset(call: Call) -> None:
    assert call("settings", "hub", f"{HUB}/") == (DONE, f"{HUB}\n", "")
    assert call("settings", "hub") == (DONE, f"{HUB}\n", "")
    assert json.loads(call("settings", "--json")[1])["hub"] == {"value": HUB, "origin": "yours"}
    assert call("settings", "hub", "--unset") == (DONE, "https://huggingface.co\n", "")
    assert json.loads(call("settings", "hub", "--json")[1]) == {
        "hub": {"value": "https://huggingface.co", "origin": "default"}
    }
    assert call("settings", "shared") == (DONE, "\n", "")


def test_folders_are_kept_whole(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert call("settings", "models", "here") == (DONE, f"{tmp_path / 'here'}\n", "")
    monkeypatch.chdir("/")
    assert call("settings", "models")[1] == f"{tmp_path / 'here'}\n"


def test_a_locked_hub_cannot_be_overruled(call: Call, policies: tuple[Path, Path]) -> None:
    policies[0].write_text(f"[locked]\nhub = '{HUB}'")
    code, _, err = call("models", "add", "owner/name", "--hub", "https://other.example.org")
    assert (code, err) == (FAILED, f"classmark: --hub cannot be used: your administrator has set {HUB}.\n")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["colour"], "invalid choice: 'colour'"),
        (["hub", "hub.example.org"], "begins with https:// is wanted"),
        (["exports", "file:///srv"], "begins with https:// is wanted"),
        (["--unset"], "--unset wants the name"),
        (["hub", HUB, "--unset"], "--unset wants the name"),
        (["network", "sometimes"], "network: asked or never is wanted"),
        (["hub", "--where"], "--where wants no name"),
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
    (config_folder() / SETTINGS).write_text("models = 3")
    code, out, err = call("settings")
    assert (code, out) == (FAILED, "")
    assert str(config_folder() / SETTINGS) in err


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


def test_what_is_locked_is_shown_and_cannot_be_set(call: Call, policies: tuple[Path, Path]) -> None:
    policies[0].write_text(f"[defaults]\nshared = '/srv/models'\n[locked]\nhub = '{HUB}'\nnetwork = 'never'")
    code, out, err = call("settings")
    assert (code, err) == (DONE, "")
    lines = [line.split(maxsplit=2) for line in out.splitlines()]
    assert lines[1] == ["shared", "/srv/models", "policy"]
    assert lines[2] == ["hub", HUB, "set by your administrator"]
    assert lines[4] == ["network", "never", "set by your administrator"]
    assert json.loads(call("settings", "network", "--json")[1]) == {"network": {"value": "never", "origin": "locked"}}
    for change in (["https://other.example.org"], ["--unset"]):
        code, out, err = call("settings", "hub", *change)
        assert (code, out) == (FAILED, "")
        assert err == f"classmark: hub is set by your administrator, in {policies[0]}. It is {HUB}.\n"
    assert not config_folder().exists()
    assert call("settings", "shared", "/mine") == (DONE, "/mine\n", "")


def test_a_broken_policy_is_told_and_stops_nothing_else(call: Call, policies: tuple[Path, Path], papers: Path) -> None:
    policies[0].write_text("[locked]\n\nnetwork: never")
    code, out, err = call("classify", papers / "coral.txt")
    assert (code, bool(out)) == (DONE, True)
    assert f"classmark: The policy {policies[0]} cannot be read:" in err
    assert "line 3" in err
    code, out, err = call("models", "fetch", "bio-lm", "--yes")
    assert code == FAILED
    assert "Nothing is fetched here: the setting network is “never”." in err
    code, out, err = call("settings", "network")
    assert (code, out) == (DONE, "never\n")


def test_every_place_is_shown(call: Call, policies: tuple[Path, Path]) -> None:
    call("settings", "shared", "/srv/models")
    code, out, _ = call("settings", "--where")
    assert code == DONE
    for path in (config_folder() / SETTINGS, config_folder() / "models", *policies, "/srv/models"):
        assert str(path) in out
    shown = json.loads(call("settings", "--where", "--json")[1])
    assert [each["name"] for each in shown if each["exists"]] == ["program", "settings"]


def test_a_newer_file_is_refused_and_kept(call: Call) -> None:
    config_folder().mkdir(parents=True)
    newer = "format = 2\nhub = ['https://a', 'https://b']\n"
    (config_folder() / SETTINGS).write_text(newer)
    for arguments in (["settings"], ["settings", "hub", HUB], ["models", "list"]):
        code, out, err = call(*arguments)
        assert (code, out) == (FAILED, "")
        assert f"{config_folder() / SETTINGS} was written by a newer Classmark" in err
    assert (config_folder() / SETTINGS).read_text() == newer


def test_a_shared_folder_is_made_and_read_as_the_guide_says(
    call_plainly: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("classmark_models.selftest.SECONDS_A_TRY", 0.02)
    recorded = Path(__file__).parents[1] / "fixtures" / "of_0_1_0" / "models"
    keeper, server, reader = (tmp_path / name for name in ("keeper", "server", "reader"))
    shutil.copytree(recorded, keeper / "models")
    monkeypatch.setenv(HOME, str(keeper))
    assert call_plainly("models", "export", "tiny", tmp_path / "tiny.classmark")[0] == DONE
    monkeypatch.setenv(HOME, str(server))
    assert call_plainly("models", "import", tmp_path / "tiny.classmark")[0] == DONE
    before = {path: path.read_bytes() for path in server.rglob("*") if path.is_file()}
    monkeypatch.setenv(HOME, str(reader))
    assert call_plainly("settings", "shared", server / "models")[0] == DONE
    assert json.loads(call_plainly("models", "info", "tiny", "--json")[1])["state"] == "shared"
    assert call_plainly("models", "selftest", "tiny")[0] == DONE
    text = ("--title", "The doctor and the drug for the patient", "--abstract", "Cell and protein of the patient.")
    code, out, _ = call_plainly("classify", *text, "--model", "tiny", "--format", "jsonl")
    assert (code, json.loads(out)["classifier"]) == (DONE, "tiny")
    assert {path: path.read_bytes() for path in server.rglob("*") if path.is_file()} == before
