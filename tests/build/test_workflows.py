"""The workflows run what anybody can run by hand, and nothing that can change under them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def _steps() -> Iterator[Any]:
    for path in WORKFLOWS:
        for name, job in yaml.safe_load(path.read_text())["jobs"].items():
            for number, step in enumerate(job["steps"]):
                yield pytest.param(step, id=f"{path.stem}-{name}-{number}")


def test_there_are_workflows() -> None:
    assert {path.name for path in WORKFLOWS} == {"checks.yml", "release.yml"}


@pytest.mark.parametrize("step", list(_steps()))
def test_each_step_is_a_script_or_an_action_that_stays_as_it_is(step: dict[str, Any]) -> None:
    assert ("run" in step) != ("uses" in step)
    if "uses" in step:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", step["uses"])
    else:
        script = ROOT / step["run"].removeprefix("sudo ")
        assert script.is_relative_to(ROOT / "build")
        assert os.access(script, os.X_OK), f"{step['run']} is no script"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_nothing_is_allowed_that_a_job_does_not_need(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    allowed = [name for name, job in workflow["jobs"].items() if "permissions" in job]
    assert allowed == (["publish"] if path.stem == "release" else [])
