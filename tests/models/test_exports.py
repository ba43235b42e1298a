"""Ready graphs: found on hubs, checked, made ready without converting, and written in the layout they came in."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from huggingface_hub import ModelCard
from onnx import TensorProto, helper
from tests.models.fetching import FIRST, QUICK
from tests.models.foreign_graphs import TABLE, expected, hide_in_branch, locate, write_foreign
from tests.models.hub_server import Fault, Hub, Repo
from tests.models.preparing import publish, small_spec, write_tokenizer
from tests.models.published_folders import CONFIGS, LABELS, answer
from tokenizers import Tokenizer

from classmark_models.carry.foreign_graph import check_graph, copy_graph
from classmark_models.carry.hub_layout import write_hub_layout
from classmark_models.carry.unpack import prepare_export
from classmark_models.collection import Collection, ModelState
from classmark_models.errors import (
    HubFailed,
    ModelDamaged,
    ModelError,
    ModelMissing,
    ModelUnsafe,
    ModelUnsupported,
    SpecInvalid,
    StoreError,
)
from classmark_models.hub import fetch
from classmark_models.hub.exports import Export, find_export
from classmark_models.hub.repos import find_repo
from classmark_models.pack import open_pack
from classmark_models.prepare import Prepared, prepare
from classmark_models.selftest.golden import read_golden
from classmark_models.selftest.probe import Probe
from classmark_models.spec import ModelSpec

IDS = [1, 7, 9, 11, 2]
PUBLISHER = "library/papers"


@pytest.fixture(autouse=True)
def short_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classmark_models.selftest.SECONDS_A_TRY", 0.02)


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    return Collection(tmp_path / "models")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model that was converted."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("classmark_models.selftest.SECONDS_A_TRY", 0.02)
        return convert(tmp_path_factory.mktemp("made"))


@pytest.fixture
def layout(made: Path, tmp_path: Path) -> Path:
    """The same in the hub's layout."""
    return write_hub_layout(made, tmp_path / "layout")


def convert(place: Path, task: str = "classification", variant: str | None = None) -> Path:
    collection = Collection(place / "converted")
    prepare(small_spec(task=task), publish(place / "published", "bert", task), collection, variant=variant)
    return collection.ready.path("small")


def serve_mirror(hub: Hub, layout: Path) -> str:
    hub.repos["our-library/small"] = Repo.of_folder(layout, large=1000)
    return f"{hub.endpoint}/our-library"


def foreign_repo(folder: Path, graph: str = "onnx/model_quantized.onnx", **options: Any) -> Path:
    """Write what a publisher has who exports his model."""
    write_foreign(folder / graph, **options)
    names = {str(place): f"subject {place}" for place in range(LABELS)}
    (folder / "config.json").write_text(json.dumps(CONFIGS["bert"] | {"id2label": names}))
    (folder / "model.safetensors").write_bytes(b"weights" * 999)
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# Papers\n")
    write_tokenizer(folder)
    return folder


def serve_publisher(hub: Hub, folder: Path) -> ModelSpec:
    hub.repos[PUBLISHER] = Repo.of_folder(folder, large=1000)
    (commit,) = hub.repos[PUBLISHER].commits
    spec = small_spec(repo=PUBLISHER, commit=commit)
    return replace(spec, files=find_repo_files(hub))


def find_repo_files(hub: Hub) -> Any:
    try:
        return find_repo(PUBLISHER, endpoint=hub.endpoint, patience=QUICK).files
    except ModelUnsupported:
        return ()


def find(hub: Hub, spec: ModelSpec, exports: str = "", **options: Any) -> Export | None:
    return find_export(spec, exports=exports, endpoint=hub.endpoint, patience=QUICK, **options)


def bring(hub: Hub, spec: ModelSpec, collection: Collection, exports: str = "") -> Prepared:
    export = find(hub, spec, exports)
    assert export is not None
    fetch(export.spec, collection.published, endpoint=export.endpoint, token=export.token, patience=QUICK)
    return prepare_export(spec, export, collection)


@pytest.mark.parametrize("variant", [None, "float32"])
def test_what_was_converted_comes_back_from_a_mirror(
    hub: Hub, tmp_path: Path, collection: Collection, variant: str | None
) -> None:
    folder = convert(tmp_path, variant=variant)
    mirror = serve_mirror(hub, write_hub_layout(folder, tmp_path / "layout"))
    done = bring(hub, small_spec(), collection, mirror)
    made = open_pack(folder)
    ready = open_pack(collection.ready.path("small"))
    ready.verify()
    assert done.selftest.passed
    assert done.selftest.compared > 8
    assert done.variant == made.fact("variant") == ready.fact("variant")
    assert collection.state("small") == ModelState.READY
    assert (ready.fact("origin"), ready.fact("outputs")) == ("export", LABELS)
    for kept in ("agreement", "made_with"):
        assert ready.fact(kept) == made.fact(kept)
    for same in ("tokenizer.json", "labels.csv", "golden.json", "golden.npz"):
        assert ready.file(same).read_bytes() == made.file(same).read_bytes()
    before, after = (answer(pack.file(pack.fact("graph")), IDS)["logits"] for pack in (made, ready))
    assert np.array_equal(before, after)
    graph = "onnx/model.onnx" if variant else "onnx/model_quantized.onnx"
    assert {graph, f"{graph}_data", "null.npz"} <= set(ready.fact("files"))


def test_a_model_that_fills_masks_comes_back_too(hub: Hub, tmp_path: Path, collection: Collection) -> None:
    mirror = serve_mirror(hub, write_hub_layout(convert(tmp_path, "masked-words"), tmp_path / "layout"))
    done = bring(hub, small_spec(task="masked-words"), collection, mirror)
    assert done.selftest.passed
    assert "labels.csv" not in open_pack(collection.ready.path("small")).fact("files")


def test_answers_to_nothing_are_kept_where_they_lie_beside_an_export(
    hub: Hub, layout: Path, collection: Collection, tmp_path: Path
) -> None:
    mirror = serve_mirror(hub, layout)
    bring(hub, small_spec(), collection, mirror)
    beside = layout / "classmark" / "null.npz"
    with np.load(collection.ready.path("small") / "null.npz") as arrays:
        np.savez(beside, **{name: value[:3] if value.ndim else value for name, value in arrays.items()})
    other = Collection(tmp_path / "other")
    bring(hub, small_spec(), other, serve_mirror(hub, layout))
    assert (other.ready.path("small") / "null.npz").read_bytes() == beside.read_bytes()


def test_an_export_of_ours_can_be_added_by_its_name(hub: Hub, layout: Path, collection: Collection) -> None:
    serve_mirror(hub, layout)
    spec = find_repo("our-library/small", endpoint=hub.endpoint, patience=QUICK)
    assert (spec.id, spec.repo) == ("small", "our-library/small")
    assert bring(hub, spec, collection).selftest.passed


@pytest.mark.parametrize("labels", [LABELS, "labels"])
def test_a_publishers_quantized_graph_is_taken(
    hub: Hub, tmp_path: Path, collection: Collection, labels: int | str
) -> None:
    spec = serve_publisher(hub, foreign_repo(tmp_path / "repo", labels=labels))
    assert bring(hub, spec, collection).variant == "published"
    assert "model.safetensors" not in [name for name, _ in hub.downloads()]
    pack = open_pack(collection.ready.path("small"))
    pack.verify()
    assert pack.fact("commits") == {PUBLISHER: spec.commit}
    assert pack.fact("published")["config.json"] == "config.json"
    assert pack.file("labels.csv").read_text().count(",subject ") == 2 * LABELS
    found = Probe(pack.file(pack.fact("graph")), pack.file("tokenizer.json"), 64).answers(["abc"])
    ids = Tokenizer.from_file(str(pack.file("tokenizer.json"))).encode("abc").ids
    np.testing.assert_allclose(found[0], expected(ids), atol=1e-6)
    classifier = collection.open("small")
    told = classifier.predict("abcde", "fghij", "")
    assert told.scores is not None
    assert len(told.vocabulary.labels("subject")) == LABELS
    classifier.close()


def test_answers_and_names_must_be_as_many(hub: Hub, tmp_path: Path, collection: Collection) -> None:
    spec = serve_publisher(hub, foreign_repo(tmp_path / "repo", labels=LABELS + 1))
    with pytest.raises(ModelUnsupported, match="6 answers"):
        bring(hub, spec, collection)


def test_a_publishers_graph_can_be_written_back(hub: Hub, tmp_path: Path, collection: Collection) -> None:
    bring(hub, serve_publisher(hub, foreign_repo(tmp_path / "repo")), collection)
    layout = write_hub_layout(collection.ready.path("small"), tmp_path / "layout")
    other = Collection(tmp_path / "other")
    assert bring(hub, small_spec(), other, serve_mirror(hub, layout)).selftest.passed
    assert json.loads((layout / "config.json").read_text())["model_type"] == "bert"
    assert (layout / "README.md").read_text().endswith("## The publisher's card\n\n# Papers\n")


@pytest.mark.parametrize(
    ("graph", "task", "found"),
    [
        ("onnx/model_quantized.onnx", "classification", True),
        ("onnx/model_int8.onnx", "classification", True),
        ("model_quantized.onnx", "classification", True),
        ("onnx/model.onnx", "classification", False),
        ("model.onnx", "classification", False),
        ("onnx/model_quantized.onnx", "masked-words", False),
    ],
)
def test_what_a_publisher_has(hub: Hub, tmp_path: Path, graph: str, task: str, found: bool) -> None:
    spec = serve_publisher(hub, foreign_repo(tmp_path / "repo", graph))
    export = find(hub, replace(spec, task=task))
    assert (export is not None) is found
    if export is not None:
        assert (export.graph, export.ours) == (graph, False)
        assert {graph, f"{graph}_data"} <= {file.path for file in export.spec.files}


def test_the_publishers_graph_is_that_of_the_pinned_commit(hub: Hub, tmp_path: Path) -> None:
    spec = serve_publisher(hub, foreign_repo(tmp_path / "repo"))
    hub.repos[PUBLISHER].commits[FIRST] = {}
    export = find(hub, spec)
    assert export is not None
    assert export.spec.commit == spec.commit != FIRST


def test_a_repo_of_graphs_alone(hub: Hub, tmp_path: Path, collection: Collection) -> None:
    folder = foreign_repo(tmp_path / "repo", "onnx/model.onnx")
    (folder / "model.safetensors").unlink()
    (folder / "config.json").write_text((folder / "config.json").read_text().replace("subject", "topic no."))
    hub.repos[PUBLISHER] = Repo.of_folder(folder)
    spec = find_repo(PUBLISHER, endpoint=hub.endpoint, patience=QUICK)
    assert bring(hub, spec, collection).selftest.passed


FAULTS = [Fault("our-library/small", times=9, status=status) for status in (401, 403, 404, 500)]


@pytest.mark.parametrize("fault", [*FAULTS, Fault("our-library/small", times=9, change=lambda _: b"<html>")])
def test_where_the_mirror_fails_the_publisher_is_asked(hub: Hub, tmp_path: Path, fault: Fault) -> None:
    mirror = serve_mirror(hub, foreign_repo(tmp_path / "mirror"))
    spec = serve_publisher(hub, foreign_repo(tmp_path / "repo"))
    export = find(hub, spec, mirror)
    assert export is not None
    assert export.spec.repo == "our-library/small"
    hub.faults.append(replace(fault))
    export = find(hub, spec, mirror)
    assert export is not None
    assert export.spec.repo == PUBLISHER


def test_with_no_export_anywhere_there_is_none(hub: Hub) -> None:
    assert find(hub, small_spec(repo="library/small", commit=FIRST), f"{hub.endpoint}/our-library") is None


def test_the_token_goes_to_no_other_hub(hub: Hub, tmp_path: Path) -> None:
    with Hub({}).running() as other:
        mirror = serve_mirror(other, foreign_repo(tmp_path / "mirror"))
        export = find(hub, small_spec(), mirror, token="hf_secret")
        assert export is not None
        assert (export.endpoint, export.token) == (other.endpoint, False)
        assert {asked.token for asked in other.asked} == {None}
    export = find(hub, small_spec(), serve_mirror(hub, tmp_path / "mirror"), token="hf_secret")
    assert export is not None
    assert export.token == "hf_secret"
    assert "hf_secret" not in repr(export)


@pytest.mark.parametrize("address", ["our-library", "https://hub.example.org", "ftp://hub.example.org/x", "/x"])
def test_an_address_that_is_none(hub: Hub, address: str) -> None:
    with pytest.raises(HubFailed, match="Write it as https"):
        find(hub, small_spec(), address)


def drop(name: str) -> Callable[[Any], None]:
    def change(proto: Any) -> None:
        for values in (proto.graph.input, proto.graph.output):
            for place in [place for place, value in enumerate(values) if value.name == name]:
                del values[place]

    return change


def flood(proto: Any) -> None:
    proto.graph.output.extend(helper.make_tensor_value_info(f"x{i}", TensorProto.FLOAT, [1]) for i in range(99))


@pytest.mark.parametrize(
    ("change", "kind", "reason"),
    [
        (lambda p: locate(p, "location", "../model_quantized.onnx_data"), ModelUnsafe, "reaches for"),
        (lambda p: locate(p, "location", "/etc/passwd"), ModelUnsafe, "reaches for"),
        (lambda p: locate(p, "location", "further/down"), ModelUnsafe, "reaches for"),
        (lambda p: locate(p, "location", "..\\x"), ModelUnsafe, "reaches for"),
        (lambda p: locate(p, "location", "C:x"), ModelUnsafe, "reaches for"),
        (lambda p: locate(p, "location", "nul"), ModelUnsafe, "reaches for"),
        (lambda p: locate(p, "location", ""), ModelUnsafe, "reaches for"),
        (lambda p: locate(p, "location", "manifest.json"), ModelUnsafe, "reaches for"),
        (lambda p: locate(p, "location", "link"), ModelUnsafe, "reaches for"),
        (lambda p: locate(p, "location", "elsewhere"), ModelMissing, "is missing"),
        (hide_in_branch, ModelUnsafe, "secret"),
        (lambda p: locate(p, "offset", "4"), ModelDamaged, "beyond the end"),
        (lambda p: locate(p, "offset", "-4"), ModelDamaged, "beyond the end"),
        (lambda p: locate(p, "length", "9" * 5000), ModelDamaged, "beyond the end"),
        (lambda p: p.opset_import.add(domain="com.evil", version=1), ModelUnsupported, "com.evil"),
        (lambda p: p.graph.node.add(op_type="Run", domain="com.evil"), ModelUnsupported, "com.evil"),
        (drop("input_ids"), ModelUnsupported, "no input_ids"),
        (drop("logits"), ModelUnsupported, "no logits"),
        (flood, ModelUnsupported, "too many"),
        (lambda p: setattr(p.graph.input[0], "name", "pixels"), ModelUnsupported, "no input_ids"),
        (lambda p: setattr(p.graph.input[1], "name", "pixels"), ModelUnsupported, "pixels"),
        (lambda p: setattr(p.graph.input[0].type.tensor_type, "elem_type", 1), ModelUnsupported, "input_ids"),
        (lambda p: p.graph.output[0].type.tensor_type.shape.dim.add(), ModelUnsupported, "logits"),
        (
            lambda p: setattr(p.graph.output[0].type.tensor_type.shape.dim[1], "dim_value", 1 << 40),
            ModelUnsupported,
            "too many",
        ),
    ],
)
def test_hostile_graphs(tmp_path: Path, change: Any, kind: type[ModelError], reason: str) -> None:
    (tmp_path / "onnx").mkdir()
    (tmp_path / "onnx" / "link").symlink_to("/etc/hostname")
    path = write_foreign(tmp_path / "onnx" / "model_quantized.onnx", change)
    with pytest.raises(kind, match=reason):
        check_graph(path)
    with pytest.raises(kind, match=reason):
        copy_graph(path, tmp_path / "copy" / "model.onnx")
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("content", [b"", b"<html>", b"\x08" * 99, b"\x3a\xff\xff\xff\xff\x0f"])
def test_what_is_no_graph(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.onnx").write_bytes(content)
    with pytest.raises((ModelDamaged, ModelUnsupported)):
        check_graph(tmp_path / "model.onnx")


def test_a_graph_of_absurd_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classmark_models.carry.foreign_graph._LARGEST_GRAPH", 100)
    with pytest.raises(ModelUnsupported, match="larger than"):
        check_graph(write_foreign(tmp_path / "model.onnx"))


def test_a_hostile_graph_becomes_no_model(hub: Hub, tmp_path: Path, collection: Collection) -> None:
    folder = foreign_repo(tmp_path / "repo")
    bring(hub, serve_publisher(hub, folder), collection)
    before = (collection.ready.path("small") / "manifest.json").read_bytes()
    write_foreign(folder / "onnx" / "model_quantized.onnx", lambda proto: locate(proto, "location", "../config.json"))
    with pytest.raises(ModelUnsafe):
        bring(hub, serve_publisher(hub, folder), collection)
    assert (collection.ready.path("small") / "manifest.json").read_bytes() == before
    assert [path.name for path in collection.ready.root.iterdir()] == ["small"]


def test_a_graph_without_sense_becomes_no_model(hub: Hub, tmp_path: Path, collection: Collection) -> None:
    folder = foreign_repo(tmp_path / "repo")
    (folder / "onnx" / "model_quantized.onnx_data").write_bytes(np.full_like(TABLE, np.nan).tobytes())
    with pytest.raises(ModelUnsupported, match="cannot be used here"):
        bring(hub, serve_publisher(hub, folder), collection)
    assert collection.state("small") != ModelState.READY


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("labels.csv", None, ModelMissing),
        ("labels.csv", b"level,id,uri,name,parent,output\nsubject,a,,a,,99\n", ModelDamaged),
        ("labels.csv", b"level,id,uri,name,parent,output\nsubject,a,,a,,-1\n", ModelDamaged),
        ("labels.csv", b"level,id,uri,name,parent,output\nsubject,a,,a,,1\nsubject,b,,b,,1\n", ModelDamaged),
        ("labels.csv", b"level,id,uri,name,parent\nsubject,a,,a,\n", ModelDamaged),
        ("labels.csv", b"", ModelDamaged),
        ("golden.npz", b"PK", ModelDamaged),
        ("golden.json", b"[" * 9999, ModelDamaged),
        ("null.npz", b"PK", ModelDamaged),
        ("model.toml", b'id = "other"', SpecInvalid),
        ("model.toml", b"\xff", SpecInvalid),
    ],
)
def test_what_lies_beside_an_export_is_checked(
    hub: Hub, layout: Path, collection: Collection, name: str, content: bytes | None, kind: type[ModelError]
) -> None:
    if content is None:
        (layout / "classmark" / name).unlink()
    else:
        (layout / "classmark" / name).write_bytes(content)
    with pytest.raises(kind):
        bring(hub, small_spec(), collection, serve_mirror(hub, layout))
    assert not collection.ready.names()


def test_an_export_of_another_model_is_refused(hub: Hub, layout: Path, collection: Collection) -> None:
    hub.repos["our-library/other"] = Repo.of_folder(layout)
    with pytest.raises(ModelUnsupported, match="is of “Small”"):
        bring(hub, small_spec("other"), collection, f"{hub.endpoint}/our-library")


@pytest.mark.parametrize("facts", [b"", b"[]", b'{"variant": 5, "agreement": "good", "files": {}}'])
def test_facts_that_cannot_be_believed_are_left_out(
    hub: Hub, layout: Path, collection: Collection, facts: bytes
) -> None:
    (layout / "classmark" / "facts.json").write_bytes(facts)
    assert bring(hub, small_spec(), collection, serve_mirror(hub, layout)).variant == "published"
    assert "agreement" not in open_pack(collection.ready.path("small")).facts


def test_the_layout(made: Path, layout: Path) -> None:
    names = {path.relative_to(layout).as_posix() for path in layout.rglob("*") if path.is_file()}
    assert names >= {
        "onnx/model_quantized.onnx",
        "onnx/model_quantized.onnx_data",
        "tokenizer.json",
        "config.json",
        "README.md",
        ".gitattributes",
        "classmark/model.toml",
        "classmark/labels.csv",
        "classmark/facts.json",
    }
    card = ModelCard.load(layout / "README.md")
    assert (card.data.license, card.data.pipeline_tag, card.data.library_name) == ("mit", "text-classification", "onnx")
    assert "# Small" in card.text
    assert "## The publisher's card" in card.text
    assert json.loads((layout / "config.json").read_text()) == CONFIGS["bert"] | {"id2label": None}
    golden = read_golden(made)
    assert golden is not None
    found = Probe(layout / "onnx" / "model_quantized.onnx", layout / "tokenizer.json", 64).answers(golden[0][:1])
    assert np.abs(found - golden[1][:1]).max() < 0.5


def test_using_a_ready_model_leaves_the_hub_alone(made: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from classmark_models.collection import Collection\n"
        "from classmark_models import selftest\n"
        "selftest.SECONDS_A_TRY = 0.02\n"
        "collection = Collection(Path(sys.argv[1])); selftest.selftest(collection.ready.path('small'))\n"
        "print(collection.state('small').value, *sorted({'huggingface_hub', 'httpx2'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", program, str(made.parents[1])]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [ModelState.READY.value]


def test_the_layout_needs_an_empty_folder_and_a_whole_model(made: Path, layout: Path, tmp_path: Path) -> None:
    pack = shutil.copytree(made, tmp_path / "small")
    with pytest.raises(StoreError, match="is not empty"):
        write_hub_layout(pack, layout)
    shutil.rmtree(layout)
    with (pack / "model.onnx.data").open("r+b") as data:
        data.write(b"?")
    with pytest.raises(ModelDamaged):
        write_hub_layout(pack, layout)
    assert not layout.exists()
