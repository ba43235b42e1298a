"""Which subjects and groups the small classifiers' texts are given."""

from __future__ import annotations

from pathlib import Path

import pytest

from recipes.small_corpora import MEASURED, SPHERES, TOPIC_SPHERES, bare, spheres_of
from recipes.small_subjects import DEWEY_RULES, LCC_RULES, SPHERE_RULES, SUBJECTS, of_dewey, of_lcc, of_record

RECIPES = Path(__file__).parents[2] / "models" / "recipes"


@pytest.mark.parametrize(
    ("number", "subject"),
    [
        ("QA565.B87", "science"),
        ("QA76.73", "technology"),
        ("BF637.S4", "personal development"),
        ("BF121", ""),
        ("BJ1581.2", "personal development"),
        ("BJ1801", ""),
        ("PN1997", "art"),
        ("PZ3.G654", ""),
        ("D860", "world"),
        ("DS706", "humanities"),
        ("MLCS 2006/47172", ""),
        ("MLC", ""),
        ("nonsense", ""),
        ("", ""),
    ],
)
def test_call_numbers_stand_for_subjects(number: str, subject: str) -> None:
    assert of_lcc(number) == subject


@pytest.mark.parametrize(
    ("number", "subject"),
    [
        ("158.1", "personal development"),
        ("150", ""),
        ("[510]", "science"),
        ("338/.9", "business"),
        ("81", ""),
        ("", ""),
    ],
)
def test_dewey_numbers_stand_for_subjects(number: str, subject: str) -> None:
    assert of_dewey(number) == subject


@pytest.mark.parametrize(
    ("lcc", "dewey", "subject"),
    [
        ("RC280", "616.994", "health"),
        ("RC280", "", "health"),
        ("MLCM 93", "616.994", "health"),
        ("DC28", "914.4", ""),
        ("HQ759", "306.8743", "personal development"),
    ],
)
def test_records_whose_classes_disagree_are_left_out(lcc: str, dewey: str, subject: str) -> None:
    assert of_record(lcc, dewey) == subject


def test_tables_name_only_what_there_is() -> None:
    named = {subject for *_, subject in LCC_RULES} | set(DEWEY_RULES.values())
    assert named == {*SUBJECTS, ""}
    assert {group for *_, group in SPHERE_RULES} - {""} == SPHERES.keys()
    assert set(TOPIC_SPHERES.values()) == SPHERES.keys()
    assert {subject for classes in MEASURED.values() for subject in classes.values()} <= set(SUBJECTS)
    lines = (RECIPES / "small_spheres.txt").read_text(encoding="utf-8").splitlines()
    assert {line[2:] for line in lines if line.startswith("# ")} <= SPHERES.keys()


@pytest.mark.parametrize(
    ("categories", "primary", "shares"),
    [
        ("hep-ph", "hep-ph", (("Physics", 1.0),)),
        ("stat cs math math", "stat", (("Statistics", 0.25), ("Computer Science", 0.25), ("Mathematics", 0.5))),
        ("alg-geom hep-th", "alg-geom", (("Mathematics", 0.5), ("Physics", 0.5))),
        ("cs", "eess", (("Electrical Engineering and Systems Science", 0.5), ("Computer Science", 0.5))),
        ("cs.LG stat.ML", "cs.LG", (("Computer Science", 0.5), ("Statistics", 0.5))),
    ],
)
def test_a_paper_is_shared_by_its_categories(
    categories: str, primary: str, shares: tuple[tuple[str, float], ...]
) -> None:
    assert spheres_of(categories, primary) == shares


def test_a_bare_post_has_no_headers_quotes_or_signature() -> None:
    post = "From: a@b\nSubject: oil\n\nC. writes:\n> which oil?\nA thick one.\nIt helps.\n\n-- \nA. B."
    assert bare(post) == "A thick one.\nIt helps.\n"
    assert bare("no headers, no body") == ""
