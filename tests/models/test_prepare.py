"""From a small published folder to a ready model."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.models.preparing import publish, small_spec
from tests.models.published_folders import FAMILIES

from classmark_models.collection import Collection, ModelState
from classmark_models.prepare import prepare


@pytest.fixture(autouse=True)
def short_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classmark_models.selftest.SECONDS_A_TRY", 0.02)


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    return Collection(tmp_path / "models")


@pytest.mark.parametrize("task", ["classification", "masked-words"])
@pytest.mark.parametrize("family", FAMILIES)
def test_published_folder_becomes_a_ready_model(family: str, task: str, tmp_path: Path, collection: Collection) -> None:
    done = prepare(small_spec(task=task), publish(tmp_path / "published", family, task), collection)
    assert done.selftest.passed, done

    assert collection.state("small") == ModelState.READY
    assert collection.ready.verify("small") == ()
