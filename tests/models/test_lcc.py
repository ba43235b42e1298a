"""The outline of the Library of Congress Classification: its table of ranges, and what is found in it."""

from __future__ import annotations

from decimal import Decimal
from itertools import groupby, pairwise

import pytest

from recipes.lcc import Outline, captions, read_ranges, rows

RANGES = list(read_ranges())


@pytest.fixture(scope="module")
def outline() -> Outline:
    return Outline(RANGES)


def test_ranges_stand_in_order_and_apart() -> None:
    subclasses = [name for name, _ in groupby(RANGES, key=lambda each: each.subclass)]
    assert subclasses == sorted(set(subclasses))
    assert all(Decimal(each.first) <= Decimal(each.last) for each in RANGES)
    wrong = [
        (one.id, other.id)
        for one, other in pairwise(RANGES)
        if one.subclass == other.subclass and Decimal(one.last) >= Decimal(other.first)
    ]
    assert wrong == []


def test_every_range_has_a_subclass_and_a_caption() -> None:
    known = captions("lcc.txt")
    assert 400 <= len(RANGES) <= 1000
    assert all(each.subclass in known or f"{each.subclass}." in known for each in RANGES)
    assert all(each.caption == each.caption.strip() and len(each.caption) > 2 for each in RANGES)


@pytest.mark.parametrize(
    ("subclass", "number", "place"),
    [
        ("QA", "76.73", "QA75.5-76.95"),
        ("QA", "76.954", "QA75.5-76.95"),
        ("QA", "75.5", "QA75.5-76.95"),
        ("PR", "5990.9", "PR3991-5990"),
        ("E", "457", "E456-655"),
        ("E", "183.8", "E183.7-183.9"),
        ("E", "183", "E171-183"),
        ("ML", "410", "ML410"),
        ("QA", "9999", "QA"),
        ("QA", "76.96", "QA"),
        ("HD", "", "HD"),
        ("ZZ", "10", "ZZ"),
    ],
)
def test_a_number_is_found_in_its_range(outline: Outline, subclass: str, number: str, place: str) -> None:
    assert outline.find(subclass, number) == place


def test_rows_name_the_outline() -> None:
    loc = "http://id.loc.gov/authorities/classification/"
    assert rows([("AE", "AE"), ("QA", "QA75.5-76.95"), ("QA", "QA"), ("Q", "Q")]) == [
        ("class", "A", f"{loc}A", "A General works", ""),
        ("class", "Q", f"{loc}Q", "Q Science", ""),
        ("subclass", "AE", f"{loc}AE", "AE Encyclopedias", "A"),
        ("subclass", "QA", f"{loc}QA", "QA Mathematics, computer science", "Q"),
        ("subclass", "Q", f"{loc}Q", "Q Science (general)", "Q"),
        ("range", "AE", f"{loc}AE", "AE Encyclopedias", "AE"),
        ("range", "QA75.5-76.95", "", "QA75.5-76.95 Electronic computers, computer science", "QA"),
        ("range", "QA", f"{loc}QA", "QA Mathematics, computer science: other numbers", "QA"),
        ("range", "Q", f"{loc}Q", "Q Science (general)", "Q"),
    ]
