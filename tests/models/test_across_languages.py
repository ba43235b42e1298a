from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.models.small_head import small_head

from recipes.across_languages import by_head, by_svm, lines
from recipes.corpora import Part, Record
from recipes.library_heads import Answers, Texts, rows_to_learn

ANSWERS = Answers(
    (("QA", "QA76"), ("QB", "QB"), ("KF", "KF")),
    (),
    ("17",),
    np.array([0, 1, 2, -1, -1]),
    np.array([510, -1, 340, -1, -1]),
    [[], [], [], [], []],
    np.array([[0], [0], [0], [0], [1]], np.float32),
)
TEXTS = Texts(
    np.array([0, 1, 2, 3, 2, 4]),
    np.array(["a", "a", "a", "a", "o", "x"]),
    np.zeros((6, 384), np.float16),
    np.zeros(6, np.int32),
    np.arange(7),
)


@pytest.mark.parametrize(
    ("task", "sure_of", "kinds"),
    [
        # All say QA: two of three titles have its letter, one is of it; the third in its own script is none.
        ("lcc-letter", ("lcc", 0), {"a": (2, 3), "o": (0, 1)}),
        ("lcc-subclass", ("lcc", 0), {"a": (1, 3), "o": (0, 1)}),
        ("dewey-hundreds", ("ddc", 519), {"a": (1, 2), "o": (0, 1)}),
    ],
)
def test_right_answers_are_counted_by_kind(
    task: str, sure_of: tuple[str, int], kinds: dict[str, tuple[int, int]]
) -> None:
    head = small_head({"lcc": 3, "ddc": 1000})
    name, place = sure_of
    layer = head.layers[name]
    head = replace(
        head,
        layers={name: replace(layer, w=np.zeros_like(layer.w), b=np.eye(len(layer.b), dtype=np.float32)[place] * 20)},
    )
    found = by_head(head, TEXTS, ANSWERS, np.arange(5), task)
    assert found == {"title": kinds["a"], "title in its own script": kinds["o"], "title and summary": (0, 0)}


def test_letters_are_sums_of_their_classes() -> None:
    head = small_head({"lcc": 3})
    layer = head.layers["lcc"]
    biases = np.log(np.array([0.3, 0.3, 0.4], np.float32))
    head = replace(head, layers={"lcc": replace(layer, w=np.zeros_like(layer.w), b=biases)})
    assert by_head(head, TEXTS, ANSWERS, np.arange(3), "lcc-letter")["title"] == (2, 3)
    assert by_head(head, TEXTS, ANSWERS, np.arange(3), "lcc-subclass")["title"] == (1, 3)


def test_lines_name_what_has_rows_enough() -> None:
    counts = [{"title": (30, 60), "title and summary": (1, 2)}, {"title": (15, 60)}, {}]
    assert list(lines("lcc-letter", "ger", counts)) == [
        "| lcc-letter | ger | title | 60 | 0.500 [0.377, 0.623] | 0.250 [0.158, 0.372] |  |"
    ]


def test_svm_never_sees_the_language() -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not among what the tests need")
    from recipes.baselines import Row

    # Only German rows tell apart what the asked ones say.
    rows = [Row("training", "title", "eng", f"{word} {word}s book", word) for word in ("law", "star") for _ in range(4)]
    rows += [
        Row("training", "title", "ger", f"{word} Buch", right) for word, right in (("Recht", "law"), ("Stern", "star"))
    ] * 9
    rows += [Row("development", "title", "ger", "Stern Buch", "star")] * 50 + [
        Row("development", "title", "ger", "Recht Buch", "law")
    ] * 50
    assert by_svm(rows, "words", "ger", "development") == {"title": (50, 100)}
    assert by_svm(rows, "words", "eng", "development") == {}


@pytest.mark.parametrize(("without", "rows"), [((), [0, 2, 4, 5]), (("ger",), [0, 5]), (("eng", "ger"), [])])
def test_nothing_is_learnt_from_languages_left_out(without: tuple[str, ...], rows: list[int]) -> None:
    records = [Record("1", language, "", "", "", "", "", "", ()) for language in ("eng", "eng", "ger", "ger")]
    parts: list[Part] = ["training", "test", "training", "training"]
    assert rows_to_learn(records, parts, ANSWERS, TEXTS, without).tolist() == rows
