"""Fetching a published model into the store, when a person asks: the only module that opens a socket.

huggingface_hub asks for what is in a repo, finds tokens, proxies and mirrors, and knows the hub's faults. Its own
downloader cannot be paused and keeps its state beside the files, so the bytes are streamed here, with its session.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from classmark_models.errors import (
    AccessRefused,
    DiskFull,
    FetchError,
    HubFailed,
    Interrupted,
    LineBroken,
    NoNetwork,
    NotPublished,
    Stalled,
    StoreError,
    TooManyRequests,
    WrongBytes,
)
from classmark_models.spec import ModelSpec, check_id
from classmark_models.store import Held, Receipt, Store, read_receipt, writing
from classmark_models.transfer import Meter, Progress, Wanted, size_of

if TYPE_CHECKING:
    import httpx2

_COMMIT = re.compile(r"[0-9a-f]{40}")
_DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SPARE = 64 << 20
_MOST_PAGES = 40
_Answer = TypeVar("_Answer")
_Listing = dict[str, tuple[int, str | None, str | None]]
"""Size, sha256 and git object id of each file of a repo, by path."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to put up with a bad line; seconds.

    A silence of ``timeout`` counts as stalled. After ``tries`` failures without a new byte the fetch gives up, with
    waits of ``wait``, twice that, and so on between them; it never waits longer than ``longest`` though the hub ask.
    """

    timeout: float = 10.0
    tries: int = 5
    wait: float = 1.0
    longest: float = 60.0


def fetch(
    spec: ModelSpec,
    store: Store,
    *,
    endpoint: str | None = None,
    token: str | Literal[False] | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
    patience: Patience = Patience(),
) -> Path:
    """Fetch what is missing or bad of a model, and return its folder; a whole model costs one question to the hub.

    Asks ``HF_ENDPOINT`` unless an ``endpoint`` is given, with the token of the usual place unless one is given; False
    sends none. What was begun, by this process or another, is gone on with: to pause, stop, and to go on, fetch again;
    ``Store.discard_parts`` drops it. On a silent line a stop is noticed after ``patience.timeout``.

    Raises Interrupted, FetchError, StoreError and DiskFull; the model is then not installed, or still the old one.
    The protocol is that of https://huggingface.co/docs/hub/api.
    """
    check_id(spec.id)
    if not spec.files:
        raise NotPublished(f"The weights of “{spec.title}” are not published. Import a file of them instead.")
    folder = store.folder(spec.id)
    hub = _Hub(endpoint, token, should_stop, patience)
    try:
        with _claim(store, spec.id):
            found = read_receipt(folder)
            before = found if found is not None and found.id == spec.id else None
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
    finally:
        hub.close()
    return folder


class _Hub:
    """One hub, asked with patience."""

    def __init__(
        self,
        endpoint: str | None,
        token: str | Literal[False] | None,
        should_stop: Callable[[], bool],
        patience: Patience,
    ) -> None:
        from huggingface_hub import HfApi, constants

        # It would ask huggingface.co, whatever the endpoint, for a list to name the program's surroundings with.
        constants.HF_HUB_DISABLE_TELEMETRY = True
        self._api = HfApi(endpoint=endpoint.rstrip("/") if endpoint else None, token=token, library_name="classmark")
        self._endpoint, self._token = self._api.endpoint, token
        self._should_stop, self._patience = should_stop, patience

    def close(self) -> None:
        """Leave no connection open."""
        from huggingface_hub import close_session

        close_session()

    def plan(self, spec: ModelSpec, receipt: Receipt | None) -> tuple[dict[str, str], list[Wanted]]:
        """Return full commits by repo, and the files to have; what a receipt has recorded stays as it was."""
        pins = receipt.commits if receipt else {}
        commits: dict[str, str] = {}
        listings: dict[str, _Listing] = {}
        wanted = []
        for file in spec.files:
            if file.repo not in commits:
                pin = pins.get(file.repo, "")
                known = pin if _COMMIT.fullmatch(pin) and pin.startswith(file.commit) else file.commit
                commits[file.repo], listings[file.repo] = self._listing(file.repo, known)
            if file.path not in listings[file.repo]:
                if file.optional:
                    continue
                raise NotPublished(f"{file.path} is not in {file.repo} on {self._endpoint}.")
            commit = commits[file.repo]
            size, sha256, git = listings[file.repo][file.path]
            held = receipt.files.get(file.path) if receipt and pins.get(file.repo) == commit else None
            pinned = file.sha256 or (held.sha256 if held else None)
            if file.size not in (None, size) or (None not in (sha256, pinned) and sha256 != pinned):
                raise WrongBytes(f"{self._endpoint} offers another {file.path} than the one that Classmark knows.")
            wanted.append(Wanted(file.path, file.repo, commit, size, sha256 or pinned, git))
        return commits, wanted

    def obtain(self, file: Wanted, folder: Path, meter: Meter) -> Held:
        """Download a file, prove it and put it in its place."""
        part = file.part(folder)
        while True:
            begun_before = part.exists()
            with writing(folder):
                part.parent.mkdir(parents=True, exist_ok=True)
                if size_of(part) > file.size:
                    part.unlink()
            meter.begin(file.path, size_of(part))
            go_on = partial(self._go_on, file, part, meter)
            self._persist(file.path, go_on, self._patience.tries, partial(size_of, part))
            with writing(folder):
                found = file.found_in(part)
                if found is not None:
                    part.replace(folder / file.path)
                    return found
                meter.skip(-size_of(part))
                part.unlink(missing_ok=True)
            if not begun_before:
                raise WrongBytes(f"What {self._endpoint} sent as {file.path} is not what was published. Try later.")

    def _go_on(self, file: Wanted, part: Path, meter: Meter) -> None:
        from huggingface_hub import get_session, hf_hub_url, hf_raise_for_status
        from huggingface_hub.utils import build_hf_headers

        have = size_of(part)
        if have == file.size and part.exists():
            return
        url = hf_hub_url(file.repo, file.path, revision=file.commit, endpoint=self._endpoint)
        headers = build_hf_headers(token=self._token, library_name="classmark") | {"Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
        with get_session().stream("GET", url, headers=headers, timeout=self._patience.timeout) as response:
            continued = response.status_code == 206 and _starts_at(response, have)
            if response.status_code != 416:
                hf_raise_for_status(response)
            if have and not continued:
                meter.skip(-have)
                have = 0
            with writing(part), part.open("ab" if have else "wb") as output:
                if response.status_code != 416:
                    for chunk in response.iter_bytes():
                        self._check_stop()
                        have += len(chunk)
                        if have > file.size:
                            break
                        output.write(chunk)
                        meter.add(len(chunk))
                output.flush()
                os.fsync(output.fileno())
        if have < file.size:
            raise LineBroken(f"The connection to {self._endpoint} ended before the end of {file.path}.")

    def _listing(self, repo: str, commit: str) -> tuple[str, _Listing]:
        full, files = self._info(repo, commit)
        if not full.startswith(commit):
            full, files = self._info(repo, self._full_commit(repo, commit))
        return full, files

    def _info(self, repo: str, commit: str) -> tuple[str, _Listing]:
        revision = commit if _COMMIT.fullmatch(commit) else None

        def ask() -> tuple[str, _Listing]:
            info = self._api.model_info(repo, revision=revision, files_metadata=True, timeout=self._patience.timeout)
            if not _COMMIT.fullmatch(info.sha or "") or revision not in (None, info.sha):
                raise ValueError(f"{info.sha!r} is no commit")
            files = {}
            for file in info.siblings or ():
                sha256, size = file.lfs.sha256 if file.lfs else None, file.lfs.size if file.lfs else file.size
                git = None if file.lfs else file.blob_id
                if type(size) is not int or size < 0 or not _DIGEST.fullmatch(sha256 or git or ""):
                    raise ValueError(f"{file.rfilename!r} has no size or digest")
                files[file.rfilename] = (size, sha256, git)
            return str(info.sha), files

        return self._question(repo, ask)

    def _full_commit(self, repo: str, beginning: str) -> str:
        from huggingface_hub import get_session, hf_raise_for_status
        from huggingface_hub.utils import build_hf_headers

        headers = build_hf_headers(token=self._token, library_name="classmark")
        url: str | None = f"{self._endpoint}/api/models/{repo}/commits/main"

        def ask() -> tuple[list[str], str | None]:
            assert url is not None
            response = get_session().get(url, headers=headers, timeout=self._patience.timeout)
            hf_raise_for_status(response)
            return [str(entry["id"]) for entry in response.json()], response.links.get("next", {}).get("url")

        for _ in range(_MOST_PAGES):
            found, url = self._question(repo, ask)
            for commit in found:
                if commit.startswith(beginning) and _COMMIT.fullmatch(commit):
                    return commit
            # The token goes along, so nowhere else.
            if url is None or not url.startswith(f"{self._endpoint}/"):
                break
        raise NotPublished(f"{repo} on {self._endpoint} has no commit {beginning} any more.")

    def _question(self, repo: str, ask: Callable[[], _Answer]) -> _Answer:
        import httpx2

        def checked() -> _Answer:
            try:
                return ask()
            except httpx2.HTTPError:
                raise
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise HubFailed(
                    f"{self._endpoint} does not answer as a hub does. Is it the right address, or does the network "
                    "want you to log in first?"
                ) from error

        return self._persist(repo, checked, min(2, self._patience.tries), lambda: 0)

    def _persist(self, what: str, attempt: Callable[[], _Answer], tries: int, done: Callable[[], int]) -> _Answer:
        import httpx2
        from huggingface_hub.errors import OfflineModeIsEnabled

        failures, before = 0, done()
        while True:
            self._check_stop()
            try:
                return attempt()
            except (httpx2.HTTPError, httpx2.InvalidURL, OfflineModeIsEnabled, LineBroken) as error:
                fault = _explain(error, what, self._endpoint)
                now = done()
                failures, before = (1 if now > before else failures + 1), now
                pause = max(self._patience.wait * 2 ** (failures - 1), fault.wait)
                if not fault.passing or failures >= tries or fault.wait > self._patience.longest:
                    raise fault.error from error
            self._wait(min(pause, self._patience.longest))

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._check_stop()
            time.sleep(min(left, 0.1))

    def _check_stop(self) -> None:
        if self._should_stop():
            raise Interrupted("Stopped. What has come so far is kept, and the next fetch goes on from there.")


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
    needed = sum(file.size - min(file.size, size_of(file.part(folder))) for file in missing)
    if needed and needed + _SPARE > store.free_space():
        raise DiskFull(
            f"{needed / 1e6:,.0f} MB are still to come, and {store.free_space() / 1e6:,.0f} MB are free where "
            f"{store.root} is. Make room, then go on."
        )


def _starts_at(response: httpx2.Response, offset: int) -> bool:
    return response.headers.get("Content-Range", "").startswith(f"bytes {offset}-")


@dataclass(frozen=True, slots=True)
class _Fault:
    """What to tell the person; whether it may pass by itself, and for how many seconds the hub asks us to wait."""

    error: FetchError
    passing: bool = False
    wait: float = 0.0


def _explain(error: Exception, what: str, endpoint: str) -> _Fault:
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    if isinstance(error, FetchError):
        return _Fault(error, passing=True)
    if isinstance(error, OfflineModeIsEnabled):
        return _Fault(NoNetwork("HF_HUB_OFFLINE is set, so nothing is fetched. Unset it, then try again."))
    if isinstance(error, HfHubHTTPError):
        return _explain_status(error.response, what, endpoint)
    if isinstance(error, (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError, httpx2.UnsupportedProtocol)):
        reason = f"{endpoint} cannot be reached ({error}). Check the network, the proxy and the address, then go on."
        return _Fault(NoNetwork(reason), passing=True)
    if isinstance(error, httpx2.TimeoutException):
        return _Fault(Stalled(f"{endpoint} has stopped sending {what}. Go on later."), passing=True)
    if isinstance(error, httpx2.TransportError):
        return _Fault(LineBroken(f"The connection to {endpoint} broke off in {what}. Go on later."), passing=True)
    return _Fault(HubFailed(f"{endpoint} cannot be understood ({error}). Is it the right address?"))


def _explain_status(response: httpx2.Response, what: str, endpoint: str) -> _Fault:
    from huggingface_hub.utils import parse_ratelimit_headers

    status = response.status_code
    if status in (401, 403):
        return _Fault(
            AccessRefused(
                f"{endpoint} does not give {what} to you ({status}). Perhaps its publisher wants you to agree to terms "
                "on its page first, your token is missing or too old, or it is gone."
            )
        )
    if status == 404:
        return _Fault(NotPublished(f"{endpoint} has no {what}. It was renamed or removed, or is not on this mirror."))
    if status == 429:
        limit, after = parse_ratelimit_headers(response.headers), response.headers.get("Retry-After", "")
        wait = float(after) if after.isdecimal() else float(limit.reset_in_seconds) if limit else 0.0
        when = f"in {wait:.0f} seconds" if wait else "later"
        return _Fault(TooManyRequests(f"{endpoint} has had too many requests. Try again {when}."), True, wait)
    passing = status >= 500 or status == 408
    return _Fault(HubFailed(f"{endpoint} failed on {what} ({status}). Try again later."), passing)
