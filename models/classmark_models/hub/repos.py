"""Any classifier on a hub by the name of its repo: an entry of the catalogue for it, or the reason why not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from classmark_models.checkpoint import FILES
from classmark_models.errors import ModelError, ModelMissing, ModelUnsupported, SpecInvalid
from classmark_models.hub import PATIENT, Listing, Patience, Token, look
from classmark_models.hub.exports import CARD, CONFIG, GRAPHS, OWN_ENTRY, choose_graph, export_spec, own_entry, take
from classmark_models.journal import Cause
from classmark_models.published.labelling import label_table
from classmark_models.spec import (
    NO_LICENCE,
    LabelRule,
    Limits,
    ModelSpec,
    PromptRule,
    check_id,
)
from classmark_models.vocab_files import tokenizer_files

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_COMMIT = re.compile(r"[0-9a-f]{7,40}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_NAMELESS = re.compile(r"label[ _-]?\d+", re.IGNORECASE)
_TASKS = {"ForSequenceClassification": "classification", "ForMaskedLM": "masked-words"}
_LONGEST_LICENCE = 100


def find_repo(
    repo: str,
    *,
    name: str = "",
    endpoint: str | None = None,
    token: Token = None,
    should_stop: Callable[[], bool] = lambda: False,
    patience: Patience = PATIENT,
    cause: Cause | None = None,
) -> ModelSpec:
    """Return the entry for a repo (``owner/name``, ``owner/name@commit``, or its address), its commit and files pinned.

    Only the listing and small files are fetched. The id is ``name``, or made of the repo's. Raises ModelUnsupported,
    ModelMissing and ModelDamaged with the reason why it cannot be used, SpecInvalid when ``repo`` or ``name`` cannot be
    one, Interrupted and FetchError.
    """
    place, commit = _parse(repo)
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        listing = look(
            place,
            commit=commit,
            names=(CONFIG, OWN_ENTRY),
            into=folder,
            endpoint=endpoint,
            token=token,
            should_stop=should_stop,
            patience=patience,
            cause=replace(cause, model=place) if cause else None,
        )
        try:
            if (folder / OWN_ENTRY).exists():
                return _made_by_classmark(listing, folder, name)
            return _described(listing, folder, name)
        except ModelError as error:
            # The person knows the repo, not the folder in which its config.json lay for a moment.
            raise type(error)(str(error).replace(f"{folder}", place)) from error


def _parse(text: str) -> tuple[str, str]:
    """Split what a person gave into a repo and the commit, "" where none is given."""
    text = text.strip()
    address = urlsplit(text) if "://" in text else None
    steps = [step for step in (address.path if address else text).split("/") if step]
    if address and len(steps) in (2, 4) and (len(steps) == 2 or steps[2] in ("tree", "commit")):
        owner, name, commit = steps[0], steps[1], steps[3] if len(steps) == 4 else ""
    elif not address and len(steps) == 2:
        owner, (name, _, commit) = steps[0], steps[1].partition("@")
    else:
        owner, name, commit = "", "", ""
    commit = "" if commit == "main" else commit
    if not _NAME.fullmatch(owner) or not _NAME.fullmatch(name) or (commit and not _COMMIT.fullmatch(commit)):
        raise SpecInvalid(f"{text[:200]!r} is no repo of a model. Write it as owner/name or owner/name@commit.")
    return f"{owner}/{name}", commit


def _made_by_classmark(listing: Listing, folder: Path, name: str) -> ModelSpec:
    """Return the entry that a library wrote beside its export."""
    spec = own_entry(folder / OWN_ENTRY)
    graph = choose_graph(listing.files, GRAPHS)
    if not graph:
        raise ModelMissing(f"{listing.repo} has no graph. Export the model anew.")
    return replace(export_spec(spec, listing, graph), id=check_id(name or spec.id))


def _described(listing: Listing, folder: Path, name: str) -> ModelSpec:
    """Return an entry from what config.json and the card tell."""
    # It brings onnx with it, which nobody needs who only looks at the catalogue.
    from classmark_models.convert.architecture import read_config

    if CONFIG not in listing.files:
        raise ModelMissing(f"{listing.repo} has no config.json, so nobody knows what it is. Is it a model of texts?")
    config = folder / CONFIG
    architecture = read_config(config)
    facts = json.loads(config.read_text(encoding="utf-8"))
    labels, task = architecture.label_names, _task(architecture.made_for, architecture.label_names)
    for reason, found in _obstacles(listing, facts, task, labels):
        if found:
            raise ModelUnsupported(f"{listing.repo} cannot be used, because {reason}.")
    spec = ModelSpec(
        id=check_id(name or _id(listing.repo)),
        title=listing.repo.partition("/")[2],
        task=task,
        output="independent" if facts.get("problem_type") == "multi_label_classification" else "logits",
        repo=listing.repo,
        commit=listing.commit,
        scope=f"Added by its name, {listing.repo}. What it was made for, and how well it does, its card there tells.",
        languages=_languages(listing.card),
        licence=_licence(listing.card),
        files=(),
        prompt=PromptRule("{title}\n{abstract}", "{title}", "{abstract}", 0, 0, strip_title_markup=False),
        limits=Limits(min(512, architecture.max_tokens), (), 0, ()),
        labels=LabelRule((), "name", 0, "{name}", "", "none", (), ()),
        golden=(),
    )
    if task == "classification":
        label_table(spec, labels)
    weights = next((file for file in FILES if file in listing.files), "")
    if not weights:
        return export_spec(spec, listing, choose_graph(listing.files, GRAPHS))
    names = [weights, CONFIG, *tokenizer_files(listing.files), *({CARD} & set(listing.files))]
    return replace(spec, files=tuple(take(listing, file) for file in names))


def _task(made_for: str, labels: Collection[str]) -> str:
    """Return what a class of its maker does, "" when it is nothing that Classmark can use."""
    if not made_for:
        return "classification" if labels else ""
    return next((task for ending, task in _TASKS.items() if made_for.endswith(ending)), "")


def _obstacles(
    listing: Listing, facts: Mapping[str, Any], task: str, labels: Collection[str]
) -> list[tuple[str, bool]]:
    """Return what stands in the way beyond the architecture, each with whether it does."""
    classifies = task == "classification"
    made_for = facts.get("architectures") or ["an encoder alone"]
    usable = any(name in listing.files for name in (*FILES, *(GRAPHS if classifies else ())))
    sharded = any(name.endswith(".index.json") for name in listing.files)
    return [
        ("it runs a program of its publisher, and Classmark runs none", "auto_map" in facts),
        (f"{made_for[0]!s:.80} neither classifies texts nor fills masks", not task),
        (
            "it rates texts by a number and tells no subjects",
            classifies and (facts.get("problem_type") == "regression" or len(labels) == 1),
        ),
        (
            "its subjects have no names, so nobody would know what it says",
            classifies and all(_NAMELESS.fullmatch(label.strip()) for label in labels),
        ),
        ("its weights are cut into several files", not usable and sharded),
        (f"it has no weights that Classmark can read: {', '.join(FILES)} or {GRAPHS[0]}", not usable),
        (
            "it has no tokenizer that Classmark can read: tokenizer.json, vocab.txt, or vocab.json with merges.txt",
            not tokenizer_files(listing.files),
        ),
    ]


def _id(repo: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", repo.partition("/")[2].lower()).strip("-")[:64]


def _languages(card: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the languages that a card states, as two or three letters; "mul" for many that are not named."""
    stated = card.get("language")
    stated = stated if isinstance(stated, list) else [stated]
    codes = [("mul" if each == "multilingual" else str(each).lower().partition("-")[0]) for each in stated[:200]]
    return tuple(dict.fromkeys(code for code in codes if _LANGUAGE.fullmatch(code)))


def _licence(card: Mapping[str, Any]) -> str:
    stated = card.get("license")
    if stated == "other":
        stated = card.get("license_name") or stated
    stated = ", ".join(map(str, stated)) if isinstance(stated, list) else stated
    if not isinstance(stated, str) or stated in ("", "unknown"):
        return NO_LICENCE
    return " ".join(stated.split())[:_LONGEST_LICENCE]
