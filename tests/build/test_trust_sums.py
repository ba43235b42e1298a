"""Sums and signatures: what was tampered with is found, with nothing but OpenSSH."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

TRUST = Path(__file__).parents[2] / "build" / "trust"

pytestmark = pytest.mark.skipif(
    not (shutil.which("ssh-keygen") and shutil.which("bash")), reason="needs bash and ssh-keygen"
)


def _key(folder: Path, name: str) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    return folder / name


def _run(script: str, *words: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    asked = ["bash", str(TRUST / script), *map(str, words)]
    return subprocess.run(asked, capture_output=True, text=True, env={**os.environ, **variables})


@pytest.fixture
def release(tmp_path: Path) -> tuple[Path, Path]:
    """A signed folder, and the file of who may sign."""
    dist = tmp_path / "dist"
    dist.mkdir()
    (dist / "classmark_0.1.0_amd64.deb").write_bytes(b"package")
    (dist / "classmark setup.exe").write_bytes(b"installer")
    done = _run("sums", dist, SIGNING_KEY=str(_key(tmp_path, "key")))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith('release@classmark namespaces="file" ssh-ed25519 ')
    (tmp_path / "signers").write_text(done.stdout)
    return dist, tmp_path / "signers"


def test_what_was_published_is_accepted(release: tuple[Path, Path]) -> None:
    dist, signers = release
    done = _run("verify", signers, dist)
    assert (done.returncode, done.stderr) == (0, "✓ 2 files are as they were published, and signed.\n")
    assert sorted(path.name for path in dist.iterdir() if path.suffix == ".sig") == [
        "SHA256SUMS.sig",
        "classmark setup.exe.sig",
        "classmark_0.1.0_amd64.deb.sig",
    ]


def _change(dist: Path) -> None:
    (dist / "classmark setup.exe").write_bytes(b"Installer")


def _change_and_sum_anew(dist: Path) -> None:
    _change(dist)
    kept = {path: path.read_bytes() for path in dist.glob("*.sig")}
    _run("sums", dist, SIGNING_KEY="")
    for path, signature in kept.items():
        path.write_bytes(signature)


def _sign_with_another_key(dist: Path) -> None:
    _change(dist)
    _run("sums", dist, SIGNING_KEY=str(_key(dist.parent, "thief")))


@pytest.mark.parametrize(
    ("tamper", "named"),
    [
        (_change, "The sums differ: classmark setup.exe"),
        (_change_and_sum_anew, "SHA256SUMS has no valid signature"),
        (_sign_with_another_key, "SHA256SUMS has no valid signature"),
        (lambda dist: (dist / "more.exe").write_bytes(b""), "not those of SHA256SUMS: more.exe"),
        (lambda dist: (dist / "classmark setup.exe").unlink(), "not those of SHA256SUMS: classmark setup.exe"),
        (lambda dist: (dist / "classmark setup.exe.sig").unlink(), "classmark setup.exe has no valid signature"),
        (lambda dist: (dist / "SHA256SUMS").unlink(), "There is no SHA256SUMS"),
    ],
)
def test_tampering_is_found(release: tuple[Path, Path], tamper: Callable[[Path], None], named: str) -> None:
    dist, signers = release
    tamper(dist)
    done = _run("verify", signers, dist)
    assert done.returncode == 1
    assert named in done.stderr


def test_without_a_key_the_sums_stay_unsigned_and_say_so(tmp_path: Path) -> None:
    (tmp_path / "a.deb").write_bytes(b"package")
    done = _run("sums", tmp_path, SIGNING_KEY="")
    assert (done.returncode, done.stdout) == (0, "")
    assert "Not signed" in done.stderr
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".sig"] == []
