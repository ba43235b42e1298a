from __future__ import annotations

import numpy as np
import pytest

from classmark_models.labels import Vocabulary, read_vocabulary
from classmark_models.trained_head import TrainedHead
from recipes.library_pack import HEADS, ddc_rows, proposals


def shipped(name: str) -> Vocabulary:
    return read_vocabulary(HEADS / f"labels_{name}.csv", name)


@pytest.mark.parametrize(
    ("name", "levels"),
    [("lcc", ("class", "subclass")), ("ddc", ("class", "division", "section")), ("lcsh", ("heading",))],
)
def test_each_output_has_a_subject(name: str, levels: tuple[str, ...]) -> None:
    head, vocabulary = TrainedHead.read(HEADS / "library.npz"), shipped(name)
    assert vocabulary.levels[: len(levels)] == levels
    assert len(vocabulary.labels(vocabulary.deepest)) == len(head.layers[name].b)


@pytest.mark.parametrize(
    ("level", "id_", "name", "parent"),
    [
        ("class", "500", "500 Science", ""),
        ("division", "510", "510 Mathematics", "500"),
        ("section", "512", "512 Algebra", "510"),
        ("section", "517", "517 Mathematics", "510"),
        ("division", "040", "040 Computer science, information, general works", "000"),
    ],
)
def test_dewey_numbers_have_captions(level: str, id_: str, name: str, parent: str) -> None:
    assert (level, id_, "", name, parent) in ddc_rows()


def test_headings_have_uris_fit_for_the_web() -> None:
    uris = [label.uri for label in shipped("lcsh").labels("heading")]
    assert all(uri.isascii() and " " not in uri for uri in uris)
    assert "https://id.loc.gov/authorities/subjects/label/AIDS%20%28Disease%29" in uris


def test_proposals_stand_best_first() -> None:
    best, hits = proposals(np.array([[0, 3, 1, 2]], np.float32), [[3]], 2)
    assert best.tolist() == [[1, 3]]
    assert hits.tolist() == [[False, True]]
