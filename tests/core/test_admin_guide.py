"""The page for administrators against the program: its places, its keys, its policy, its shared folder."""

from __future__ import annotations

import re
from pathlib import Path

import platformdirs.macos
import platformdirs.unix
import platformdirs.windows
import pytest

from classmark.core.connections import FILE
from classmark.core.paths import HOME, MARKERS, POLICY, SETTINGS, WINDOW_MEMORY, policy_files
from classmark.core.setting import Kind
from classmark.core.settings import DECLARED, NEVER, settle
from classmark.resources import asset

PAGE = (asset("guide") / "admin.md").read_text(encoding="utf-8")
FOLDERS = {"CSIDL_LOCAL_APPDATA": "%LOCALAPPDATA%", "CSIDL_COMMON_APPDATA": "%ProgramData%"}


def _row(beginning: str) -> list[str]:
    """Return the cells of the one row of a table that begins so, without marks."""
    [row] = [line for line in PAGE.splitlines() if line.startswith(f"| {beginning}")]
    return [cell.strip().strip("`") for cell in row.strip("|").split("|")]


def test_everything_lies_where_the_page_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/you")
    monkeypatch.setattr(platformdirs.windows, "get_win_folder", FOLDERS.__getitem__)
    systems = (
        platformdirs.unix.Unix("Classmark", False),
        platformdirs.macos.MacOS("Classmark", False),
        platformdirs.windows.Windows("Classmark", False),
    )

    def told(paths: list[str]) -> list[str]:
        shown = [path.replace("/home/you", "~") for path in paths]
        return [path.replace("/", "\\") if path.startswith("%") else path for path in shown]

    files, *places = _row(SETTINGS)
    assert files == f"{SETTINGS}, {WINDOW_MEMORY}"
    assert places == told([system.user_config_dir for system in systems])
    files, *places = _row("models, ")
    assert files == f"models, {FILE}"
    assert places == told([system.user_data_dir for system in systems])


@pytest.mark.parametrize(("system", "column"), [("linux", 1), ("darwin", 2), ("win32", 3)])
def test_the_policy_lies_where_the_page_says(system: str, column: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", system)
    monkeypatch.setattr("platformdirs.windows.get_win_folder_via_ctypes", FOLDERS.__getitem__)
    monkeypatch.setattr("classmark.core.paths.program_folder", lambda: None)
    [path] = policy_files()
    folder = str(path.parent)
    assert path.name == POLICY
    assert _row(POLICY)[column] == (folder.replace("/", "\\") if system == "win32" else folder)


def test_every_key_is_told_of_and_no_other() -> None:
    [table] = re.findall(r"\| key \|.*?\n\n", PAGE, re.DOTALL)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()[2:]]
    assert [row[0].strip("`") for row in rows] == list(DECLARED)
    kinds = {Kind.FOLDER: "folder", Kind.ADDRESS: "address", Kind.CHOICE: " or "}
    for setting, row in zip(DECLARED.values(), rows, strict=True):
        assert kinds[setting.kind] in row[1]
        assert all(f"`{choice}`" in row[1] for choice in setting.choices)


def test_the_policy_of_the_page_is_one(
    tmp_path: Path, policies: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME, str(tmp_path))
    [policy] = re.findall(r"^    format = 1\n.*?(?=^\S)", PAGE, re.DOTALL | re.MULTILINE)
    policies[0].write_text("".join(line.removeprefix("    ") for line in policy.splitlines(keepends=True)))
    settled = settle()
    assert not settled.policy.faults
    assert settled.policy.defaults.keys() == {"exports"}
    assert settled.policy.locked == {"shared": "/srv/classmark/models", "network": NEVER}


def test_names_on_the_page_are_those_of_the_program() -> None:
    assert all(f"`{name}`" in PAGE for name in (HOME, *MARKERS))
    assert all(f"`{setting.variable}`" in PAGE for setting in DECLARED.values() if setting.variable)
