"""Tiny models on a hub of our own, and what a person's catalogue knows of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from tests.models.hub_server import Hub, Repo
from tests.models.ready_packs import NAMES, tiny_masked_spec, tiny_spec, write_published

from classmark_models.spec import NO_LICENCE, ModelFile, ModelSpec, write_spec

COMMIT = "1" * 40
TITLE = "The doctor and the drug for the patient"
ABSTRACT = "Cell and protein of the patient, by the doctor. The drug is new, and the pain was long."


@dataclass(frozen=True)
class World:
    """A hub that has ``tiny`` (six newsgroups), ``tiny-flat`` (subjects without a hierarchy) and ``tiny-masks``."""

    hub: Hub
    entries: dict[str, ModelSpec]
    published: Path

    def know(self, home: Path) -> None:
        """Put the tiny models into the catalogue of whoever lives there."""
        folder = home / "models" / "catalogue"
        folder.mkdir(parents=True)
        for name, spec in self.entries.items():
            write_spec(spec, folder / f"{name}.toml")


def make_world(hub: Hub, folder: Path) -> World:
    """Write the tiny models as they are published, and put them on the hub."""
    entries = {}
    names = "names = [" + ", ".join(f'"subject {place}"' for place in range(len(NAMES))) + "]"
    flat, masks = tiny_spec("tiny-flat", labels=names), replace(tiny_masked_spec(), licence=NO_LICENCE)
    for spec in (tiny_spec(), flat, masks):
        repo, place = f"library/{spec.id}", write_published(folder / spec.id, spec)
        files = {path.name: path for path in sorted(place.iterdir())}
        hub.repos[repo] = Repo({COMMIT: dict(files)}, frozenset({"model.safetensors"}))
        known = tuple(ModelFile(name, repo, COMMIT, None, None, None, optional=False) for name in files)
        entries[spec.id] = replace(spec, repo=repo, commit=COMMIT, files=known)
    return World(hub, entries, folder)
