"""A ready model that others have made: whether its folder is what it should be."""

from __future__ import annotations

import csv
from pathlib import Path

from classmark_models.carry.foreign_graph import check_graph
from classmark_models.convert.heads import MASKED_WORDS
from classmark_models.errors import ModelDamaged, ModelMissing
from classmark_models.labels import read_vocabulary
from classmark_models.pack import SPEC
from classmark_models.pieces import PIECES
from classmark_models.published.fingerprints import FINGERPRINTS, read_fingerprints
from classmark_models.published.labelling import LABELS
from classmark_models.selftest.golden import read_golden
from classmark_models.spec import read_spec
from classmark_models.store import Receipt
from classmark_models.tokens import TOKENIZER
from classmark_models.word_pieces import TRIMMED, check_word_pieces


def check_ready(folder: Path, receipt: Receipt) -> None:
    """See that the files of a model fit together, before any is used; that they are whole is taken for granted.

    Raises ModelDamaged, ModelMissing, ModelUnsafe, ModelUnsupported and SpecInvalid, with the fault.
    """
    facts = receipt.facts
    for key, wanted in (("graph", str), ("task", str), ("variant", str), ("outputs", int)):
        if type(facts.get(key)) is not wanted:
            raise ModelDamaged(f"Its manifest does not state its {key}.")
    for name in (facts["graph"], TOKENIZER, SPEC):
        if name not in receipt.files:
            raise ModelDamaged(f"It has no {name}.")
    spec = read_spec(folder / SPEC, receipt.id)
    if facts["task"] != spec.task:
        raise ModelDamaged(f"Its manifest and its {SPEC} state different tasks.")
    graph, outputs = check_graph(folder / facts["graph"]), facts["outputs"]
    if graph.outputs not in (None, outputs):
        raise ModelDamaged(f"Its graph gives {graph.outputs} answers, its manifest states {outputs}.")
    if spec.task != MASKED_WORDS:
        check_labels(folder / LABELS, outputs)
    if (folder / FINGERPRINTS).exists():
        read_fingerprints(folder / FINGERPRINTS, outputs)
    if TRIMMED in receipt.files or PIECES in receipt.files:
        check_word_pieces(folder / TOKENIZER)
    golden = read_golden(folder)
    if golden and golden[1].shape[1] != outputs:
        raise ModelDamaged("Its reference answers belong to another model.")


def check_labels(path: Path, outputs: int) -> None:
    """See that each subject of the deepest level has an output of its own; ModelMissing, ModelDamaged."""
    if not path.is_file():
        raise ModelMissing(f"There is no {path.name}, so nobody knows what the answers mean.")
    vocabulary = read_vocabulary(path, LABELS)
    with path.open(encoding="utf-8", newline="") as file:
        places = [row.get("output") or "" for row in csv.DictReader(file) if row["level"] == vocabulary.deepest]
    known = all(place.isascii() and place.isdecimal() and len(place) < 9 and int(place) < outputs for place in places)
    if not known or len({int(place) for place in places}) < len(places):
        raise ModelDamaged(f"{path} does not fit the {outputs:,} answers of the model.")
