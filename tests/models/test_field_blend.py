"""What was learnt of fields under zero-shot topics: levels that agree, proportions that stay, damaged packs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from tests.models.small_head import CALIBRATION, small_head
from tests.models.test_classifier import CORAL, COURT, STARS
from tests.models.trained_packs import state, trained_pack

from classmark_models.classifier import Classifier
from classmark_models.errors import ModelDamaged
from classmark_models.pack import open_pack
from classmark_models.reading_desk import ReadingDesk
from classmark_models.trained_head import TrainedHead, write_head
from classmark_models.zero_shot import ZeroShotClassifier

HEAD, LIKENESS = "heads/library.npz", 0.4
BOOK = ("Life in the sea", COURT, CORAL * 30 + STARS * 8)


def opened(folder: Path) -> ZeroShotClassifier:
    return ZeroShotClassifier(open_pack(folder), ReadingDesk(folder), workers=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = trained_pack(tmp_path_factory.mktemp("pack") / "builtin")
    write_head(folder / HEAD, small_head({"lcc": 4, "lcsh": 9, "fields": 26}))
    return folder


@pytest.fixture(scope="module")
def plain(folder: Path) -> Iterator[Classifier]:
    state(folder)
    with closing(opened(folder)) as classifier:
        yield classifier


@pytest.fixture(scope="module")
def blended(folder: Path, plain: Classifier) -> Iterator[Classifier]:
    state(folder, fields={"head": HEAD, "likeness": LIKENESS})
    with closing(opened(folder)) as classifier:
        yield classifier


def test_fields_are_the_product_of_both(folder: Path, plain: Classifier, blended: Classifier) -> None:
    alike, joined = plain.predict(*BOOK), blended.predict(*BOOK)
    fields = joined.vocabulary.roll_up(joined.scores, "field")
    seen = ReadingDesk(folder).take("test", 1).read(*BOOK, lambda: False)
    assert not isinstance(seen, str)
    head = TrainedHead.read(folder / HEAD)
    look = seen.seen_by("any", head)
    logits = head.logits("fields", look.hidden[:1])
    known = np.array([1, look.lengths[0], np.log(np.exp(logits.astype(np.float64)).sum())])
    learnt = logits[0] * np.exp(CALIBRATION[0] @ known)
    powers = np.exp(learnt) * alike.vocabulary.roll_up(alike.scores, "field").astype(np.float64) ** LIKENESS
    np.testing.assert_allclose(fields, powers / powers.sum(), rtol=1e-3, atol=1e-6)


def test_topics_keep_their_proportions_within_a_field(plain: Classifier, blended: Classifier) -> None:
    alike, joined = plain.predict(*BOOK), blended.predict(*BOOK)
    assert joined.scores.sum() == pytest.approx(1, abs=1e-4)
    field_of = joined.vocabulary.ancestor_of_each("field")
    ratios = joined.scores / np.maximum(alike.scores, 1e-30)
    for field in range(26):
        inside = (field_of == field) & (alike.scores > 1e-12)
        np.testing.assert_allclose(ratios[inside], ratios[inside].max(), rtol=1e-3)
    assert not np.allclose(alike.scores, joined.scores, atol=1e-3)


def test_window_scores_are_those_of_the_windows(blended: Classifier) -> None:
    prediction = blended.predict(*BOOK)
    rows = blended.window_scores(prediction)
    assert len(prediction.windows) > 3
    assert rows.max(axis=1).tolist() == [window.score for window in prediction.windows]
    assert rows.argmax(axis=1).tolist() == [window.best for window in prediction.windows]


@pytest.mark.parametrize(
    "stated",
    [{"head": HEAD}, {"head": HEAD, "likeness": -1}, {"head": HEAD, "likeness": "much"}, "fields", {"likeness": 1}],
)
def test_facts_that_cannot_be_read_are_refused(folder: Path, blended: Classifier, stated: object) -> None:
    state(folder, fields=stated)
    with pytest.raises(ModelDamaged, match="fields"):
        opened(folder)


@pytest.mark.parametrize("outputs", [{"lcc": 4}, {"lcc": 4, "fields": 25}])
def test_a_head_without_the_fields_is_refused(tmp_path: Path, outputs: dict[str, int]) -> None:
    folder = trained_pack(tmp_path / "builtin")
    write_head(folder / HEAD, small_head(outputs))
    state(folder, fields={"head": HEAD, "likeness": LIKENESS})
    with pytest.raises(ModelDamaged, match="does not know the fields"):
        opened(folder)
