"""Labels in levels: roll-up, paths, children, and tables that make no sense."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from tests.models.toys import label, small_vocabulary

from classmark_models.classifier import Classifier
from classmark_models.errors import ModelDamaged
from classmark_models.labels import Label, Scores, Vocabulary, read_vocabulary

SMALL = small_vocabulary()


@pytest.fixture(scope="module")
def builtin(classifier: Classifier) -> Vocabulary:
    return classifier.vocabulary


def random_scores(count: int, seed: int = 5, rows: int | None = None) -> Scores:
    """Return probabilities with many small ones and a few large, as a softmax gives them."""
    logits = np.random.default_rng(seed).normal(0, 4, count if rows is None else (rows, count))
    powers = np.exp(logits)
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float32)


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("topic", [0.1, 0.2, 0.05, 0.25, 0.3, 0.1]),
        ("field", [0.25, 0.25, 0.5]),
        ("domain", [0.25, 0.75]),
    ],
)
def test_roll_up_sums(level: str, expected: list[float]) -> None:
    scores = np.array([0.1, 0.2, 0.05, 0.25, 0.3, 0.1], np.float32)
    rolled = SMALL.roll_up(scores, level)
    assert rolled.dtype == np.float32
    np.testing.assert_allclose(rolled, expected, atol=1e-7)


@pytest.mark.parametrize("seed", range(3))
def test_every_level_sums_to_one_and_parents_outweigh_their_children(seed: int, builtin: Vocabulary) -> None:
    scores = random_scores(4516, seed)
    by_level = [builtin.roll_up(scores, level) for level in builtin.levels]
    for at_level in by_level:
        assert at_level.sum(dtype=np.float64) == pytest.approx(1, abs=1e-5)
    for broader, narrower, level in zip(by_level, by_level[1:], builtin.levels[1:], strict=False):
        parents = np.array([label.parent for label in builtin.labels(level)])
        assert (broader[parents] >= narrower * (1 - 1e-6)).all()


def test_rows_are_rolled_up_one_by_one(builtin: Vocabulary) -> None:
    rows = random_scores(4516, rows=3)
    for level in builtin.levels:
        together = builtin.roll_up(rows, level)
        assert together.shape == (3, len(builtin.labels(level)))
        for row, expected in zip(rows, together, strict=True):
            np.testing.assert_array_equal(builtin.roll_up(row, level), expected)


@pytest.mark.parametrize(
    ("level", "index", "path"),
    [
        ("topic", 4, (("domain", 1), ("field", 2), ("topic", 4))),
        ("topic", 1, (("domain", 0), ("field", 0), ("topic", 1))),
        ("field", 1, (("domain", 1), ("field", 1))),
        ("domain", 0, (("domain", 0),)),
    ],
)
def test_path(level: str, index: int, path: tuple[tuple[str, int], ...]) -> None:
    assert SMALL.path(level, index) == path


@pytest.mark.parametrize(
    ("level", "index", "children"),
    [("domain", 0, (0,)), ("domain", 1, (1, 2)), ("field", 2, (0, 4, 5)), ("field", 1, (3,)), ("topic", 0, ())],
)
def test_children(level: str, index: int, children: tuple[int, ...]) -> None:
    assert SMALL.children(level, index) == children


def test_paths_children_and_ancestors_agree(builtin: Vocabulary) -> None:
    for broader, narrower in zip(builtin.levels, builtin.levels[1:], strict=False):
        seen: list[int] = []
        for index in range(len(builtin.labels(broader))):
            children = builtin.children(broader, index)
            assert children, f"{broader} {index} has nothing below it"
            assert {builtin.path(narrower, child)[-2] for child in children} == {(broader, index)}
            seen += children
        assert sorted(seen) == list(range(len(builtin.labels(narrower))))
    for level in builtin.levels:
        ancestors = builtin.ancestor_of_each(level)
        position = builtin.levels.index(level)
        for topic in range(0, 4516, 97):
            assert builtin.path("topic", topic)[position] == (level, ancestors[topic])


def test_names_that_stand_twice_stay_apart(builtin: Vocabulary) -> None:
    names = [label.name for label in builtin.labels("subfield")]
    twice = [index for index, name in enumerate(names) if name == "Archeology"]
    assert len(twice) == 2, "once among the arts, once among the social sciences"
    fields = [builtin.labels("field")[builtin.path("subfield", index)[1][1]].name for index in twice]
    assert fields == ["Arts and Humanities", "Social Sciences"]
    first, second = twice
    assert not set(builtin.children("subfield", first)) & set(builtin.children("subfield", second))
    scores = np.zeros(4516, np.float32)
    scores[builtin.children("subfield", first)[0]] = 1
    rolled = builtin.roll_up(scores, "subfield")
    assert (rolled[first], rolled[second]) == (1, 0)


def test_levels_are_named_broadest_first(builtin: Vocabulary) -> None:
    assert builtin.levels == ("domain", "field", "subfield", "topic")
    assert builtin.deepest == "topic"
    with pytest.raises(KeyError):
        builtin.labels("kingdom")


@pytest.mark.parametrize("parent", [None, -1, 2, 99])
def test_label_without_a_parent_above_is_refused(parent: int | None) -> None:
    levels: list[tuple[str, Sequence[Label]]] = [
        ("domain", [label("d0", "domain"), label("d1", "domain")]),
        ("field", [label("f0", "field", 0), label("f1", "field", parent)]),
    ]
    with pytest.raises(ValueError, match="a field has no parent among the 2 labels of domain"):
        Vocabulary("small", levels)


def test_vocabulary_of_one_level() -> None:
    flat = Vocabulary("flat", [("term", [label("a", "term"), label("b", "term")])])
    scores = np.array([0.25, 0.75], np.float32)
    np.testing.assert_array_equal(flat.roll_up(scores, "term"), scores)
    assert flat.path("term", 1) == (("term", 1),)
    assert flat.children("term", 0) == ()


TABLE = """level,id,uri,name,parent
domain,1,u:1,Life,
domain,2,u:2,"Matter, energy",
field,1,u:3,Physics,2
field,2,u:4,Biologie générale,1
"""


def test_table_is_read(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(TABLE, encoding="utf-8")
    vocabulary = read_vocabulary(path, "two levels")
    assert vocabulary.name == "two levels"
    assert vocabulary.levels == ("domain", "field")
    assert vocabulary.labels("domain")[1] == Label("2", "u:2", "Matter, energy", "domain")
    assert vocabulary.labels("field") == (
        Label("1", "u:3", "Physics", "field", 1),
        Label("2", "u:4", "Biologie générale", "field", 0),
    )


@pytest.mark.parametrize(
    "table",
    [
        "",
        "level,id,uri,name,parent\n",
        "level;id;uri;name;parent\ndomain;1;u;Life;\n",
        TABLE + "field,3,u:5,Chemistry,7\n",
        TABLE + "field,3,u:5,Chemistry,\n",
        TABLE + "topic,9,u:9,Optics,Physics\n",
    ],
    ids=["empty", "no rows", "semicolons", "unknown parent", "no parent", "parent by name"],
)
def test_table_that_makes_no_sense_is_named(table: str, tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(table, encoding="utf-8")
    with pytest.raises(ModelDamaged, match=r"labels\.csv"):
        read_vocabulary(path, "broken")
