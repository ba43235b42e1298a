"""One hub, asked with patience: what is in a repo, and the bytes of its files."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from classmark_models.errors import HubFailed, Interrupted, LineBroken, NotPublished, WrongBytes
from classmark_models.hub.faults import explain
from classmark_models.hub.listing import Listing, Offered
from classmark_models.hub.transfer import Meter, Wanted, size_of
from classmark_models.journal import Cause
from classmark_models.spec import ModelSpec
from classmark_models.store import Held, Receipt, writing

if TYPE_CHECKING:
    import httpx2

_COMMIT = re.compile(r"[0-9a-f]{40}")
_DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_MOST_PAGES = 40
Token = str | Literal[False] | None
"""A token; that of the usual place (None); or none at all (False)."""
_Answer = TypeVar("_Answer")


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


class Hub:
    """One hub, asked with patience."""

    def __init__(
        self,
        endpoint: str | None,
        token: Token,
        should_stop: Callable[[], bool],
        patience: Patience,
        cause: Cause | None = None,
    ) -> None:
        from huggingface_hub import HfApi, constants

        from classmark_models.hub.recording import record

        record(cause)
        # It would ask huggingface.co, whatever the endpoint, for a list to name the program's surroundings with.
        constants.HF_HUB_DISABLE_TELEMETRY = True
        self._api = HfApi(endpoint=endpoint.rstrip("/") if endpoint else None, token=token, library_name="classmark")
        self._endpoint, self._token = self._api.endpoint, token
        self._should_stop, self._patience = should_stop, patience

    def close(self) -> None:
        """Leave no connection open."""
        from classmark_models.hub.recording import record

        record(None)

    def plan(self, spec: ModelSpec, receipt: Receipt | None) -> tuple[dict[str, str], list[Wanted]]:
        """Return full commits by repo, and the files to have; what a receipt has recorded stays as it was."""
        pins = receipt.commits if receipt else {}
        listings: dict[str, Listing] = {}
        wanted = []
        for file in spec.files:
            if file.repo not in listings:
                pin = pins.get(file.repo, "")
                known = pin if _COMMIT.fullmatch(pin) and pin.startswith(file.commit) else file.commit
                listings[file.repo] = self.listing(file.repo, known)
            listing = listings[file.repo]
            if file.path not in listing.files:
                if file.optional:
                    continue
                raise NotPublished(f"{file.path} is not in {file.repo} on {self._endpoint}.")
            offered = listing.files[file.path]
            held = receipt.files.get(file.path) if receipt and pins.get(file.repo) == listing.commit else None
            pinned = file.sha256 or (held.sha256 if held else None)
            if file.size not in (None, offered.size) or (
                None not in (offered.sha256, pinned) and offered.sha256 != pinned
            ):
                raise WrongBytes(f"{self._endpoint} offers another {file.path} than the one that Classmark knows.")
            wanted.append(listing.wanted(file.path, pinned))
        return {repo: listing.commit for repo, listing in listings.items()}, wanted

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

    def listing(self, repo: str, commit: str = "") -> Listing:
        """Ask what a repo holds at a commit, of which the beginning is enough, or at its newest."""
        listing = self._info(repo, commit)
        return listing if listing.commit.startswith(commit) else self._info(repo, self._full_commit(repo, commit))

    def _info(self, repo: str, commit: str) -> Listing:
        revision = commit if _COMMIT.fullmatch(commit) else None

        def ask() -> Listing:
            info = self._api.model_info(repo, revision=revision, files_metadata=True, timeout=self._patience.timeout)
            if not _COMMIT.fullmatch(info.sha or "") or revision not in (None, info.sha):
                raise ValueError(f"{info.sha!r} is no commit")
            files = {}
            for file in info.siblings or ():
                sha256, size = file.lfs.sha256 if file.lfs else None, file.lfs.size if file.lfs else file.size
                git = None if file.lfs else file.blob_id
                if type(size) is not int or size < 0 or not _DIGEST.fullmatch(sha256 or git or ""):
                    raise ValueError(f"{file.rfilename!r} has no size or digest")
                files[file.rfilename] = Offered(size, sha256, git)
            return Listing(repo, str(info.sha), files, vars(info.card_data) if info.card_data else {})

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
                fault = explain(error, what, self._endpoint)
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


def _starts_at(response: httpx2.Response, offset: int) -> bool:
    return response.headers.get("Content-Range", "").startswith(f"bytes {offset}-")
