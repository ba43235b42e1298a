"""The papers of a release: everything that ships is accounted for, with its licence and the text of it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest
from trust.bill import bill
from trust.environment import Distribution, distribution, normalized
from trust.frozen import Frozen, files_of, is_library
from trust.inventory import Shipped, Unaccounted, take
from trust.known import packages
from trust.licensing import PERMISSIVE, WITH_DUTIES, LicenceRefused, chosen
from trust.notices import TextMissing, notices

ROOT = Path(__file__).parents[2]
FROZEN = ROOT / "dist" / "classmark"


@cache
def installed() -> dict[str, Distribution]:
    return {normalized(found.metadata["Name"]): distribution(found) for found in metadata.distributions()}


@cache
def locked() -> tuple[str, ...]:
    """The packages of the lock that this system installs, less those that only set the checkout up."""
    lines = (ROOT / "build" / "requirements.lock").read_text(encoding="utf-8").splitlines()
    names = {normalized(line.split("==")[0]) for line in lines if "==" in line}
    setting_up = {"hatchling", "pathspec", "pluggy", "tomlkit", "trove-classifiers"}
    return tuple(sorted(names & set(installed()) - setting_up))


@cache
def everything() -> tuple[Shipped, ...]:
    """As if all of every package were frozen, and Python's own libraries."""
    names = ["_internal/libssl.so.3", "_internal/libsqlite3.so.0", "_internal/base_library.zip", "classmark"]
    files = [f"_internal/{file}" for name in locked() for file in installed()[name].files if "/Qt/" not in file]
    qt = ["lib/libQt6Core.so.6", "lib/libQt6Gui.so.6", "lib/libicuuc.so.73", "plugins/imageformats/libqjpeg.so"]
    own = ["_internal/classmark/assets/x.svg", "_internal/classmark_models/builtin/manifest.json"]
    described = [f"_internal/PySide6/Qt/{name}" for name in qt]
    return take(Frozen((*names, *files, *described, *own)), installed(), packages())


def test_every_locked_package_ships_with_a_licence_that_may() -> None:
    shipped = {one.what.name: one for one in everything() if not one.parent}
    assert set(locked()) == set(shipped)
    assert all(chosen(one.what.licence) for one in everything())


def test_the_inside_of_packages_is_told() -> None:
    inside = {(one.parent, one.what.name) for one in everything()}
    for expected in [
        ("pyside6-essentials", "PCRE2"),
        ("pypdfium2", "FreeType"),
        ("numpy", "OpenBLAS"),
        ("onnxruntime", "Eigen"),
        ("tokenizers", "serde"),
        ("python", "OpenSSL"),
        ("classmark", "multilingual-e5-small"),
    ]:
        assert expected in inside


@pytest.mark.parametrize(
    "strange",
    ["_internal/libgtk-3.so.0", "_internal/numpy.libs/libnew-1234.so.9", "_internal/foo/data.bin", "notes.txt"],
)
def test_an_unknown_file_is_refused_by_name(strange: str) -> None:
    with pytest.raises(Unaccounted, match=re.escape(strange)):
        take(Frozen((strange,)), installed(), packages())


def test_a_library_that_nobody_looked_into_is_refused_although_its_package_is_known() -> None:
    numpy = installed()["numpy"]
    more = replace(numpy, files=(*numpy.files, "numpy.libs/libnew-1234.so.9"))
    with pytest.raises(Unaccounted, match="libnew"):
        take(Frozen(("_internal/numpy.libs/libnew-1234.so.9",)), {"numpy": more}, packages())


def test_modules_are_accounted_for_too() -> None:
    known = Frozen((), frozenset({"json.decoder", "classmark.cli", "striprtf.striprtf", "google", "_pyi_rth_utils.qt"}))
    assert [one.what.name for one in take(known, installed(), packages())] == ["striprtf"]
    with pytest.raises(Unaccounted, match=r"the module evil\.sub"):
        take(Frozen((), frozenset({"evil.sub"})), installed(), packages())


def test_a_newer_version_must_be_looked_into_again() -> None:
    newer = {"onnxruntime": replace(installed()["onnxruntime"], version="99.0")}
    with pytest.raises(Unaccounted, match=r"onnxruntime is 99\.0 now"):
        take(Frozen((), frozenset({"onnxruntime"})), newer, packages())


def test_a_package_without_a_licence_is_refused() -> None:
    unclear = {"h11": replace(installed()["h11"], licence="")}
    with pytest.raises(Unaccounted, match="h11 states no SPDX licence"):
        take(Frozen((), frozenset({"h11"})), unclear, packages())


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "frozen").mkdir()
    (tmp_path / "frozen" / "inside").write_bytes(b"")
    (tmp_path / "frozen" / "link").symlink_to("inside")
    assert files_of(tmp_path / "frozen") == ("inside",)
    (tmp_path / "frozen" / "out").symlink_to("/etc/hostname")
    with pytest.raises(ValueError, match="out is a link"):
        files_of(tmp_path / "frozen")


@pytest.mark.skipif(not FROZEN.is_dir(), reason="no frozen folder in dist/")
def test_the_frozen_folder_holds_nothing_unknown() -> None:
    files = files_of(FROZEN)
    assert any(is_library(path) for path in files)
    assert take(Frozen(files), installed(), packages())


def test_notices_have_a_text_for_each_and_each_text_once() -> None:
    told = notices("1.2.3", everything(), installed())
    listed, texts = told.split("\n\nPart 3. Licence texts\n")
    asked = {int(number) for line in re.findall(r"Texts: (.+)", listed) for number in line.split(", ")}
    printed = [int(number) for number in re.findall(r"^-{100}\nText (\d+)\. ", texts, re.MULTILINE)]
    assert printed == list(range(1, max(asked) + 1))
    assert asked == set(printed)
    assert f"({len(everything())} entries)" in listed
    assert listed.count("    Licence: ") == len(everything())
    for text in ("GNU LESSER GENERAL PUBLIC LICENSE\n                       Version 3", "TERMS AND CONDITIONS\n"):
        assert text in texts
    assert "Licence: LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only; followed: LGPL-3.0-only\n" in listed
    assert "Qt 6.11.3 and PySide6 6.11.3, Copyright (C) The Qt Company Ltd." in listed


def test_every_licence_that_may_ship_has_its_text_here() -> None:
    own = {inner.text for package in packages().values() for part in package.parts for inner in part.inner}
    names = {part for licence in PERMISSIVE | set(WITH_DUTIES) for part in licence.split(" WITH ")}
    stems = {name.removesuffix("-only").removesuffix("-or-later") for name in names if "Ref-" not in name}
    expected = {f"{stem}.txt" for stem in stems} | {text for text in own if text.endswith(".txt")}
    found = {path.name for path in (ROOT / "build" / "trust" / "licences").iterdir()}
    assert found == expected


def test_what_may_not_ship_stops_the_notices() -> None:
    one = next(one for one in everything() if one.what.name == "PCRE2")
    with pytest.raises(LicenceRefused):
        notices("1", [replace(one, what=replace(one.what, licence="AGPL-3.0-only"))], installed())
    with pytest.raises(TextMissing, match="no text lost"):
        notices("1", [replace(one, what=replace(one.what, text="lost.txt"))], installed())
    with pytest.raises(TextMissing, match="PCRE2"):
        notices("1", [replace(one, what=replace(one.what, text="wheel"))], installed())


def test_the_bill_is_the_same_in_any_order_and_whole() -> None:
    listed = bill("1.2.3", everything())
    assert listed == bill("1.2.3", everything()[::-1])
    document = json.loads(listed)
    refs = [component["bom-ref"] for component in document["components"]]
    assert len(refs) == len(set(refs)) == len(everything())
    edges = {edge["ref"]: edge["dependsOn"] for edge in document["dependencies"]}
    assert set(edges) == {*refs, "classmark@1.2.3"}
    assert sorted(ref for parts in edges.values() for ref in parts) == sorted(refs)
    assert "serialNumber" not in document
    assert "timestamp" not in document["metadata"]
    assert "/home/" not in listed
    assert re.search(r'"cpe": "cpe:2\.3:a:openssl:openssl:3[.\d]+:\*', listed)
