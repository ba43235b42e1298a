"""Through a proxy, past it, and with an institution's own certificate: the program itself, on this computer alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.conftest import DONE, FAILED, Run
from tests.cli.model_world import make_world
from tests.models.hub_server import Hub
from tests.models.proxy_server import HOST, Proxy, make_certificate

TOKEN = "hf_of_the_test"
ADD = ("models", "add", "library/tiny-masks", "--id", "added")


@pytest.fixture
def hub(tmp_path: Path, home: Path) -> Iterator[Hub]:
    with Hub({}).running() as running:
        make_world(running, tmp_path / "published").know(home)
        yield running


@pytest.fixture(autouse=True)
def _no_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxies, tokens and certificates but those of the test."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("HF_TOKEN", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate")
    return make_certificate(tmp_path_factory.mktemp("certificate"))


def test_everything_goes_through_a_proxy(hub: Hub, run: Run) -> None:
    with Proxy(hub.endpoint).running() as proxy:
        done = run(
            *("models", "fetch", "tiny", "--yes", "--json"),
            **{"HTTP_PROXY": f"http://{proxy.place}", "HF_ENDPOINT": f"http://{HOST}"},
        )
    assert done.returncode == DONE, done.stderr.decode()
    assert json.loads(done.stdout)[0]["id"] == "tiny"
    assert hub.asked
    assert len(proxy.asked) == len(hub.asked)


def test_no_proxy_goes_past_it(hub: Hub, run: Run) -> None:
    more = {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1", "HF_ENDPOINT": hub.endpoint}
    done = run(*ADD, **more)
    assert done.returncode == DONE, done.stderr.decode()


@pytest.mark.parametrize("knows", [True, False], ids=["with a password", "without"])
def test_a_proxy_that_wants_a_password(knows: bool, hub: Hub, run: Run) -> None:
    with Proxy(hub.endpoint, secret="ada:dot").running() as proxy:
        place = f"http://{'ada:dot@' if knows else ''}{proxy.place}"
        done = run(*ADD, **{"HTTP_PROXY": place, "HF_ENDPOINT": f"http://{HOST}"})
    assert done.returncode == (DONE if knows else FAILED), done.stderr.decode()
    assert knows or "The proxy wants a name and a password (407)" in done.stderr.decode()
    assert len(proxy.asked) >= 1
    assert bool(hub.asked) is knows


def test_a_dead_proxy_is_told(hub: Hub, run: Run) -> None:
    done = run(*ADD, **{"HTTPS_PROXY": "http://127.0.0.1:9", "HF_ENDPOINT": f"https://{HOST}"})
    assert done.returncode == FAILED
    assert "Check the network, the proxy and the address" in done.stderr.decode()


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", ""], ids=["trusted", "not trusted"])
def test_a_proxy_that_reads_along_is_trusted_when_the_institution_says_so(
    variable: str, hub: Hub, run: Run, certificate: Path
) -> None:
    hub.token = TOKEN
    with Proxy(hub.endpoint, certificate).running() as proxy:
        more = {"HTTPS_PROXY": f"http://{proxy.place}", "HF_ENDPOINT": f"https://{HOST}", "HF_TOKEN": TOKEN}
        done = run(*ADD, **more, **({variable: str(certificate)} if variable else {}))
    told = done.stderr.decode()
    assert done.returncode == (DONE if variable else FAILED), told
    assert proxy.asked[0] == f"CONNECT {HOST}:443"
    assert bool(hub.asked) is bool(variable)
    assert variable or "certificate" in told.lower()
    assert {asked.token for asked in hub.asked} <= {f"Bearer {TOKEN}"}
