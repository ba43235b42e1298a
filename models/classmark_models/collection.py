"""The models of one person: what the catalogue knows of, what is ready for work, what was fetched."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from classmark_models.classifier import Classifier
from classmark_models.errors import ModelMissing, ModelUnsupported, NewerFormat, SpecInvalid
from classmark_models.pack import MANIFEST, SPEC, open_pack
from classmark_models.published.classifier import PublishedClassifier
from classmark_models.published.fill_mask import FillMask
from classmark_models.reading_desk import ReadingDesk
from classmark_models.selftest import SelfTest, read_record, write_record
from classmark_models.spec import BUILTIN_ID, BUILTIN_IDS, CATALOGUE, ModelSpec, check_id, read_catalogue, read_spec
from classmark_models.store import Held, Store
from classmark_models.trained import HEADS, TrainedClassifier, head_files
from classmark_models.zero_shot import ZeroShotClassifier


class ModelState(StrEnum):
    """How far a model is from being ready for work."""

    READY = "ready"
    """Ready, in our own folder; the built-in models are always."""
    SHARED = "shared"
    """Ready, in a shared folder."""
    DAMAGED = "damaged"
    """Of a ready model files are missing or have another size; repair it, or prepare it again."""
    NEWER = "newer"
    """A newer Classmark made what is here; this one cannot read it, and leaves it alone."""
    FETCHED = "fetched"
    """The published files are here, not converted yet."""
    BEGUN = "begun"
    """A download was begun."""
    KNOWN = "known"
    """Nothing is here but the entry of the catalogue."""


def open_builtin(workers: int | None = None) -> Classifier:
    """Load the model that comes with Classmark.

    ``workers``, the number of windows computed at once, defaults to the number of processors, four at the most.
    Raises ModelMissing, ModelDamaged.
    """
    desk = ReadingDesk()
    return ZeroShotClassifier(open_pack(desk.folder), desk, workers or _usual_workers())


def _usual_workers() -> int:
    return min(os.cpu_count() or 1, 4)


class Collection:
    """Ready models (``ready``), published files on their way to become ones (``published``), and the catalogue.

    A ready model's folder is a pack, whichever way it came: converted, imported from a suitcase, or fetched as an
    export. The person's own entries of the catalogue lie in ``entries``.
    """

    def __init__(self, root: Path, shared: Sequence[Path] = (), desk: ReadingDesk | None = None) -> None:
        """Take the folder to write to, which need not exist, and shared ones of the same layout, only read.

        The built-in models read at ``desk``: collections that share one open the encoder once, and read a document
        once.
        """
        self.desk = desk or ReadingDesk()
        self.root = root
        self.ready = Store(root / "ready", [place / "ready" for place in shared])
        self.published = Store(root / "published", [place / "published" for place in shared])
        self.entries = root / "catalogue"

    def specs(self) -> dict[str, ModelSpec]:
        """Return what is known of each model, by id: the built-in ones, the catalogue's, then others that are here.

        Those tell of themselves. SpecInvalid when an entry of the catalogue cannot be understood; an imported model
        with such an entry is left out.
        """
        catalogue = read_catalogue()
        builtin = {name: catalogue.pop(name) for name in BUILTIN_IDS}
        own = {name: spec for name, spec in read_catalogue(self.entries).items() if name not in builtin}
        known = catalogue | own
        others: dict[str, ModelSpec] = {}
        here = {name: self.ready.path(name) for name in self.ready.names()} | self.ready.newer()
        for name in sorted(here):
            if name not in known | builtin:
                with suppress(SpecInvalid):
                    others[name] = read_spec(here[name] / SPEC, name)
        return {name: spec for name, spec in builtin.items() if self._is_there(spec)} | known | others

    def state(self, name: str) -> ModelState:
        """Return how far a model is; reads no weights. ModelMissing when nothing is known of it."""
        if name in BUILTIN_IDS and self._is_there(read_spec(CATALOGUE / f"{name}.toml")):
            return ModelState.READY
        try:
            own = self.ready.path(name) == self.ready.folder(name)
            return ModelState.READY if own else ModelState.SHARED
        except NewerFormat:
            return ModelState.NEWER
        except ModelMissing:
            pass
        if any((place / name / MANIFEST).exists() for place in (self.ready.root, *self.ready.shared)):
            return ModelState.DAMAGED
        try:
            self.published.path(name)
            return ModelState.FETCHED
        except NewerFormat:
            return ModelState.NEWER
        except ModelMissing:
            pass
        self.spec(name)
        begun = self.published.folder(name)
        return ModelState.BEGUN if begun.exists() and any(begun.iterdir()) else ModelState.KNOWN

    def folder(self, name: str) -> Path:
        """Return the folder of a model that is ready, the built-in ones' too; ModelMissing when it is not."""
        return self.desk.folder if name in BUILTIN_IDS else self.ready.path(name)

    def builtin_files(self, spec: ModelSpec) -> Mapping[str, Held]:
        """Return the files of a built-in model, below their folder; those that all of them need are the first one's.

        Raises ModelMissing, ModelDamaged.
        """
        stated = open_pack(self.desk.folder).fact("files")
        own = [path for path in stated if not path.startswith(f"{HEADS}/")]
        paths = head_files(spec) if spec.head else own
        return {path: Held(stated[path]["bytes"], stated[path]["sha256"]) for path in paths if path in stated}

    def record(self, name: str, tested: SelfTest) -> None:
        """Keep what a self-test of an installed model found on this computer; StoreError, ModelMissing."""
        write_record(self._record(name), self.folder(name), tested)

    def selftest(self, name: str) -> SelfTest | None:
        """Return the last self-test of an installed model; None unless made here, and with its files as they are."""
        with suppress(ModelMissing, NewerFormat):
            return read_record(self._record(name), self.folder(name))
        return None

    def spec(self, name: str) -> ModelSpec:
        """Return what is known of one model; ModelMissing when nothing is."""
        specs = self.specs()
        if name not in specs:
            raise ModelMissing(f"There is no model {name} in the catalogue; there are {', '.join(specs)}.")
        return specs[name]

    def open(self, name: str, workers: int | None = None) -> Classifier:
        """Load a model; ``workers`` by default as its self-test here found best, or as for ``open_builtin``.

        Raises ModelMissing, ModelDamaged, and ModelUnsupported for a model that tells no subjects.
        """
        tested = self.selftest(name)
        workers = workers or (tested.workers if tested else None)
        if name in BUILTIN_IDS:
            pack, workers = open_pack(self.desk.folder), workers or _usual_workers()
            if name == BUILTIN_ID:
                return ZeroShotClassifier(pack, self.desk, workers)
            return TrainedClassifier(pack, self.spec(name), self.desk, workers)
        pack = open_pack(self.ready.path(name))
        if pack.fact("task") != "classification":
            raise ModelUnsupported(f"{name} tells no subjects: it is made for {pack.fact('task')}.")
        return PublishedClassifier(pack, workers or _usual_workers())

    def open_fill_mask(self, name: str) -> FillMask:
        """Load a model that fills masks; errors as for ``open``."""
        pack = open_pack(self.ready.path(name))
        if pack.fact("task") != "masked-words":
            raise ModelUnsupported(f"{name} fills no masks: it is made for {pack.fact('task')}.")
        return FillMask(pack)

    def _is_there(self, builtin: ModelSpec) -> bool:
        """Tell whether the pack holds what a built-in model learnt, if it learnt anything."""
        return not builtin.head or all((self.desk.folder / path).is_file() for path in head_files(builtin))

    def _record(self, name: str) -> Path:
        # The built-in models share an encoder, and with it one test.
        return self.root / "selftests" / f"{BUILTIN_ID if name in BUILTIN_IDS else check_id(name)}.json"
