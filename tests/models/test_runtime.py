"""ONNX Runtime reports to nobody; a control shows what it would do by itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.test_offline import without_network

DEVICE = Path(".cache", "Microsoft", "DeveloperTools", ".onnxruntime", "deviceid")
"""The number that the runtime gives a computer when it reports."""


def _run(home: Path, program: str, *prefix: str) -> None:
    left_out = ("ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "CI", "XDG_CACHE_HOME")
    given = {name: value for name, value in os.environ.items() if name not in left_out} | {"HOME": str(home)}
    subprocess.run([*prefix, sys.executable, "-c", program], check=True, env=given)


def test_the_runtime_reports_to_nobody(tmp_path: Path) -> None:
    _run(tmp_path, "from classmark_models.collection import open_builtin; open_builtin().close()")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux" or without_network() is None, reason="needs a network namespace")
def test_control_the_runtime_would_report(tmp_path: Path) -> None:
    _run(tmp_path, "import onnxruntime; onnxruntime.SessionOptions()", *(without_network() or ()))
    assert (tmp_path / DEVICE).exists()
