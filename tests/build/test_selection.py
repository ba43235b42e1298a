"""What goes into the frozen folder."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "build/freeze"))

from selection import is_foreign, is_spare, other_modules, reached, why_not  # type: ignore[import-not-found]


@pytest.mark.parametrize(
    "name",
    [
        "PySide6/Qt/plugins/platformthemes/libqgtk3.so",
        "PySide6/plugins/imageformats/qwebp.dll",
        "PySide6/Qt/translations/qtbase_de.qm",
        "PySide6/opengl32sw.dll",
        "classmark-0.1.0.dist-info/direct_url.json",
        "onnx-1.23.2.dist-info/licenses/LICENSE",
        "onnxruntime/capi/onnxruntime.dll",
        "onnxruntime/capi/libonnxruntime.1.31.1.dylib",
        "selectolax/lexbor.c",
    ],
)
def test_left_out(name: str) -> None:
    assert why_not(name)


@pytest.mark.parametrize(
    "name",
    [
        "PySide6/Qt/plugins/platforms/libqxcb.so",
        "PySide6/Qt/plugins/platforms/libqcocoa.dylib",
        "PySide6/plugins/platforms/qwindows.dll",
        "PySide6/QtCore.abi3.so",
        "classmark-0.1.0.dist-info/METADATA",
        "classmark_models/builtin/encoder.onnx.data",
        # The module for Python asks for this one at its start.
        "onnxruntime/capi/libonnxruntime_providers_shared.so",
        "onnxruntime/capi/onnxruntime_pybind11_state.pyd",
    ],
)
def test_kept(name: str) -> None:
    assert not why_not(name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("libstdc++.so.6", True),
        ("libgcc_s.so.1", True),
        ("libgtk-3.so.0", True),
        ("libxcb.so.1", True),
        ("libxcb-cursor.so.0", False),
        ("libpython3.11.so.1.0", False),
        ("libcrypto.so.3", False),
        ("numpy.libs/libgfortran-040039e1.so.5.0.0", False),
    ],
)
def test_libraries_of_the_build_system(name: str, expected: bool) -> None:
    assert is_foreign(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("PySide6/Qt/lib/libQt6Network.so.6", True),
        ("PySide6/Qt/lib/libicudata.so.73", True),
        ("PySide6/Qt/lib/QtNetwork.framework/Versions/A/QtNetwork", True),
        ("PySide6/Qt6Network.dll", True),
        ("PySide6/QtCore.abi3.so", False),
        ("PySide6/QtCore.pyd", False),
        ("libxcb-cursor.so.0", True),
        ("libssl.so.3", False),
    ],
)
def test_libraries_that_stay_only_where_they_are_needed(name: str, expected: bool) -> None:
    assert is_spare(name) == expected


def test_what_is_needed_through_others_is_reached() -> None:
    needs = {"a": ["b"], "b": ["c", "a"], "d": ["e"]}
    assert reached(["a"], lambda name: needs.get(name, [])) == {"a", "b", "c"}


def test_modules_of_the_makers_of_releases_are_told_apart() -> None:
    owners = {"rich": ["rich"], "yaml": ["PyYAML"], "classmark": ["classmark"], "google": ["protobuf", "other-tool"]}
    lock = "pyyaml==6.0 \\\n    --hash=sha256:0\nprotobuf==5\n"
    assert other_modules(owners, lock) == ["rich"]
