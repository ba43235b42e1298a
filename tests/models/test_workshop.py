"""The one door to the models."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.models.fetching import FIRST
from tests.models.hub_server import Hub, Repo
from tests.models.preparing import publish, small_spec
from tests.models.published_folders import CONFIGS, LABELS

from classmark_models.collection import Collection, ModelState
from classmark_models.errors import Interrupted, ModelMissing, NetworkClosed, NoNetwork, SpecInvalid, StoreError
from classmark_models.journal import Journal
from classmark_models.pack import describe
from classmark_models.spec import BUILTIN_ID, NO_LICENCE, ModelFile, write_spec
from classmark_models.store import Held, Receipt, Store
from classmark_models.workshop import Step, Workshop


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    return Collection(tmp_path / "models", [tmp_path / "shared"])


def _open(collection: Collection, **options: Any) -> Workshop:
    return Workshop(collection, Journal(collection.root / "connections.jsonl"), **options)


@pytest.fixture
def workshop(collection: Collection) -> Workshop:
    return _open(collection)


@pytest.fixture(autouse=True)
def short_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classmark_models.selftest.SECONDS_A_TRY", 0.02)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a small model as they are published."""
    return publish(tmp_path_factory.mktemp("published") / "small")


@pytest.fixture
def online(hub: Hub, published: Path, collection: Collection) -> Workshop:
    """A workshop whose catalogue knows of the small model, which the hub has."""
    files: dict[str, bytes | Path] = {path.name: path for path in published.iterdir()}
    hub.repos["library/tiny"] = Repo({FIRST: files}, large=frozenset({"model.safetensors"}))
    known = tuple(ModelFile(name, "library/tiny", FIRST, None, None, None, optional=False) for name in files)
    collection.entries.mkdir(parents=True)
    spec = replace(small_spec("tiny"), repo="library/tiny", commit=FIRST, licence=NO_LICENCE, files=known)
    write_spec(spec, collection.entries / "tiny.toml")
    return _open(collection, hub=hub.endpoint)


def test_estimate_before_a_download(online: Workshop, collection: Collection, published: Path) -> None:
    estimate = online.estimate("tiny")
    assert estimate.size == sum(path.stat().st_size for path in published.iterdir())
    assert estimate.free > 0
    assert (estimate.place, estimate.licence, estimate.way) == (collection.root, NO_LICENCE, "convert")
    assert "library/tiny" in estimate.source
    assert collection.state("tiny") is ModelState.KNOWN


@pytest.mark.parametrize("keep", [False, True])
def test_fetched_converted_and_proved(keep: bool, online: Workshop, collection: Collection) -> None:
    prepared = online.fetch("tiny", keep=keep, variant="float32")
    assert (prepared.id, prepared.variant, prepared.selftest.passed) == ("tiny", "float32", True)
    assert collection.state("tiny") is ModelState.READY
    assert collection.published.folder("tiny").exists() is keep
    assert online.verify("tiny") == ()
    assert collection.selftest("tiny") == prepared.selftest
    tested = online.selftest("tiny")
    assert tested.passed
    assert collection.selftest("tiny") == tested


def test_each_step_is_told(online: Workshop, collection: Collection, hub: Hub) -> None:
    steps: list[Step] = []
    _open(collection, hub=hub.endpoint, progress=steps.append).fetch("tiny")
    told = list(dict.fromkeys(step.what for step in steps))
    assert "Fetching model.safetensors" in told
    assert told.index("Fetching model.safetensors") < told.index("Converting (int8)")
    assert told[-1] == "Measuring the speed"


def test_stopped_and_gone_on_with(online: Workshop, collection: Collection, hub: Hub) -> None:
    steps: list[Step] = []
    stopped = _open(
        collection, hub=hub.endpoint, progress=steps.append, should_stop=lambda: any(step.done for step in steps)
    )
    with pytest.raises(Interrupted):
        stopped.fetch("tiny")
    assert collection.state("tiny") is ModelState.BEGUN
    online.fetch("tiny")
    assert collection.state("tiny") is ModelState.READY


@pytest.mark.parametrize("source", ["a folder", "kept"])
def test_converted_without_a_network(
    source: str, online: Workshop, collection: Collection, published: Path, hub: Hub
) -> None:
    if source == "kept":
        online.fetch("tiny", keep=True)
    asked = len(hub.asked)
    prepared = _open(collection).convert("tiny", published if source == "a folder" else None)
    assert prepared.selftest.passed
    assert collection.state("tiny") is ModelState.READY
    assert len(hub.asked) == asked


def test_nothing_to_convert(online: Workshop) -> None:
    with pytest.raises(ModelMissing):
        online.convert("tiny")


def alter(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("path", "harm", "fetched"),
    [
        ("tokenizer.json", alter, ["tokenizer.json"]),
        ("tokenizer.json", Path.unlink, ["tokenizer.json"]),
        ("model.onnx", alter, ["README.md", "config.json", "model.safetensors", "tokenizer.json"]),
        ("manifest.json", lambda path: path.write_text("{"), None),
    ],
)
def test_repair_fetches_what_is_bad(
    path: str,
    harm: Callable[[Path], None],
    fetched: list[str] | None,
    online: Workshop,
    collection: Collection,
    hub: Hub,
) -> None:
    online.fetch("tiny", variant="float32")
    hub.asked.clear()
    assert online.repair("tiny") == ()
    assert hub.asked == []
    harm(collection.ready.folder("tiny") / path)
    assert online.repair("tiny") == (path,)
    assert online.verify("tiny") == ()
    assert collection.state("tiny") is ModelState.READY
    if fetched is not None:
        assert sorted(name for name, _ in hub.downloads()) == fetched
        assert collection.ready.receipt("tiny").facts["variant"] == "float32"
    left = {path for kind in ("published", "repairs") for path in (collection.root / kind).rglob("*")}
    assert {path.suffix for path in left if path.is_file()} == {".lock"}


def test_repair_of_published_files(online: Workshop, collection: Collection, hub: Hub) -> None:
    online.fetch("tiny", keep=True)
    shutil.rmtree(collection.ready.folder("tiny"))
    alter(collection.published.folder("tiny") / "config.json")
    hub.asked.clear()
    assert online.repair("tiny") == ("config.json",)
    assert [name for name, _ in hub.downloads()] == ["config.json"]
    assert collection.state("tiny") is ModelState.FETCHED


def test_a_repair_that_fails_changes_nothing(online: Workshop, collection: Collection) -> None:
    online.fetch("tiny")
    alter(collection.ready.folder("tiny") / "model.onnx")
    before = sorted((path, path.read_bytes()) for path in collection.ready.folder("tiny").iterdir())
    with pytest.raises(NoNetwork):
        _open(collection, hub="http://127.0.0.1:9").repair("tiny")
    assert sorted((path, path.read_bytes()) for path in collection.ready.folder("tiny").iterdir()) == before


def test_shared_models_are_repaired_by_their_keeper(collection: Collection, workshop: Workshop) -> None:
    alter(install(Collection(collection.root.parent / "shared").ready) / "model.onnx")
    assert workshop.verify("tiny") == ("model.onnx",)
    with pytest.raises(StoreError, match="only its keeper"):
        workshop.repair("tiny")


@pytest.fixture
def exported(online: Workshop, collection: Collection, hub: Hub, tmp_path: Path) -> Workshop:
    """A workshop of another person, whose library has put the small model on the hub as it was converted."""
    online.fetch("tiny")
    hub.repos["our-library/tiny"] = Repo.of_folder(online.export_hub_layout("tiny", tmp_path / "layout"), 1000)
    hub.asked.clear()
    other = Collection(tmp_path / "other")
    shutil.copytree(collection.entries, other.entries)
    return _open(other, hub=hub.endpoint, exports=f"{hub.endpoint}/our-library")


def test_exports_are_asked_first(exported: Workshop, collection: Collection, hub: Hub, tmp_path: Path) -> None:
    other = Collection(tmp_path / "other")
    estimate = exported.estimate("tiny")
    assert (estimate.way, estimate.place) == ("export", other.root)
    assert estimate.source.startswith(f"{hub.endpoint}, our-library/tiny at ")
    prepared = exported.fetch("tiny")
    assert (prepared.variant, prepared.selftest.passed, prepared.notes) == ("int8", True, ())
    assert prepared.selftest.compared > 0
    assert "model.safetensors" not in [name for name, _ in hub.downloads()]
    assert not other.published.folder("tiny").exists()
    ours, theirs = collection.ready.receipt("tiny"), other.ready.receipt("tiny")
    assert theirs.facts["origin"] == "export"
    assert theirs.files["labels.csv"] == ours.files["labels.csv"]


def test_repair_of_an_export_fetches_what_is_bad(exported: Workshop, hub: Hub, tmp_path: Path) -> None:
    exported.fetch("tiny")
    ready = Collection(tmp_path / "other").ready
    graph = str(ready.receipt("tiny").facts["graph"])
    alter(ready.folder("tiny") / graph)
    hub.asked.clear()
    assert exported.repair("tiny") == (graph,)
    assert [name for name, _ in hub.downloads()] == [graph.rsplit("/", 1)[-1]]
    assert exported.verify("tiny") == ()


def test_without_a_good_export_the_model_is_converted(exported: Workshop, hub: Hub) -> None:
    files = next(iter(hub.repos["our-library/tiny"].commits.values()))
    files["onnx/model_quantized.onnx"] = b"no graph"
    prepared = exported.fetch("tiny")
    assert prepared.selftest.passed
    assert prepared.notes[0].startswith("The graph in our-library/tiny was not used, and the model was converted here.")
    assert exported.verify("tiny") == ()


def test_without_an_export_nothing_is_said(exported: Workshop, hub: Hub) -> None:
    del hub.repos["our-library/tiny"]
    assert exported.estimate("tiny").way == "convert"
    assert exported.fetch("tiny").notes == ()


def test_add_a_model_of_the_hub(hub: Hub, online: Workshop, collection: Collection, published: Path) -> None:
    config = {**CONFIGS["bert"], "id2label": {str(place): f"subject {place}" for place in range(LABELS)}}
    files: dict[str, bytes | Path] = {path.name: path for path in published.iterdir()}
    hub.repos["someone/Nice_Model"] = Repo({FIRST: {**files, "config.json": json.dumps(config).encode()}})
    spec = online.add("someone/Nice_Model")
    assert collection.spec(spec.id) == spec
    assert online.add("someone/Nice_Model") == spec
    assert online.fetch(spec.id).selftest.passed
    online.remove(spec.id)
    assert spec.id not in collection.specs()


@pytest.mark.parametrize(
    ("name", "reason"),
    [(BUILTIN_ID, "There is a model"), ("newsgroups-20", "There is a model"), ("Tiny", "no id"), ("../x", "no id")],
)
def test_an_id_that_cannot_be_added(
    name: str, reason: str, hub: Hub, online: Workshop, collection: Collection, published: Path
) -> None:
    hub.repos["someone/model"] = Repo({FIRST: {path.name: path for path in published.iterdir()}})
    config = {**CONFIGS["bert"], "id2label": {str(place): f"subject {place}" for place in range(LABELS)}}
    hub.repos["someone/model"].commits[FIRST]["config.json"] = json.dumps(config).encode()
    with pytest.raises(SpecInvalid, match=reason):
        online.add("someone/model", name)
    assert [path.name for path in collection.entries.iterdir()] == ["tiny.toml"]


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


@pytest.mark.parametrize(
    "ask",
    [
        lambda workshop: workshop.estimate("tiny"),
        lambda workshop: workshop.fetch("tiny"),
        lambda workshop: workshop.add("library/tiny"),
        lambda workshop: workshop.repair("tiny"),
    ],
    ids=["estimate", "fetch", "add", "repair"],
)
def test_where_nothing_may_be_fetched_no_hub_is_asked(
    ask: Callable[[Workshop], object], online: Workshop, collection: Collection, published: Path, hub: Hub
) -> None:
    _open(collection).convert("tiny", published)
    (collection.ready.folder("tiny") / "golden.npz").unlink()
    closed = _open(collection, hub=hub.endpoint, may_fetch=False)
    with pytest.raises(NetworkClosed, match="Import the model from a suitcase"):
        ask(closed)
    assert not hub.asked
