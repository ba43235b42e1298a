"""The table of what was made."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "build"))

import release_table

MEASURED = {
    "window shown": {"cold": 0.654, "warm": 0.4, "processor": 0.4, "peak MB": 200},
    "first result": {"cold": None, "warm": 1.25, "processor": 1, "peak MB": 225},
}


def test_a_row_tells_size_times_and_memory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.deb").write_bytes(bytes(1_500_000))
    (tmp_path / "a.deb.json").write_text(json.dumps(MEASURED))
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/program").write_bytes(bytes(250_000))
    (tmp_path / "folder/link").symlink_to("program")
    release_table.main(tmp_path, [tmp_path / "a.deb", tmp_path / "folder"])
    head, package, folder = capsys.readouterr().out.splitlines()
    assert package.split() == "a.deb 1.5 0.65 · 0.40 – · 1.25 225".split()
    assert folder.split() == ["folder", "0.2"]
    assert package.index("225") == head.index("most memory")
