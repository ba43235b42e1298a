"""The models of one person: the catalogue, its own entries, and opening."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.models.ready_packs import ready_pack, tiny_spec

from classmark_models.carry.suitcase import read_suitcase, write_suitcase
from classmark_models.collection import Collection, ModelState
from classmark_models.errors import ModelMissing, SpecInvalid, StoreError
from classmark_models.selftest import SelfTest, selftest
from classmark_models.spec import BUILTIN_ID, BUILTIN_IDS, parse_spec
from classmark_models.store import Receipt, held_of

OWN = 'id = "own"\ntitle = "Own"\ntask = "classification"\nlicence = "MIT"\nscope = "Anything."\n'


def test_catalogue_and_own_entries(tmp_path: Path) -> None:
    collection = Collection(tmp_path)
    published = ["arxiv-spheres", "bio-lm", "newsgroups-20", "openalex-topics-v1", "title-subjects-8"]
    assert [name for name in collection.specs() if name not in BUILTIN_IDS] == published
    collection.entries.mkdir()
    (collection.entries / "own.toml").write_text(OWN, encoding="utf-8")
    assert {name for name in collection.specs() if name not in BUILTIN_IDS} == {*published, "own"}
    assert collection.spec("own") == parse_spec(OWN)
    with pytest.raises(ModelMissing, match="no model other in the catalogue"):
        collection.spec("other")


def test_builtin_model_is_always_there(tmp_path: Path) -> None:
    classifier = Collection(tmp_path / "nothing").open(BUILTIN_ID, workers=1)
    try:
        assert classifier.name == BUILTIN_ID
        assert not classifier.predict("Coral bleaching on the Great Barrier Reef", "", "").declined
    finally:
        classifier.close()


def test_model_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="newsgroups-20 is not installed"):
        Collection(tmp_path).open("newsgroups-20")


def install(place: Path, name: str = "tiny", more: str = "") -> Path:
    """Put a ready model under a folder of models and return its own."""
    folder = place / "ready" / name
    ready_pack(folder, tiny_spec(name, more))
    return folder


def test_states_of_a_model(tmp_path: Path) -> None:
    collection = Collection(tmp_path / "own", [tmp_path / "shared"])
    name = "newsgroups-20"
    assert collection.state(BUILTIN_ID) is ModelState.READY
    assert collection.state(name) is ModelState.KNOWN
    part = collection.published.folder(name) / "tf_model.h5.0123.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"beginning")
    assert collection.state(name) is ModelState.BEGUN
    part.rename(part.with_name("tf_model.h5"))
    held = held_of(part.with_name("tf_model.h5"))
    collection.published.record(Receipt(name, {}, {"tf_model.h5": held}))
    assert collection.state(name) is ModelState.FETCHED
    install(tmp_path / "shared", name)
    assert collection.state(name) is ModelState.SHARED
    (tmp_path / "shared" / "ready" / name / "model.onnx").write_bytes(b"")
    assert collection.state(name) is ModelState.DAMAGED
    folder = install(tmp_path / "own", name)
    assert collection.state(name) is ModelState.READY
    (folder / "labels.csv").unlink()
    assert collection.state(name) is ModelState.DAMAGED
    with pytest.raises(ModelMissing, match="no model other"):
        collection.state("other")
    with pytest.raises(SpecInvalid):
        collection.state("../other")


def test_models_that_are_here_are_known_without_the_catalogue(tmp_path: Path) -> None:
    collection = Collection(tmp_path / "own", [tmp_path / "shared"])
    for place, name in (("own", "zebra"), ("shared", "apple"), ("shared", "newsgroups-20"), ("own", "bad")):
        install(tmp_path / place, name)
    (tmp_path / "own" / "ready" / "bad" / "model.toml").write_text("id = 1")
    names = list(collection.specs())
    assert names[0] == BUILTIN_ID
    assert names[-2:] == ["apple", "zebra"]
    assert "bad" not in names
    assert collection.spec("apple").title == "Tiny"
    assert collection.spec("newsgroups-20").title == "20 Newsgroups"
    assert collection.state("apple") is ModelState.SHARED


def test_number_of_windows_at_once_is_that_of_the_selftest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr("classmark_models.collection.PublishedClassifier", lambda pack, workers: asked.append(workers))
    install(tmp_path)
    collection = Collection(tmp_path)
    assert collection.selftest("tiny") is None
    collection.open("tiny")
    collection.record("tiny", SelfTest(True, 3, 1.0, 1.0, 0.1, 100.0, 5.0, 7, "2026-01-01T00:00:00+00:00", "Well."))
    collection.open("tiny")
    collection.open("tiny", workers=3)
    assert asked[0] <= 4
    assert asked[1:] == [7, 3]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is read-only to root")
def test_shared_folder_may_be_read_only_to_the_system(tmp_path: Path) -> None:
    folder = install(tmp_path / "shared")
    places = [folder, *folder.parents[:2]]
    for place in places:
        place.chmod(0o555)
    try:
        used_from_shared_folder(tmp_path)
    finally:
        for place in places:
            place.chmod(0o755)


def test_shared_folder_is_only_read(tmp_path: Path) -> None:
    folder = install(tmp_path / "shared")
    before = {path: path.stat().st_mtime_ns for path in [folder, *folder.parents[:2], *folder.iterdir()]}
    used_from_shared_folder(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert set(folder.iterdir()) < set(before)


def used_from_shared_folder(place: Path) -> None:
    """Do all that may be done with a model of others."""
    collection = Collection(place / "own", [place / "shared"])
    folder = collection.ready.path("tiny")
    collection.open("tiny").close()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("classmark_models.selftest.SECONDS_A_TRY", 0.01)
        collection.record("tiny", selftest(folder))
        write_suitcase(folder, place / "x.classmark")
        assert collection.selftest("tiny") is not None
        assert collection.state("tiny") is ModelState.SHARED
        assert read_suitcase(place / "x.classmark", collection) == "tiny"
    assert collection.state("tiny") is ModelState.READY
    collection.ready.remove("tiny")
    assert collection.state("tiny") is ModelState.SHARED
    with pytest.raises(StoreError, match="only its keeper"):
        collection.ready.remove("tiny")
