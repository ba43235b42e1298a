"""Where things lie: the system's folders, one folder of the person's choosing, and a program that is portable."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from classmark import __file__ as package
from classmark.core import paths
from classmark.core.paths import (
    HOME,
    MARKERS,
    check_portable,
    config_folder,
    data_folder,
    is_portable,
    portable_marker,
    program_folder,
)
from classmark.core.settings import read_settings, write_settings
from classmark_models.errors import ClassmarkError


@pytest.fixture(autouse=True)
def _no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (HOME, "APPIMAGE", "APPDIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A frozen program in a folder of its own."""
    folder = tmp_path / "Classmark"
    folder.mkdir()
    _freeze(folder / "classmark", monkeypatch)
    return folder


def _freeze(executable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    executable.parent.mkdir(parents=True, exist_ok=True)
    executable.touch()
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(executable))


def test_a_program_without_a_marker_uses_the_folders_of_the_system(program: Path) -> None:
    assert portable_marker() is None
    assert not is_portable()
    assert program not in data_folder().parents
    check_portable()
    assert not (program / "data").exists()


@pytest.mark.parametrize("marker", MARKERS)
def test_a_marker_beside_the_program_keeps_everything_there(marker: str, program: Path) -> None:
    (program / marker).touch()
    check_portable()
    assert is_portable()
    assert data_folder() == config_folder() == program / "data"
    write_settings(read_settings())
    assert {path.name for path in (program / "data").iterdir()} == {"settings.toml"}
    assert read_settings().collection().root == program / "data" / "models"


def test_a_folder_of_that_name_is_no_marker(program: Path) -> None:
    (program / MARKERS[0]).mkdir()
    assert portable_marker() is None


def test_the_environment_wins_over_the_marker(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (program / MARKERS[0]).touch()
    (program / "data").touch()  # nobody could write there
    monkeypatch.setenv(HOME, str(tmp_path / "home"))
    check_portable()
    assert not is_portable()
    assert data_folder() == config_folder() == tmp_path / "home"


def test_a_place_that_cannot_be_written_to_is_refused_with_what_helps(program: Path) -> None:
    (program / MARKERS[0]).touch()
    (program / "data").touch()
    with pytest.raises(ClassmarkError, match="cannot be written to") as caught:
        check_portable()
    for help_ in (str(program / "data"), HOME, str(program / MARKERS[0])):
        assert help_ in str(caught.value)


def test_the_marker_of_a_bundle_lies_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _freeze(tmp_path / "stick" / "Classmark.app" / "Contents" / "MacOS" / "classmark", monkeypatch)
    assert program_folder() == tmp_path / "stick"


@pytest.mark.parametrize("is_ours", [True, False], ids=["our image", "a terminal's image"])
def test_the_marker_of_an_image_lies_beside_it(is_ours: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mount = tmp_path / ".mount_Classmark"
    _freeze(mount / "usr" / "bin" / "classmark", monkeypatch)
    monkeypatch.setenv("APPIMAGE", str(tmp_path / "stick" / "Classmark.AppImage"))
    monkeypatch.setenv("APPDIR", str(mount if is_ours else tmp_path / ".mount_terminal"))
    assert program_folder() == (tmp_path / "stick" if is_ours else mount / "usr" / "bin")


def test_a_link_to_the_program_is_followed(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = tmp_path / "bin" / "classmark"
    link.parent.mkdir()
    link.symlink_to(program / "classmark")
    monkeypatch.setattr(sys, "executable", str(link))
    assert program_folder() == program


def test_of_a_checkout_the_marker_lies_at_the_top() -> None:
    assert program_folder() == Path(package).parents[2]


def test_an_installed_package_is_never_portable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "__file__", str(tmp_path / "lib" / "site-packages" / "classmark" / "core" / "paths.py"))
    (tmp_path / MARKERS[0]).touch()
    assert program_folder() is None
    assert not is_portable()


def test_no_folder_bears_a_version(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that what one version keeps, the next one finds."""
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "own"))
    assert data_folder().name == config_folder().name == "Classmark"
    assert read_settings().collection().root == data_folder() / "models"
