"""What Windows packages are made of; that they install and go is tried by build/windows/try, under wine."""

from __future__ import annotations

import importlib.util
import sys
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path, PurePosixPath
from types import ModuleType

import pytest

from classmark.core import paths, readers
from classmark_models.carry import suitcase

WINDOWS = Path(__file__).parents[2] / "build" / "windows"


def load(path: Path) -> ModuleType:
    """Return a module of build/, which is no package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


payload = load(WINDOWS / "payload.py")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    top = tmp_path / "frozen"
    for name in ("classmark.exe", "_internal/a folder/deeper/x.txt", "_internal/base.zip", "_internal/a folder/y.txt"):
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return top


def test_files_are_listed_in_order(folder: Path) -> None:
    assert [str(file) for file in payload.listing(folder)] == [
        "_internal/a folder/deeper/x.txt",
        "_internal/a folder/y.txt",
        "_internal/base.zip",
        "classmark.exe",
    ]


@pytest.mark.parametrize("name", ["con.txt", "a:b", "cost $", "ends.", "Übung", "Base.zip"])
def test_names_that_windows_cannot_hold_are_refused(name: str, folder: Path) -> None:
    (folder / "_internal" / name).write_text("")
    with pytest.raises(payload.PayloadError, match=r"_internal/"):
        payload.listing(folder)


def test_links_are_refused(folder: Path) -> None:
    (folder / "link").symlink_to(folder / "classmark.exe")
    with pytest.raises(payload.PayloadError, match="link is a link"):
        payload.listing(folder)


def test_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(payload.PayloadError, match="nothing"):
        payload.listing(tmp_path)


def test_uninstaller_removes_each_file_and_only_empty_folders(folder: Path) -> None:
    files = payload.listing(folder)
    lines = list(payload.nsis_remove(files))
    assert [line for line in lines if line.startswith("Delete")] == [
        f'Delete "$INSTDIR\\{str(file).replace("/", chr(92))}"' for file in files
    ]
    assert [line for line in lines if "Delete" not in line] == [
        'RMDir "$INSTDIR\\_internal\\a folder\\deeper"',
        'RMDir "$INSTDIR\\_internal\\a folder"',
        'RMDir "$INSTDIR\\_internal"',
    ]
    assert not any("/r" in line for line in lines)


def test_installer_lays_down_each_file_in_its_folder(folder: Path) -> None:
    place, laid = "", []
    for line in payload.nsis_install(folder, payload.listing(folder)):
        word, argument = line.split(" ", 1)
        if word == "SetOutPath":
            place = argument.strip('"').removeprefix("$INSTDIR").lstrip("\\").replace("\\", "/")
        else:
            laid.append(PurePosixPath(place, Path(argument.strip('"')).name))
    assert sorted(laid) == payload.listing(folder)


def test_msi_has_a_component_for_each_file_the_same_each_time(folder: Path) -> None:
    files = payload.listing(folder)
    written = "\n".join(payload.wix(files))
    name = "{http://schemas.microsoft.com/wix/2006/wi}"
    root = ET.fromstring(written)
    assert {file.get("Source") for file in root.iter(f"{name}File")} == {f"payload/{file}" for file in files}
    guids = [part.get("Guid") for part in root.iter(f"{name}Component")]
    assert len(set(guids)) == len(guids) == len(files) + 1
    assert "\n".join(payload.wix(files)) == written


def test_zip_is_the_same_each_time_and_has_the_marker(folder: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "1.zip", tmp_path / "2.zip"
    payload.write_zip(folder, payload.listing(folder), first, "Classmark 1", paths.MARKERS[0])
    (folder / "classmark.exe").touch()
    payload.write_zip(folder, payload.listing(folder), second, "Classmark 1", paths.MARKERS[0])
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert archive.read("Classmark 1/_internal/base.zip") == b"_internal/base.zip"
        assert archive.read(f"Classmark 1/{paths.MARKERS[0]}") == b""


def test_portable_zip_is_marked_as_the_program_expects() -> None:
    assert f"--marker {paths.MARKERS[0]}\n" in (WINDOWS / "portable").read_text()


def test_offered_for_the_documents_that_are_read() -> None:
    read = set(readers._BY_SUFFIX) | {"odp", "markdown"}
    assert set(payload.DOCUMENTS) == read - {"doc", "xlsx"}  # those two are only told from damaged ones
    assert f".{payload.SUITCASE}" == suitcase.SUFFIX
