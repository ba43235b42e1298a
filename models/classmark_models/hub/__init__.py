"""Fetching a published model into the store, when a person asks: the only module that opens a socket.

huggingface_hub asks for what is in a repo, finds tokens, proxies and mirrors, and knows the hub's faults. Its own
downloader cannot be paused and keeps its state beside the files, so the bytes are streamed here, with its session.
Where a ``cause`` is given, each connection is written into its journal first; StoreError when that cannot be done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from classmark_models.errors import DiskFull, NotPublished, StoreError
from classmark_models.hub.line import Hub, Patience, Token
from classmark_models.hub.listing import Listing, Offered
from classmark_models.hub.transfer import Meter, Progress, Wanted, size_of
from classmark_models.journal import Cause
from classmark_models.spec import ModelSpec, check_id
from classmark_models.store import Receipt, Store, read_receipt, writing

__all__ = [
    "PATIENT",
    "Listing",
    "Offered",
    "Patience",
    "Survey",
    "Token",
    "address",
    "fetch",
    "look",
    "repair",
    "survey",
]

PATIENT = Patience()
SMALL = 16 << 20
"""Bytes; what is read before a person decides is no larger."""
_SPARE = 64 << 20


def fetch(
    spec: ModelSpec,
    store: Store,
    *,
    endpoint: str | None = None,
    token: Token = None,
    progress: Callable[[Progress], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
    patience: Patience = PATIENT,
    cause: Cause | None = None,
) -> Path:
    """Fetch what is missing or bad of a model, and return its folder; a whole model costs one question to the hub.

    Asks ``HF_ENDPOINT`` unless an ``endpoint`` is given, with the token of the usual place unless one is given; False
    sends none. What was begun, by this process or another, is gone on with: to pause, stop, and to go on, fetch again;
    ``Store.discard_parts`` drops it. On a silent line a stop is noticed after ``patience.timeout``.

    Raises Interrupted, FetchError, StoreError and DiskFull; the model is then not installed, or still the old one.
    The protocol is that of https://huggingface.co/docs/hub/api.
    """
    with _asking(endpoint, token, should_stop, patience, cause) as hub:
        _complete(hub, spec, store, progress)
    return store.folder(spec.id)


def repair(
    spec: ModelSpec,
    store: Store,
    *,
    endpoint: str | None = None,
    token: Token = None,
    progress: Callable[[Progress], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
    patience: Patience = PATIENT,
    cause: Cause | None = None,
) -> tuple[str, ...]:
    """Do as ``fetch`` does, and return the paths that were missing or bad and are now right.

    Every file is compared with what the hub states of it; no good one is fetched again, though the receipt be gone.
    """
    with _asking(endpoint, token, should_stop, patience, cause) as hub:
        return _complete(hub, spec, store, progress)


@dataclass(frozen=True, slots=True)
class Survey:
    """What a fetch would bring: bytes to come, and full commits by repo."""

    size: int
    commits: Mapping[str, str]


def survey(
    spec: ModelSpec,
    store: Store,
    *,
    endpoint: str | None = None,
    token: Token = None,
    should_stop: Callable[[], bool] = lambda: False,
    patience: Patience = PATIENT,
    cause: Cause | None = None,
) -> Survey:
    """Ask the hub what ``fetch`` would have to bring; a file that is there with the stated size counts as whole.

    Reads and writes no file of the model. Raises Interrupted and FetchError.
    """
    _check_published(spec)
    with _asking(endpoint, token, should_stop, patience, cause) as hub:
        folder = store.folder(spec.id)
        commits, wanted = hub.plan(spec, _receipt(spec, folder))
    missing = [file for file in wanted if size_of(folder / file.path) != file.size]
    return Survey(_to_come(missing, folder), commits)


def look(
    repo: str,
    *,
    commit: str = "",
    names: Sequence[str] = (),
    into: Path = Path(),
    endpoint: str | None = None,
    token: Token = None,
    should_stop: Callable[[], bool] = lambda: False,
    patience: Patience = PATIENT,
    cause: Cause | None = None,
) -> Listing:
    """Ask what a repo holds, and put those of its small files that are in ``names`` ``into`` a folder, proved.

    A ``commit`` may be a beginning of one; without it the newest is taken. A file of more than ``SMALL`` bytes is left
    out. Raises Interrupted, FetchError, StoreError and DiskFull.
    """
    with _asking(endpoint, token, should_stop, patience, cause) as hub:
        listing = hub.listing(repo, commit)
        for name in names:
            if name in listing.files and listing.files[name].size <= SMALL:
                hub.obtain(listing.wanted(name), into, Meter(lambda _: None, 0))
    return listing


def address(endpoint: str | None = None) -> str:
    """Return the address of the hub that is asked: ``endpoint``, or else that of the surroundings."""
    from huggingface_hub import constants

    return (endpoint or str(constants.ENDPOINT)).rstrip("/")


def _complete(hub: Hub, spec: ModelSpec, store: Store, progress: Callable[[Progress], None]) -> tuple[str, ...]:
    """Make a model whole and return the paths of what came for it."""
    _check_published(spec)
    store.check_known(spec.id)
    folder = store.folder(spec.id)
    with _claim(store, spec.id):
        before = _receipt(spec, folder)
        commits, wanted = hub.plan(spec, before)
        with writing(folder):
            held = {file.path: whole for file in wanted if (whole := file.found_in(folder / file.path))}
        missing = [file for file in wanted if file.path not in held]
        _make_room(store, missing, folder)
        # From here until the new receipt nobody takes the model for whole.
        if before is None or before.commits != commits:
            store.forget(spec.id)
        with writing(folder):
            for file in missing:
                (folder / file.path).unlink(missing_ok=True)
        meter = Meter(progress, sum(file.size for file in wanted))
        meter.skip(sum(whole.size for whole in held.values()))
        for file in missing:
            held[file.path] = hub.obtain(file, folder, meter)
        store.record(Receipt(spec.id, commits, {file.path: held[file.path] for file in wanted}))
    return tuple(file.path for file in missing)


def _check_published(spec: ModelSpec) -> None:
    check_id(spec.id)
    if not spec.files:
        raise NotPublished(f"The weights of “{spec.title}” are not published. Import a file of them instead.")


def _receipt(spec: ModelSpec, folder: Path) -> Receipt | None:
    found = read_receipt(folder)
    return found if found is not None and found.id == spec.id else None


@contextmanager
def _asking(
    endpoint: str | None, token: Token, should_stop: Callable[[], bool], patience: Patience, cause: Cause | None
) -> Iterator[Hub]:
    hub = Hub(endpoint, token, should_stop, patience, cause)
    try:
        yield hub
    finally:
        hub.close()


@contextmanager
def _claim(store: Store, name: str) -> Iterator[None]:
    """Keep a second Classmark from writing to the same files."""
    from huggingface_hub.utils import WeakFileLock

    lock = store.root / f"{name}.lock"
    with ExitStack() as claims:
        with writing(store.root):
            store.folder(name).mkdir(parents=True, exist_ok=True)
            try:
                claims.enter_context(WeakFileLock(lock, timeout=0.1))
            except TimeoutError as error:
                raise StoreError(f"Another Classmark is fetching {name} just now ({lock}). Wait for it.") from error
        yield


def _make_room(store: Store, missing: list[Wanted], folder: Path) -> None:
    needed = _to_come(missing, folder)
    if needed and needed + _SPARE > store.free_space():
        raise DiskFull(
            f"{needed / 1e6:,.0f} MB are still to come, and {store.free_space() / 1e6:,.0f} MB are free where "
            f"{store.root} is. Make room, then go on."
        )


def _to_come(missing: list[Wanted], folder: Path) -> int:
    return sum(file.size - min(file.size, size_of(file.part(folder))) for file in missing)
