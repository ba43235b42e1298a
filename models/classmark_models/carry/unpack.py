"""A fetched export → a ready model, checked before it is run."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from classmark_models.carry.foreign_graph import GraphFacts, check_graph
from classmark_models.carry.ready import check_labels
from classmark_models.carry.staging import staged
from classmark_models.collection import Collection
from classmark_models.convert.architecture import read_config
from classmark_models.convert.heads import MASKED_WORDS
from classmark_models.errors import ModelDamaged, ModelUnsupported
from classmark_models.hub.exports import CARD, CONFIG, FACTS, KEPT_FACTS, OWN, OWN_FILES, Export, own_entry
from classmark_models.pack import SPEC
from classmark_models.prepare import Prepared
from classmark_models.published.fingerprints import FINGERPRINTS, read_fingerprints, write_fingerprints
from classmark_models.published.labelling import LABELS, write_labels
from classmark_models.selftest import Progress, selftest
from classmark_models.spec import ModelSpec, write_spec
from classmark_models.store import Receipt, held_of, write_receipt, writing
from classmark_models.tokens import TOKENIZER
from classmark_models.vocab_files import write_tokenizer
from classmark_models.word_pieces import write_word_pieces

_LARGEST = 64 << 20
_PUBLISHED = "published"
"""The variant of a graph that Classmark did not make."""


def prepare_export(
    spec: ModelSpec,
    export: Export,
    collection: Collection,
    *,
    progress: Progress = lambda what, done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Prepared:
    """Make an export that was fetched into ``collection.published`` a ready model, and test it.

    What Classmark wrote beside its own exports is used after checking. Of others, config.json names the subjects, and
    no reference answers exist. Until the end, and after any error, the former model stays as it is.

    Raises Interrupted; StoreError, DiskFull; and ModelMissing, ModelDamaged, ModelUnsafe, ModelUnsupported and
    SpecInvalid with what is wrong with the files.
    """
    began = time.perf_counter()
    published, receipt = collection.published.path(spec.id), collection.published.receipt(spec.id)
    with staged(collection.ready, spec.id) as folder, writing(collection.ready.root):
        progress("Checking what came", 0, 0)
        graph = check_graph(published / export.graph)
        taken = [export.graph, *(_beside(export.graph, name) for name in graph.data)]
        taken += [name for name in (CARD, CONFIG) if (published / name).is_file()]
        for name in taken:
            _take(published / name, folder / name)
        write_tokenizer(published, folder / TOKENIZER)
        describe = _describe_ours if export.ours else _describe_foreign
        outputs, facts = describe(spec, published, graph, folder)
        if spec.task != MASKED_WORDS:
            write_word_pieces(folder / TOKENIZER)
        if spec.task != MASKED_WORDS and not (folder / FINGERPRINTS).exists():
            progress("Asking what it says of nothing", 0, 0)
            entry, answers = own_entry(folder / SPEC), folder / FINGERPRINTS
            write_fingerprints(entry, folder / TOKENIZER, folder / export.graph, answers, should_stop=should_stop)
        origins = {name: name for name in (*taken, TOKENIZER)} | {
            name: OWN + name for name in OWN_FILES if name != SPEC
        }
        facts |= {
            "name": spec.id,
            "task": spec.task,
            "graph": export.graph,
            "outputs": outputs,
            "origin": "export",
            "published": {name: origin for name, origin in origins.items() if (published / origin).is_file()},
        }
        files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        write_receipt(
            folder, Receipt(spec.id, receipt.commits, {name: held_of(folder / name) for name in files}, facts)
        )
        tested = selftest(folder, progress=progress, should_stop=should_stop)
        if not tested.passed:
            raise ModelUnsupported(f"The export of “{spec.title}” cannot be used here. {tested.sentence}")
    collection.record(spec.id, tested)
    return Prepared(spec.id, facts["variant"], tested, (), time.perf_counter() - began)


def _beside(path: str, name: str) -> str:
    return path.rpartition("/")[0] + "/" + name if "/" in path else name


def _take(source: Path, target: Path) -> None:
    """Put a file into the pack without copying it where the disk can do that."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _describe_foreign(spec: ModelSpec, published: Path, graph: GraphFacts, folder: Path) -> tuple[int, dict[str, Any]]:
    """Write entry and subjects of an export that others made; return the number of outputs, and facts."""
    if spec.task == MASKED_WORDS:
        raise ModelUnsupported(f"“{spec.title}” fills masks, and the export scores all words of a text. Convert it.")
    architecture = read_config(published / CONFIG)
    _write_entry(spec, architecture.max_tokens, folder)
    outputs = graph.outputs or len(architecture.label_names or spec.labels.names)
    write_labels(spec, architecture.label_names, folder / LABELS, outputs)
    return outputs, {"variant": _PUBLISHED, "made_with": f"its publisher ({spec.repo})"}


def _describe_ours(spec: ModelSpec, published: Path, graph: GraphFacts, folder: Path) -> tuple[int, dict[str, Any]]:
    """Take what Classmark wrote beside an export, each file checked; return the number of outputs, and facts."""
    beside = published / OWN
    theirs = own_entry(beside / SPEC)
    if (theirs.id, theirs.task, theirs.output) != (spec.id, spec.task, spec.output):
        raise ModelUnsupported(f"The export is of “{theirs.title}” ({theirs.id}), not of “{spec.title}” ({spec.id}).")
    if graph.outputs is None:
        raise ModelDamaged(f"The export of “{spec.title}” does not say how many answers it gives.")
    _write_entry(spec, theirs.limits.tokens, folder)
    for name in OWN_FILES:
        if name != SPEC and (beside / name).is_file():
            if (beside / name).stat().st_size > _LARGEST:
                raise ModelDamaged(f"{beside / name} is larger than {_LARGEST:,} bytes.")
            _take(beside / name, folder / name)
    if spec.task != MASKED_WORDS:
        check_labels(folder / LABELS, graph.outputs)
    if (folder / FINGERPRINTS).exists():
        read_fingerprints(folder / FINGERPRINTS, graph.outputs)
    return graph.outputs, {"variant": _PUBLISHED, "made_with": "Classmark"} | _facts(beside / FACTS)


def _write_entry(spec: ModelSpec, tokens: int, folder: Path) -> None:
    limits = replace(spec.limits, tokens=min(spec.limits.tokens, tokens))
    write_spec(replace(spec, limits=limits), folder / SPEC)


def _facts(path: Path) -> dict[str, Any]:
    """Return what the manifest of the exported model stated, as far as it can be believed to be that."""
    try:
        stated = json.loads(path.read_text(encoding="utf-8")) if path.stat().st_size < 1 << 16 else {}
    except (OSError, ValueError, RecursionError):
        return {}
    kinds = {"variant": str, "made_with": str, "agreement": dict}
    return {
        name: stated[name] for name in KEPT_FACTS if isinstance(stated, dict) and type(stated.get(name)) is kinds[name]
    }
