"""What is said of a frozen folder."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "build/freeze"))

import examine  # type: ignore[import-not-found]

SYMBOLS = """
libm.so.6:     file format elf64-x86-64

DYNAMIC SYMBOL TABLE:
0000000000000000      DF *UND*  0000000000000000 (GLIBC_2.2.5) free
0000000000000000      DF *UND*  0000000000000000 (GLIBC_2.9)   hypot
0000000000000000      DF *UND*  0000000000000000 (GLIBC_2.10)  exp
0000000000000000      DF *UND*  0000000000000000 (GLIBC_2.10)  pow
0000000000000000      DF *UND*  0000000000000000 (GLIBCXX_3.4.30) _ZSt4cout
0000000000045c10 g    DF .text  0000000000000102  Base        qVersion
"""


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("classmark", "Classmark: programs, with all modules of Python"),
        ("_internal/classmark_models/builtin/encoder.onnx.data", "built-in models"),
        ("_internal/classmark_models/catalogue/ddc.toml", "Classmark: data"),
        ("_internal/PySide6/Qt/lib/libicudata.so.73", "Qt"),
        ("_internal/libpython3.11.so.1.0", "Python"),
        ("_internal/libssl.so.3", "Python"),
        ("_internal/python3.11/lib-dynload/_json.cpython-311-x86_64-linux-gnu.so", "Python"),
        ("_internal/numpy.libs/libgfortran-040039e1.so.5.0.0", "numpy"),
        ("_internal/numpy-2.4.6.dist-info/METADATA", "numpy"),
        ("_internal/libxcb-cursor.so.0", "X11"),
    ],
)
def test_parts(name: str, part: str) -> None:
    assert examine.part_of(name) == part


def test_the_newest_glibc_is_found_by_number() -> None:
    assert examine.needed_glibc(SYMBOLS) == ((2, 10), ["exp", "pow"])
    assert examine.needed_glibc("") == ((), [])


def test_what_is_too_large_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    models = tmp_path / "_internal/classmark_models/builtin"
    models.mkdir(parents=True)
    for path, size in ((models / "encoder.onnx.data", 10**9), (tmp_path / "classmark", (examine.LIMIT + 1) * 10**6)):
        with path.open("wb") as file:
            file.truncate(size)
    sizes = {
        path.relative_to(tmp_path).as_posix(): path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()
    }
    assert examine.too_large(sizes)
    sizes["classmark"] -= 10**6
    assert not examine.too_large(sizes)
    assert "1000.0 MB  built-in models" in capsys.readouterr().out
