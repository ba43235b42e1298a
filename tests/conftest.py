"""What holds for every test: no screen, and no network but this computer's own."""

from __future__ import annotations

import os
import sys

# Before anything imports Qt; the tests that need a real screen start one of their own.
os.environ["QT_QPA_PLATFORM"] = "offscreen"

_OWN = {"localhost", "127.0.0.1", "::1", None, ""}
_NAMED = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
_ADDRESSED = {"socket.connect", "socket.sendto"}


def _refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    if event in _NAMED:
        host = arguments[0]
    elif event in _ADDRESSED and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    if (host.decode() if isinstance(host, bytes) else host) not in _OWN:
        raise RuntimeError(f"a test asked the network for {host!r} ({event})")


sys.addaudithook(_refuse_network)
