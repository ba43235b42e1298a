"""The tree of pieces finds every piece and nothing else, and one that was tampered with is refused."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pytest

from classmark_models.arrays import map_arrays, write_arrays
from classmark_models.pieces import PIECES, Pieces
from recipes.pieces import spelled

WORDS = ["<unk>", "▁", "a", "ab", "abc", "b", "é", "▁水", "水", "𐍈", "\x01", "a" * 256]


@pytest.fixture
def pieces() -> Pieces:
    return Pieces.of(WORDS, -np.arange(len(WORDS), dtype=np.float64))


def test_every_piece_is_found_and_nothing_else(pieces: Pieces) -> None:
    assert [pieces.id_of(word.encode()) for word in WORDS] == list(range(len(WORDS)))
    for other in ("", "c", "abcd", "▁▁", "bc", "aa", "è", "a" * 257, "\0"):
        assert pieces.id_of(other.encode()) == -1, other
    assert pieces.id_of("水".encode()[:2]) == -1
    assert (pieces.longest, pieces.least) == (256, -11.0)
    assert spelled(pieces) == WORDS


def test_many_pieces_come_back_as_they_were(tmp_path: Path) -> None:
    choose = random.Random(3)
    letters = [*"abcdefg▁", *(chr(choose.randrange(0x80, 0xD000)) for _ in range(40)), "\U0001f600"]
    words = list(dict.fromkeys("".join(choose.choices(letters, k=choose.randrange(1, 9))) for _ in range(5_000)))
    scores = np.array([-choose.random() * 20 for _ in words])
    made = Pieces.of(words, scores)
    made.write(tmp_path / PIECES)
    for tree in (made, Pieces.read(tmp_path / PIECES)):
        assert spelled(tree) == words
        assert tree.scores.tolist() == scores.tolist(), "64 bits, where 32 would lose something"
    Pieces.of(words, scores.astype(np.float32).astype(np.float64)).write(tmp_path / PIECES)
    read = Pieces.read(tmp_path / PIECES)
    assert read.scores.format == "f"
    assert read.scores.tolist() == scores.astype(np.float32).tolist()


@pytest.mark.parametrize(
    "words", [[], [""], ["a", "a"], ["a\0"], ["a", "\0"], ["a" * 257], ["\ud800"]], ids=lambda words: repr(words)[:20]
)
def test_what_are_no_pieces_is_refused(words: list[str]) -> None:
    with pytest.raises(ValueError, match=r"pieces|surrogates"):
        Pieces.of(words, np.zeros(len(words)))


def put(place: int, value: float) -> Any:
    def change(array: Any) -> Any:
        array = array.copy()
        array[place] = value
        return array

    return change


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("ids", put(3, 99)),
        ("ids", put(3, -2)),
        ("ids", lambda array: array[:-1]),
        ("ids", lambda array: array.astype(np.int8)),
        ("first", put(2, 1 << 31)),
        ("first", put(0, 0)),
        ("first", lambda array: array[:-1]),
        ("first", lambda array: array[None]),
        ("letters", lambda array: array[:-1]),
        ("letters", lambda array: array.astype(np.float32)),
        ("scores", put(1, np.nan)),
        ("scores", lambda array: array[:3]),
        ("scores", lambda array: array.astype(np.int32)),
    ],
)
def test_tampered_tree_is_refused(name: str, change: Any, pieces: Pieces, tmp_path: Path) -> None:
    write_arrays(tmp_path / PIECES, pieces.arrays | {name: change(pieces.arrays[name])})
    with pytest.raises(ValueError, match=r"it holds|its (parts|scores|tree)"):
        Pieces.read(tmp_path / PIECES)


def test_pieces_that_all_count_the_same(tmp_path: Path) -> None:
    Pieces.of(WORDS).write(tmp_path / PIECES)
    read = Pieces.read(tmp_path / PIECES)
    assert spelled(read) == WORDS
    assert (len(read.scores), read.least) == (0, 0.0)
    for place in (len(read.ids), 1 << 30):
        with pytest.raises(ValueError, match="fit together"):
            Pieces(**read.arrays | {"ids": put(3, place)(read.arrays["ids"])})


def test_file_of_other_arrays_is_refused(pieces: Pieces, tmp_path: Path) -> None:
    write_arrays(tmp_path / PIECES, {"letters": pieces.arrays["letters"]})
    with pytest.raises(ValueError, match="does not hold pieces"):
        Pieces.read(tmp_path / PIECES)
    (tmp_path / PIECES).write_bytes(b"no archive")
    with pytest.raises(BadZipFile):
        Pieces.read(tmp_path / PIECES)


def test_pieces_are_pages_of_the_file(pieces: Pieces, tmp_path: Path) -> None:
    pieces.write(tmp_path / PIECES)
    for name, array in map_arrays(tmp_path / PIECES).items():
        base: Any = array
        while isinstance(base, np.ndarray):
            assert not base.flags.owndata, f"{name} was copied"
            base = base.base
        assert not array.flags.writeable
