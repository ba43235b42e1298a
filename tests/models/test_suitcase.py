"""A ready model in one file: the same after the journey, and hostile files refused by the name of their fault."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.models.hostile_suitcases import BROKEN, HOSTILE, entries_of, packed, replaced, turned
from tests.models.ready_packs import ready_pack, seal, tiny_masked_spec, tiny_spec, words, write_published

from classmark_models.carry.suitcase import read_suitcase, write_suitcase
from classmark_models.collection import Collection, ModelState
from classmark_models.errors import DiskFull, Interrupted, ModelDamaged, ModelMissing, StoreError, SuitcaseRefused
from classmark_models.prepare import prepare

FULL = SimpleNamespace(free=1000)


@pytest.fixture(scope="module", autouse=True)
def short_measure() -> Any:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("classmark_models.selftest.SECONDS_A_TRY", 0.01)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("made")
    collection = Collection(place / "models")
    prepare(tiny_spec(), write_published(place / "published", tiny_spec()), collection)
    return collection.ready.path("tiny")


@pytest.fixture(scope="module")
def suitcase(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stick") / "tiny.classmark"
    write_suitcase(folder, path)
    return path


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    return Collection(tmp_path / "models")


def nothing_left(collection: Collection, *names: str) -> bool:
    """Tell whether the folder of ready models holds these alone."""
    return sorted(path.name for path in collection.ready.root.glob("*")) == sorted(names)


def test_model_is_the_same_after_the_journey(folder: Path, suitcase: Path, collection: Collection) -> None:
    told: list[tuple[str, int, int]] = []
    assert read_suitcase(suitcase, collection, lambda *step: told.append(step)) == "tiny"
    unpacked = collection.ready.path("tiny")
    assert {path.name: path.read_bytes() for path in unpacked.iterdir()} == {
        path.name: path.read_bytes() for path in folder.iterdir()
    }
    assert collection.state("tiny") is ModelState.READY
    assert collection.specs()["tiny"].title == "Tiny"
    assert collection.ready.verify("tiny") == ()
    tested = collection.selftest("tiny")
    assert tested is not None
    assert tested.passed
    assert tested.compared
    assert {what for what, _, _ in told} >= {"Unpacking tiny", "Comparing with the original", "Measuring the speed"}
    assert all(done <= total for _, done, total in told if total)
    classifier = collection.open("tiny")
    try:
        assert classifier.predict(words(12), words(30), "").scores.sum() == pytest.approx(1, abs=1e-3)
    finally:
        classifier.close()
    assert nothing_left(collection, "tiny")


def test_suitcase_is_a_plain_zip_and_always_the_same(folder: Path, suitcase: Path, tmp_path: Path) -> None:
    write_suitcase(folder, tmp_path / "again.classmark")
    assert (tmp_path / "again.classmark").read_bytes() == suitcase.read_bytes()
    with zipfile.ZipFile(suitcase) as case:
        names = case.namelist()
        assert case.testzip() is None
        assert names == ["manifest.json", *sorted(set(names) - {"manifest.json"})]
        assert {entry.compress_type for entry in case.infolist()} == {zipfile.ZIP_STORED}
        assert case.read("labels.csv") == (folder / "labels.csv").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["again.classmark"]


def test_models_beyond_the_sizes_of_small_zips(
    folder: Path, tmp_path: Path, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1000)
    write_suitcase(folder, tmp_path / "large.classmark")
    assert b"PK\6\6" in (tmp_path / "large.classmark").read_bytes()[-98:]
    assert read_suitcase(tmp_path / "large.classmark", collection) == "tiny"


def test_model_that_fills_masks_travels_too(tmp_path: Path) -> None:
    ready_pack(tmp_path / "tiny-masks", tiny_masked_spec())
    write_suitcase(tmp_path / "tiny-masks", tmp_path / "x.classmark")
    collection = Collection(tmp_path / "models")
    assert read_suitcase(tmp_path / "x.classmark", collection) == "tiny-masks"
    tested = collection.selftest("tiny-masks")
    assert tested is not None
    assert (tested.passed, tested.compared) == (True, 0)
    assert "no answers of the original" in tested.sentence


def copied(folder: Path, place: Path) -> Path:
    return Path(shutil.copytree(folder, place / "tiny"))


@pytest.mark.parametrize("change", [b"", b"{}", b'id = "tiny"\n' * 1000])
def test_damaged_model_is_not_packed(folder: Path, tmp_path: Path, change: bytes) -> None:
    damaged = copied(folder, tmp_path)
    (damaged / "model.toml").write_bytes(change)
    target = tmp_path / "x.classmark"
    target.write_bytes(b"former")
    with pytest.raises(ModelDamaged, match=r"model\.toml is not what it was"):
        write_suitcase(damaged, target)
    assert target.read_bytes() == b"former"
    assert not list(tmp_path.glob("*.part"))


def test_what_cannot_be_packed(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelMissing, match="no ready model"):
        write_suitcase(tmp_path, tmp_path / "x.classmark")
    with pytest.raises(Interrupted):
        write_suitcase(folder, tmp_path / "x.classmark", should_stop=lambda: True)
    with pytest.raises(StoreError):
        write_suitcase(folder, tmp_path / "no" / "x.classmark")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: FULL)
    with pytest.raises(DiskFull, match="MB are needed"):
        write_suitcase(folder, tmp_path / "x.classmark")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fault", HOSTILE)
def test_hostile_suitcase_is_refused_by_its_fault(
    fault: str, suitcase: Path, tmp_path: Path, collection: Collection
) -> None:
    change, said = HOSTILE[fault]
    path = packed(tmp_path / "evil.classmark", change(entries_of(suitcase)))
    before = set(tmp_path.iterdir())
    with pytest.raises(SuitcaseRefused, match=rf"evil\.classmark cannot be imported(.|\n)*{said}"):
        read_suitcase(path, collection)
    assert nothing_left(collection)
    assert set(tmp_path.iterdir()) <= before | {collection.root}


@pytest.mark.parametrize("fault", BROKEN)
def test_broken_suitcase_is_refused(fault: str, suitcase: Path, tmp_path: Path, collection: Collection) -> None:
    change, said = BROKEN[fault]
    path = tmp_path / "evil.classmark"
    path.write_bytes(change(suitcase.read_bytes()))
    with pytest.raises(SuitcaseRefused, match=said):
        read_suitcase(path, collection)
    assert nothing_left(collection)


def test_hash_is_what_counts_and_not_the_sum(suitcase: Path, tmp_path: Path, collection: Collection) -> None:
    content = dict((entry.filename, raw) for entry, raw in entries_of(suitcase))["golden.json"]
    other = content.replace(b"Bees", b"Wasp")
    assert len(other) == len(content)
    assert other != content
    path = packed(tmp_path / "x.classmark", replaced("golden.json", other, told=False)(entries_of(suitcase)))
    with pytest.raises(SuitcaseRefused, match=r"golden\.json is not what the manifest states"):
        read_suitcase(path, collection)


def test_model_that_answers_otherwise_here_is_told(folder: Path, tmp_path: Path, collection: Collection) -> None:
    other = copied(folder, tmp_path)
    with np.load(other / "golden.npz") as arrays:
        logits = arrays["logits"]
    np.savez(other / "golden.npz", logits=logits[:, ::-1])
    seal(other, "tiny", {**Collection(folder.parent.parent).ready.receipt("tiny").facts})
    write_suitcase(other, tmp_path / "x.classmark")
    with pytest.raises(SuitcaseRefused, match="variant for other processors"):
        read_suitcase(tmp_path / "x.classmark", collection)
    assert nothing_left(collection)


def test_former_model_survives_a_bad_suitcase(suitcase: Path, tmp_path: Path, collection: Collection) -> None:
    read_suitcase(suitcase, collection)
    (tmp_path / "bad.classmark").write_bytes(turned(suitcase.read_bytes()))
    with pytest.raises(SuitcaseRefused):
        read_suitcase(tmp_path / "bad.classmark", collection)
    assert collection.ready.verify("tiny") == ()
    assert nothing_left(collection, "tiny")
    read_suitcase(suitcase, collection)
    assert nothing_left(collection, "tiny")


def test_stopping_and_a_full_disk_leave_nothing(
    suitcase: Path, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for patience in (0, 3, 12):
        asked = iter([False] * patience)
        with pytest.raises(Interrupted):
            read_suitcase(suitcase, collection, should_stop=lambda asked=asked: next(asked, True))  # type: ignore[misc]
        assert nothing_left(collection)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: FULL)
    with pytest.raises(DiskFull):
        read_suitcase(suitcase, collection)
    assert nothing_left(collection)


def test_suitcase_that_is_not_there(tmp_path: Path, collection: Collection) -> None:
    with pytest.raises(SuitcaseRefused, match="is not there"):
        read_suitcase(tmp_path / "no.classmark", collection)
    with pytest.raises(SuitcaseRefused, match="cannot be read"):
        read_suitcase(tmp_path, collection)
