"""The locks are tight, and advisories are found without a network."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from trust.advisories import findings
from trust.locks import LooseLock, Pinned, pinned

BUILD = Path(__file__).parents[2] / "build"
SUM = "--hash=sha256:" + "0" * 64


@pytest.mark.parametrize("lock", sorted(BUILD.glob("*.lock")), ids=lambda lock: lock.name)
def test_our_locks_pin_everything_with_hashes(lock: Path) -> None:
    assert len(pinned(lock)) > 30


def test_a_lock_is_read(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(
        f"# by build/lock\nTyping_Extensions==4.16.0 ; python_version < '3.12' \\\n    {SUM} \\\n    {SUM}\n"
    )
    assert pinned(lock) == (Pinned("typing-extensions", "4.16.0"),)


@pytest.mark.parametrize(
    "line",
    [
        "numpy==2.4.6",
        f"numpy>=2 {SUM}",
        f"numpy {SUM}",
        f"numpy==2.* {SUM}",
        "numpy==2.4.6 --hash=md5:00000000000000000000000000000000",
        f"numpy @ https://example.org/numpy.whl {SUM}",
        f"numpy==2.4.6 ; python_version < '3.12' @ file:///tmp {SUM}",
        "--index-url https://example.org/simple",
        "--extra-index-url https://example.org/simple",
        "-e .",
        "https://example.org/numpy.whl",
    ],
)
def test_a_loose_line_is_quoted(tmp_path: Path, line: str) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(f"h11==0.16.0 {SUM}\n{line}\n")
    with pytest.raises(LooseLock, match="no exact version"):
        pinned(lock)


def _database(folder: Path, *affected: dict[str, Any], **record: object) -> Path:
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        told = {"id": "PYSEC-2026-1", "summary": "It leaks.", "affected": list(affected), **record}
        archive.writestr("PYSEC-2026-1.json", json.dumps(told))
    return folder / "all.zip"


def _range(*events: dict[str, str], name: str = "Ex_Ample", ecosystem: str = "PyPI") -> dict[str, Any]:
    package = {"name": name, "ecosystem": ecosystem}
    return {"package": package, "ranges": [{"type": "ECOSYSTEM", "events": list(events)}]}


@pytest.mark.parametrize(
    ("version", "events", "hit"),
    [
        ("1.0", ({"introduced": "0"}, {"fixed": "1.1"}), True),
        ("1.1", ({"introduced": "0"}, {"fixed": "1.1"}), False),
        ("1.1rc1", ({"introduced": "0"}, {"fixed": "1.1"}), True),
        ("1.10", ({"introduced": "1.2"}, {"fixed": "1.9"}), False),
        ("1.3", ({"introduced": "0"}, {"fixed": "1.1"}, {"introduced": "1.2"}, {"fixed": "1.4"}), True),
        ("1.1.5", ({"introduced": "0"}, {"fixed": "1.1"}, {"introduced": "1.2"}), False),
        ("2.0", ({"introduced": "1.0"}, {"last_affected": "2.0"}), True),
        ("2.0.1", ({"introduced": "1.0"}, {"last_affected": "2.0"}), False),
        ("9", ({"introduced": "3"},), True),
    ],
)
def test_ranges(tmp_path: Path, version: str, events: tuple[dict[str, str], ...], hit: bool) -> None:
    found = findings([Pinned("ex-ample", version)], _database(tmp_path, _range(*events)))
    assert [one.advisory for one in found] == ["PYSEC-2026-1"] * hit


def test_versions_that_are_listed_count_too(tmp_path: Path) -> None:
    listed = {"package": {"name": "example", "ecosystem": "PyPI"}, "versions": ["1.0", "1.0.1"]}
    database = _database(tmp_path, listed)
    assert [one.package.version for one in findings([Pinned("example", "1.0.1")], database)] == ["1.0.1"]
    assert findings([Pinned("example", "1.0.2")], database) == ()


def test_a_fix_is_named_and_others_are_left_alone(tmp_path: Path) -> None:
    database = _database(tmp_path, _range({"introduced": "0"}, {"fixed": "1.1"}))
    [one] = findings([Pinned("ex-ample", "1.0"), Pinned("other", "1.0")], database)
    assert (one.package.name, one.fixed, one.summary) == ("ex-ample", ("1.1",), "It leaks.")
    assert (
        findings([Pinned("ex-ample", "1.0")], _database(tmp_path, _range({"introduced": "0"}, ecosystem="npm"))) == ()
    )


def test_what_was_withdrawn_does_not_count(tmp_path: Path) -> None:
    database = _database(tmp_path, _range({"introduced": "0"}), withdrawn="2026-01-01T00:00:00Z")
    assert findings([Pinned("ex-ample", "1.0")], database) == ()


def test_an_empty_database_is_no_clean_bill(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("readme.txt", "")
    with pytest.raises(ValueError, match="no advisories"):
        findings([Pinned("example", "1.0")], tmp_path / "all.zip")
