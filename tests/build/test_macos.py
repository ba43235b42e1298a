"""The scripts for macOS with stand-ins for Apple's tools: what is called in which order; no Mac was at hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from tests.build.test_windows import load

BUILD = Path(__file__).parents[2] / "build"
MACOS = BUILD / "macos"

_TOOL = """#!/usr/bin/env bash
printf '%s ' "${0##*/}" "$@" >>"$CALLED"
echo >>"$CALLED"
"""
HDIUTIL = "hdiutil"
_FILE = '#!/usr/bin/env bash\nif [[ $2 == *.txt ]]; then echo text; else echo "Mach-O 64-bit"; fi\n'
_CODESIGN = _TOOL + "[[ -z ${UNSIGNED:-} || $* != *--verify* ]]\n"
_HDIUTIL = _TOOL + 'if [[ $1 == attach ]]; then cp -R "$DIST/Classmark.app" "${@: -2:1}"; fi\n'
_XCRUN = _TOOL + 'if [[ $2 == submit ]]; then cat "$ANSWER"; fi\n'


class Mac:
    """A folder with an app, and a PATH on which Apple's tools only write down how they are called."""

    def __init__(self, place: Path) -> None:
        self.dist, self._tools, self._called = place / "dist", place / "tools", place / "called"
        self.app = self.dist / "Classmark.app"
        for name in ("MacOS/classmark", "MacOS/classmark-desktop", "Frameworks/a.dylib", "Frameworks/b/c.so"):
            path = self.app / "Contents" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(0o755)
        (self.app / "Contents" / "notes.txt").touch(0o755)
        (self.app / "Contents" / "Frameworks" / "Qt.framework").mkdir()
        self.answer = place / "answer.json"
        self._tools.mkdir()
        for name, content in {"codesign": _CODESIGN, "file": _FILE, "hdiutil": _HDIUTIL, "xcrun": _XCRUN}.items():
            (self._tools / name).write_text(content)
            (self._tools / name).chmod(0o755)

    def run(self, script: str, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        self._called.write_text("")
        given = {"DIST": str(self.dist), "CALLED": str(self._called), "ANSWER": str(self.answer), **environment}
        paths = {"PATH": f"{self._tools}{os.pathsep}{os.environ['PATH']}"}
        command = [str(MACOS / script), *map(str, arguments)]
        return subprocess.run(command, env={**os.environ, **paths, **given}, capture_output=True, text=True, timeout=60)

    def calls(self) -> list[str]:
        return self._called.read_text().splitlines()


@pytest.fixture
def mac(tmp_path: Path) -> Mac:
    return Mac(tmp_path)


def test_signed_from_the_inside_out(mac: Mac) -> None:
    assert mac.run("sign", CODESIGN_IDENTITY="Developer ID").returncode == 0
    signed = [call.split()[-1].removeprefix(f"{mac.app}").lstrip("/") for call in mac.calls()]
    assert sorted(signed[:2]) == ["Contents/Frameworks/a.dylib", "Contents/Frameworks/b/c.so"]
    assert signed[2] == "Contents/Frameworks/Qt.framework"
    assert signed[3:] == ["Contents/MacOS/classmark", "Contents/MacOS/classmark-desktop", "", ""]
    assert ["--entitlements" in call for call in mac.calls()] == [False] * 3 + [True] * 3 + [False]
    assert all("--options runtime" in call for call in mac.calls()[:-1])
    assert all("--timestamp " in call for call in mac.calls()[:-1])


def test_without_a_certificate_nothing_asks_apple_for_the_time(mac: Mac) -> None:
    done = mac.run("sign", CODESIGN_IDENTITY="")
    assert "this Mac alone" in done.stderr
    assert all("--timestamp=none" in call for call in mac.calls()[:-1])


def test_image_is_made_and_its_programs_are_started(mac: Mac) -> None:
    assert mac.run("dmg", CODESIGN_IDENTITY="").returncode == 0
    assert [call.split()[:2] for call in mac.calls()][1:] == [
        [HDIUTIL, "create"],
        [HDIUTIL, "attach"],
        [HDIUTIL, "detach"],
    ]
    assert mac.calls()[1].rstrip().endswith("macos-arm64.dmg")


def test_image_whose_programs_fail_is_told(mac: Mac) -> None:
    (mac.app / "Contents" / "MacOS" / "classmark").write_text("#!/bin/sh\nexit 1\n")
    done = mac.run("dmg", CODESIGN_IDENTITY="")
    assert (done.returncode, mac.calls()[-1].split()[1]) == (1, "detach")
    assert "classmark --selftest fails" in done.stderr


def test_unsigned_app_gets_no_image(mac: Mac) -> None:
    done = mac.run("dmg", UNSIGNED="yes")
    assert done.returncode == 1
    assert "run build/macos/sign first" in done.stderr


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, str]:
    key = tmp_path / "key.p8"
    key.touch()
    return {"NOTARY_KEY": str(key), "NOTARY_KEY_ID": "1", "NOTARY_ISSUER": "2"}


def test_accepted_image_is_stapled(mac: Mac, keys: dict[str, str]) -> None:
    image = mac.dist / "a.dmg"
    image.touch()
    mac.answer.write_text(json.dumps({"id": "17", "status": "Accepted"}))
    assert mac.run("notarize", image, **keys).returncode == 0
    assert mac.calls()[-1].split()[:3] == ["xcrun", "stapler", "staple"]


def test_refused_image_is_told_with_apples_reasons(mac: Mac, keys: dict[str, str]) -> None:
    image = mac.dist / "a.dmg"
    image.touch()
    mac.answer.write_text(json.dumps({"id": "17", "status": "Invalid"}))
    done = mac.run("notarize", image, **keys)
    assert (done.returncode, mac.calls()[-1].split()[:4]) == (1, ["xcrun", "notarytool", "log", "17"])
    assert "Invalid" in done.stderr


def test_nothing_is_sent_without_keys(mac: Mac) -> None:
    image = mac.dist / "a.dmg"
    image.touch()
    done = mac.run("notarize", image, NOTARY_KEY="")
    assert (done.returncode, mac.calls()) == (0, [])
    assert "Not notarized" in done.stderr


@pytest.mark.parametrize(("suffix", "sizes"), [(".ico", {16, 32, 256}), (".icns", {16, 32, 128, 512})])
def test_icons_are_read_by_others(suffix: str, sizes: set[int], tmp_path: Path) -> None:
    path = tmp_path / f"icon{suffix}"
    subprocess.run(
        [sys.executable, BUILD / "icon.py", path], check=True, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    )
    with Image.open(path) as icon:
        assert sizes <= {size[0] for size in icon.info["sizes"]}


def test_app_opens_what_windows_opens() -> None:
    info = load(MACOS / "info.py").INFO
    suitcases, documents = info["CFBundleDocumentTypes"]
    assert (suitcases["LSHandlerRank"], documents["LSHandlerRank"]) == ("Owner", "Alternate")
    declared = info["UTExportedTypeDeclarations"][0]["UTTypeTagSpecification"]
    assert declared["public.filename-extension"] == [load(BUILD / "windows" / "payload.py").SUITCASE]
