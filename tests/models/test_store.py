"""The model folder takes nothing half-finished for whole, and writes nowhere else."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from classmark_models.errors import DiskFull, ModelMissing, SpecInvalid, StoreError
from classmark_models.pack import MANIFEST
from classmark_models.spec import ModelSpec, parse_spec
from classmark_models.store import Held, Receipt, Store, read_receipt, writing

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {"model.safetensors": b"weights", "onnx/model.onnx": b"graph"}


def small(commit: str = COMMIT[:7], more: str = "") -> ModelSpec:
    return parse_spec(f"""
        id = "small"
        title = "Small"
        task = "classification"
        repo = "library/small"
        commit = "{commit}"
        licence = "MIT"
        scope = "Anything."
        [[files]]
        path = "model.safetensors"
        {more}
        [[files]]
        path = "onnx/model.onnx"
        [[files]]
        path = "README.md"
        optional = true
    """)


def receipt(name: str = "small") -> Receipt:
    held = {path: Held(len(content), hashlib.sha256(content).hexdigest()) for path, content in FILES.items()}
    return Receipt(name, {"library/small": COMMIT}, held)


def install(root: Path, name: str = "small") -> Store:
    for path, content in FILES.items():
        (root / name / path).parent.mkdir(parents=True, exist_ok=True)
        (root / name / path).write_bytes(content)
    store = Store(root)
    store.record(receipt(name))
    return store


def test_an_installed_model_is_found(tmp_path: Path) -> None:
    store = install(tmp_path)
    assert store.path("small") == tmp_path / "small"
    assert store.receipt("small") == receipt()
    assert store.installed(small())
    assert store.names() == ["small"]
    assert store.verify("small") == ()
    assert {path.name for path in (tmp_path / "small").iterdir()} == {"model.safetensors", "onnx", MANIFEST}


@pytest.mark.parametrize(
    ("commit", "more", "installed"),
    [
        (COMMIT, "", True),
        ("", "", True),
        ("fedcba9", "", False),
        (COMMIT, f'sha256 = "{hashlib.sha256(b"weights").hexdigest()}"', True),
        (COMMIT, f'sha256 = "{"0" * 64}"', False),
        (COMMIT, '[[files]]\npath = "tokenizer.json"', False),
    ],
)
def test_installed_means_what_the_catalogue_names(tmp_path: Path, commit: str, more: str, installed: bool) -> None:
    assert install(tmp_path).installed(small(commit, more)) is installed


def test_without_a_receipt_nothing_is_installed(tmp_path: Path) -> None:
    store = install(tmp_path)
    store.forget("small")
    assert not store.installed(small())
    assert store.names() == []
    for ask in (store.path, store.receipt, store.verify):
        with pytest.raises(ModelMissing, match="small is not installed"):
            ask("small")


@pytest.mark.parametrize("content", [None, b"", b"weight"])
def test_a_file_that_is_missing_or_short_is_noticed_at_once(tmp_path: Path, content: bytes | None) -> None:
    store, path = install(tmp_path), tmp_path / "small" / "model.safetensors"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert not store.installed(small())
    assert store.verify("small") == ("model.safetensors",)


def test_a_changed_file_is_found_by_its_hash(tmp_path: Path) -> None:
    store = install(tmp_path)
    (tmp_path / "small" / "onnx" / "model.onnx").write_bytes(b"GRAPH")
    assert store.installed(small())
    assert store.verify("small") == ("onnx/model.onnx",)


@pytest.mark.parametrize(
    "change",
    [
        lambda facts: facts | {"id": "../small"},
        lambda facts: facts | {"id": "other"},
        lambda facts: facts | {"files": {"../../secret": {"bytes": 1, "sha256": "0" * 64}}},
        lambda facts: facts | {"files": {"model.h5": {"bytes": "1", "sha256": "0" * 64}}},
        lambda facts: facts | {"files": {"model.h5": {"bytes": -1, "sha256": "0" * 64}}},
        lambda facts: facts | {"files": {"model.h5": {"bytes": 1, "sha256": "../x"}}},
        lambda facts: facts | {"files": ["model.h5"]},
        lambda facts: {},
        lambda facts: [],
        lambda facts: None,
    ],
)
def test_a_receipt_that_cannot_be_relied_on_is_none(tmp_path: Path, change: Any) -> None:
    store, path = install(tmp_path), tmp_path / "small" / MANIFEST
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    assert not store.installed(small())


def test_a_receipt_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = install(tmp_path)

    def fail(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(DiskFull, match="make room"):
        store.record(Receipt("small", {}, {}))
    assert read_receipt(tmp_path / "small") == receipt()


def test_a_shared_folder_is_read_and_never_written(tmp_path: Path) -> None:
    install(tmp_path / "shared")
    before = sorted((path, path.stat().st_mtime_ns) for path in (tmp_path / "shared").rglob("*"))
    store = Store(tmp_path / "own", [tmp_path / "shared"])
    assert store.installed(small())
    assert store.path("small") == tmp_path / "shared" / "small"
    assert (store.names(), store.verify("small")) == (["small"], ())
    with pytest.raises(StoreError, match="only its keeper"):
        store.remove("small")
    assert sorted((path, path.stat().st_mtime_ns) for path in (tmp_path / "shared").rglob("*")) == before
    install(tmp_path / "own")
    assert store.path("small") == tmp_path / "own" / "small"


def test_a_broken_own_model_does_not_hide_a_shared_one(tmp_path: Path) -> None:
    install(tmp_path / "shared")
    install(tmp_path / "own")
    (tmp_path / "own" / "small" / "model.safetensors").unlink()
    assert Store(tmp_path / "own", [tmp_path / "shared"]).path("small") == tmp_path / "shared" / "small"


def test_remove(tmp_path: Path) -> None:
    store = install(tmp_path)
    install(tmp_path, "other")
    store.remove("small")
    store.remove("small")
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


def test_a_removal_that_fails_leaves_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = install(tmp_path)

    def fail(path: Path) -> None:
        raise PermissionError(errno.EACCES, "The file is in use")

    monkeypatch.setattr("shutil.rmtree", fail)
    with pytest.raises(StoreError, match="The file is in use"):
        store.remove("small")
    assert not store.installed(small())


def test_parts_go_and_files_stay(tmp_path: Path) -> None:
    store = install(tmp_path)
    (tmp_path / "small" / "onnx" / "model.onnx.0123.part").write_bytes(b"half")
    store.discard_parts("small")
    assert not list(tmp_path.rglob("*.part"))
    assert store.verify("small") == ()


@pytest.mark.parametrize("name", ["..", "../small", "", "a/b"])
def test_no_id_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    store = Store(tmp_path / "store")
    for ask in (store.folder, store.path, store.verify, store.remove, store.forget):
        with pytest.raises(SpecInvalid):
            ask(name)


def test_free_space_is_known_before_the_folder_exists(tmp_path: Path) -> None:
    assert Store(tmp_path / "not" / "yet").free_space() > 0


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, DiskFull), (errno.EDQUOT, DiskFull), (errno.EROFS, StoreError)]
)
def test_what_the_system_says(tmp_path: Path, number: int, kind: type[StoreError]) -> None:
    with pytest.raises(kind, match=tmp_path.name), writing(tmp_path):
        raise OSError(number, os.strerror(number))
