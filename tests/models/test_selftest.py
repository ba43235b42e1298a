"""Golden texts, what is said of a ready model on this computer, and how long it holds."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.models.ready_packs import ready_pack, seal, tiny_masked_spec, tiny_spec, write_published

from classmark_models import selftest as tests_of_packs
from classmark_models.collection import Collection
from classmark_models.errors import Interrupted, ModelDamaged, ModelMissing, SpecInvalid
from classmark_models.pack import BUILTIN
from classmark_models.prepare import prepare
from classmark_models.selftest import SelfTest, read_record, selftest, write_record
from classmark_models.selftest.golden import Logits, compare, golden_texts, is_sane, read_golden, write_golden
from classmark_models.selftest.probe import Probe
from classmark_models.spec import BUILTIN_ID, read_catalogue


@pytest.fixture(autouse=True)
def short_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classmark_models.selftest.SECONDS_A_TRY", 0.01)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("classmark_models.selftest.SECONDS_A_TRY", 0.01)
        collection = Collection(place / "models")
        prepare(tiny_spec(), write_published(place / "published", tiny_spec()), collection)
    return collection.ready.path("tiny")


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "tiny"))


def rows(*probabilities: tuple[float, ...]) -> Logits:
    return np.log(np.array(probabilities, np.float32))


SURE = (0.90, 0.02, 0.02, 0.02, 0.02, 0.01, 0.01)
UNSURE = (0.30, 0.28, 0.20, 0.10, 0.06, 0.04, 0.02)


@pytest.mark.parametrize(
    ("expected", "found", "top1", "good"),
    [
        (SURE, SURE, 1.0, True),
        (SURE, (0.70, 0.22, 0.02, 0.02, 0.02, 0.01, 0.01), 1.0, False),
        (SURE, (0.02, 0.90, 0.02, 0.02, 0.02, 0.01, 0.01), 0.0, False),
        (UNSURE, (0.28, 0.30, 0.20, 0.10, 0.06, 0.04, 0.02), 1.0, True),
        (UNSURE, (0.28, 0.20, 0.30, 0.10, 0.06, 0.04, 0.02), 0.0, False),
    ],
    ids=["the same", "less sure", "another", "another of two alike", "the third"],
)
def test_best_answers_are_compared(
    expected: tuple[float, ...], found: tuple[float, ...], top1: float, good: bool
) -> None:
    agreement = compare(rows(expected, expected), rows(found, found))
    assert agreement.compared == 2
    assert agreement.top1 == top1
    assert agreement.gap == pytest.approx(np.abs(np.subtract(expected, found)).max(), abs=1e-6)
    assert agreement.good is good


@pytest.mark.parametrize(("noise", "good"), [(0.05, True), (0.6, False)])
def test_noise_is_told_even_where_no_label_stands_out(noise: float, good: bool) -> None:
    random = np.random.default_rng(1)
    expected = random.normal(size=(30, 4521)).astype(np.float32)
    agreement = compare(expected, expected + noise * random.normal(size=expected.shape).astype(np.float32))
    assert agreement.gap < 0.05
    assert agreement.good is good


def test_five_best_are_compared_without_their_order() -> None:
    expected = rows((0.3, 0.2, 0.15, 0.12, 0.1, 0.05, 0.04, 0.04))
    assert compare(expected, expected[:, [1, 0, 2, 4, 3, 5, 6, 7]]).top5 == 1
    assert compare(expected, expected[:, [7, 1, 2, 3, 4, 5, 6, 0]]).top5 == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("logits", "sane"),
    [
        ([[1, 2], [2, 1]], True),
        ([[1, 2]], True),
        ([[1, 2], [1, 2]], False),
        ([[1, np.nan], [2, 1]], False),
        ([[1, np.inf], [2, 1]], False),
    ],
)
def test_answers_that_are_none(logits: list[list[float]], sane: bool) -> None:
    assert is_sane(np.array(logits, np.float32)) is sane


def test_golden_texts_are_in_the_languages_of_the_model() -> None:
    specs = read_catalogue()
    english, all_of_them = (golden_texts(specs[name], "") for name in ("newsgroups-20", "openalex-topics-v1"))
    assert len(english) > 12
    assert all(text.isascii() for text in english if len(text) < 200 and "π" not in text and "Å" not in text)
    assert len(all_of_them) > 24
    assert any("纸" in text for text in all_of_them)
    assert all(text.startswith("<TITLE> ") for text in all_of_them)
    assert max(map(len, all_of_them)) > 2000
    assert len(set(all_of_them)) == len(all_of_them)


@pytest.mark.parametrize("mask", ["<mask>", "[MASK]"])
def test_golden_texts_of_a_model_that_fills_masks(mask: str) -> None:
    texts = golden_texts(read_catalogue()["bio-lm"], mask)
    assert len(texts) > 10
    assert all(text.count(mask) == 1 for text in texts)
    assert all(text.index(mask) < 200 for text in texts)


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "golden.json").write_text('{"texts": [1]}'),
        lambda folder: (folder / "golden.json").write_text("[" * 100_000),
        lambda folder: (folder / "golden.json").write_text('{"texts": []}'),
        lambda folder: (folder / "golden.npz").write_bytes(b""),
        lambda folder: (folder / "golden.npz").write_bytes(b"PK\3\4"),
        lambda folder: np.savez(folder / "golden.npz", logits=np.array([["a"]], object), allow_pickle=True),
        lambda folder: np.savez(folder / "golden.npz", logits=np.zeros((2, 3))),
        lambda folder: np.savez(folder / "golden.npz", logits=np.full((2, 3), np.nan, np.float32)),
        lambda folder: np.savez(folder / "golden.npz", other=np.zeros((2, 3), np.float32)),
        lambda folder: np.savez_compressed(folder / "golden.npz", logits=np.zeros((2, 20 << 20), np.float32)),
    ],
)
def test_reference_answers_that_are_none(change: Callable[[Path], object], tmp_path: Path) -> None:
    write_golden(tmp_path, ["a", "b"], np.eye(2, 3, dtype=np.float32))
    found = read_golden(tmp_path)
    assert found is not None
    assert found[0] == ("a", "b")
    np.testing.assert_array_equal(found[1], np.eye(2, 3))
    change(tmp_path)
    with pytest.raises(ModelDamaged, match="reference answers"):
        read_golden(tmp_path)


def test_selftest_compares_and_measures(folder: Path) -> None:
    told: list[tuple[str, int, int]] = []
    tested = selftest(folder, progress=lambda *step: told.append(step))
    assert tested.passed
    assert tested.compared == len(golden_texts(tiny_spec(), ""))
    assert tested.top1 >= 0.95
    assert 0 <= tested.gap < 0.3
    assert tested.tokens_per_second > 0
    assert tested.seconds_per_page == pytest.approx(500 / tested.tokens_per_second)
    assert tested.workers >= 1
    assert tested.when.endswith("+00:00")
    assert f"of {tested.compared} best answers are those of the original" in tested.sentence
    assert {what for what, _, _ in told} == {"Comparing with the original", "Measuring the speed"}


def sealed_again(folder: Path) -> Path:
    facts = json.loads((folder / "manifest.json").read_text())
    seal(folder, "tiny", {key: fact for key, fact in facts.items() if key not in ("id", "commits", "files")})
    return folder


def test_model_that_answers_otherwise_fails(folder: Path) -> None:
    with np.load(folder / "golden.npz") as arrays:
        logits = arrays["logits"]
    np.savez(folder / "golden.npz", logits=logits[:, ::-1])
    tested = selftest(sealed_again(folder))
    assert not tested.passed
    assert tested.top1 < 0.95
    assert "should not be used on this computer" in tested.sentence
    np.savez(folder / "golden.npz", logits=logits[:-1])
    with pytest.raises(ModelDamaged, match="belong to another model"):
        selftest(sealed_again(folder))


def test_model_that_answers_nonsense_fails(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Probe, "answers", lambda *_: np.full((20, 6), np.nan, np.float32))
    (folder / "golden.npz").unlink()
    tested = selftest(folder)
    assert not tested.passed
    assert "no numbers, or the same for all texts" in tested.sentence


@pytest.mark.parametrize("task", ["classification", "masked-words"])
def test_model_without_reference_answers_is_only_tried(task: str, tmp_path: Path) -> None:
    ready_pack(tmp_path, tiny_masked_spec() if task == "masked-words" else tiny_spec())
    tested = selftest(tmp_path)
    assert (tested.passed, tested.compared, tested.gap) == (True, 0, 0)
    assert "brings no answers of the original" in tested.sentence


def test_builtin_model_is_tried_too(tmp_path: Path) -> None:
    collection = Collection(tmp_path)
    tested = selftest(collection.folder(BUILTIN_ID))
    assert (tested.passed, tested.compared) == (True, 0)
    collection.record(BUILTIN_ID, tested)
    assert collection.selftest(BUILTIN_ID) == tested


def test_what_cannot_be_tested(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing):
        selftest(tmp_path)
    with pytest.raises(Interrupted):
        selftest(folder, should_stop=lambda: True)
    (folder / "model.toml").write_text("x = 1")
    with pytest.raises(SpecInvalid):
        selftest(folder)
    (folder / "model.onnx").write_bytes(b"\0" * (folder / "model.onnx").stat().st_size)
    with pytest.raises((ModelDamaged, SpecInvalid)):
        selftest(folder)


TESTED = SelfTest(True, 3, 1.0, 1.0, 0.1, 100.0, 5.0, 2, "2026-01-01T00:00:00+00:00", "Well.")


def test_record_holds_for_this_computer_and_this_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = tmp_path / "selftests" / "x.json"
    assert read_record(record, BUILTIN) is None
    write_record(record, BUILTIN, TESTED)
    assert read_record(record, BUILTIN) == TESTED
    pack = tmp_path / "other"
    pack.mkdir()
    (pack / "manifest.json").write_text("{}")
    assert read_record(record, pack) is None
    monkeypatch.setattr(tests_of_packs, "computer", lambda: "another")
    assert read_record(record, BUILTIN) is None


@pytest.mark.parametrize("key", ["workers", "passed", "sentence", "gap", "when"])
@pytest.mark.parametrize("fact", [None, "1", 10**9, -1, [], {"a": 1}])
def test_record_that_cannot_be_relied_on_is_none(key: str, fact: object, tmp_path: Path) -> None:
    record = tmp_path / "x.json"
    write_record(record, BUILTIN, TESTED)
    facts = json.loads(record.read_text())
    facts["selftest"][key] = fact
    record.write_text(json.dumps(facts))
    found = read_record(record, BUILTIN)
    assert found is None or (isinstance(fact, str) and key in ("sentence", "when"))


@pytest.mark.parametrize("content", ["", "[]", "null", "[" * 10_000, "x" * 100_000])
def test_record_that_is_no_record(content: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(content)
    assert read_record(tmp_path / "x.json", BUILTIN) is None


def test_fewest_workers_that_are_nearly_as_fast(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    speeds = {1: 100.0, 2: 190.0, 4: 197.0, 8: 150.0}
    monkeypatch.setattr(tests_of_packs, "processors", lambda: 8)
    monkeypatch.setattr(Probe, "throughput", lambda self, text, workers, seconds: speeds[workers])
    tested = selftest(folder)
    assert (tested.workers, tested.tokens_per_second) == (2, 190)
