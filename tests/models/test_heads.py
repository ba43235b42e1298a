"""The command that rebuilds every head: what it does again, and what it keeps."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from recipes import heads
from recipes.heads import Step, run, steps


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    programs: list[str] = []

    def note(command: list[str], **_: Any) -> None:
        assert command[:2] == [sys.executable, "-m"]
        if command[-1] == "fails":
            raise subprocess.CalledProcessError(1, command)
        programs.append(command[2])

    monkeypatch.setattr(subprocess, "run", note)
    return programs


PLAN = [Step("one", ("first",)), Step("two", ("second",)), Step("three", ("third",))]


def test_what_is_done_is_not_done_again(tmp_path: Path, ran: list[str]) -> None:
    for _ in range(2):
        run(PLAN, tmp_path)
    assert ran == ["recipes.first", "recipes.second", "recipes.third"]


def test_a_run_goes_on_where_it_stopped(tmp_path: Path, ran: list[str]) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        run([PLAN[0], Step("two", ("second", "fails"))], tmp_path)
    run(PLAN, tmp_path)
    assert ran == ["recipes.first", "recipes.second", "recipes.third"]


@pytest.mark.parametrize("changed", [Step("two", ("second", "--more")), Step("two", ("second",), (Path("missing"),))])
def test_what_follows_a_step_is_done_after_it(tmp_path: Path, ran: list[str], changed: Step) -> None:
    run(PLAN, tmp_path)
    run([PLAN[0], changed, PLAN[2]], tmp_path)
    assert ran[3:] == ["recipes.second", "recipes.third"]


def test_a_step_can_be_asked_for(tmp_path: Path, ran: list[str]) -> None:
    run(PLAN, tmp_path)
    run(PLAN, tmp_path, again=["three"])
    assert ran[3:] == ["recipes.third"]


def test_all_heads_are_made_by_programs_of_the_recipes(tmp_path: Path) -> None:
    plan = steps(tmp_path, tmp_path, tmp_path)
    recipes = Path(heads.__file__).parent
    missing = {step.command[0] for step in plan if not (recipes / f"{step.command[0]}.py").exists()}
    assert missing <= {"scope"}
    made = {path.name for step in plan for path in step.makes}
    assert {"library.npz", "spheres.npz", "subjects.npz", "vectors.npz"} <= made
    assert plan[-1].command == ("build_pack", "--only", "manifest")
