"""Trained built-in classifiers from the command line: they are listed, told of, verified, used, and stay."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.cli.conftest import DONE, FAILED, Call
from tests.cli.test_models import columns, read_json
from tests.models.trained_packs import trained_pack

from classmark.core.settings import Settings
from classmark_models.collection import Collection
from classmark_models.reading_desk import ReadingDesk
from classmark_models.spec import BUILTIN_ID


@pytest.fixture
def taught(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Built-in classifiers with small heads, which share a desk as those of one command do."""
    desk = ReadingDesk(trained_pack(tmp_path / "builtin"))
    monkeypatch.setattr(Settings, "collection", lambda settings, own=None: Collection(home / "models", desk=desk))


def test_trained_classifiers_come_with_the_program(taught: None, call_plainly: Call) -> None:
    rows = {row[0]: row[1:] for row in columns(call_plainly("models", "list")[1])}
    assert {name: rows[name][0] for name in ("lcc", "lcsh", "subjects-8")} == dict.fromkeys(
        ("lcc", "lcsh", "subjects-8"), "built in"
    )
    assert rows[BUILTIN_ID][1] == "98 MB"
    assert "ddc" not in rows
    facts = read_json(call_plainly("models", "info", "lcc", "--json")[1])
    assert (facts["task"], facts["subjects"]) == ("trained", {"class": 2, "subclass": 4})
    assert [file["path"] for file in facts["files"]] == [
        "heads/library.npz",
        "heads/library.json",
        "heads/labels_lcc.csv",
    ]
    assert call_plainly("models", "verify", "lcc", "lcsh")[0] == DONE
    code, _, err = call_plainly("models", "remove", "lcc", "--yes")
    assert (code, "stays with it" in err) == (FAILED, True)


def test_trained_classifiers_side_by_side(taught: None, call_plainly: Call) -> None:
    names = ["lcc", "lcsh", BUILTIN_ID]
    wanted = [part for name in names for part in ("--model", name)]
    code, out, _ = call_plainly("classify", "--title", "Coral reefs and their fishes", *wanted, "--format", "jsonl")
    assert code == DONE
    answers = [read_json(line) for line in out.splitlines()]
    assert [answer["classifier"] for answer in answers] == names
    assert [answer["results"][-1]["level"] for answer in answers] == ["subclass", "heading", "topic"]
    [step] = answers[0]["results"][-1]["path"]
    assert step["level"] == "class"


def test_a_notation_is_told_once(taught: None, call_plainly: Call) -> None:
    _, out, _ = call_plainly("classify", "--title", "Coral reefs and their fishes", "--model", "lcc")
    best = out.splitlines()[2]
    assert re.search(r"  Q\w* \w", best), best
    assert "(" not in best
