"""What 0.1.0 wrote opens; what a newer version wrote is refused with a sentence, and left as it is.

``fixtures/of_0_1_0`` was written by that version itself: settings by the command line, ``window.ini`` by the window's
memory, and the model "tiny" fetched from a hub of this computer and converted, its receipts without or with a number.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from classmark.core.connections import journal
from classmark.core.holdings import look
from classmark.core.paths import HOME
from classmark.core.settings import read_settings
from classmark_models.collection import Collection, ModelState
from classmark_models.errors import NewerFormat, SpecInvalid
from classmark_models.pack import MANIFEST
from classmark_models.selftest import selftest
from classmark_models.store import FORMAT, Receipt, held_of, read_receipt
from classmark_models.workshop import Workshop

RECORDED = Path(__file__).parent / "fixtures" / "of_0_1_0"


@pytest.fixture
def collection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Collection:
    """The models of 0.1.0, copied to where the program of today looks for them."""
    shutil.copytree(RECORDED / "models", tmp_path / "home" / "models")
    monkeypatch.setenv(HOME, str(tmp_path / "home"))
    monkeypatch.setattr("classmark_models.selftest.SECONDS_A_TRY", 0.02)
    return read_settings().collection()


def _renumber(folder: Path, number: object) -> None:
    """State another format in a receipt, and of a newer one nothing else that we know."""
    facts = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    facts["format"] = number
    if isinstance(number, int) and number > FORMAT:
        facts["contents"] = facts.pop("files")
    (folder / MANIFEST).write_text(json.dumps(facts), encoding="utf-8")


def _everything(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"}


def test_a_ready_model_opens_and_answers_as_it_did(collection: Collection) -> None:
    assert collection.state("tiny") is ModelState.READY
    assert Workshop(collection, journal()).verify("tiny") == ()
    assert selftest(collection.folder("tiny")).passed
    classifier = collection.open("tiny", workers=1)
    try:
        prediction = classifier.predict("The doctor and the drug for the patient", "", "")
    finally:
        classifier.close()
    assert not prediction.declined
    assert classifier.name == "tiny"


def test_a_receipt_of_published_files_has_no_number_and_is_read(collection: Collection) -> None:
    folder = collection.published.folder("tiny")
    assert "format" not in json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    receipt = read_receipt(folder)
    assert receipt is not None
    assert receipt.files.keys() == {"config.json", "model.safetensors", "tokenizer.json"}


def test_a_receipt_gets_a_number_when_it_is_written(tmp_path: Path, collection: Collection) -> None:
    collection.published.record(Receipt("tiny", {}, {}))
    stated = json.loads((collection.published.folder("tiny") / MANIFEST).read_text(encoding="utf-8"))
    assert stated == {"id": "tiny", "format": FORMAT, "commits": {}, "files": {}}


def test_an_entry_of_the_catalogue_opens(collection: Collection) -> None:
    assert collection.spec("tiny").repo == "library/tiny"
    entry = collection.entries / "tiny.toml"
    entry.write_text(f"format = 2\n{entry.read_text(encoding='utf-8')}", encoding="utf-8")
    with pytest.raises(SpecInvalid, match="newer Classmark") as caught:
        collection.specs()
    assert str(entry) in str(caught.value)


@pytest.mark.parametrize("number", [0, "one", True, [2]], ids=str)
def test_a_receipt_with_a_number_that_is_none_is_damaged(number: object, collection: Collection) -> None:
    _renumber(collection.ready.folder("tiny"), number)
    assert collection.state("tiny") is ModelState.DAMAGED


@pytest.mark.parametrize("is_known", [True, False], ids=["in the catalogue", "known by itself"])
def test_a_newer_model_is_shown_and_left_alone(is_known: bool, collection: Collection) -> None:
    folder = collection.ready.folder("tiny")
    _renumber(folder, FORMAT + 1)
    if not is_known:
        (collection.entries / "tiny.toml").unlink()
    assert collection.state("tiny") is ModelState.NEWER
    [holding] = [each for each in look(collection) if each.spec.id == "tiny"]
    assert (holding.state, holding.folder, holding.is_ready) == (ModelState.NEWER, folder, False)
    assert collection.selftest("tiny") is None
    assert collection.ready.names() == []


@pytest.mark.parametrize(
    "ask",
    [
        lambda workshop, _: workshop.estimate("tiny"),
        lambda workshop, _: workshop.fetch("tiny"),
        lambda workshop, _: workshop.convert("tiny", RECORDED),
        lambda workshop, _: workshop.verify("tiny"),
        lambda workshop, _: workshop.repair("tiny"),
        lambda workshop, _: workshop.selftest("tiny"),
        lambda workshop, case: workshop.export_suitcase("tiny", case),
        lambda workshop, case: workshop.import_suitcase(case),
    ],
    ids=["estimate", "fetch", "convert", "verify", "repair", "selftest", "export", "import"],
)
def test_nothing_is_done_to_a_newer_model(
    ask: Callable[[Workshop, Path], object], collection: Collection, tmp_path: Path
) -> None:
    case = tmp_path / "tiny.classmark"
    Workshop(collection, journal()).export_suitcase("tiny", case)
    folder = collection.ready.folder("tiny")
    _renumber(folder, FORMAT + 1)
    before = _everything(collection.root)
    with pytest.raises(NewerFormat, match="newer Classmark") as caught:
        ask(Workshop(collection, journal(), hub="http://127.0.0.1:9"), case)
    assert str(folder) in str(caught.value)
    assert _everything(collection.root) == before


def test_published_files_of_a_newer_version_are_not_overwritten(collection: Collection) -> None:
    shutil.rmtree(collection.ready.folder("tiny"))
    _renumber(collection.published.folder("tiny"), FORMAT + 1)
    assert collection.state("tiny") is ModelState.NEWER
    before = _everything(collection.root)
    with pytest.raises(NewerFormat):
        Workshop(collection, journal(), hub="http://127.0.0.1:9").fetch("tiny")
    assert _everything(collection.root) == before


def test_a_shared_model_that_is_known_is_used_where_ours_is_newer(collection: Collection, tmp_path: Path) -> None:
    shutil.copytree(collection.root, tmp_path / "shared")
    _renumber(collection.ready.folder("tiny"), FORMAT + 1)
    both = Collection(collection.root, [tmp_path / "shared"])
    assert both.state("tiny") is ModelState.SHARED
    assert both.folder("tiny") == tmp_path / "shared" / "ready" / "tiny"


def test_only_a_person_removes_a_newer_model(collection: Collection) -> None:
    _renumber(collection.ready.folder("tiny"), FORMAT + 1)
    Workshop(collection, journal()).remove("tiny")
    assert not collection.ready.folder("tiny").exists()


def test_the_recorded_files_are_whole() -> None:
    receipt = read_receipt(RECORDED / "models" / "ready" / "tiny")
    assert receipt is not None
    assert all(held_of(RECORDED / "models" / "ready" / "tiny" / path) == held for path, held in receipt.files.items())
