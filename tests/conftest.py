"""What holds for every test: no screen, and no network but this computer's own."""

from __future__ import annotations

import os
import ssl
import sys
from pathlib import Path

import pytest

# Before anything imports Qt; the tests that need a real screen start one of their own.
os.environ["QT_QPA_PLATFORM"] = "offscreen"
# Before a test imports ONNX Runtime by itself.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

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


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither this computer's tokens and proxies, nor its settings of the hub."""
    from huggingface_hub import constants

    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "hf" / "token"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    # Each client would read all certificates anew, for longer than it asks a hub on this computer.
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", lambda *arguments, **options: None)


@pytest.fixture(autouse=True)
def policies(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Where policies would lie, the machine's and a portable program's: nowhere, whatever IT has settled here."""
    from classmark.core import places, policy

    folder = tmp_path_factory.mktemp("policies")
    files = (folder / "machine" / "policy.toml", folder / "beside" / "policy.toml")
    for file in files:
        file.parent.mkdir()
    for module in (policy, places):
        monkeypatch.setattr(module, "policy_files", lambda: files)
    for name in ("HF_ENDPOINT", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    return files
