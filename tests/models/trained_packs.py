"""The built-in pack with small heads in it that nobody taught."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from tests.models.small_head import small_head

from classmark_models.pack import BUILTIN, MANIFEST, describe, open_pack
from classmark_models.trained_head import write_head

SHELVES = (
    "level,id,uri,name,parent\n"
    "class,Q,,Science,\nclass,K,,Law,\n"
    "subclass,QL,,Zoology,Q\nsubclass,QC,,Physics,Q\nsubclass,K1,,Contracts,K\nsubclass,QE,,QE Geology,Q\n"
)
HEADINGS = "level,id,uri,name,parent\n" + "".join(f"heading,h{number},,Heading {number},\n" for number in range(9))


def trained_pack(folder: Path) -> Path:
    """Write a pack with the classifiers ``lcc`` and ``lcsh`` of one head, and ``subjects-8`` of another."""
    heads = folder / "heads"
    heads.mkdir(parents=True)
    files = open_pack(BUILTIN).fact("files")
    shared = [name for name in files if not name.startswith("heads/")]
    for name in shared:
        try:
            os.link(BUILTIN / name, folder / name)
        except OSError:  # another disk
            shutil.copyfile(BUILTIN / name, folder / name)
    write_head(heads / "library.npz", small_head({"lcc": 4, "lcsh": 9}))
    write_head(heads / "subjects.npz", small_head({"subjects-8": 4}, seed=5))
    for name, labels in (("lcc", SHELVES), ("lcsh", HEADINGS), ("subjects-8", SHELVES)):
        (heads / f"labels_{name}.csv").write_text(labels, encoding="utf-8")
    facts = {"lcc": {"least": 0.01, "sure": {"class": 0.7, "subclass": 0.6}}, "lcsh": {"sure": {"heading": 0.9}}}
    (heads / "library.json").write_text(json.dumps(facts), encoding="utf-8")
    (heads / "subjects.json").write_text('{"subjects-8": {}}', encoding="utf-8")
    state(folder)
    return folder


def state(folder: Path, **stated: object) -> None:
    """Let the manifest state the heads as they are; of fields nothing was learnt, unless ``stated``."""
    facts = json.loads((BUILTIN / MANIFEST).read_text(encoding="utf-8"))
    files = {name: held for name, held in facts["files"].items() if not name.startswith("heads/")}
    heads = {f"heads/{path.name}": describe(path) for path in (folder / "heads").iterdir()}
    facts = facts | {"fields": None, "files": files | heads} | stated
    (folder / MANIFEST).write_text(json.dumps(facts), encoding="utf-8")
