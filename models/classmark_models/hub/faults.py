"""What went wrong on the line, in words for the person, and whether to try again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from classmark_models.errors import (
    AccessRefused,
    FetchError,
    HubFailed,
    LineBroken,
    NoNetwork,
    NotPublished,
    Stalled,
    TooManyRequests,
)

if TYPE_CHECKING:
    import httpx2


@dataclass(frozen=True, slots=True)
class Fault:
    """What to tell the person; whether it may pass by itself, and for how many seconds the hub asks us to wait."""

    error: FetchError
    passing: bool = False
    wait: float = 0.0


def explain(error: Exception, what: str, endpoint: str) -> Fault:
    """Say what a failure of the line or of the hub means; ``what`` is the file or repo that was asked for."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    if isinstance(error, FetchError):
        return Fault(error, passing=True)
    if isinstance(error, OfflineModeIsEnabled):
        return Fault(NoNetwork("HF_HUB_OFFLINE is set, so nothing is fetched. Unset it, then try again."))
    if isinstance(error, HfHubHTTPError):
        return _status(error.response, what, endpoint)
    if isinstance(error, (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError, httpx2.UnsupportedProtocol)):
        reason = f"{endpoint} cannot be reached ({error}). Check the network, the proxy and the address, then go on."
        return Fault(NoNetwork(reason), passing=True)
    if isinstance(error, httpx2.TimeoutException):
        return Fault(Stalled(f"{endpoint} has stopped sending {what}. Go on later."), passing=True)
    if isinstance(error, httpx2.TransportError):
        return Fault(LineBroken(f"The connection to {endpoint} broke off in {what}. Go on later."), passing=True)
    return Fault(HubFailed(f"{endpoint} cannot be understood ({error}). Is it the right address?"))


def _status(response: httpx2.Response, what: str, endpoint: str) -> Fault:
    from huggingface_hub.utils import parse_ratelimit_headers

    status = response.status_code
    if status in (401, 403):
        return Fault(
            AccessRefused(
                f"{endpoint} does not give {what} to you ({status}). Perhaps its publisher wants you to agree to terms "
                "on its page first, your token is missing or too old, or it is gone."
            )
        )
    if status == 407:
        return Fault(
            NoNetwork(
                "The proxy wants a name and a password (407). Put them into its address, as in "
                "HTTPS_PROXY=http://name:password@proxy.example.org:8080."
            )
        )
    if status == 404:
        return Fault(NotPublished(f"{endpoint} has no {what}. It was renamed or removed, or is not on this mirror."))
    if status == 429:
        limit, after = parse_ratelimit_headers(response.headers), response.headers.get("Retry-After", "")
        wait = float(after) if after.isdecimal() else float(limit.reset_in_seconds) if limit else 0.0
        when = f"in {wait:.0f} seconds" if wait else "later"
        return Fault(TooManyRequests(f"{endpoint} has had too many requests. Try again {when}."), True, wait)
    passing = status >= 500 or status == 408
    return Fault(HubFailed(f"{endpoint} failed on {what} ({status}). Try again later."), passing)
