"""The built-in pack is whole, small enough, and built as promised; damaged packs say which file is at fault."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import onnx
import pytest

from classmark_models.errors import ModelDamaged, ModelError, ModelMissing
from classmark_models.labels import read_vocabulary
from classmark_models.pack import BUILTIN, MANIFEST, Pack, describe, open_pack
from classmark_models.reading_desk import ReadingDesk
from classmark_models.trained import HEADS
from classmark_models.zero_shot import ZeroShotClassifier
from classmark_models.zero_shot_head import read_head

MEGABYTE = 1_000_000
PAGE = 65536


@pytest.fixture(scope="module")
def graph() -> Any:
    return onnx.load(str(BUILTIN / "encoder.onnx"), load_external_data=False).graph


def where(tensor: Any) -> tuple[int, int]:
    """Return offset and length of an external tensor."""
    facts = {entry.key: entry.value for entry in tensor.external_data}
    assert facts["location"] == "encoder.onnx.data"
    return int(facts["offset"]), int(facts["length"])


def values(tensor: Any) -> Any:
    """Return the values of a tensor, wherever they are."""
    if tensor.data_location != onnx.TensorProto.EXTERNAL:
        return onnx.numpy_helper.to_array(tensor)
    offset, length = where(tensor)
    kind = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
    with (BUILTIN / "encoder.onnx.data").open("rb") as file:
        file.seek(offset)
        return np.frombuffer(file.read(length), kind).reshape(tuple(tensor.dims))


def test_committed_pack_is_what_its_manifest_states(pack: Pack) -> None:
    pack.verify()
    there = {path.relative_to(BUILTIN).as_posix() for path in BUILTIN.rglob("*") if path.is_file()}
    assert there == {MANIFEST, *pack.facts["files"]}


def test_pack_is_small_enough() -> None:
    sizes = {path.relative_to(BUILTIN): path.stat().st_size for path in BUILTIN.rglob("*") if path.is_file()}
    assert sum(size for path, size in sizes.items() if path.parts[0] == HEADS) < 25 * MEGABYTE, sizes
    assert max(sizes.values()) < 95 * MEGABYTE, sizes
    assert sum(sizes.values()) < 130 * MEGABYTE, sizes


def test_labels_are_the_whole_of_openalex(pack: Pack) -> None:
    vocabulary = read_vocabulary(pack.file("labels.csv"), "OpenAlex topics")
    counts = {level: len(vocabulary.labels(level)) for level in vocabulary.levels}
    assert counts == {"domain": 4, "field": 26, "subfield": 252, "topic": 4516}
    for level, pattern in (("domain", "domains/"), ("field", "fields/"), ("subfield", "subfields/"), ("topic", "")):
        for label in vocabulary.labels(level):
            assert label.uri == f"https://openalex.org/{pattern}{label.id}"
            assert label.name
            assert label.name == label.name.strip()


def test_vectors_hold_plain_numbers_that_fit_the_labels(pack: Pack) -> None:
    with ZipFile(pack.file("vectors.npz")) as archive:
        for name in archive.namelist():
            with archive.open(name) as file:
                np.lib.format.read_magic(file)
                _, _, kind = np.lib.format.read_array_header_1_0(file)
            assert kind in (np.float16, np.float32), name
    head = read_head(pack.file("vectors.npz"))
    assert head.center.shape == (384,)
    assert head.labels.shape == (4516, 384)
    assert head.null.shape[1] == 384
    assert all(np.isfinite(array).all() for array in (head.center, head.labels, head.null))
    np.testing.assert_allclose(np.linalg.norm(head.null, axis=1), 1, atol=1e-3)


def test_no_sum_of_two_products_saturates(graph: Any) -> None:
    """Activations are at most 255: two products whose weights add up to 128 stay below 32,768, the limit of 16 bits."""
    weights = [tensor for tensor in graph.initializer if tensor.data_type == onnx.TensorProto.INT8 and len(tensor.dims)]
    matrices = [values(tensor).astype(np.int16) for tensor in weights if len(tensor.dims) == 2]
    assert len(matrices) == 12 * 6
    pairs = max(int(np.abs(matrix[0::2] + matrix[1::2]).max()) for matrix in matrices)
    assert pairs == 128, "the whole range is used, and no more"
    assert max(int(np.abs(matrix).max()) for matrix in matrices) == 127


def test_every_product_takes_signed_weights_with_zero_point_zero(graph: Any) -> None:
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    products = [node for node in graph.node if node.op_type == "MatMulIntegerToFloat"]
    assert len(products) == 12 * 6
    for node in products:
        weight, zero = tensors[node.input[1]], tensors[node.input[5]]
        assert weight.data_type == zero.data_type == onnx.TensorProto.INT8
        assert not values(zero).any()
    assert not [node for node in graph.node if node.op_type in ("MatMul", "Gemm")]


def test_external_tensors_can_be_mapped(graph: Any) -> None:
    places = sorted(
        (*where(tensor), tensor.name)
        for tensor in graph.initializer
        if tensor.data_location == onnx.TensorProto.EXTERNAL
    )
    large = [place for place in places if place[1] >= PAGE]
    assert len(large) > 70
    assert [place for place in large if place[0] % PAGE] == []
    for (offset, length, name), (following, _, _) in pairwise(places):
        assert offset + length <= following, name
    assert places[-1][0] + places[-1][1] <= (BUILTIN / "encoder.onnx.data").stat().st_size


def test_word_vectors_have_four_bits_in_blocks_of_32(graph: Any) -> None:
    (look_up,) = (node for node in graph.node if node.op_type == "GatherBlockQuantized")
    attributes = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in look_up.attribute}
    assert attributes == {"bits": 4, "block_size": 32, "gather_axis": 0, "quantize_axis": 1}
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    words, scales = tensors[look_up.input[0]], tensors[look_up.input[2]]
    assert words.data_type == onnx.TensorProto.UINT8
    assert tuple(words.dims) == (250037, 384 // 2)
    assert tuple(scales.dims) == (250037, 384 // 32)


FAKES = {"notes.txt": b"some words", "table.csv": b"a,b\n1,2\n"}


@pytest.fixture
def fake(tmp_path: Path) -> Path:
    """A folder like a pack's, with two small files."""
    for name, content in FAKES.items():
        (tmp_path / name).write_bytes(content)
    facts = {"name": "fake", "files": {name: describe(tmp_path / name) for name in FAKES}}
    (tmp_path / MANIFEST).write_text(json.dumps(facts), encoding="utf-8")
    return tmp_path


def rewrite(folder: Path, change: Callable[[Any], Any]) -> None:
    """Change what a manifest states."""
    path = folder / MANIFEST
    path.write_text(json.dumps(change(json.loads(path.read_text(encoding="utf-8")))), encoding="utf-8")


def test_whole_pack_is_accepted(fake: Path) -> None:
    pack = open_pack(fake)
    pack.verify()
    assert pack.file("notes.txt").read_bytes() == b"some words"
    assert pack.fact("name") == "fake"


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        pytest.param(Path.unlink, ModelMissing, id="missing"),
        pytest.param(lambda path: path.write_bytes(b""), ModelDamaged, id="empty"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:-1]), ModelDamaged, id="truncated"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes() + b"\n"), ModelDamaged, id="longer"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[::-1]), ModelDamaged, id="changed"),
    ],
)
@pytest.mark.parametrize("name", FAKES)
def test_damaged_file_is_named(name: str, damage: Callable[[Path], None], error: type[ModelError], fake: Path) -> None:
    damage(fake / name)
    with pytest.raises(error, match=name) as caught:
        open_pack(fake).verify()
    assert type(caught.value) is error


def test_size_alone_is_compared_when_a_file_is_opened(fake: Path) -> None:
    (fake / "notes.txt").write_bytes(b"some wordz")
    assert open_pack(fake).file("notes.txt").name == "notes.txt"
    for content in (b"some word", b"some words."):
        (fake / "notes.txt").write_bytes(content)
        with pytest.raises(ModelDamaged, match=rf"notes\.txt has {len(content)} bytes instead of 10"):
            open_pack(fake).file("notes.txt")


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\xff\xfe", b"{", b"[]", b"7", b'"files"', b"{}", b'{"files": []}', b'{"files": null}'],
    ids=repr,
)
def test_garbage_manifest_is_named(content: bytes, fake: Path) -> None:
    (fake / MANIFEST).write_bytes(content)
    with pytest.raises(ModelDamaged, match=MANIFEST):
        open_pack(fake)


def test_folder_without_manifest_is_no_pack(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=MANIFEST):
        open_pack(tmp_path)
    with pytest.raises(ModelMissing, match=MANIFEST):
        open_pack(tmp_path / "nowhere")


@pytest.mark.parametrize("stated", [{}, {"bytes": 10}, {"sha256": "0"}, None, 10], ids=repr)
def test_manifest_that_states_too_little_is_named(stated: object, fake: Path) -> None:
    rewrite(fake, lambda facts: {**facts, "files": {"notes.txt": stated}})
    with pytest.raises(ModelDamaged, match=rf"{MANIFEST} does not state the (bytes|sha256) of notes\.txt"):
        open_pack(fake).verify()


def test_unstated_fact_and_file_are_named(fake: Path) -> None:
    pack = open_pack(fake)
    with pytest.raises(ModelDamaged, match=f"{MANIFEST} does not state prompt"):
        pack.fact("prompt")
    (fake / "more.txt").touch()
    with pytest.raises(ModelDamaged, match=r"does not state the bytes of more\.txt"):
        pack.file("more.txt")


@pytest.fixture
def small_copy(tmp_path: Path) -> Path:
    """The built-in pack's small files, with nothing where the weights should be."""
    for name in (
        MANIFEST,
        "encoder.onnx",
        "labels.csv",
        "tokenizer.json",
        "pieces.npz",
        "vectors.npz",
        "sure.json",
        "scope.npz",
    ):
        shutil.copyfile(BUILTIN / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("labels.csv", b""),
        ("labels.csv", b"\xff\xfe\x00" * 100),
        ("labels.csv", b"level,name\ndomain,Life\n"),
        ("labels.csv", b"level,id,uri,name,parent\ndomain,1,u,Life,\nfield,11,u,Biology,2\n"),
        ("scope.npz", b"not an archive"),
        ("sure.json", b'{"openalex-zero-shot": {"sure": {"topic": 2}}}'),
        ("vectors.npz", b""),
        ("vectors.npz", b"PK\x03\x04" + b"\x00" * 100),
        ("vectors.npz", b"not an archive"),
        ("vectors.npz", b"\x93NUMPY\x01\x00garbage"),
        ("encoder.onnx", b"not a graph"),
        ("tokenizer.json", b'{"model": {"type": "Unigram"}}'),
    ],
)
def test_classifier_names_the_file_that_it_cannot_use(name: str, content: bytes, small_copy: Path) -> None:
    (small_copy / name).write_bytes(content)
    data = small_copy / "encoder.onnx.data"
    data.write_bytes(b"\x00" * 64)
    rewrite(
        small_copy,
        lambda facts: {
            **facts,
            "files": {**facts["files"], name: describe(small_copy / name), data.name: describe(data)},
        },
    )
    with pytest.raises(ModelDamaged, match=rf"[/\\]{name}"):
        ZeroShotClassifier(open_pack(small_copy), ReadingDesk(small_copy), workers=1)


def test_classifier_misses_its_weights(small_copy: Path) -> None:
    with pytest.raises(ModelMissing, match=r"encoder\.onnx\.data"):
        ZeroShotClassifier(open_pack(small_copy), ReadingDesk(small_copy), workers=1)


@pytest.mark.parametrize("fact", ["name", "title", "scope", "vocabulary", "decline"])
def test_classifier_misses_a_fact(fact: str, small_copy: Path) -> None:
    rewrite(small_copy, lambda facts: {key: value for key, value in facts.items() if key != fact})
    with pytest.raises(ModelDamaged, match=f"{MANIFEST} does not state {fact}"):
        ZeroShotClassifier(open_pack(small_copy), ReadingDesk(small_copy), workers=1)


def test_pickled_vectors_are_refused(tmp_path: Path) -> None:
    trap = np.array([{"never": "unpickled"}], object)
    np.savez(tmp_path / "vectors.npz", center=trap, labels=trap, null=trap)
    with pytest.raises(ModelDamaged, match=r"vectors\.npz"):
        read_head(tmp_path / "vectors.npz")


def test_single_array_is_no_head(tmp_path: Path) -> None:
    np.save(tmp_path / "single.npy", np.zeros(3))
    with pytest.raises(ModelDamaged, match=r"single\.npy"):
        read_head(tmp_path / "single.npy")
