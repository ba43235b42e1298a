"""Defaults and locks by IT: followed, told, and closed where they cannot be understood."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import pytest

from classmark.core import paths
from classmark.core.paths import HOME, SETTINGS, config_folder, policy_files
from classmark.core.settings import ASKED, NEVER, Origin, Settings, settle, write_settings

HUB, OTHER = "https://hub.example.org", "https://other.example.org"
Policies = tuple[Path, Path]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME, str(tmp_path / "home"))


def test_nobody_has_settled_anything() -> None:
    settled = settle()
    assert settled.settings == Settings()
    assert settled.settings.may_fetch
    assert settled.why_closed == ""
    assert not settled.policy.files
    assert not settled.policy.faults
    assert {name: settled.in_force(name) for name in ("shared", "hub", "exports", "network")} == {
        "shared": "",
        "hub": "https://huggingface.co",
        "exports": "",
        "network": ASKED,
    }


@pytest.mark.parametrize(
    ("policy", "own", "variable", "hub", "origin"),
    [
        ("", "", "", "https://huggingface.co", Origin.DEFAULT),
        (f"[defaults]\nhub = '{HUB}'", "", "", HUB, Origin.POLICY),
        (f"[defaults]\nhub = '{HUB}'", "", OTHER, OTHER, Origin.ENVIRONMENT),
        (f"[defaults]\nhub = '{HUB}'", OTHER, "https://third.example.org", OTHER, Origin.OWN),
        (f"[locked]\nhub = '{HUB}'", OTHER, OTHER, HUB, Origin.LOCKED),
        (f"[defaults]\nhub = '{OTHER}'\n[locked]\nhub = '{HUB}'", OTHER, "", HUB, Origin.LOCKED),
        ("[locked]\nhub = ''", OTHER, OTHER, "https://huggingface.co", Origin.LOCKED),
    ],
)
def test_the_stronger_word_holds(
    policy: str,
    own: str,
    variable: str,
    hub: str,
    origin: Origin,
    policies: Policies,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    policies[0].write_text(policy)
    monkeypatch.setenv("HF_ENDPOINT", variable)
    write_settings(Settings(hub=own))
    settled = settle()
    assert (settled.in_force("hub"), settled.origins["hub"]) == (hub, origin)
    # The engine asks HF_ENDPOINT itself where the setting is empty.
    assert (settled.settings.hub or variable or "https://huggingface.co") == hub
    assert settled.own.hub == own


@pytest.mark.parametrize(
    ("policy", "own", "variable", "origin", "why"),
    [
        ("[locked]\nnetwork = 'never'", ASKED, "", Origin.LOCKED, "your administrator has settled it so."),
        ("[defaults]\nnetwork = 'never'", "", "", Origin.POLICY, "The settings can change it."),
        ("", NEVER, "", Origin.OWN, "your settings say so"),
        ("", ASKED, "1", Origin.ENVIRONMENT, "HF_HUB_OFFLINE is set"),
    ],
)
def test_the_network_is_closed(
    policy: str,
    own: str,
    variable: str,
    origin: Origin,
    why: str,
    policies: Policies,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    policies[0].write_text(policy)
    monkeypatch.setenv("HF_HUB_OFFLINE", variable)
    write_settings(Settings(network=own))
    settled = settle()
    assert not settled.settings.may_fetch
    assert settled.origins["network"] is origin
    assert settled.why_closed.endswith(why) or why in settled.why_closed


def test_a_default_can_be_changed_back(policies: Policies) -> None:
    policies[0].write_text("[defaults]\nnetwork = 'never'")
    write_settings(Settings(network=ASKED))
    assert settle().settings.may_fetch
    assert settle().origins["network"] is Origin.OWN


def test_every_setting_can_be_a_default_or_locked(policies: Policies) -> None:
    values = {"models": "/m", "shared": "/s", "hub": HUB, "exports": f"{HUB}/us", "network": NEVER}
    assert values.keys() == {field.name for field in dataclasses.fields(Settings)}
    for table, origin in (("defaults", Origin.POLICY), ("locked", Origin.LOCKED)):
        lines = "".join(f"{name} = '{value}'\n" for name, value in values.items())
        policies[0].write_text(f"format = 1\n[{table}]\n{lines}")
        settled = settle()
        assert dataclasses.asdict(settled.settings) == values
        assert set(settled.origins.values()) == {origin}


def test_the_machine_is_stronger_than_what_lies_beside_the_program(policies: Policies) -> None:
    policies[0].write_text(f"[locked]\nhub = '{HUB}'")
    policies[1].write_text(f"[locked]\nhub = '{OTHER}'\nshared = '/srv/models'")
    settled = settle()
    assert (settled.settings.hub, settled.settings.shared) == (HUB, "/srv/models")
    assert settled.policy.files == policies


@pytest.mark.parametrize(
    ("text", "faults", "closes"),
    [
        ("[locked\nnetwork", ["line 1"], True),
        ("\n\n[locked]\nnetwork = never", ["line 4"], True),
        ("\xff", ["cannot be read"], True),
        ("x = " + "[" * 5000, ["nested too deeply"], True),
        ("format = 2\n[locked]\nnetwork = 'asked'", ["newer Classmark"], True),
        ("format = 'one'", ["is no format"], True),
        ("network = 'never'", ["line 1: 'network' stands in neither"], True),
        ("[Locked]\nnetwork = 'never'", ["line 1: 'Locked' stands in neither"], True),
        ("[locked]\nhub = ''\nnetwork = 'nevr'", ["line 3: 'network' cannot be followed"], True),
        ("[locked]\n# one\ncolour = 'red'", ["line 3: 'colour' is no setting; there are models, shared"], True),
        ("[locked]\r\n\r\nshared = 3", ["line 3: 'shared' is no text"], True),
        ("locked.shared = 3", ["line 1: 'shared' is no text"], True),
        ("[locked]\nmodels = 'here'", ["the whole path of a folder"], True),
        ("[defaults]\nhub = 'hub.example.org'", ["line 2: 'hub' cannot be followed: an address that begins"], False),
        ("[defaults]\ncolour = 'red'\nsize = 'large'", ["line 2: 'colour'", "line 3: 'size'"], False),
    ],
)
def test_a_fault_names_file_and_line_and_closes_what_might_have_been_locked(
    text: str, faults: list[str], closes: bool, policies: Policies
) -> None:
    policies[0].write_bytes(text.encode("latin-1"))
    settled = settle()
    assert len(settled.policy.faults) == len(faults)
    for told, fault in zip(settled.policy.faults, faults, strict=True):
        assert str(policies[0]) in told
        assert fault in told
        assert ("nothing is fetched" in told) is closes
    assert settled.settings.may_fetch is not closes
    assert settled.is_locked("network") is closes
    assert ("cannot be read" in settled.why_closed) is closes


def test_a_fault_leaves_what_can_be_understood(policies: Policies) -> None:
    policies[0].write_text(f"[defaults]\ncolour = 'red'\nhub = '{HUB}'\n[locked]\nshared = 'x'\nmodels = '/m'")
    settled = settle()
    assert (settled.settings.hub, settled.settings.models, settled.settings.shared) == (HUB, "/m", "")


def test_what_is_too_large_is_not_read(policies: Policies) -> None:
    policies[0].write_bytes(b"#" * (1 << 20) + b"\n[locked]\nnetwork = 'asked'")
    [fault] = settle().policy.faults
    assert "more than 1,048,576 bytes" in fault
    assert not settle().settings.may_fetch


def test_a_policy_that_may_not_be_read_closes(policies: Policies) -> None:
    policies[0].mkdir()  # as good as a file without the right to read it, which the test's own user might have
    assert not settle().settings.may_fetch
    assert str(policies[0]) in settle().policy.faults[0]


def test_no_variable_moves_the_machines_policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CONFIG_DIRS", "XDG_CONFIG_HOME", "PROGRAMDATA", "HOME", HOME):
        monkeypatch.setenv(name, str(tmp_path))
    assert tmp_path not in policy_files()[0].parents
    if sys.platform == "linux":
        assert policy_files() == (Path("/etc/classmark/policy.toml"),)


def test_a_portable_program_has_a_policy_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "program_folder", lambda: tmp_path)
    assert len(policy_files()) == 1
    (tmp_path / "portable").touch()
    assert policy_files()[1:] == (tmp_path / "policy.toml",)


def test_the_settings_of_the_person_are_no_policy() -> None:
    config_folder().mkdir()
    (config_folder() / SETTINGS).write_text("[locked]\nnetwork = 'never'")
    with pytest.raises(Exception, match="'locked' is no setting"):
        settle()
