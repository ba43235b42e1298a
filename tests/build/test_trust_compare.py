"""Two builds are compared to the byte, and what differs has a name."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import pytest
from trust.compare import differences


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("one", "other"):
        (tmp_path / name / "sub").mkdir(parents=True)
        (tmp_path / name / "sub" / "file").write_bytes(b"same")
        (tmp_path / name / "link").symlink_to("sub/file")
    return tmp_path / "one", tmp_path / "other"


def test_the_same_is_the_same(folders: tuple[Path, Path]) -> None:
    assert differences(*folders) == []


def test_contents_links_and_permissions_count(folders: tuple[Path, Path]) -> None:
    one, other = folders
    (other / "sub" / "file").chmod(0o755)
    assert differences(one, other) == ["sub/file"]
    (other / "sub" / "file").chmod(0o644)
    (other / "sub" / "file").write_bytes(b"Same")
    assert differences(one, other) == ["sub/file"]
    (other / "link").unlink()
    (other / "link").symlink_to("sub")
    (one / "more").mkdir()
    assert differences(one, other) == ["link", "more", "sub/file"]


def _zipped(path: Path, text: str, hour: int) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo("same.py"), "same")
        archive.writestr(zipfile.ZipInfo("changed.py", (2026, 1, 1, hour, 0, 0)), text)
    return path


def _tarred(path: Path, text: bytes, hour: int) -> Path:
    (path.parent / "changed.py").write_bytes(text)
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo("changed.py")
        info.mtime, info.size = hour, len(text)
        with (path.parent / "changed.py").open("rb") as file:
            archive.addfile(info, file)
    return path


def test_members_of_archives_are_named(tmp_path: Path) -> None:
    wheel = _zipped(tmp_path / "a.whl", "a", 1)
    assert differences(wheel, _zipped(tmp_path / "b.whl", "a", 1)) == []
    assert differences(wheel, _zipped(tmp_path / "c.whl", "b", 1)) == ["changed.py"]
    assert differences(wheel, _zipped(tmp_path / "d.whl", "a", 2)) == ["changed.py"]
    source = _tarred(tmp_path / "a.tar.gz", b"a", 1)
    assert differences(source, _tarred(tmp_path / "b.tar.gz", b"b", 1)) == ["changed.py"]
    assert differences(source, _tarred(tmp_path / "c.tar.gz", b"a", 2)) == ["changed.py"]


def test_a_file_that_is_no_archive_differs_as_a_whole(tmp_path: Path) -> None:
    for name in ("a.deb", "b.deb"):
        (tmp_path / name).write_text(name)
    assert differences(tmp_path / "a.deb", tmp_path / "b.deb") == ["the file itself"]
