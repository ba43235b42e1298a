"""The one door to all that can be done with models: the command line and the window go through it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from classmark_models.collection import Collection, ModelState
from classmark_models.errors import ModelError, ModelMissing, NetworkClosed, SpecInvalid, StoreError
from classmark_models.journal import Cause, Journal
from classmark_models.pack import MANIFEST
from classmark_models.selftest import SelfTest, selftest
from classmark_models.spec import BUILTIN_IDS, ModelSpec, check_id, write_spec
from classmark_models.store import Receipt, Store, is_whole, read_receipt, writing

# The hub and the converter are imported where they are used: whoever only reads models need not wait for them.
if TYPE_CHECKING:
    from classmark_models.hub import Token
    from classmark_models.hub.exports import Export
    from classmark_models.hub.transfer import Progress
    from classmark_models.prepare import Prepared


@dataclass(frozen=True, slots=True)
class Step:
    """What is being done, for a progress bar; a ``total`` of 0 is not known, ``speed`` is bytes a second."""

    what: str
    done: int = 0
    total: int = 0
    speed: float | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a person should know before a download; sizes in bytes.

    ``size`` is still to come, ``free`` is free at ``place``. ``licence`` may be NO_LICENCE, which the person is told.
    ``way`` is "export" (a quantized graph comes, and nothing is converted) or "convert".
    """

    size: int
    free: int
    place: Path
    licence: str
    source: str
    way: str


class Workshop:
    """Fetches, converts, proves, carries and removes the models of one collection."""

    def __init__(
        self,
        collection: Collection,
        journal: Journal,
        *,
        hub: str = "",
        exports: str = "",
        may_fetch: bool = True,
        progress: Callable[[Step], None] = lambda _: None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """Take where connections are written down, what ``Settings`` say of hubs, and whom to tell and to ask."""
        self._journal = journal
        self._collection, self._hub, self._exports, self._may_fetch = collection, hub, exports, may_fetch
        self._progress, self._should_stop = progress, should_stop
        self._repairs = Store(collection.root / "repairs")

    def estimate(self, name: str) -> Estimate:
        """Ask the hub what a fetch would bring; ModelMissing, NewerFormat, Interrupted, FetchError."""
        self._check_open()
        self._check_known(name)
        from classmark_models.hub import address, survey

        spec, store = self._collection.spec(name), self._collection.published
        cause = Cause(self._journal, "estimate", name)
        export = self._find_export(spec, cause)
        wanted, endpoint, token = (export.spec, export.endpoint, export.token) if export else (spec, self._hub, None)
        found = survey(
            wanted, store, endpoint=endpoint or None, token=token, should_stop=self._should_stop, cause=cause
        )
        repo = wanted.repo if wanted.repo in found.commits else next(iter(found.commits))
        source = f"{address(endpoint or None)}, {repo} at {found.commits[repo][:7]}"
        way = "export" if export else "convert"
        return Estimate(found.size, store.free_space(), self._collection.root, spec.licence, source, way)

    def fetch(self, name: str, *, keep: bool = False, variant: str | None = None) -> Prepared:
        """Make a model ready from what hubs have: a quantized graph, or else the published weights, converted here.

        What was begun is gone on with. ``variant`` asks for converting. What was fetched is removed at the end unless
        it shall be kept. Raises as ``hub.fetch`` and ``prepare``; the former model then stays as it is.
        """
        return self._make_ready(name, Cause(self._journal, "fetch", name), keep, variant)

    def _make_ready(self, name: str, cause: Cause, keep: bool, variant: str | None) -> Prepared:
        self._check_open()
        self._check_known(name)
        spec, store = self._collection.spec(name), self._collection.published
        export, refusal = None if variant else self._find_export(spec, cause), ""
        prepared = None
        if export:
            try:
                prepared = self._use(spec, export, cause)
            except StoreError:
                raise
            except ModelError as error:
                if export.spec == spec:
                    raise
                refusal = f"The graph in {export.spec.repo} was not used, and the model was converted here. {error}"
        if prepared is None:
            prepared = self._prepare(spec, self._fetch(spec, store, cause), variant)
        if not keep:
            store.remove(name)
        return replace(prepared, notes=(refusal, *prepared.notes)) if refusal else prepared

    def add(self, repo: str, name: str = "") -> ModelSpec:
        """Put a model of the hub, given by the name of its repo, into the person's catalogue, and return its entry.

        Only its description is fetched. Raises ModelError with the reason when it cannot be used; Interrupted.
        """
        self._check_open()
        from classmark_models.hub.repos import find_repo

        cause = Cause(self._journal, "add", repo)
        spec = find_repo(repo, name=name, endpoint=self._hub or None, should_stop=self._should_stop, cause=cause)
        known = self._collection.specs().get(spec.id)
        if known is not None and known.repo != spec.repo:
            raise SpecInvalid(f"There is a model {spec.id} already, “{known.title}”. Give this one another id.")
        if known is not None and not (self._collection.entries / f"{spec.id}.toml").exists():
            raise SpecInvalid(f"That model is in the catalogue already, as {spec.id}.")
        with writing(self._collection.entries):
            self._collection.entries.mkdir(parents=True, exist_ok=True)
            write_spec(spec, self._collection.entries / f"{spec.id}.toml")
        return spec

    def convert(self, name: str, folder: Path | None = None, *, variant: str | None = None) -> Prepared:
        """Convert published files that are here already: in a folder, or fetched before and kept.

        Raises as ``prepare``, which leaves them as they are.
        """
        spec = self._collection.spec(name)
        return self._prepare(spec, folder or self._collection.published.path(name), variant)

    def selftest(self, name: str) -> SelfTest:
        """Compare a ready model with its reference answers, measure its speed here, and keep what was found.

        Raises Interrupted, ModelMissing, ModelDamaged.
        """
        tested = selftest(self._collection.folder(name), progress=self._told, should_stop=self._should_stop)
        self._collection.record(name, tested)
        return tested

    def verify(self, name: str) -> tuple[str, ...]:
        """Compare each file of a model with its sha256; return the paths of those that differ.

        Raises ModelMissing when nothing of the model is here.
        """
        if name in BUILTIN_IDS:
            folder, files = self._collection.folder(name), self._collection.builtin_files(self._collection.spec(name))
            return tuple(path for path, held in files.items() if not is_whole(folder / path, held))
        for store in (self._collection.ready, self._collection.published):
            with suppress(ModelMissing):
                return store.verify(name)
        if self._collection.state(name) is ModelState.DAMAGED:
            return (MANIFEST,)
        raise ModelMissing(f"Nothing of {name} is here yet. Fetch it first.")

    def repair(self, name: str) -> tuple[str, ...]:
        """Put right what ``verify`` finds, and return it: bad files alone are fetched, and converted where need be.

        Raises as ``fetch``, and StoreError when the model is another's to repair.
        """
        bad = self.verify(name)
        if not bad:
            return ()
        if name in BUILTIN_IDS:
            raise StoreError("The built-in model is damaged. Install Classmark again.")
        ready = self._collection.ready
        if any((place / name).exists() for place in ready.shared) and not ready.folder(name).exists():
            raise StoreError(f"The model {name} lies in a shared folder; only its keeper can repair it there.")
        self._check_open()
        receipt = read_receipt(ready.folder(name))
        cause = Cause(self._journal, "repair", name)
        if not ready.folder(name).exists():
            self._fetch(self._collection.spec(name), self._collection.published, cause)
        elif receipt is None or not self._bring_back(receipt, bad, cause):
            from classmark_models.convert import LADDER

            variant = receipt.facts.get("variant") if receipt else None
            self._make_ready(name, cause, False, variant if variant in LADDER else None)
        return bad

    def remove(self, name: str) -> None:
        """Remove all of a model that lies in our own folder, and what the person added of it to the catalogue.

        Raises ModelMissing when nothing is here, StoreError when it cannot be removed.
        """
        if name in BUILTIN_IDS:
            raise StoreError("The built-in model comes with Classmark and stays with it.")
        entry = self._collection.entries / f"{check_id(name)}.toml"
        stores = (self._collection.ready, self._collection.published, self._repairs)
        own = [store for store in stores if store.folder(name).exists()]
        if not own and not entry.exists():
            # Refuses what lies in a shared folder.
            self._collection.ready.remove(name)
            raise ModelMissing(f"There is nothing of {name} to remove.")
        for store in own:
            store.remove(name)
        for left in (entry, self._collection.root / "selftests" / f"{name}.json"):
            left.unlink(missing_ok=True)

    def _check_known(self, name: str) -> None:
        """Raise NewerFormat, before anything is fetched, where a newer Classmark made what is here of a model."""
        for store in (self._collection.ready, self._collection.published):
            store.check_known(name)

    def _check_open(self) -> None:
        """Raise NetworkClosed where no hub may be asked: called by all that would ask one, before it begins."""
        if not self._may_fetch:
            raise NetworkClosed(
                "Nothing is fetched here: the setting network is “never”. Import the model from a suitcase, or convert "
                "its published files from a folder."
            )

    def _fetch(
        self, spec: ModelSpec, store: Store, cause: Cause, endpoint: str | None = None, token: Token = None
    ) -> Path:
        from classmark_models.hub import fetch

        return fetch(
            spec,
            store,
            endpoint=endpoint or self._hub or None,
            token=token,
            progress=self._told_of_bytes,
            should_stop=self._should_stop,
            cause=cause,
        )

    def _bring_back(self, receipt: Receipt, bad: Sequence[str], cause: Cause) -> bool:
        """Fetch files that a ready model has as they were published; False where that is not known of all."""
        spec, store = self._collection.spec(receipt.id), self._repairs
        export = self._find_export(spec, cause) if receipt.facts.get("origin") == "export" else None
        spec = export.spec if export else spec
        named = receipt.facts.get("published")
        published = named if isinstance(named, dict) else {}
        wanted = {
            path: replace(file, commit=receipt.commits[file.repo])
            for path in bad
            for file in spec.files
            if file.path == published.get(path) and file.repo in receipt.commits
        }
        if wanted.keys() != set(bad):
            return False
        source = (export.endpoint, export.token) if export else (None, None)
        folder = self._fetch(replace(spec, files=tuple(wanted.values())), store, cause, *source)
        if not all(is_whole(folder / file.path, receipt.files[path]) for path, file in wanted.items()):
            return False
        place = self._collection.ready.folder(receipt.id)
        with writing(place):
            for path, file in wanted.items():
                (folder / file.path).replace(place / path)
        store.remove(receipt.id)
        return True

    def import_suitcase(self, path: Path) -> str:
        """Take in the model that a suitcase holds, each file proved and the model tested, and return its id.

        Raises SuitcaseRefused, which names the fault; Interrupted, StoreError and DiskFull.
        """
        from classmark_models.carry.suitcase import read_suitcase

        return read_suitcase(path, self._collection, self._told, self._should_stop)

    def export_suitcase(self, name: str, path: Path) -> Path:
        """Write a ready model to one file, and return its path.

        Raises ModelMissing, ModelDamaged, Interrupted, StoreError and DiskFull; the file is then as it was.
        """
        from classmark_models.carry.suitcase import write_suitcase

        write_suitcase(self._collection.ready.path(name), path, self._told, self._should_stop)
        return path

    def export_hub_layout(self, name: str, folder: Path) -> Path:
        """Write a ready model to a new folder as hubs have it, fit to be put on one, and return that folder.

        Raises ModelMissing, ModelDamaged, StoreError and DiskFull.
        """
        from classmark_models.carry.hub_layout import write_hub_layout

        return write_hub_layout(self._collection.ready.path(name), folder)

    def _find_export(self, spec: ModelSpec, cause: Cause) -> Export | None:
        from classmark_models.hub.exports import find_export

        return find_export(
            spec, exports=self._exports, endpoint=self._hub or None, should_stop=self._should_stop, cause=cause
        )

    def _use(self, spec: ModelSpec, export: Export, cause: Cause) -> Prepared:
        from classmark_models.carry.unpack import prepare_export

        self._fetch(export.spec, self._collection.published, cause, export.endpoint, export.token)
        return prepare_export(spec, export, self._collection, progress=self._told, should_stop=self._should_stop)

    def _prepare(self, spec: ModelSpec, folder: Path, variant: str | None) -> Prepared:
        from classmark_models.prepare import prepare

        return prepare(
            spec, folder, self._collection, variant=variant, progress=self._told, should_stop=self._should_stop
        )

    def _told(self, what: str, done: int, total: int) -> None:
        self._progress(Step(what, done, total))

    def _told_of_bytes(self, progress: Progress) -> None:
        self._progress(Step(f"Fetching {progress.path}", progress.done, progress.total, progress.speed))
