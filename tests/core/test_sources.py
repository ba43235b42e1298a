"""Folders are walked completely, in one order, without leaving them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from classmark.core.sources import find_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    for name in ("b.txt", "A.txt", "a/z.pdf", "a/B/deep.txt", "c/.hidden/x.txt", ".git/config", "c/d.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x")
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "~$report.docx", ".profile"):
        (root / name).write_text("x")
    return root


def names(root: Path, found: Iterable[Path]) -> list[str]:
    return [path.relative_to(root).as_posix() for path in found]


def test_a_folder_is_walked_in_order_without_litter(folder: Path) -> None:
    assert names(folder, find_files([folder])) == ["a/B/deep.txt", "a/z.pdf", "A.txt", "b.txt", "c/d.txt"]


def test_what_is_named_is_never_skipped(folder: Path) -> None:
    named = [folder / ".profile", folder / "~$report.docx", folder / ".git", folder / "missing.txt"]
    assert names(folder, find_files(named)) == [".profile", "~$report.docx", ".git/config", "missing.txt"]


def test_walking_is_lazy(folder: Path) -> None:
    assert next(iter(find_files([folder]))).name == "deep.txt"


@pytest.mark.skipif(sys.platform == "win32", reason="making links needs rights on Windows")
def test_links_lead_neither_out_nor_round(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.txt").write_text("x")
    (folder / "out").symlink_to(tmp_path / "outside")
    (folder / "file").symlink_to(tmp_path / "outside" / "secret.txt")
    (folder / "loop").symlink_to(folder)
    (folder / "broken").symlink_to(folder / "nowhere")
    assert names(folder, find_files([folder])) == ["a/B/deep.txt", "a/z.pdf", "A.txt", "b.txt", "c/d.txt"]
    assert [path.name for path in find_files([folder / "out"])] == ["secret.txt"]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="an administrator may open every folder")
def test_a_folder_that_may_not_be_opened_is_yielded(folder: Path) -> None:
    (folder / "a").chmod(0)
    try:
        assert folder / "a" in list(find_files([folder]))
    finally:
        (folder / "a").chmod(0o700)


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes in folders on Windows")
def test_pipes_in_a_folder_are_passed_over(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    assert "pipe" not in names(folder, find_files([folder]))
