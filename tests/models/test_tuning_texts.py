"""What the encoder is tuned on: padded rows, and the words that belong to each text."""

import numpy as np
import pytest
from tokenizers import Tokenizer

from classmark_models.pack import BUILTIN
from recipes.corpora import Record
from recipes.library_heads import Answers
from recipes.pieces import whole_tokenizer
from recipes.tuning_texts import LONGEST_WORDS, Reader, library_texts, topic_texts


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_str(whole_tokenizer(BUILTIN))


@pytest.fixture
def reader(tokenizer: Tokenizer) -> Reader:
    return Reader(tokenizer, "query: ")


def record(title: str, original: str = "", summary: str = "", headings: tuple[str, ...] = ()) -> Record:
    return Record("1", "eng", title, original, summary, "QA", "76.73", "005", headings)


def answers(lcc: list[int]) -> Answers:
    count = len(lcc)
    return Answers(
        (("QA", "QA75.5-76.95"), ("QA", "QA"), ("Q", "Q")),
        (),
        (),
        np.array(lcc, np.intp),
        np.full(count, -1, np.intp),
        [[] for _ in lcc],
        np.zeros((count, 0), np.float32),
    )


def decoded(tokenizer: Tokenizer, batch: tuple[np.ndarray, np.ndarray]) -> list[str]:
    pieces = ([tokenizer.id_to_token(place) or "" for place in ids[:of]] for ids, of in zip(*batch, strict=True))
    return ["".join(each[1:-1]).replace("▁", " ").removeprefix(" query:").strip() for each in pieces]


def test_rows_are_padded_behind_and_keep_their_lengths(reader: Reader) -> None:
    tokens = reader(["Wells", "Deep wells in dry valleys"])
    ids, lengths = tokens.padded([1, 0])
    assert lengths.tolist() == tokens.lengths[[1, 0]].tolist()
    assert ids.shape == (2, lengths.max())
    assert (ids[1, lengths[1] :] == 0).all()
    assert (ids[0] > 0).sum() == np.count_nonzero(ids[0])


def test_long_texts_are_cut(reader: Reader) -> None:
    assert reader(["word " * 900], 20).lengths.tolist() == [20]


def test_words_of_a_record_are_its_headings_caption_and_other_title(reader: Reader, tokenizer: Tokenizer) -> None:
    records = [record("Suanfa", "算法", "", ("Algorithms",)), record("Untold", "", "On nothing.")]
    texts = library_texts(records, [0, 1], answers([0, -1]), reader)
    assert texts.record.tolist() == [0, 0, 1, 1]
    assert decoded(tokenizer, texts.tokens.padded(range(4))) == ["Suanfa", "算法", "Untold", "Untold On nothing."]
    words = [set(decoded(tokenizer, texts.words.padded(of))) if of else set() for of in texts.choices]
    assert words == [
        {"Algorithms", "Mathematics, computer science", "算法"},
        {"Algorithms", "Mathematics, computer science", "Suanfa"},
        set(),
        set(),
    ]
    assert texts.words.lengths.max() <= LONGEST_WORDS


def test_pairs_leave_out_texts_without_words_and_tell_shared_ones(reader: Reader) -> None:
    records = [record("One", headings=("Bees",)), record("Two"), record("Three", headings=("Bees", "Honey"))]
    texts = library_texts(records, [0, 1, 2], answers([-1, -1, -1]), reader)
    (ids, lengths), same, having = texts.pairs(np.array([0, 1, 2]), np.random.default_rng(0))
    assert having.tolist() == [0, 2]
    assert ids.shape[0] == len(lengths) == 2
    assert same[:, 0].tolist() == [True, True], "what is chosen for the first belongs to the third as well"


def test_a_topic_says_the_same_in_three_ways(reader: Reader) -> None:
    topics = [{"topic_name": f"name {n}", "keywords": f"keys {n}", "summary": f"sum {n}"} for n in range(2)]
    texts = topic_texts(topics, reader)
    assert texts.choices == [(1, 2), (0, 2), (0, 1), (4, 5), (3, 5), (3, 4)]
    assert texts.record.tolist() == [0, 0, 0, 1, 1, 1]
