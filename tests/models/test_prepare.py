"""From a small published folder to a ready model, and nothing half-done on the way."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.models.checkpoint_files import write_safetensors
from tests.models.preparing import publish, small_spec
from tests.models.published_folders import CONFIGS, FAMILIES, published, random_array, write
from tests.models.ready_packs import NAMES, TOKENS, tiny_spec, tiny_weights, words, write_published
from tests.models.small_encoder import WIDTH

from classmark_models import prepare as module
from classmark_models.carry.staging import staged
from classmark_models.collection import Collection, ModelState
from classmark_models.convert import LADDER
from classmark_models.errors import DiskFull, Interrupted, ModelDamaged, ModelError, ModelUnsupported, StoreError
from classmark_models.prepare import prepare
from classmark_models.selftest.golden import UNLIKE, Agreement, read_golden
from classmark_models.spec import read_spec

SAME = Agreement(1, 1.0, 1.0, 0.0, 1.0)
Change = Callable[[pytest.MonkeyPatch, Path], None]


@pytest.fixture(autouse=True)
def short_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classmark_models.selftest.SECONDS_A_TRY", 0.01)


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    return Collection(tmp_path / "models")


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_published(tmp_path / "tiny", tiny_spec())


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("task", ["classification", "masked-words"])
@pytest.mark.parametrize("family", FAMILIES)
def test_published_folder_becomes_a_ready_model(family: str, task: str, tmp_path: Path, collection: Collection) -> None:
    source = publish(tmp_path / "published", family, task)
    before = content(source)
    done = prepare(small_spec(task=task), source, collection)
    assert done.selftest.passed, done
    assert done.selftest.compared > 20
    assert collection.selftest("small") == done.selftest
    assert collection.state("small") == ModelState.READY
    assert collection.ready.verify("small") == ()
    assert content(source) == before
    assert [path.name for path in collection.ready.root.iterdir()] == ["small"]
    facts = collection.ready.receipt("small").facts
    assert facts["variant"] == done.variant
    assert facts["published"]["README.md"] == "README.md"
    assert facts["agreement"]["compared"] == done.selftest.compared
    assert "reference/model.onnx" not in content(collection.ready.path("small"))


def test_ready_model_classifies(tiny: Path, collection: Collection) -> None:
    told: list[tuple[str, int, int]] = []
    prepare(tiny_spec(), tiny, collection, progress=lambda *step: told.append(step))
    folder = collection.ready.path("tiny")
    assert read_spec(folder / "model.toml", "tiny").limits.tokens == TOKENS
    assert collection.ready.receipt("tiny").files.keys() > {"tokenizer.json", "pieces.json", "pieces.npz"}
    golden = read_golden(folder)
    assert golden is not None
    assert golden[1].shape == (len(golden[0]), len(NAMES))
    classifier = collection.open("tiny")
    try:
        scores = classifier.predict(words(9), words(20), "").scores
    finally:
        classifier.close()
    assert scores.sum() == pytest.approx(1, abs=1e-3)
    assert all(0 <= done <= total or not total for _, done, total in told)
    steps = list(dict.fromkeys(what.partition(" (")[0] for what, _, _ in told))
    assert steps[:3] == ["Converting", "Reading the golden texts", "Measuring the numbers within"]
    assert steps[-1] == "Measuring the speed"


def test_head_of_spheres_gives_probabilities(tmp_path: Path, collection: Collection) -> None:
    source = publish(tmp_path / "published", "distilbert")
    arrays = {name: array for name, array in published("distilbert").items() if "classifier" not in name}
    for seed, (name, shape) in enumerate({"head.0": (256, WIDTH), "head.3": (8, 256)}.items()):
        arrays[f"{name}.weight"] = random_array(seed, *shape, scale=0.2)
        arrays[f"{name}.bias"] = random_array(seed, shape[0])
    write(source, {**CONFIGS["distilbert"], "architectures": ["DistilBertModel"]}, arrays)
    spec = replace(collection.spec("arxiv-spheres"), id="spheres")
    assert prepare(spec, source, collection).selftest.passed
    golden = read_golden(collection.ready.path("spheres"))
    assert golden is not None
    np.testing.assert_allclose(np.exp(golden[1]).sum(axis=1), 1, atol=1e-4)


@pytest.mark.parametrize("bad", range(len(LADDER)))
def test_safer_variant_is_taken_and_told(
    bad: int, tiny: Path, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = iter(range(10))
    monkeypatch.setattr(module, "first_rung", lambda: LADDER[0])
    monkeypatch.setattr(module, "compare", lambda *rows: UNLIKE if next(calls) < bad else SAME)
    done = prepare(tiny_spec(), tiny, collection)
    assert done.variant == LADDER[bad]
    assert len(done.notes) == bad
    assert all(f"variant {name} answers otherwise" in note for name, note in zip(LADDER, done.notes, strict=False))
    assert collection.ready.receipt("tiny").facts["variant"] == LADDER[bad]


def test_variant_that_is_asked_for(tiny: Path, collection: Collection) -> None:
    done = prepare(tiny_spec(), tiny, collection, variant="float32")
    assert (done.variant, done.selftest.gap, done.notes) == ("float32", 0, ())
    with pytest.raises(ModelUnsupported, match="no variant int2"):
        prepare(tiny_spec(), tiny, collection, variant="int2")


def _spoil(tiny: Path) -> None:
    arrays = tiny_weights(len(NAMES))
    write_safetensors(tiny / "model.safetensors", arrays | {"classifier.weight": 0 * arrays["classifier.weight"]})


def _fail(number: int) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


FAULTS: dict[str, tuple[Change, type[ModelError], str]] = {
    "no room": (
        lambda patch, tiny: patch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000)),
        DiskFull,
        "Make room",
    ),
    "disk full on the way": (
        lambda patch, tiny: patch.setattr(module, "write_golden", _fail(errno.ENOSPC)),
        DiskFull,
        "disk is full",
    ),
    "disk that fails": (
        lambda patch, tiny: patch.setattr(module, "write_fingerprints", _fail(errno.EIO)),
        StoreError,
        "cannot be changed",
    ),
    "the same for all texts": (lambda patch, tiny: _spoil(tiny), ModelDamaged, "always the same"),
    "cut short": (
        lambda patch, tiny: os.truncate(tiny / "model.safetensors", 20_000),
        ModelDamaged,
        "model.safetensors",
    ),
    "no tokenizer": (lambda patch, tiny: (tiny / "tokenizer.json").unlink(), ModelError, "tokenizer"),
    "no configuration": (lambda patch, tiny: (tiny / "config.json").unlink(), ModelError, "config"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_former_model_stays_and_nothing_is_left(
    fault: str, tiny: Path, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, kind, said = FAULTS[fault]
    prepare(tiny_spec(), tiny, collection, variant="float32")
    before = content(collection.ready.root)
    change(monkeypatch, tiny)
    with pytest.raises(kind, match=said):
        prepare(tiny_spec(), tiny, collection)
    assert content(collection.ready.root) == before


def test_stopping_anywhere_leaves_nothing(tiny: Path, collection: Collection) -> None:
    asked = 0

    def count() -> bool:
        nonlocal asked
        asked += 1
        return False

    prepare(tiny_spec(), tiny, collection, should_stop=count)
    before = content(collection.ready.root)
    assert asked > 60
    for patience in range(0, asked, asked // 8):
        answers = iter([False] * patience)
        with pytest.raises(Interrupted):
            prepare(tiny_spec(), tiny, collection, should_stop=lambda answers=answers: next(answers, True))  # type: ignore[misc]
        assert content(collection.ready.root) == before


def test_weights_for_another_task_are_refused(tmp_path: Path, collection: Collection) -> None:
    source = publish(tmp_path / "published", "bert", "masked-words")
    with pytest.raises(ModelUnsupported, match="made for masked-words, not for classification"):
        prepare(small_spec(), source, collection)
    assert list(collection.ready.root.iterdir()) == []


def test_two_at_once_are_kept_apart(tiny: Path, collection: Collection) -> None:
    with staged(collection.ready, "tiny") as folder:
        with pytest.raises(StoreError, match="Another Classmark is at work on tiny"):
            prepare(tiny_spec(), tiny, collection)
        (folder / "x").touch()
        with staged(collection.ready, "other") as other:
            (other / "y").touch()
    assert sorted(content(collection.ready.root)) == ["other/y", "tiny/x"]


def test_what_a_killed_program_left_is_swept(tiny: Path, collection: Collection) -> None:
    root = collection.ready.root
    for name in ("tiny.new", "tiny.old"):
        (root / name).mkdir(parents=True)
        (root / name / "x").touch()
    (root / "tiny.lock").touch()
    prepare(tiny_spec(), tiny, collection)
    assert [path.name for path in root.iterdir()] == ["tiny"]


def test_model_that_was_moved_aside_by_a_killed_program_comes_back(collection: Collection) -> None:
    root = collection.ready.root
    (root / "tiny.old").mkdir(parents=True)
    (root / "tiny.old" / "x").touch()
    with pytest.raises(RuntimeError), staged(collection.ready, "tiny"):
        raise RuntimeError
    assert [path.as_posix() for path in root.rglob("*")] == [f"{root}/tiny", f"{root}/tiny/x"]


def test_former_model_comes_back_when_the_new_cannot_take_its_place(
    tiny: Path, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(tiny_spec(), tiny, collection)
    before, move = content(collection.ready.root), Path.replace

    def stuck(self: Path, target: Path) -> Path:
        if self.name == "tiny.new":
            raise PermissionError(errno.EACCES, "in use")
        return move(self, target)

    monkeypatch.setattr(Path, "replace", stuck)
    with pytest.raises(StoreError, match="in use"):
        prepare(tiny_spec(), tiny, collection, variant="float32")
    assert content(collection.ready.root) == before
