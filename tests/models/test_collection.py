"""The models of one person: the catalogue, its own entries, and opening."""

from __future__ import annotations

from pathlib import Path

import pytest

from classmark_models.collection import Collection
from classmark_models.errors import ModelMissing
from classmark_models.spec import BUILTIN_ID, parse_spec

OWN = 'id = "own"\ntitle = "Own"\ntask = "classification"\nlicence = "MIT"\nscope = "Anything."\n'


def test_catalogue_and_own_entries(tmp_path: Path) -> None:
    collection = Collection(tmp_path)
    published = ["arxiv-spheres", "bio-lm", "newsgroups-20", "openalex-topics-v1", BUILTIN_ID, "title-subjects-8"]
    assert sorted(collection.specs()) == sorted(published)
    collection.entries.mkdir()
    (collection.entries / "own.toml").write_text(OWN, encoding="utf-8")
    assert sorted(collection.specs()) == sorted([*published, "own"])
    assert collection.spec("own") == parse_spec(OWN)
    with pytest.raises(ModelMissing, match="no model other in the catalogue"):
        collection.spec("other")


def test_builtin_model_is_always_there(tmp_path: Path) -> None:
    classifier = Collection(tmp_path / "nothing").open(BUILTIN_ID, workers=1)
    try:
        assert classifier.name == BUILTIN_ID
        assert not classifier.predict("Coral bleaching on the Great Barrier Reef", "", "").declined
    finally:
        classifier.close()


def test_model_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="newsgroups-20 is not installed"):
        Collection(tmp_path).open("newsgroups-20")
