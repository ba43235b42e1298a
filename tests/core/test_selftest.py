"""The self-test tells what works and what does not, and leaves what belongs to the person alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from classmark.core.paths import HOME, data_folder
from classmark.core.selftest import SelfTest
from classmark_models.spec import BUILTIN_IDS


def test_a_step_that_fails_is_told_and_the_next_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    with SelfTest("classmark") as test:
        with test.step("first"):
            raise OSError("libfoo.so.1: no such file")
        with test.step("second") as found:
            found["answer"] = 42
    assert test.tell() == 1
    told = json.loads(capsys.readouterr().out)
    assert not told["passed"]
    assert told["failures"] == ["first: OSError: libfoo.so.1: no such file"]
    assert told["second"]["answer"] == 42


def test_nothing_of_the_person_is_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME, str(tmp_path))
    with SelfTest("classmark") as test:
        its_own = data_folder()
        assert its_own != tmp_path
        assert its_own.is_dir()
    assert not its_own.exists()
    assert os.environ[HOME] == str(tmp_path)
    assert test.tell() == 0


def test_a_whole_installation_passes() -> None:
    done = subprocess.run([sys.executable, "-m", "classmark.cli", "--selftest"], capture_output=True, timeout=120)
    told = json.loads(done.stdout)
    assert (done.returncode, told["failures"]) == (0, [])
    assert {"openalex-zero-shot", "lcc", "ddc"} <= set(told["classifiers"]) & set(BUILTIN_IDS)
    assert told["classifiers"]["ddc"]["answer"] == "500 Science"
