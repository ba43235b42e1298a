"""The one door to all that can be done with models: the command line and the window go through it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from classmark_models.collection import Collection
from classmark_models.errors import ModelMissing, StoreError
from classmark_models.pack import BUILTIN, open_pack
from classmark_models.spec import BUILTIN_ID, check_id
from classmark_models.store import Held, is_whole


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

    def verify(self, name: str) -> tuple[str, ...]:
        """Compare each file of a model with its sha256; return the paths of those that differ.

        Raises ModelMissing when nothing of the model is here.
        """
        if name == BUILTIN_ID:
            stated = open_pack(BUILTIN).fact("files")
            whole = {
                path: is_whole(BUILTIN / path, Held(fact["bytes"], fact["sha256"])) for path, fact in stated.items()
            }
            return tuple(path for path in whole if not whole[path])
        try:
            return self._collection.ready.verify(name)
        except ModelMissing:
            return self._collection.published.verify(name)

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
        entry.unlink(missing_ok=True)
