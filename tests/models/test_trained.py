"""Built-in classifiers that were taught: one reading for all, weights, levels, declining, and damaged packs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.models.small_head import plain_calibrated
from tests.models.test_classifier import CORAL, COURT, LOREM, STARS
from tests.models.trained_packs import HEADINGS, SHELVES, state, trained_pack

from classmark_models import reading_desk
from classmark_models.classifier import Classifier, Prediction
from classmark_models.collection import Collection, ModelState
from classmark_models.decide import back_off
from classmark_models.errors import Interrupted, ModelDamaged, ModelMissing, StoreError
from classmark_models.journal import Journal
from classmark_models.ngrams import bag_ids
from classmark_models.pack import Pack, open_pack
from classmark_models.reading_desk import ReadingDesk
from classmark_models.selftest import SelfTest
from classmark_models.session import Encoder
from classmark_models.spec import BUILTIN_ID, BUILTIN_IDS
from classmark_models.trained import TrainedClassifier
from classmark_models.trained_head import Floats, TrainedHead
from classmark_models.workshop import Workshop

TAUGHT = ("lcc", "lcsh", "subjects-8")
BOOK = ("Life in the sea", COURT, CORAL * 30 + STARS * 8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained_pack(tmp_path_factory.mktemp("pack") / "builtin")


@pytest.fixture(scope="module")
def collection(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Collection:
    return Collection(tmp_path_factory.mktemp("models"), desk=ReadingDesk(folder))


@pytest.fixture(scope="module")
def classifiers(collection: Collection) -> Iterator[dict[str, Classifier]]:
    opened = {name: collection.open(name) for name in (BUILTIN_ID, *TAUGHT)}
    yield opened
    for classifier in opened.values():
        classifier.close()


def by_the_formula(folder: Path, prediction: Prediction, title: str, abstract: str, body: str) -> Floats:
    """Return the calibrated logits of a document from its windows, by plain sums; ``prediction`` is zero-shot."""
    head = TrainedHead.read(folder / "heads" / "library.npz")
    texts = {"head": f"{title}\n{abstract}", "body": body}
    cut = [texts[window.part][window.start : window.end] for window in prediction.windows]
    weights = np.array([window.weight for window in prediction.windows])
    embedding = (weights[:, None] * prediction.traces).sum(axis=0)
    embedding /= np.linalg.norm(embedding)
    found = list(map(bag_ids, cut))
    bag = (weights[:, None] * head.bags(found)).sum(axis=0)
    logits = head.outputs(embedding[None].astype(np.float32), bag[None].astype(np.float32))["lcc"]
    return plain_calibrated(logits[0], float(np.exp(weights @ [np.log(len(ids)) for ids in found])))


def test_document_is_the_weighted_mean_of_its_windows(folder: Path, classifiers: dict[str, Classifier]) -> None:
    zero_shot, taught = (classifiers[name].predict(*BOOK) for name in (BUILTIN_ID, "lcc"))
    assert len(taught.windows) > 3
    places = [[(w.part, w.start, w.end, w.weight) for w in each.windows] for each in (zero_shot, taught)]
    assert places[0] == places[1]
    powers = np.exp(by_the_formula(folder, zero_shot, *BOOK))
    np.testing.assert_allclose(taught.scores, powers / powers.sum(), atol=5e-3)


def test_levels_add_up(classifiers: dict[str, Classifier]) -> None:
    prediction = classifiers["lcc"].predict(*BOOK)
    assert prediction.scores.dtype == np.float32
    assert prediction.scores.sum() == pytest.approx(1, abs=1e-5)
    science, law = prediction.vocabulary.roll_up(prediction.scores, "class")
    assert science == pytest.approx(prediction.scores[[0, 1, 3]].sum(), abs=1e-6)
    assert law == pytest.approx(prediction.scores[2], abs=1e-6)
    assert back_off(prediction.vocabulary, prediction.scores, 0.01).label.level == "subclass"


def test_headings_do_not_exclude_each_other(classifiers: dict[str, Classifier]) -> None:
    prediction = classifiers["lcsh"].predict(*BOOK)
    assert ((prediction.scores > 0) & (prediction.scores < 1)).all()
    assert abs(float(prediction.scores.sum()) - 1) > 0.2
    assert prediction.vocabulary.levels == ("heading",)


@pytest.mark.parametrize("name", TAUGHT)
def test_window_scores_are_those_of_the_windows(name: str, classifiers: dict[str, Classifier]) -> None:
    prediction = classifiers[name].predict(*BOOK)
    rows = classifiers[name].window_scores(prediction)
    assert rows.shape == (len(prediction.windows), len(prediction.scores))
    assert rows.argmax(axis=1).tolist() == [window.best for window in prediction.windows]
    assert rows.max(axis=1).tolist() == [window.score for window in prediction.windows]


@pytest.mark.parametrize("name", TAUGHT)
def test_single_window_decides_alone(name: str, classifiers: dict[str, Classifier]) -> None:
    prediction = classifiers[name].predict("", "", CORAL)
    np.testing.assert_allclose(classifiers[name].window_scores(prediction)[0], prediction.scores, atol=1e-5)


def test_traces_are_small_and_shared(classifiers: dict[str, Classifier]) -> None:
    shelves, headings = (classifiers[name].predict(*BOOK) for name in ("lcc", "lcsh"))
    assert shelves.traces is headings.traces, "one head takes the same of a document for all its vocabularies"
    assert shelves.traces.dtype == np.float16
    assert shelves.traces.nbytes == len(shelves.windows) * 2 * (384 + 5 + 1)


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts the windows that go through the encoder."""
    counts: list[int] = []
    embed_all = Encoder.embed_all

    def counting(self: Encoder, rows: Any) -> Iterator[Any]:
        for vector in embed_all(self, rows):
            counts.append(1)
            yield vector

    monkeypatch.setattr(Encoder, "embed_all", counting)
    return counts


def test_document_goes_through_the_encoder_once(
    classifiers: dict[str, Classifier], encoded: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_desk, "_KEPT", 4)
    document = ("Read once", "", STARS * 20)
    predictions = [each.predict(*document) for each in classifiers.values()]
    assert len(encoded) == len(predictions[0].windows) > 1
    for number in range(4):
        classifiers["lcc"].predict(f"Another title, number {number}", "", "")
    before = len(encoded)
    again = classifiers["lcc"].predict(*document)
    assert len(encoded) == before + len(again.windows), "only the last few are kept"
    np.testing.assert_array_equal(again.scores, predictions[1].scores)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Coral", "reefs", ""), ("Coral\nreefs", "", "")),
        (("Coral", "", "reefs are warm"), ("Coral", "reefs are warm", "")),
        (("Coral reefs", "", CORAL), ("", "Coral reefs", CORAL)),
    ],
)
def test_documents_that_weigh_otherwise_are_read_anew(
    one: tuple[str, str, str], other: tuple[str, str, str], classifiers: dict[str, Classifier]
) -> None:
    for first, second in ((one, other), (other, one)):
        classifiers["lcc"].predict(*first)
        found = classifiers["lcc"].predict(*second)
        share = sum(window.weight for window in found.windows if window.part == "head")
        expected = 1 if not second[2] else 0.5 if second[1] else 0.25
        assert share == pytest.approx(expected, abs=1e-6)


def test_stopped_reading_is_not_kept(classifiers: dict[str, Classifier]) -> None:
    document = ("Stopped", "", STARS * 30)
    with pytest.raises(Interrupted):
        classifiers["lcc"].predict(*document, lambda: True)
    assert not classifiers["lcc"].predict(*document).declined


def test_encoder_is_open_until_the_last_has_left(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readers: list[FakeReader] = []

    class FakeReader:
        def __init__(self, pack: Pack, workers: int) -> None:
            self.is_open = True
            readers.append(self)

        def close(self) -> None:
            self.is_open = False

    monkeypatch.setattr(reading_desk, "Reader", FakeReader)
    desk = ReadingDesk(folder)
    one, two = (Collection(tmp_path, desk=desk).open(name) for name in ("lcc", BUILTIN_ID))
    for _ in range(2):
        one.close()
    assert [reader.is_open for reader in readers] == [True]
    two.close()
    assert [reader.is_open for reader in readers] == [False]
    again = Collection(tmp_path, desk=desk).open("lcsh")
    assert [reader.is_open for reader in readers] == [False, True]
    again.close()


@pytest.mark.parametrize("name", TAUGHT)
@pytest.mark.parametrize(
    ("text", "reason"), [("", "too little text"), ("?!", "too little text"), (LOREM, "It looks like")]
)
def test_texts_that_say_nothing_are_declined(
    text: str, reason: str, name: str, classifiers: dict[str, Classifier]
) -> None:
    prediction = classifiers[name].predict("", "", text)
    assert reason in prediction.declined
    assert classifiers[name].window_scores(prediction).shape == (len(prediction.windows), len(prediction.scores))


@pytest.mark.parametrize(
    ("facts", "name", "reason"),
    [
        ('{"lcc": {"least": 1}}', "lcc", "No subject is probable enough: the best reaches "),
        ('{"lcc": {"flatness": 0}}', "lcc", "No subject stands out"),
        ('{"lcsh": {"least": 1, "flatness": 0}}', "lcsh", "No subject is probable enough"),
        ('{"lcc": {"least": 0, "flatness": 1}}', "lcc", ""),
    ],
)
def test_limits_are_the_stated_ones(
    facts: str, name: str, reason: str, collection: Collection, classifiers: dict[str, Classifier], tmp_path: Path
) -> None:
    title = "Coral reefs and their fishes"
    pack = changed_pack(tmp_path, "library.json", facts)
    with closing(TrainedClassifier(open_pack(pack), collection.spec(name), collection.desk, 1)) as classifier:
        prediction = classifier.predict(title, "", "")
    assert prediction.declined.startswith(reason)
    assert bool(prediction.declined) == bool(reason)
    np.testing.assert_array_equal(prediction.scores, classifiers[name].predict(title, "", "").scores)


@pytest.mark.parametrize("name", TAUGHT)
def test_predictions_carry_what_makes_them_sure(name: str, classifiers: dict[str, Classifier]) -> None:
    stated = {"lcc": {"class": 0.7, "subclass": 0.6}, "lcsh": {"heading": 0.9}, "subjects-8": {}}
    assert classifiers[name].predict(*BOOK).sure == stated[name]


def test_zero_shot_answers_state_what_makes_them_sure(classifiers: dict[str, Classifier]) -> None:
    sure = classifiers[BUILTIN_ID].predict(*BOOK).sure
    assert sure.keys() == {"domain", "field"}, "of topics and subfields nothing was measured"
    assert all(0.5 <= mark < 1 for mark in sure.values())


def changed_pack(place: Path, file: str, content: str) -> Path:
    pack = trained_pack(place / "builtin")
    (pack / "heads" / file).write_text(content, encoding="utf-8")
    state(pack)
    return pack


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("library.json", ""),
        ("library.json", "[]"),
        ("library.json", '{"lcsh": {}}'),
        ("library.json", '{"lcc": []}'),
        ("library.json", '{"lcc": {"least": "0"}}'),
        ("library.json", '{"lcc": {"least": 1.5}}'),
        ("library.json", '{"lcc": {"flatness": NaN}}'),
        ("library.json", '{"lcc": {"sure": 0.9}}'),
        ("library.json", '{"lcc": {"sure": {"subclass": "0.9"}}}'),
        ("library.json", '{"lcc": {"sure": {"subclass": 1.1}}}'),
        ("library.json", '{"lcc": {"sure": {"subclass": 0.49}}}'),
        ("library.json", '{"lcc": {"sure": {"heading": 0.9}}}'),
        ("library.json", "[" * 9000),
        ("labels_lcc.csv", SHELVES + "subclass,QD,,Chemistry,Q\n"),
        ("labels_lcc.csv", "level\n"),
        ("library.npz", "no head"),
    ],
)
def test_damaged_files_are_named(file: str, content: str, tmp_path: Path) -> None:
    with pytest.raises(ModelDamaged, match=file.partition("_")[0]):
        Collection(tmp_path, desk=ReadingDesk(changed_pack(tmp_path, file, content))).open("lcc")


def test_headings_in_levels_are_refused(tmp_path: Path) -> None:
    levels = SHELVES + "".join(f"subclass,Q{number},,More,Q\n" for number in range(5))
    with pytest.raises(ModelDamaged, match="do not exclude each other"):
        Collection(tmp_path, desk=ReadingDesk(changed_pack(tmp_path, "labels_lcsh.csv", levels))).open("lcsh")


def test_only_what_was_taught_is_listed(collection: Collection, tmp_path: Path) -> None:
    names = list(collection.specs())
    assert names[:4] == [BUILTIN_ID, *TAUGHT]
    assert not set(BUILTIN_IDS) & set(names[4:])
    assert {collection.state(name) for name in TAUGHT} == {ModelState.READY}
    for ask in (collection.state, collection.spec, collection.open):
        with pytest.raises(ModelMissing, match="no model ddc"):
            ask("ddc")


def test_own_entry_does_not_take_the_place_of_a_builtin_one(folder: Path, tmp_path: Path) -> None:
    collection = Collection(tmp_path, desk=ReadingDesk(folder))
    collection.entries.mkdir()
    for name in ("lcc", "ddc"):
        own = f'id = "{name}"\ntitle = "Own"\ntask = "classification"\nlicence = "MIT"\nscope = "Anything."\n'
        (collection.entries / f"{name}.toml").write_text(own, encoding="utf-8")
    assert collection.spec("lcc").title.startswith("Library of Congress")
    assert "ddc" not in collection.specs()


@pytest.mark.parametrize(
    ("damaged", "by_name"),
    [
        ("heads/library.npz", {"lcc": 1, "lcsh": 1, "subjects-8": 0, BUILTIN_ID: 0}),
        ("heads/labels_lcsh.csv", {"lcc": 0, "lcsh": 1, "subjects-8": 0, BUILTIN_ID: 0}),
        ("tokenizer.json", {"lcc": 0, BUILTIN_ID: 1}),
    ],
)
def test_verify_tells_whose_file_is_damaged(damaged: str, by_name: dict[str, int], tmp_path: Path) -> None:
    pack = trained_pack(tmp_path / "builtin")
    content = (pack / damaged).read_bytes()
    (pack / damaged).unlink()  # a second name of the real file may not be written to
    (pack / damaged).write_bytes(content[:-1] + b"?")
    workshop = Workshop(
        Collection(tmp_path / "models", desk=ReadingDesk(pack)), Journal(tmp_path / "connections.jsonl")
    )
    assert {name: workshop.verify(name) for name in by_name} == {
        name: (damaged,) if is_bad else () for name, is_bad in by_name.items()
    }


@pytest.mark.parametrize("act", [Workshop.remove, Workshop.repair])
def test_builtin_models_stay(act: Callable[[Workshop, str], object], tmp_path: Path) -> None:
    pack = trained_pack(tmp_path / "builtin")
    (pack / "heads" / "labels_lcc.csv").write_text(HEADINGS, encoding="utf-8")
    with pytest.raises(StoreError, match="built-in model"):
        act(
            Workshop(Collection(tmp_path / "models", desk=ReadingDesk(pack)), Journal(tmp_path / "connections.jsonl")),
            "lcc",
        )


def test_one_selftest_holds_for_all_that_share_the_encoder(collection: Collection) -> None:
    tested = SelfTest(True, 0, 0.0, 0.0, 0.0, 900.0, 0.5, 2, "2026-01-01T00:00:00+00:00", "It answers sensibly.")
    collection.record("lcc", tested)
    assert [collection.selftest(name) for name in (BUILTIN_ID, *TAUGHT)] == [tested] * 4
