"""Whole books: what the shipped classifiers make of them, and the recipe that compares ways to combine windows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from tests.models.test_classifier import CORAL, COURT, STARS

from classmark_models.ngrams import bag_ids
from classmark_models.pack import BUILTIN, open_pack
from classmark_models.reading_desk import ReadingDesk
from classmark_models.session import Encoder
from classmark_models.spec import read_catalogue
from classmark_models.tokens import TokenIds, Tokenizer
from classmark_models.trained import TrainedClassifier
from classmark_models.zero_shot_head import Embeddings
from recipes.whole_books import contents_of, order_of
from recipes.window_rules import FIRST, Book, Judge, Judged, Rule, read_book, report, rules, stands, weights, write_book

PAGES, TOKENS = 300, 460
INDEX = "Adams, 31, 77; Baker, 1, 32; Cole, 200; "
THANKS = "The author thanks his editor, the printers, and all who read the proofs with patience and care. "


@pytest.fixture(scope="module")
def lcc() -> Iterator[TrainedClassifier]:
    """The shipped classifier, for whose encoder each page counts once however often it stands in a book."""
    known: dict[bytes, Embeddings] = {}
    embed_all = Encoder.embed_all

    def remembering(encoder: Encoder, rows: Iterable[TokenIds]) -> Iterator[Embeddings]:
        for row in rows:
            key = row.tobytes()
            if key not in known:
                known[key] = next(iter(embed_all(encoder, [row])))
            yield known[key]

    spec = read_catalogue()["lcc"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Encoder, "embed_all", remembering)
        with closing(TrainedClassifier(open_pack(BUILTIN), spec, ReadingDesk(), 1)) as classifier:
            yield classifier


def book(*units: str) -> str:
    """Return a body of 300 pages that repeat a few sentences, each long enough to fill a window."""
    pack = open_pack(BUILTIN)
    tokenizer = Tokenizer(pack.file("tokenizer.json"), "", pack.fact("max_tokens"))
    pages = [unit * (TOKENS // (len(tokenizer.encode(unit)) - 2)) for unit in units]
    return "".join(pages[number % len(pages)].strip().replace("\n\n", " ") + "\n" for number in range(PAGES))


@pytest.mark.parametrize(
    ("title", "letter", "pages"),
    [
        ("Coral reefs: an introduction to marine biology", "Q", (CORAL,)),
        ("The astronomy of black holes", "Q", (STARS,) * 8 + (INDEX, THANKS)),
        ("The law of contracts", "K", (COURT, THANKS)),
    ],
)
def test_300_pages_get_what_their_title_page_says(
    lcc: TrainedClassifier, title: str, letter: str, pages: tuple[str, ...]
) -> None:
    place = [label.id for label in lcc.vocabulary.labels("class")].index(letter)
    alone, whole = lcc.predict(title, "", ""), lcc.predict(title, "", book(*pages))
    assert len(whole.windows) >= PAGES
    said, found = (lcc.vocabulary.roll_up(each.scores, "class") for each in (alone, whole))
    assert said.argmax() == found.argmax() == place
    assert found[place] >= said[place] - 0.25


def test_order_begins_at_the_beginning_and_spreads() -> None:
    assert order_of(3) == [0, 1, 2]
    order = order_of(300)
    assert sorted(order) == list(range(300))
    assert order[:FIRST] == list(range(FIRST))
    spread = np.sort(order[FIRST : FIRST + 16])
    assert np.diff(spread).max() <= 2 * np.diff(spread).min()


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (
            "The sea\nContents\nTides . . . . 7\n\nWaves and winds ..... 31\n" + "Salt 40\n" * 4,
            "Tides\nWaves and winds\nSalt",
        ),
        ("Inhaltsverzeichnis\n" + "Ebbe und Flut\n" * 6 + "Ein langer Absatz. " * 20 + "\nEnde", "Ebbe und Flut"),
        ("\n".join(f"Tides of the sea ........ {page}" for page in range(9)), "Tides of the sea"),
        ("Tides of the sea ........ 7\n" + CORAL, ""),
        ("The contents of the sea\n" + "Salt\n" * 9, ""),
    ],
)
def test_tables_of_contents_are_found(body: str, found: str) -> None:
    assert "\n".join(dict.fromkeys(contents_of(body).split("\n"))) == found


def read(places: list[int], count: int, *, heads: int = 1, contents: bool = False) -> Book:
    """Return a book of which some windows were read, with embeddings that no text has."""
    rows = 2 + heads + len(places)
    embeddings = np.random.default_rng(1).normal(size=(rows, 384)).astype(np.float32)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    ngrams = [bag_ids(f"{word} of the sea") for word in range(rows)]
    letters = np.full(rows, 100, np.int64)
    return Book(False, contents, heads, np.array(places, np.intp), count, letters, embeddings, ngrams)


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(rules(order_of))


def test_windows_stand_for_those_between_them() -> None:
    assert stands(np.array([0, 1, 5], np.intp), 10).tolist() == [1, 2.5, 6.5]
    assert stands(np.arange(4), 4).tolist() == [1, 1, 1, 1]


def test_each_rule_shares_all_weight(judge: Judge) -> None:
    for shelf in (read([0, 1, 5], 10), read([], 0), read([0, 1], 2, heads=0), read([0], 1, contents=True)):
        seen = judge.seen(shelf)
        for rule in judge.rules:
            assert rule.weigh(seen).sum() == pytest.approx(1), rule.name


def test_weights_are_those_that_are_asked_for(judge: Judge) -> None:
    seen = judge.seen(read([0, 1, 5], 10, contents=True))
    np.testing.assert_allclose(weights(seen), [0, 0, 0.25, 0.075, 0.1875, 0.4875])
    np.testing.assert_allclose(weights(seen, head=0.5, contents=0.3)[:3], [0, 0.3, 0.5])
    first = next(rule for rule in judge.rules if rule.name == "title and the first 2 windows").weigh(seen)
    np.testing.assert_allclose(first, [0, 0, 0.25, 0.375, 0.375, 0])


def test_todays_rule_is_what_the_app_does(lcc: TrainedClassifier) -> None:
    title, body = "The law of the sea", COURT * 12 + CORAL * 12
    prediction = lcc.predict(title, "", body)
    reading = ReadingDesk().take(object(), 1).read(title, "", body, lambda: False)
    assert not isinstance(reading, str)
    whole = Book(
        False,
        False,
        1,
        np.arange(len(reading.stretches) - 1),
        len(reading.stretches) - 1,
        np.array([0, 0, *(stretch.end - stretch.start for stretch in reading.stretches)]),
        np.concatenate([reading.embeddings[:1], reading.embeddings[:1], reading.embeddings]),
        [reading.ngrams[0], reading.ngrams[0], *reading.ngrams],
    )
    judge = Judge(rules(order_of)[:1])
    answers = judge.answers(judge.seen(whole), judge.rules[0])
    np.testing.assert_allclose(answers[0], lcc.vocabulary.roll_up(prediction.scores, "class"), atol=0.01)


def test_books_are_kept(tmp_path: Path) -> None:
    shelf = read([0, 1, 5], 10)
    write_book(tmp_path / "book.npz", shelf)
    known = read_book(tmp_path / "book.npz")
    assert (known.has_abstract, known.has_contents, known.heads, known.count) == (False, False, 1, 10)
    assert known.places.tolist() == [0, 1, 5]
    assert [ids.tolist() for ids in known.ngrams] == [ids.tolist() for ids in shelf.ngrams]
    np.testing.assert_allclose(known.embeddings, shelf.embeddings, atol=1e-3)


def test_report_counts_each_work_once() -> None:
    compared = [Rule("today", weights), Rule("title alone", weights)]
    good, bad = np.ones(5), np.zeros(5)
    judged = [
        Judged("one", np.stack([good, bad]), np.array([1.0, 0.5]), True),
        Judged("one", np.stack([good, bad]), np.array([1.0, 0.5]), False),
        Judged("two", np.stack([bad, good]), np.array([1.0, 1.0]), False),
    ]
    lines = list(report(compared, judged))
    assert lines[0] == "3 books, 2 works; 1 with contents"
    assert lines[2].endswith("| 0.500 | +0.000 [+0.000, +0.000] | 0.00 | 1 | 2 |")
    assert lines[3].endswith("| 0.500 | +0.000 [-1.000, +1.000] | 0.35 | 0 | 0 |")
    # By the other work each would be judged by the rule that fails it.
    assert lines[-1] == "chosen by the other works (title alone, today): -0.500 [-1.000, +0.000] beside today"
