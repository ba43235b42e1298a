"""The built-in classifier: subjects in many languages, weights, declining, stopping, and independence of texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import numpy as np
import pytest

from classmark_models.classifier import Classifier, Prediction
from classmark_models.collection import open_builtin
from classmark_models.decide import Rule, decide
from classmark_models.errors import Interrupted
from classmark_models.session import Encoder
from classmark_models.tokens import BLOCK_CHARACTERS, TokenIds
from classmark_models.windows import ABSTRACT_WEIGHT, BODY, HEAD, TITLE_WEIGHT

CORAL = (
    "Corals bleach when the sea stays too warm for weeks: the polyps lose the algae that feed them, and starve. "
    "Reefs recover within ten years where grazing fishes keep seaweed down and no second heatwave comes.\n\n"
)
COURT = (
    "The court of appeal dismissed the claim, since the seller had not broken the contract. A buyer who accepts late "
    "delivery waives the right to damages, unless the law of obligations provides otherwise.\n\n"
)
STARS = (
    "The telescope resolved the accretion disc of a black hole in a distant galaxy. Its spectrum shows how fast the "
    "gas falls inwards, and what the mass of the star was before it collapsed.\n\n"
)
RIGHTS = "Alle Rechte vorbehalten.\n"

# Title, the fields that a librarian could choose, and topics of which one must be among the first five.
SUBJECTS = [
    ("en", "Monetary policy, inflation targets and central banks", "20", "T10007"),
    ("en", "Prime numbers and the zeros of the zeta function", "26", "T11166"),
    ("en", "Bees and other pollinators of orchards", "11", "T10487"),
    ("en", "Gamma-ray bursts from collapsing stars", "31", "T11323"),
    ("de", "Besteuerung von Unternehmen und Steuerflucht", "20 14 33", "T11508 T14030"),
    ("de", "Rückgang der Gletscher in den Alpen", "23 19", "T10644 T11459"),
    ("fr", "La Révolution française et la naissance de la République", "12 33", "T12909 T12454"),
    ("fr", "Le cancer du sein et son dépistage", "27 13", "T11134 T10862"),
    ("es", "Resistencia a los antibióticos en bacterias hospitalarias", "24 13 27", "T10897 T10147"),
    ("it", "La poesia di Dante Alighieri e la letteratura medievale italiana", "12", "T10595 T14021"),
    ("pt", "Desmatamento da Amazônia e mudanças no uso da terra", "23", "T10319 T10111 T10226"),
    ("nl", "Sterrenstelsels en zwarte gaten", "31", "T10744 T10463"),
    ("sv", "Lärare och läsundervisning i grundskolan", "32 33", "T10103 T13061"),
    ("pl", "Katalizatory w syntezie organicznej", "16", "T10013 T13859 T12251"),
    ("ru", "Лечение сахарного диабета второго типа инсулином", "27", "T10401"),
    ("uk", "Міцність бетону та залізобетонних конструкцій", "22", "T10479 T11352 T10713"),
    ("el", "Φωτοβολταϊκά συστήματα και ηλιακή ενέργεια", "21 22", "T10468 T11007 T14444"),
    ("tr", "Deprem mühendisliği ve binaların sismik performansı", "22", "T10160 T13852"),
    ("zh", "深度学习在医学影像诊断中的应用", "17 27", "T10862 T10052 T12422"),
    ("ja", "地震と津波による被害の歴史", "12 19 33", "T10110 T13800"),
    ("ko", "한국어 문법과 언어 교육", "12 33 32", "T14081 T14485 T11587"),
    ("ar", "قانون الأسرة والزواج", "33 12", "T13096"),
    ("he", "ארכיאולוגיה של ירושלים בתקופת הברזל", "12 33", "T13068 T13372 T11857"),
    ("hi", "गेहूं की फसल में सिंचाई और उर्वरक", "11", "T12310 T13628 T12294"),
    ("th", "โรคมาลาเรียและยุงพาหะ", "27 24", "T10091"),
    ("sw", "Ugonjwa wa malaria kwa watoto", "27 24", "T10091"),
]


def ids(classifier: Classifier, prediction: Prediction, level: str, top: int) -> list[str]:
    chosen = decide(classifier.vocabulary, prediction.scores, Rule(level, top, threshold=0))
    return [subject.label.id for subject in chosen]


@pytest.mark.parametrize(("language", "title", "fields", "topics"), SUBJECTS, ids=lambda value: value[:14])
def test_title_leads_to_field_and_topic(
    language: str, title: str, fields: str, topics: str, classifier: Classifier
) -> None:
    prediction = classifier.predict(title, "", "")
    assert not prediction.declined
    assert ids(classifier, prediction, "field", 1)[0] in fields.split()
    assert set(topics.split()) & set(ids(classifier, prediction, "topic", 5))


def test_expected_topics_exist(classifier: Classifier) -> None:
    known = {label.id for level in ("field", "topic") for label in classifier.vocabulary.labels(level)}
    assert {id_ for _, _, fields, topics in SUBJECTS for id_ in (fields + " " + topics).split()} <= known


@pytest.mark.parametrize(
    "title",
    [
        "量子力学",
        "憲法",
        "Vulkane",
        "Tax law",
        "Música",
        "Физика",
        "قانون الأسرة",
        "תורת המספרים",
        "Sheep breeding",
        "Rak płuca",
    ],
)
def test_short_titles_with_a_meaning_are_not_declined(title: str, classifier: Classifier) -> None:
    prediction = classifier.predict(title, "", "")
    assert not prediction.declined
    assert len(prediction.windows) == 1


LOREM = (
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore "
    "magna aliqua. Ut enim ad minim veniam, quis nostrud exercitation ullamco laboris nisi ut aliquip ex ea commodo "
    "consequat. Duis aute irure dolor in reprehenderit in voluptate velit esse cillum dolore eu fugiat nulla pariatur."
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "too little text"),
        (" \n\t\u3000 ", "too little text"),
        ("x", "too little text"),
        ("?! ... --- *** ()", "too little text"),
        ("2019-03-04 17:22 1,234.56", "too little text"),
        ("\u200b\u200b\ufeff", "too little text"),
        ("人", "too little text"),
        ("Untitled", "It looks like"),
        ("untitled (2)", "It looks like"),
        ("Table of contents", "It looks like"),
        ("TABLE OF CONTENTS", "It looks like"),
        ("Unbenanntes Dokument", "It looks like"),
        ("Índice general", "It looks like"),
        ("Оглавление", "It looks like"),
        ("目次と前書き", "boilerplate"),
        ("Microsoft Word - document1.doc", "It looks like"),
        ("Lorem ipsum dolor sit amet", "It looks like"),
        (LOREM, "It looks like"),
        ("Introduction", "It looks like"),
    ],
    ids=lambda value: repr(value[:16]),
)
@pytest.mark.parametrize("part", ["title", "abstract", "body"])
def test_texts_that_say_nothing_are_declined(part: str, text: str, reason: str, classifier: Classifier) -> None:
    title, abstract, body = (text if name == part else "" for name in ("title", "abstract", "body"))
    prediction = classifier.predict(title, abstract, body)
    assert reason in prediction.declined
    assert prediction.scores.shape == (4516,)
    if reason == "too little text":
        assert not prediction.scores.any()
        assert prediction.windows == ()
    assert classifier.window_scores(prediction).shape == (len(prediction.windows), 4516)


def test_text_after_much_space_is_found(classifier: Classifier) -> None:
    """The letters are looked for in the whole text, not at its beginning alone."""
    prediction = classifier.predict("", "", "\n" * 12_000 + "0.03 " + CORAL * 5)
    assert not prediction.declined
    assert ids(classifier, prediction, "topic", 1) == ["T10341"]


@pytest.mark.parametrize(
    ("title", "abstract", "body", "head_share"),
    [
        ("The court of appeal", "", CORAL * 30, TITLE_WEIGHT),
        ("The court of appeal", " \n ", CORAL * 30, TITLE_WEIGHT),
        ("The court of appeal", COURT, CORAL * 30, ABSTRACT_WEIGHT),
        ("", COURT, CORAL * 30, ABSTRACT_WEIGHT),
        ("The court of appeal", COURT, "", 1.0),
        ("The court of appeal", "", " \n ", 1.0),
        ("", "", CORAL * 30, 0.0),
        ("  ", "", CORAL * 30, 0.0),
        ("The court of appeal", COURT * 20, CORAL * 30, ABSTRACT_WEIGHT),
    ],
)
def test_weights(title: str, abstract: str, body: str, head_share: float, classifier: Classifier) -> None:
    prediction = classifier.predict(title, abstract, body)
    weights = {part: [window.weight for window in prediction.windows if window.part == part] for part in (HEAD, BODY)}
    assert len(weights[HEAD]) + len(weights[BODY]) == len(prediction.windows) > 0
    assert sum(weights[HEAD]) == pytest.approx(head_share, abs=1e-6)
    assert sum(weights[BODY]) == pytest.approx(1 - head_share, abs=1e-6)
    assert all(weight > 0 for part in weights.values() for weight in part)


def test_shares_are_the_promised_ones() -> None:
    assert (TITLE_WEIGHT, ABSTRACT_WEIGHT) == (0.25, 0.5)


def test_windows_of_the_body_weigh_by_their_length(classifier: Classifier) -> None:
    prediction = classifier.predict("", "", CORAL * 30 + STARS)
    assert len(prediction.windows) > 2
    lengths = np.array([window.end - window.start for window in prediction.windows])
    weights = np.array([window.weight for window in prediction.windows])
    np.testing.assert_allclose(weights / weights.sum(), lengths / lengths.sum(), atol=0.03)


def test_probabilities_sum_to_one_whatever_the_parts(classifier: Classifier) -> None:
    for title, abstract, body in (("Tax law", "", ""), ("", COURT, ""), ("Stars", COURT, CORAL * 20)):
        prediction = classifier.predict(title, abstract, body)
        assert prediction.scores.dtype == np.float32
        assert prediction.scores.sum(dtype=np.float64) == pytest.approx(1, abs=1e-5)
        assert (prediction.scores >= 0).all()
        assert sum(window.weight for window in prediction.windows) == pytest.approx(1, abs=1e-6)
        assert prediction.classifier == classifier.name


def test_boilerplate_in_the_body_has_no_weight(classifier: Classifier) -> None:
    rights = RIGHTS * 160
    prediction = classifier.predict("", "", rights + CORAL * 20)
    empty = [window for window in prediction.windows if window.end <= len(rights)]
    assert len(empty) >= 1
    assert [window.weight for window in empty] == [0] * len(empty)
    assert prediction.windows[-1].weight > 0
    assert ids(classifier, prediction, "topic", 1) == ["T10341"]


def test_head_that_says_nothing_has_no_weight(classifier: Classifier) -> None:
    untitled, alone = (classifier.predict(title, "", CORAL * 20) for title in ("Untitled", ""))
    assert untitled.windows[0].part == HEAD
    assert untitled.windows[0].weight == 0
    np.testing.assert_allclose(untitled.scores, alone.scores, atol=1e-6)
    assert not untitled.declined


def test_body_that_says_nothing_has_no_weight(classifier: Classifier) -> None:
    with_body, alone = (classifier.predict("Coral reefs and their fishes", "", body) for body in (LOREM, ""))
    assert [window.weight for window in with_body.windows] == [1, 0]
    np.testing.assert_allclose(with_body.scores, alone.scores, atol=1e-6)


def test_head_is_title_and_abstract(classifier: Classifier) -> None:
    """Offsets of its window lead into the two, joined by a line end."""
    (window,) = classifier.predict("  Coral reefs ", f"\n{CORAL}", "").windows
    assert (window.part, window.start, window.end) == (HEAD, 0, len(f"Coral reefs\n{CORAL.strip()}"))
    (alone,) = classifier.predict("", CORAL, "").windows
    assert (alone.start, alone.end) == (0, len(CORAL.strip()))


def test_windows_know_what_stands_in_them(classifier: Classifier) -> None:
    parts = {"T10341": CORAL * 30, "3308": COURT * 30, "T10744": STARS * 30}
    body = "".join(parts.values())
    prediction = classifier.predict("Three articles", "", body)
    assert [window.part for window in prediction.windows] == [HEAD] + [BODY] * (len(prediction.windows) - 1)
    start = 0
    for wanted, part in parts.items():
        inner = [w for w in prediction.windows[1:] if start <= w.start and w.end <= start + len(part)]
        assert len(inner) >= 2
        for window in inner:
            path = classifier.vocabulary.path("topic", window.best)
            assert wanted in {classifier.vocabulary.labels(level)[index].id for level, index in path}
        start += len(part)


def test_window_scores_are_those_of_the_windows(classifier: Classifier) -> None:
    prediction = classifier.predict("The court of appeal", "", CORAL * 20 + STARS * 20)
    rows = classifier.window_scores(prediction)
    assert rows.shape == (len(prediction.windows), 4516)
    np.testing.assert_allclose(rows.sum(axis=1, dtype=np.float64), 1, atol=1e-5)
    assert rows.argmax(axis=1).tolist() == [window.best for window in prediction.windows]
    assert rows.max(axis=1).tolist() == [window.score for window in prediction.windows]


def test_single_window_decides_alone(classifier: Classifier) -> None:
    prediction = classifier.predict("", "", CORAL)
    np.testing.assert_allclose(classifier.window_scores(prediction)[0], prediction.scores, atol=1e-6)


def test_document_among_others_is_classified_as_if_alone(classifier: Classifier) -> None:
    document = ("Sea stars", COURT, STARS * 20 + CORAL * 10)
    alone = classifier.predict(*document)
    other = open_builtin()  # one that has not read the document yet
    try:
        for title in ("Tax law", "Rak płuca", ""):
            other.predict(title, CORAL * 3, COURT * 20)
        again = other.predict(*document)
    finally:
        other.close()
    np.testing.assert_array_equal(again.scores, alone.scores)
    np.testing.assert_array_equal(again.traces, alone.traces)
    assert again.windows == alone.windows


def test_documents_side_by_side_are_classified_as_if_alone(classifier: Classifier) -> None:
    """Titles, abstracts and a longer text, in two orders, each of them twice, by several threads."""
    documents = [(title, "", "") for _, title, _, _ in SUBJECTS]
    documents += [("", COURT, ""), ("Stars", STARS, ""), ("Sea stars", COURT, STARS * 10 + CORAL * 5)]
    alone = [classifier.predict(*document) for document in documents]
    for order in (list(range(len(documents))) * 2, [*range(len(documents))][::-1] * 2):
        with closing(open_builtin(2)) as other, ThreadPoolExecutor(5) as threads:
            together = list(threads.map(lambda place: other.predict(*documents[place]), order))
        for place, prediction in zip(order, together, strict=True):
            np.testing.assert_array_equal(prediction.scores, alone[place].scores)
            np.testing.assert_array_equal(prediction.traces, alone[place].traces)
            assert prediction.windows == alone[place].windows
            assert prediction.declined == alone[place].declined


def test_document_that_several_ask_for_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    embed = Encoder.embed_all

    def count(encoder: Encoder, rows: Iterable[TokenIds]) -> Iterator[Any]:
        for vector in embed(encoder, rows):
            read.append(1)
            yield vector

    monkeypatch.setattr(Encoder, "embed_all", count)
    with closing(open_builtin(1)) as other, ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: other.predict("Sea stars", "", STARS * 10), range(8)))
    assert len(read) == len(found[0].windows)
    assert len({prediction.scores.tobytes() for prediction in found}) == 1


@pytest.mark.parametrize("workers", [1, 3])
def test_number_of_workers_does_not_matter(workers: int, classifier: Classifier) -> None:
    document = ("Sea stars", "", STARS * 10 + CORAL * 20)
    other = open_builtin(workers)
    try:
        np.testing.assert_array_equal(other.predict(*document).scores, classifier.predict(*document).scores)
    finally:
        other.close()


@pytest.mark.parametrize("after", [0, 1, 4])
def test_stopping_in_a_long_text(after: int, classifier: Classifier) -> None:
    asked: list[int] = []

    def should_stop() -> bool:
        asked.append(1)
        return len(asked) > after

    with pytest.raises(Interrupted):
        classifier.predict("Coral reefs", "", CORAL * 500, should_stop)
    assert len(asked) == after + 1
    assert not classifier.predict("Coral reefs", "", "").declined, "it can go on with the next"


def test_stop_is_asked_for_every_window(classifier: Classifier) -> None:
    asked: list[int] = []
    prediction = classifier.predict("Coral reefs", "", CORAL * 20, lambda: bool(asked.append(1)))  # type: ignore[func-returns-value]
    assert len(asked) == len(prediction.windows)


def test_very_long_text(classifier: Classifier) -> None:
    """Six blocks; set with wide spaces, so that few windows have to be computed."""
    page = "".join(word + " " * 24 for word in CORAL.split()) + "\n"
    body = page * (300_000 // len(page) + 1)
    assert len(body) > 5 * BLOCK_CHARACTERS
    prediction = classifier.predict("", "", body)
    assert ids(classifier, prediction, "topic", 1) == ["T10341"]
    assert prediction.windows[-1].end > 299_000
    starts = [window.start for window in prediction.windows]
    assert starts == sorted(starts)
    assert len(starts) > 20
