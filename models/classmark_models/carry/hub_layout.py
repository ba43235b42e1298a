"""A ready model → the layout in which hubs have quantized graphs, fit to be uploaded."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from classmark_models.carry.foreign_graph import copy_graph
from classmark_models.errors import StoreError
from classmark_models.hub.exports import CARD, CONFIG, FACTS, GRAPHS, KEPT_FACTS, OWN, OWN_FILES, own_entry
from classmark_models.pack import SPEC, Pack, open_pack
from classmark_models.spec import NO_LICENCE, ModelSpec
from classmark_models.store import writing
from classmark_models.tokens import TOKENIZER

_FLOAT = "float32"
_LARGE_FILES = "".join(
    f"{pattern} filter=lfs diff=lfs merge=lfs -text\n" for pattern in ("*.onnx", "*.onnx_data*", "*.npz")
)
"""For git, by which hubs are filled."""


def write_hub_layout(folder: Path, target: Path) -> Path:
    """Write a ready model to an empty or new folder as hubs have it, fit to be uploaded; return that folder.

    The graph and its weights lie in ``onnx/``, what only Classmark knows of in ``classmark/``. Raises ModelMissing and
    ModelDamaged when the model is not whole, StoreError and DiskFull.
    """
    pack = open_pack(folder)
    pack.verify()
    spec = own_entry(pack.file(SPEC))
    with writing(target):
        target.mkdir(parents=True, exist_ok=True)
        if any(target.iterdir()):
            raise StoreError(f"{target} is not empty. Choose a new folder for “{spec.title}”.")
    copy_graph(pack.file(pack.fact("graph")), target / _graph_name(pack))
    with writing(target):
        (target / OWN).mkdir()
        for name, place in {TOKENIZER: "", CONFIG: "", **dict.fromkeys(OWN_FILES, OWN)}.items():
            if name in pack.fact("files"):
                shutil.copyfile(pack.file(name), target / place / name)
        _write_json(target / OWN / FACTS, {name: pack.facts[name] for name in KEPT_FACTS if name in pack.facts})
        (target / CARD).write_text(_card(pack, spec), encoding="utf-8", newline="\n")
        (target / ".gitattributes").write_text(_LARGE_FILES, encoding="utf-8", newline="\n")
    return target


def _graph_name(pack: Pack) -> str:
    if pack.fact("variant") == _FLOAT:
        return "onnx/model.onnx"
    return pack.fact("graph") if pack.fact("graph") in GRAPHS[:4] else GRAPHS[0]


def _card(pack: Pack, spec: ModelSpec) -> str:
    """Return the model card: facts for the hub (YAML), what this is, and the publisher's own card below."""
    facts: dict[str, Any] = {
        "license": spec.licence.lower() if spec.licence != NO_LICENCE else None,
        "language": list(spec.languages),
        "base_model": spec.repo,
        "pipeline_tag": "fill-mask" if spec.task == "masked-words" else "text-classification",
        "library_name": "onnx",
        "tags": ["onnx", "classmark"],
    }
    # Texts and lists in JSON are the same in YAML.
    head = "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in facts.items() if value)
    origin = (
        f"[{spec.repo}](https://huggingface.co/{spec.repo}), commit {spec.commit}" if spec.repo else "its publisher"
    )
    licence = spec.licence if spec.licence != NO_LICENCE else "none is stated by its publisher"
    text = (
        f"---\n{head}---\n# {spec.title}\n\n{spec.scope}\n\n"
        f"An ONNX graph ({pack.fact('variant')}) of {origin}, made by Classmark. Licence: {licence}.\n"
    )
    if CARD not in pack.fact("files"):
        return text
    published = pack.file(CARD).read_text(encoding="utf-8", errors="replace")
    return f"{text}\n## The publisher's card\n\n{_without_facts(published)}"


def _without_facts(card: str) -> str:
    """Cut off what stands between two lines of dashes at the beginning of a card."""
    lines = card.splitlines(keepends=True)
    if lines and lines[0].strip() == "---":
        end = next((place for place, line in enumerate(lines[1:], 1) if line.strip() == "---"), 0)
        lines = lines[end + 1 :]
    return "".join(lines).lstrip()


def _write_json(path: Path, facts: dict[str, Any]) -> None:
    path.write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")
