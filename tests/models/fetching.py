"""A small model on a hub of our own, and what its folder must look like."""

from __future__ import annotations

from collections.abc import Mapping

from classmark_models.hub import Patience
from classmark_models.pack import MANIFEST
from classmark_models.spec import ModelSpec, parse_spec
from classmark_models.store import Store

FIRST, SECOND = "1" * 40, "2" * 40
WEIGHTS = bytes(range(256)) * 2_000
CONFIG, TOKENIZER = b'{"model_type": "bert"}', b"{}"
FILES = {"model.h5": WEIGHTS, "config.json": CONFIG}
QUICK = Patience(timeout=5, tries=3, wait=0.001, longest=5)
HASTY = Patience(timeout=0.5, tries=3, wait=0.001)

TOML = """
id = "small"
title = "Small"
task = "classification"
repo = "library/small"
commit = "COMMIT"
licence = "MIT"
scope = "Anything."
[[files]]
path = "model.h5"
[[files]]
path = "config.json"
[[files]]
path = "README.md"
optional = true
[[files]]
path = "tokenizer.json"
repo = "base"
"""


def small(commit: str = FIRST, old: str = "", new: str = "") -> ModelSpec:
    assert old in TOML
    return parse_spec(TOML.replace("COMMIT", commit).replace(old, new, 1) if old else TOML.replace("COMMIT", commit))


def assert_whole(store: Store, spec: ModelSpec, files: Mapping[str, object]) -> None:
    assert store.installed(spec)
    assert store.verify("small") == ()
    folder = store.path("small")
    found = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != MANIFEST}
    assert found == {**files, "tokenizer.json": TOKENIZER}
    assert not any(path.is_symlink() for path in folder.iterdir())
