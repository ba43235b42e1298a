"""What the LGPL asks: a changed library of Qt is taken in place of ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FROZEN = Path(__file__).parents[2] / "dist" / "classmark"

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not FROZEN.is_dir(), reason="no frozen folder for Linux in dist/"
)


def _selftest(folder: Path, home: Path) -> subprocess.CompletedProcess[str]:
    given = {**os.environ, "CLASSMARK_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
    asked = [str(folder / "classmark-desktop"), "--selftest"]
    return subprocess.run(asked, capture_output=True, text=True, env=given, timeout=120)


def test_a_changed_qt_is_taken(tmp_path: Path) -> None:
    copy = tmp_path / "classmark"
    shutil.copytree(FROZEN, copy, symlinks=True)
    library = copy / "_internal" / "PySide6" / "Qt" / "lib" / "libQt6Widgets.so.6"
    library.write_bytes(library.read_bytes() + b"changed")
    done = _selftest(copy, tmp_path / "home")
    assert done.returncode == 0, done.stderr
    # It is this very file that is loaded.
    library.write_bytes(b"")
    assert _selftest(copy, tmp_path / "home").returncode != 0
