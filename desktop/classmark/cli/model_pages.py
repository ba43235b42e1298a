"""What is shown of models: the list, and all that is known of one."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from classmark.cli.terminal import harmless, sized, write_table
from classmark_models.collection import Collection, ModelState
from classmark_models.errors import ModelError
from classmark_models.labels import read_vocabulary
from classmark_models.pack import open_pack
from classmark_models.published.labelling import LABELS
from classmark_models.selftest import SelfTest
from classmark_models.spec import NO_LICENCE, ModelSpec
from classmark_models.store import Held, read_receipt
from classmark_models.trained import head_files

READY = (ModelState.READY, ModelState.SHARED)
NO_LICENCE_ADVICE = "none stated: its publisher does not say what you may do with it. Ask before you rely on it."
_STATES = {
    ModelState.READY: "ready",
    ModelState.SHARED: "ready, shared",
    ModelState.DAMAGED: "damaged",
    ModelState.NEWER: "of a newer Classmark",
    ModelState.FETCHED: "to be converted",
    ModelState.BEGUN: "begun",
    ModelState.KNOWN: "not here",
}


def state_in_words(spec: ModelSpec, state: ModelState) -> str:
    """Say how far a model is."""
    if spec.is_builtin:
        return "built in"
    return "not published" if state is ModelState.KNOWN and not spec.files else _STATES[state]


def summary(collection: Collection, spec: ModelSpec) -> dict[str, Any]:
    """Return what the list shows of a model; sizes in bytes, 0 where they are not known."""
    state = collection.state(spec.id)
    here = _here(collection, spec, state)
    return {
        "id": spec.id,
        "title": spec.title,
        "task": spec.task,
        "state": state.value,
        "size": sum(held.size for held in here.files.values()) if here else 0,
        "to_fetch": 0 if here else spec.approximate_size,
        "selftest": _tested(collection.selftest(spec.id)),
    }


def write_list(collection: Collection) -> None:
    """Write a table of all models."""
    rows = [("MODEL", "STATE", "SIZE", "A PAGE TAKES", "WHAT IT IS")]
    for spec in collection.specs().values():
        facts = summary(collection, spec)
        bytes_, tested = facts["size"] or facts["to_fetch"], collection.selftest(spec.id)
        size = sized(bytes_) if facts["size"] else f"{sized(bytes_)} to fetch" if bytes_ else "-"
        speed = f"{tested.seconds_per_page:.2g} s" if tested else "-"
        rows.append((spec.id, state_in_words(spec, ModelState(facts["state"])), size, speed, spec.title))
    write_table(rows)


def all_facts(collection: Collection, spec: ModelSpec) -> dict[str, Any]:
    """Return all that is known of a model, as plain JSON."""
    state = collection.state(spec.id)
    here = _here(collection, spec, state)
    stated: Mapping[str, Any] = here.facts if here else {}
    return {
        **summary(collection, spec),
        "folder": str(here.folder) if here else None,
        "scope": spec.scope,
        "languages": list(spec.languages),
        "licence": spec.licence,
        "repo": spec.repo,
        "commit": spec.commit,
        "tokens": spec.limits.tokens,
        "subjects": _subjects(spec, here),
        **{name: stated.get(name) for name in ("variant", "origin", "made_with", "agreement")},
        "files": _files(spec, here),
    }


def write_page(facts: Mapping[str, Any], state: str) -> None:
    """Write all that is known of a model."""
    write, tested = sys.stdout.write, facts["selftest"]
    write(f"{harmless(facts['title'])} ({facts['id']})\n")
    lines = {
        "state": f"{state}, in {facts['folder']}" if facts["folder"] else state,
        "for": facts["scope"],
        "task": facts["task"],
        "languages": ", ".join("many" if language == "mul" else language for language in facts["languages"]),
        "licence": facts["licence"] if facts["licence"] != NO_LICENCE else NO_LICENCE_ADVICE,
        "source": f"{facts['repo']} {facts['commit']}".strip(),
        "subjects": " · ".join(f"{level} {count:,}" for level, count in facts["subjects"].items()),
        "reads": f"{facts['tokens']} tokens at once",
        "made": ", ".join(str(facts[name]) for name in ("origin", "variant", "made_with") if facts[name]),
        "self-test": f"{tested['when'][:10]}: {tested['sentence']}" if tested else "",
    }
    for name, text in lines.items():
        if text:
            write(
                textwrap.fill(
                    harmless(" ".join(text.split())), 100, initial_indent=f"  {name:11}", subsequent_indent=" " * 13
                )
                + "\n"
            )
    write("  files\n")
    write_table(
        [
            (f"    {file['path']}", f"{file['size']:,}" if file["size"] else "-", file["sha256"] or "-")
            for file in facts["files"]
        ]
    )


@dataclass(frozen=True, slots=True)
class _Here:
    """A model that is ready, or was before it was damaged: what its manifest states."""

    folder: Path
    files: Mapping[str, Held]
    facts: Mapping[str, Any]


def _here(collection: Collection, spec: ModelSpec, state: ModelState) -> _Here | None:
    name = spec.id
    if spec.is_builtin:
        folder = collection.folder(name)
        return _Here(folder, collection.builtin_files(spec), open_pack(folder).facts)
    folder = collection.ready.path(name) if state is ModelState.SHARED else collection.ready.folder(name)
    receipt = read_receipt(folder)
    return _Here(folder, receipt.files, receipt.facts) if receipt else None


def _tested(tested: SelfTest | None) -> dict[str, Any] | None:
    return asdict(tested) if tested else None


def _subjects(spec: ModelSpec, here: _Here | None) -> dict[str, int]:
    """Return the number of subjects by level; those of the catalogue where the model is not here."""
    with suppress(ModelError, OSError):
        labels = LABELS if spec.task != "trained" else head_files(spec)[-1]
        if here and labels in here.files:
            vocabulary = read_vocabulary(here.folder / labels, spec.title)
            return {level: len(vocabulary.labels(level)) for level in vocabulary.levels}
    return {spec.labels.level: len(spec.labels.names)} if spec.labels.names else {}


def _files(spec: ModelSpec, here: _Here | None) -> list[dict[str, Any]]:
    """Return the files that are here, or those that would be fetched."""
    if here:
        return [{"path": path, "size": held.size, "sha256": held.sha256} for path, held in here.files.items()]
    return [{"path": file.path, "size": file.size or file.about, "sha256": file.sha256} for file in spec.files]
