"""Texts that belong nowhere: told by their kind at the one reading, whichever classifier asks, and nothing else is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.models.small_head import small_head
from tests.models.test_classifier import CORAL, COURT, STARS

from classmark_models.classifier import Classifier
from classmark_models.collection import Collection
from classmark_models.errors import ModelDamaged
from classmark_models.pack import BUILTIN
from classmark_models.reading_desk import ReadingDesk
from classmark_models.scope import KINDS, MEASURES, REASONS, SCOPE, Scope, letter_ids, measure
from classmark_models.spec import BUILTIN_ID
from classmark_models.trained_head import write_head

NOWHERE = Path(__file__).parents[1] / "fixtures" / "out_of_scope.jsonl"
CODE = """for (size_t i = 0; i < count; ++i) {
    if (items[i] == NULL) { return -1; }
    total += items[i]->weight;
}
"""
RECIPE = (
    "Whisk three eggs with 100 g of sugar, fold in 120 g of flour and a spoon of baking powder, pour into a buttered "
    "tin and bake for half an hour at 180 °C. Dust with icing sugar and serve."
)
GARBLED = (
    "Tlic bo.'ird of tru.stccs nict oii tlie tir.st ]\\Ionday iii \\larch ai\\d votc-d lo l)uy tlic l;in<l adj()inin<f"
)


@pytest.fixture(scope="module")
def classifiers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Classifier, ...]]:
    collection = Collection(tmp_path_factory.mktemp("models"), desk=ReadingDesk())
    opened = tuple(collection.open(name) for name in (BUILTIN_ID, "subjects-8"))
    yield opened
    for classifier in opened:
        classifier.close()


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("code", CODE * 3),
        ("recipe", RECIPE),
        ("garbled", GARBLED),
        ("garbled", "ÐÐ°ÑÐ¸Ð¾Ð½Ð°Ð»ÑÐ½Ð°Ñ Ð±Ð¸Ð±Ð»Ð¸Ð¾ÑÐµÐºÐ°"),
        ("foreign", "བོད་ཀྱི་སྐད་ཡིག་སློབ་པར་དགའ་པོ་ཡོད།"),
        ("foreign", "Kei te haere mātou ki te tāone āpōpō ki te hoko kai mā te whānau."),
        ("filler", "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor."),
        ("boilerplate", "We use cookies. Accept all cookies or change your settings."),
    ],
)
@pytest.mark.parametrize("part", ["title", "body"])
def test_reason_tells_what_is_the_matter(kind: str, text: str, part: str, classifiers: tuple[Classifier, ...]) -> None:
    for classifier in classifiers:
        prediction = classifier.predict(text if part == "title" else "", "", text if part == "body" else "")
        assert prediction.declined == REASONS[kind]
        assert prediction.scores.any(), "the probabilities are there to look at"


@pytest.mark.parametrize(
    "text",
    [
        CORAL,
        STARS,
        COURT,
        "Italian cooking: two hundred recipes",
        "Python programming for beginners",
        "The C++ programming language",
        "Boilerplate and the law of contracts",
        "A grammar of Yoruba",
        "Zhongguo gu dai wen xue shi",
        "Istorii͡a russkoĭ literatury",
        "الطبخ في العصر العباسي",
        "料理の文化史",
        "Die Kochkunst des Mittelalters",
        "Historia de la cocina española",
        "ประวัติศาสตร์ศิลปะไทย",
        "Lịch sử Việt Nam thế kỷ XIX",
        "Umkhosi: historia ya Afrika Mashariki",
        "ANNUAL REPORT OF THE GEOLOGICAL SURVEY OF CANADA",
        "E = mc²: a biography of the world's most famous equation",
    ],
)
def test_what_is_about_something_is_not_declined(text: str, classifiers: tuple[Classifier, ...]) -> None:
    assert classifiers[0].predict(text, "", "").declined not in REASONS.values()


def test_a_page_of_code_does_not_decline_a_book(classifiers: tuple[Classifier, ...]) -> None:
    for classifier in classifiers:
        assert not classifier.predict("The stars and the sea", "", (STARS + CORAL) * 30 + CODE * 8).declined
        assert classifier.predict("The stars and the sea", "", STARS + CODE * 60).declined == REASONS["code"]


def test_nearly_all_that_belongs_nowhere_is_declined(classifiers: tuple[Classifier, ...]) -> None:
    rows = [json.loads(line) for line in NOWHERE.read_text(encoding="utf-8").splitlines()]
    declined = Counter(row["label"] for row in rows[::3] if classifiers[0].predict("", "", row["text"]).declined)
    asked = Counter(row["label"] for row in rows[::3])
    assert declined.total() > 0.9 * asked.total()
    assert {label: declined[label] / count for label, count in asked.items() if declined[label] < 0.7 * count} == {}


@pytest.mark.parametrize("text", ["", " \n", "a", "ab", "\ud800", "語", "x" * 5000])
def test_letters_and_measures_of_any_text(text: str) -> None:
    ids = letter_ids(text)
    assert ids.dtype == np.int32
    assert len(ids) == max(1, sum(min(len(text), 600) - size for size in range(4) if size < len(text)))
    measures = measure(text, np.array([5] * len(text)), 3)
    assert measures.shape == (MEASURES,)
    assert np.isfinite(measures).all()
    assert (np.abs(measures) <= 0.5).all()


def test_measures_tell_signs_letters_and_unknown_tokens() -> None:
    plain, signs = measure("abc def", np.array([3, 5]), 3), measure("{};; ()", np.array([5, 5]), 3)
    assert plain[1] > signs[1]
    assert plain[3] < signs[3]
    assert (plain[7], signs[7]) == (0.125, 0)


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / SCOPE
    good = small_head({"scope": len(KINDS)}, width=8 + MEASURES)
    write_head(path, good)
    rows = np.zeros((2, 8), np.float32), np.zeros((2, MEASURES), np.float32), [letter_ids("a"), letter_ids("b")]
    np.testing.assert_allclose(Scope(path, 8).chances(*rows).sum(axis=1), 1, atol=1e-5)
    with pytest.raises(ModelDamaged, match="kinds of texts"):
        Scope(path, 9)
    for head in (
        small_head({"scope": 3}, width=8 + MEASURES),
        replace(good, layers={"other": good.layers["scope"]}),
        replace(good, layers=dict.fromkeys(("scope", "other"), good.layers["scope"])),
    ):
        write_head(path, head)
        with pytest.raises(ModelDamaged, match="kinds of texts"):
            Scope(path, 8)
    path.write_bytes((BUILTIN / SCOPE).read_bytes()[:-9])
    with pytest.raises(ModelDamaged):
        Scope(path, 384)


def test_one_window_speaks_as_much_as_it_weighs(tmp_path: Path) -> None:
    write_head(tmp_path / SCOPE, small_head({"scope": len(KINDS)}, width=8 + MEASURES))
    scope = Scope(tmp_path / SCOPE, 8)
    described, code, recipe = np.eye(len(KINDS), dtype=np.float32)[:3]
    chances = np.stack([described, code, recipe])
    assert scope.doubt(chances, np.array([0.6, 0.3, 0.1], np.float32)) == ""
    assert scope.doubt(chances, np.array([0.4, 0.35, 0.25], np.float32)) == REASONS["code"]
    assert scope.doubt(chances, np.array([0.1, 0.2, 0.7], np.float32)) == REASONS["recipe"]
