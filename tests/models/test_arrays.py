"""Arrays come back from a file as they were, mapped, and NumPy reads the same."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pytest

from classmark_models.arrays import let_go, map_arrays, write_arrays

ARRAYS: dict[str, Any] = {
    "small": np.array(7, np.float32),
    "none": np.zeros((0, 3), np.int8),
    "half": np.arange(15, dtype=np.float16).reshape(3, 5),
    "bytes": np.arange(200, dtype=np.uint8),
    "long": np.arange(-3, 3, dtype=np.int32),
    "double": np.linspace(0, 1, 9),
}


def test_written_arrays_are_read_by_us_and_by_numpy(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_arrays(path, ARRAYS)
    mapped = map_arrays(path)
    assert list(mapped) == list(ARRAYS)
    with np.load(path) as theirs:
        for name, array in ARRAYS.items():
            np.testing.assert_array_equal(mapped[name], array, strict=True)
            np.testing.assert_array_equal(theirs[name], array, strict=True)
    write_arrays(tmp_path / "b.npz", mapped)
    assert (tmp_path / "b.npz").read_bytes() == path.read_bytes()


def test_what_numpy_wrote_is_read_too(tmp_path: Path) -> None:
    """Its arrays do not lie where processors like them; those that need to are copied."""
    np.savez(tmp_path / "a.npz", allow_pickle=False, **ARRAYS)
    for name, array in map_arrays(tmp_path / "a.npz").items():
        np.testing.assert_array_equal(array, ARRAYS[name], strict=True)
        assert array.flags.aligned


def test_pages_that_were_let_go_come_again(tmp_path: Path) -> None:
    many = np.arange(1 << 20, dtype=np.float64)
    write_arrays(tmp_path / "a.npz", {"many": many, "small": ARRAYS["small"]})
    mapped = map_arrays(tmp_path / "a.npz")
    np.testing.assert_array_equal(mapped["many"], many)
    before = resident(tmp_path / "a.npz")
    let_go(mapped["small"])
    if sys.platform == "linux":
        assert resident(tmp_path / "a.npz") < before - 7_000
    np.testing.assert_array_equal(mapped["many"], many, "nothing is lost")
    let_go(many)
    np.testing.assert_array_equal(many[:3], [0, 1, 2], "an array that is not mapped stays as it is")


def resident(path: Path) -> int:
    """Return how much of a mapped file is in memory, in kilobytes; 0 where nobody tells."""
    if sys.platform != "linux":
        return 0
    facts = Path("/proc/self/smaps").read_text(encoding="utf-8").partition(f"{path}\n")[2]
    return int(facts.partition("Rss:")[2].split()[0])


def test_every_file_cut_short_or_changed_is_refused_or_harmless(tmp_path: Path) -> None:
    write_arrays(tmp_path / "a.npz", {"one": ARRAYS["half"], "two": ARRAYS["long"]})
    whole = (tmp_path / "a.npz").read_bytes()
    bad = tmp_path / "bad.npz"
    for size in range(len(whole)):
        bad.write_bytes(whole[:size])
        with pytest.raises((ValueError, BadZipFile)):
            map_arrays(bad)
    refused = 0
    for place in range(len(whole)):
        bad.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            read = map_arrays(bad)
        except (ValueError, BadZipFile, RuntimeError):
            refused += 1
        else:
            assert sum(array.nbytes for array in read.values()) < len(whole)
    assert refused > 200
