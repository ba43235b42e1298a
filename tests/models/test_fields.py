"""What OpenAlex fields a record stands for, and how what was learnt of them is weighed against likeness."""

from __future__ import annotations

import numpy as np
import pytest
from tests.models.small_head import small_head

from classmark_models.field_blend import LEVEL, OUTPUT
from classmark_models.labels import read_vocabulary
from classmark_models.pack import BUILTIN
from classmark_models.zero_shot_head import read_head
from recipes.corpora import Record
from recipes.development import CSLDCP_FIELDS, arxiv_fields
from recipes.field_weights import Labelled, fit
from recipes.fields import of_record, worth


@pytest.mark.parametrize(
    ("lcc", "number", "fields"),
    [
        ("QA", "76.73", ("17",)),
        ("QA", "150", ("26",)),
        ("QA", "", ("26", "17", "18")),
        ("PR", "6000", ("12", "33")),
        ("KJV", "444", ("33",)),
        ("GV", "1000", ()),
        ("", "", ()),
    ],
)
def test_a_class_stands_for_fields(lcc: str, number: str, fields: tuple[str, ...]) -> None:
    assert of_record(Record("1", "eng", "", "", "", lcc, number, "", ())) == fields


@pytest.mark.parametrize(
    ("categories", "fields"), [("math.ST astro-ph", ("26", "18", "31", "19")), ("astro-ph", ("31", "19")), ("", ())]
)
def test_papers_have_the_fields_of_their_categories(categories: str, fields: tuple[str, ...]) -> None:
    assert arxiv_fields(categories) == fields


def test_the_main_field_is_worth_most() -> None:
    assert [worth(field, ("26", "17")) for field in ("26", "17", "31")] == [1.0, 0.5, 0.0]
    assert [worth(field, ()) for field in ("26", "17")] == [0.0, 0.0]


def test_every_class_stands_for_fields_that_there_are() -> None:
    vocabulary = read_vocabulary(BUILTIN / "labels.csv", "OpenAlex")
    known = {label.id for label in vocabulary.labels(LEVEL)}
    assert len(known) == 26
    assert all(set(fields.split()) <= known for fields in CSLDCP_FIELDS.values())


@pytest.mark.parametrize("teacher", ["the head", "likeness"])
def test_who_is_right_counts_most(teacher: str) -> None:
    random = np.random.default_rng(0)
    head, zero_shot = small_head({OUTPUT: 26}), read_head(BUILTIN / "vectors.npz")
    embeddings = random.normal(size=(300, 384)).astype(np.float32)
    embeddings = zero_shot.center + 0.5 * embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    ngrams = [random.integers(0, 1 << 10, 20).astype(np.int32) for _ in embeddings]
    logits = head.logits(OUTPUT, head.hidden(embeddings, head.bags(ngrams)))
    vocabulary = read_vocabulary(BUILTIN / "labels.csv", "OpenAlex")
    alike = vocabulary.roll_up(zero_shot.scores(embeddings), LEVEL)
    best = (logits if teacher == "the head" else alike).argmax(axis=1)
    calibration, likeness = fit(head, BUILTIN, [Labelled(embeddings, ngrams, np.eye(26, dtype=np.bool_)[best])])
    share = likeness / float(np.exp(calibration[0, 0]))
    assert calibration.shape == (2, 3)
    assert share < 0.3 if teacher == "the head" else share > 1
