"""What there is of each model at this moment: its entry, its state, its place and its last self-test."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from classmark_models.collection import Collection, ModelState
from classmark_models.errors import ModelMissing
from classmark_models.selftest import SelfTest
from classmark_models.spec import ModelSpec
from classmark_models.store import read_receipt


@dataclass(frozen=True, slots=True)
class Holding:
    """One model; ``size`` in bytes: of its files where they are here, else of those to fetch, 0 when not known."""

    spec: ModelSpec
    state: ModelState
    folder: Path | None
    size: int
    variant: str
    tested: SelfTest | None

    @property
    def is_ready(self) -> bool:
        """Whether it can be opened."""
        return self.state in {ModelState.READY, ModelState.SHARED}

    @property
    def is_classifier(self) -> bool:
        """Whether it tells subjects."""
        return self.spec.task != "masked-words"

    @property
    def is_builtin(self) -> bool:
        """Whether it came with Classmark and stays with it."""
        return self.spec.is_builtin


def look(collection: Collection) -> tuple[Holding, ...]:
    """Return all that is known or here; reads no weights. SpecInvalid when an entry cannot be understood."""
    return tuple(_holding(collection, spec) for spec in collection.specs().values())


def _holding(collection: Collection, spec: ModelSpec) -> Holding:
    state = collection.state(spec.id)
    folder = _folder(collection, spec, state)
    receipt = read_receipt(folder) if folder is not None else None
    size = sum(held.size for held in receipt.files.values()) if receipt else spec.approximate_size
    if spec.is_builtin:
        size = sum(held.size for held in collection.builtin_files(spec).values())
    variant = str(receipt.facts.get("variant", "")) if receipt else ""
    return Holding(spec, state, folder, size, variant, collection.selftest(spec.id))


def _folder(collection: Collection, spec: ModelSpec, state: ModelState) -> Path | None:
    if spec.is_builtin:
        return collection.folder(spec.id)
    name = spec.id
    with suppress(ModelMissing):
        match state:
            case ModelState.READY | ModelState.SHARED:
                return collection.ready.path(name)
            case ModelState.DAMAGED:
                return collection.ready.folder(name)
            case ModelState.NEWER:
                return collection.ready.newer().get(name)
            case ModelState.FETCHED:
                return collection.published.path(name)
            case ModelState.BEGUN:
                return collection.published.folder(name)
    return None
