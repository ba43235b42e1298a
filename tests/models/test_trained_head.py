"""Heads that were learnt: the formula, rows that do not touch each other, the file, and files that are none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest
from tests.models.small_head import BAG, HIDDEN, plain_calibrated, plain_logits, small_head

from classmark_models.errors import ModelDamaged
from classmark_models.ngrams import bag_ids
from classmark_models.trained_head import Floats, TrainedHead, to_int8, write_head

SIZES = {"lcc": 7, "ddc": 11}
TEXTS = ["Coral reefs", "Le droit des contrats", "量子力学", "", "The history of the town and its people"]


@pytest.fixture(scope="module")
def head() -> TrainedHead:
    return small_head(SIZES)


@pytest.fixture(scope="module")
def embeddings() -> Floats:
    rows = np.random.default_rng(5).normal(size=(len(TEXTS), 384))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def test_logits_are_those_of_the_formula(head: TrainedHead, embeddings: Floats) -> None:
    found = head.outputs(embeddings, head.bags(map(bag_ids, TEXTS)))
    assert {name: logits.shape for name, logits in found.items()} == {name: (5, size) for name, size in SIZES.items()}
    for name, logits in found.items():
        assert logits.dtype == np.float32
        for text, embedding, row in zip(TEXTS, embeddings, logits, strict=True):
            expected = plain_logits(head, name, embedding, bag_ids(text).tolist())
            np.testing.assert_allclose(row, expected, atol=2e-5)


def test_rows_do_not_touch_each_other(head: TrainedHead, embeddings: Floats) -> None:
    bags = head.bags(map(bag_ids, TEXTS))
    together = head.outputs(embeddings, bags)
    for row in range(len(TEXTS)):
        alone = head.outputs(embeddings[row : row + 1], head.bags([bag_ids(TEXTS[row])]))
        for name in SIZES:
            np.testing.assert_array_equal(together[name][row], alone[name][0])
    assert head.outputs(embeddings[:0], bags[:0])["lcc"].shape == (0, 7)
    assert head.bags([]).shape == (0, BAG)


def test_probabilities_are_calibrated_by_what_is_known_of_a_text(head: TrainedHead, embeddings: Floats) -> None:
    bags = [bag_ids(text) for text in TEXTS]
    logits, lengths = head.outputs(embeddings, head.bags(bags))["lcc"], head.lengths(bags)
    meant = np.stack([plain_calibrated(row, len(bag)) for row, bag in zip(logits, bags, strict=True)])
    one_of_many = head.probabilities("lcc", logits, lengths, independent=False)
    np.testing.assert_allclose(one_of_many, np.exp(meant) / np.exp(meant).sum(axis=1, keepdims=True), rtol=1e-4)
    each_alone = head.probabilities("lcc", logits, lengths, independent=True)
    np.testing.assert_allclose(each_alone, 1 / (1 + np.exp(-meant)), rtol=1e-4)
    for row in range(len(TEXTS)):
        alone = head.probabilities("lcc", logits[row : row + 1], lengths[row : row + 1], independent=False)
        np.testing.assert_array_equal(alone[0], one_of_many[row])


@pytest.mark.parametrize("calibration", [0.0, 1e30, -1e30])
def test_no_calibration_turns_answers_round_or_breaks_them(calibration: float, head: TrainedHead) -> None:
    layer = replace(head.layers["lcc"], calibration=np.array([[calibration] * 3, [0] * 3], np.float32))
    logits, length = np.array([[-3e38, 3e38, 0, 1, 2, 3, 4]], np.float32), np.zeros(1, np.float32)
    found = layer.calibrated(logits, length)
    assert np.isfinite(found).all()
    assert np.argsort(found[0]).tolist() == np.argsort(logits[0]).tolist()
    for independent in (True, False):
        assert np.isfinite(head.probabilities("lcc", logits, length, independent=independent)).all()


def test_int8_is_near_and_uses_its_range() -> None:
    rows = np.random.default_rng(1).normal(size=(4, 50)) * np.array([[0.01], [1], [30], [0]])
    codes, scale = to_int8(rows)
    assert (np.abs(codes).max(axis=1) == [127, 127, 127, 0]).all()
    assert (np.abs(codes * scale[:, None] - rows) <= scale[:, None] * 0.501).all()


def test_written_head_is_read_as_it_was(head: TrainedHead, tmp_path: Path) -> None:
    write_head(tmp_path / "a.npz", head)
    write_head(tmp_path / "b.npz", TrainedHead.read(tmp_path / "a.npz"))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    again = TrainedHead.read(tmp_path / "b.npz")
    for name in ("centre", "bag", "w1", "b1"):
        np.testing.assert_array_equal(getattr(again, name), getattr(head, name), strict=True)
    assert again.bag_scale == np.float32(head.bag_scale)
    assert again.layers.keys() == head.layers.keys()
    for name, layer in head.layers.items():
        for part in ("w", "scale", "b", "calibration"):
            np.testing.assert_array_equal(getattr(again.layers[name], part), getattr(layer, part), strict=True)


Arrays = dict[str, Any]


def changed(name: str, change: Callable[[Any], Any]) -> Callable[[Arrays], Arrays]:
    return lambda arrays: {**arrays, name: change(arrays[name])}


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda arrays: {}, id="nothing"),
        pytest.param(lambda arrays: {k: v for k, v in arrays.items() if k != "w1"}, id="no w1"),
        pytest.param(lambda arrays: {k: v for k, v in arrays.items() if k != "lcc.b"}, id="no lcc.b"),
        pytest.param(lambda arrays: {k: v for k, v in arrays.items() if "." not in k}, id="no output"),
        pytest.param(lambda arrays: {**arrays, "more": np.zeros(3, np.float32)}, id="more"),
        pytest.param(lambda arrays: {**arrays, "../x.w": arrays["lcc.w"]}, id="path"),
        pytest.param(changed("w1", lambda a: a.astype(np.float32)), id="other kind"),
        pytest.param(changed("b1", lambda a: a.astype(np.float64)), id="unknown kind"),
        pytest.param(changed("b1", lambda a: a.astype(object)), id="pickle"),
        pytest.param(changed("b1", lambda a: a[:-1]), id="short b1"),
        pytest.param(changed("bag", lambda a: a[:-1]), id="no power of two"),
        pytest.param(changed("bag", lambda a: a[0]), id="flat table"),
        pytest.param(changed("bag", lambda a: np.zeros((1 << 19, BAG), np.int8)), id="table beyond the hash"),
        pytest.param(changed("centre", lambda a: a[:-1]), id="narrow centre"),
        pytest.param(changed("lcc.w", lambda a: a[:-1]), id="fewer rows"),
        pytest.param(changed("lcc.w", lambda a: np.asfortranarray(a)), id="columns first"),
        pytest.param(changed("lcc.scale", lambda a: a * np.float32(np.nan)), id="no numbers"),
        pytest.param(changed("lcc.calibration", lambda a: a[0]), id="temperature alone"),
        pytest.param(changed("lcc.calibration", lambda a: a[:, :2]), id="calibration cut short"),
        pytest.param(changed("lcc.calibration", lambda a: a * np.float32(np.inf)), id="calibration without end"),
    ],
)
def test_file_that_is_no_head_is_refused(damage: Callable[[Arrays], Arrays], head: TrainedHead, tmp_path: Path) -> None:
    path = tmp_path / "bad.npz"
    write_head(path, head)
    with np.load(path) as file:
        arrays = dict(file)
    np.savez(path, allow_pickle=True, **damage(arrays))
    with pytest.raises(ModelDamaged, match=r"bad\.npz"):
        TrainedHead.read(path)


def with_member(path: Path, name: str, content: bytes) -> None:
    """Put one member of an archive in the place of another."""
    with ZipFile(path) as archive:
        members = {each.filename: archive.read(each) for each in archive.infolist()}
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for each, old in members.items():
            archive.writestr(each, content if each == name else old)


def npy(array: Any) -> bytes:
    file = BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no array",
        npy(np.zeros(HIDDEN, np.float32))[:-1],
        npy(np.zeros(HIDDEN, np.float32)) + b"\0",
        npy(np.zeros(HIDDEN, np.float32)).replace(b"(12,), }" + b" " * 9, b"(12" + b"0" * 9 + b",), }"),
        npy(np.zeros(HIDDEN, np.float32)).replace(b"'<f4'", b"'|O8'"),
        b"\0" * (1 << 27),
    ],
    ids=["empty", "text", "cut short", "too long", "vast", "objects", "bomb"],
)
def test_member_that_is_no_array_is_refused(content: bytes, head: TrainedHead, tmp_path: Path) -> None:
    path = tmp_path / "bad.npz"
    write_head(path, head)
    with_member(path, "b1.npy", content)
    with pytest.raises(ModelDamaged, match=r"bad\.npz"):
        TrainedHead.read(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04" + b"\0" * 99, b"no archive"])
def test_file_that_is_no_archive_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "bad.npz").write_bytes(content)
    with pytest.raises(ModelDamaged, match=r"bad\.npz"):
        TrainedHead.read(tmp_path / "bad.npz")
    with pytest.raises(ModelDamaged, match=r"nowhere\.npz"):
        TrainedHead.read(tmp_path / "nowhere.npz")


def test_head_that_does_not_fit_is_not_written(head: TrainedHead, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="w1"):
        write_head(tmp_path / "bad.npz", replace(head, b1=head.b1[:-1]))
    assert not (tmp_path / "bad.npz").exists()
