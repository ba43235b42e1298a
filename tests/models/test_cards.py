"""The sets that the cards of the built-in classifiers are written from."""

from __future__ import annotations

from itertools import combinations

import pytest

from recipes.cards import SETS, text_of
from recipes.small_corpora import Row


@pytest.mark.parametrize(
    ("kind", "text", "parts"),
    [
        ("post", "Subject: bikes\n\nWhich oil?", ("", "", "Subject: bikes\n\nWhich oil?")),
        ("bare post", "Which oil?", ("", "", "Which oil?")),
        ("huffpost", "The senate votes", ("The senate votes", "", "")),
        ("title and abstract", "Graphs\nOf graphs.", ("Graphs", "Of graphs.", "")),
    ],
)
def test_rows_are_read_as_the_app_would(kind: str, text: str, parts: tuple[str, str, str]) -> None:
    row = text_of(7, Row(kind, "test", text, (("one", 0.7), ("two", 0.3))))
    assert (row.document.title, row.document.abstract, row.document.body) == parts
    assert (row.line, row.labels) == (7, ("one", "two"))


def test_no_picture_takes_the_place_of_another() -> None:
    for one, other in combinations(SETS, 2):
        assert one.word != other.word or not set(one.models) & set(other.models)
