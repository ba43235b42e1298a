"""The one door to the models."""

from __future__ import annotations

from pathlib import Path

import pytest

from classmark_models.collection import Collection
from classmark_models.errors import ModelMissing, SpecInvalid, StoreError
from classmark_models.pack import describe
from classmark_models.spec import BUILTIN_ID
from classmark_models.store import Held, Receipt, Store
from classmark_models.workshop import Workshop


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    return Collection(tmp_path / "models", [tmp_path / "shared"])


@pytest.fixture
def workshop(collection: Collection) -> Workshop:
    return Workshop(collection)


def install(store: Store, name: str = "tiny") -> Path:
    """Put a model of one file into a store."""
    folder = store.folder(name)
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(b"graph")
    held = describe(folder / "model.onnx")
    store.record(Receipt(name, {}, {"model.onnx": Held(5, str(held["sha256"]))}))
    return folder


@pytest.mark.parametrize("kind", ["ready", "published"])
def test_verify_names_bad_files(kind: str, collection: Collection, workshop: Workshop) -> None:
    folder = install(getattr(collection, kind))
    assert workshop.verify("tiny") == ()
    (folder / "model.onnx").write_bytes(b"grAph")
    assert workshop.verify("tiny") == ("model.onnx",)


def test_verify_the_builtin(workshop: Workshop) -> None:
    assert workshop.verify(BUILTIN_ID) == ()


@pytest.mark.parametrize(("name", "error"), [("tiny", ModelMissing), ("../tiny", SpecInvalid)])
def test_nothing_to_verify_or_remove(name: str, error: type[Exception], workshop: Workshop) -> None:
    for ask in (workshop.verify, workshop.remove):
        with pytest.raises(error):
            ask(name)


def test_remove_takes_all_of_a_model(collection: Collection, workshop: Workshop) -> None:
    install(collection.ready)
    (collection.published.folder("tiny")).mkdir(parents=True)
    (collection.published.folder("tiny") / "model.h5.0123.part").write_bytes(b"begun")
    collection.entries.mkdir()
    (collection.entries / "tiny.toml").write_text("")
    install(collection.ready, "other")
    workshop.remove("tiny")
    kept = sorted(path.relative_to(collection.root).as_posix() for path in collection.root.rglob("*") if path.is_file())
    assert kept == ["ready/other/manifest.json", "ready/other/model.onnx"]


@pytest.mark.parametrize("name", ["tiny", BUILTIN_ID])
def test_what_is_not_ours_stays(name: str, collection: Collection, workshop: Workshop) -> None:
    folder = install(Collection(collection.root.parent / "shared").ready)
    with pytest.raises(StoreError, match=r"shared folder|comes with Classmark"):
        workshop.remove(name)
    assert (folder / "model.onnx").exists()
