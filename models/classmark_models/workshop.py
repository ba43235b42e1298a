"""The one door to all that can be done with models: the command line and the window go through it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from classmark_models.collection import Collection, ModelState
from classmark_models.errors import ModelMissing, StoreError
from classmark_models.pack import BUILTIN, MANIFEST, open_pack
from classmark_models.selftest import SelfTest, selftest
from classmark_models.spec import BUILTIN_ID, ModelSpec, check_id
from classmark_models.store import Held, Receipt, Store, is_whole, read_receipt, writing
from classmark_models.transfer import Progress

# The hub and the converter are imported where they are used: whoever only reads models need not wait for them.
if TYPE_CHECKING:
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
        *,
        hub: str = "",
        exports: str = "",
        progress: Callable[[Step], None] = lambda _: None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """Take the addresses of ``Settings``, and whom to tell and to ask at each step."""
        self._collection, self._hub, self._exports = collection, hub, exports
        self._progress, self._should_stop = progress, should_stop

    def estimate(self, name: str) -> Estimate:
        """Ask the hub what a fetch would bring; ModelMissing, Interrupted, FetchError."""
        from classmark_models.hub import survey

        spec, store = self._collection.spec(name), self._collection.published
        found = survey(spec, store, endpoint=self._hub or None, should_stop=self._should_stop)
        repo, commit = next(iter(found.commits.items()))
        source = f"{repo} {commit[:7]}"
        return Estimate(found.size, store.free_space(), store.root.parent, spec.licence, source, "convert")

    def fetch(self, name: str, *, keep: bool = False, variant: str | None = None) -> Prepared:
        """Fetch a model, convert it, prove it and put it among the ready ones; what was begun is gone on with.

        The published files are removed at the end unless they shall be kept. Raises as ``hub.fetch`` and ``prepare``.
        """
        spec = self._collection.spec(name)
        prepared = self._prepare(spec, self._fetch(spec, self._collection.published), variant)
        if not keep:
            self._collection.published.remove(name)
        return prepared

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
        tested = selftest(self._collection.ready.path(name), progress=self._told, should_stop=self._should_stop)
        self._collection.record(name, tested)
        return tested

    def verify(self, name: str) -> tuple[str, ...]:
        """Compare each file of a model with its sha256; return the paths of those that differ.

        Raises ModelMissing when nothing of the model is here.
        """
        if name == BUILTIN_ID:
            files = {
                path: Held(each["bytes"], each["sha256"]) for path, each in open_pack(BUILTIN).fact("files").items()
            }
            return tuple(path for path, held in files.items() if not is_whole(BUILTIN / path, held))
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
        if name == BUILTIN_ID:
            raise StoreError("The built-in model is damaged. Install Classmark again.")
        ready = self._collection.ready
        if any((place / name).exists() for place in ready.shared) and not ready.folder(name).exists():
            raise StoreError(f"The model {name} lies in a shared folder; only its keeper can repair it there.")
        receipt = read_receipt(ready.folder(name))
        if not ready.folder(name).exists():
            self._fetch(self._collection.spec(name), self._collection.published)
        elif receipt is None or not self._bring_back(receipt, bad):
            from classmark_models.prepare import LADDER

            variant = receipt.facts.get("variant") if receipt else None
            self.fetch(name, variant=variant if variant in LADDER else None)
        return bad

    def remove(self, name: str) -> None:
        """Remove all of a model that lies in our own folder, and what the person added of it to the catalogue.

        Raises ModelMissing when nothing is here, StoreError when it cannot be removed.
        """
        if name == BUILTIN_ID:
            raise StoreError("The built-in model comes with Classmark and stays with it.")
        entry = self._collection.entries / f"{check_id(name)}.toml"
        stores = (self._collection.ready, self._collection.published)
        if not entry.exists() and not any(
            (place / name).exists() for each in stores for place in (each.root, *each.shared)
        ):
            raise ModelMissing(f"There is nothing of {name} to remove.")
        for store in stores:
            store.remove(name)
        for left in (entry, self._collection.root / "selftests" / f"{name}.json"):
            left.unlink(missing_ok=True)

    def _fetch(self, spec: ModelSpec, store: Store) -> Path:
        from classmark_models.hub import fetch

        endpoint = self._hub or None
        return fetch(spec, store, endpoint=endpoint, progress=self._told_of_bytes, should_stop=self._should_stop)

    def _bring_back(self, receipt: Receipt, bad: Sequence[str]) -> bool:
        """Fetch files that a ready model has as they were published; False where that is not known of all."""
        spec, store = self._collection.spec(receipt.id), Store(self._collection.root / "repairs")
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
        folder = self._fetch(replace(spec, files=tuple(wanted.values())), store)
        if not all(is_whole(folder / file.path, receipt.files[path]) for path, file in wanted.items()):
            return False
        place = self._collection.ready.folder(receipt.id)
        with writing(place):
            for path, file in wanted.items():
                (folder / file.path).replace(place / path)
        store.remove(receipt.id)
        return True

    def _prepare(self, spec: ModelSpec, folder: Path, variant: str | None) -> Prepared:
        from classmark_models.prepare import prepare

        return prepare(
            spec, folder, self._collection, variant=variant, progress=self._told, should_stop=self._should_stop
        )

    def _told(self, what: str, done: int, total: int) -> None:
        self._progress(Step(what, done, total))

    def _told_of_bytes(self, progress: Progress) -> None:
        self._progress(Step(f"Fetching {progress.path}", progress.done, progress.total, progress.speed))
