"""What may stand behind the name of the window's program."""

from __future__ import annotations

from pathlib import Path

import pytest

from classmark.gui.actions import TABLE
from classmark.gui.arguments import FIRST_STEPS, parser


def test_every_first_step_is_an_action_of_the_window() -> None:
    assert set(FIRST_STEPS) <= {entry.name for entry in TABLE}


def test_files_and_a_first_step_are_told_from_what_qt_understands() -> None:
    asked, rest = parser().parse_known_args(["a b.pdf", "--begin", "models", "-platform=offscreen"])
    assert (asked.paths, asked.begin, rest) == ([Path("a b.pdf")], "models", ["-platform=offscreen"])


def test_an_unknown_first_step_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        parser().parse_args(["--begin", "nonsense"])
    assert refused.value.code == 2
    assert "paste" in capsys.readouterr().err
