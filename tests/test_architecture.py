"""The rooms: what may know what. import-linter checks the contracts between modules; here is what it cannot see."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(path for room in ("desktop", "models") for path in (ROOT / room).rglob("*.py"))
NETWORK = ("classmark_models.hub", "huggingface_hub", "httpx2", "urllib.request")


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("classmark.cli", ("PySide6", "onnx", "onnxruntime", "tokenizers", "h5py", *NETWORK)),
        ("classmark.gui.app", ("onnx", "onnxruntime", "tokenizers", "h5py", *NETWORK)),
        ("classmark_models.classifier", ("classmark", "PySide6", "onnx", "h5py", *NETWORK)),
        ("classmark_models.workshop", ("classmark", "PySide6", "onnx", "h5py", *NETWORK)),
        ("classmark_models.store", ("classmark", "PySide6", "onnx", "h5py", *NETWORK)),
        ("classmark_models.collection", ("classmark", "PySide6", "onnx", "h5py", *NETWORK)),
        ("classmark_models.hub", ("classmark", "PySide6", "onnx", "h5py", "huggingface_hub", "httpx2")),
        ("classmark_models.hub.repos", ("classmark", "PySide6", "onnx", "huggingface_hub", "httpx2")),
        ("classmark_models.carry.hub_layout", ("classmark", "PySide6", "huggingface_hub", "httpx2")),
        ("classmark_models.checkpoint", ("onnx", "onnxruntime", "torch")),
    ],
)
def test_import_leaves_out(module: str, absent: tuple[str, ...]) -> None:
    """Neither by itself nor through a library that it uses."""
    ask = f"import sys, {module}; print(*sorted(set({absent!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("module", ["classmark.cli", "classmark.gui.app", "classmark_models.collection"])
def test_numpy_is_told_first_to_start_no_threads(module: str) -> None:
    """They would wait busily beside the encoder's."""
    ask = (
        "import os, sys\n"
        "class Watch:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'numpy': print(os.environ.get('OPENBLAS_NUM_THREADS'))\n"
        f"sys.meta_path.insert(0, Watch())\nimport {module}, numpy"
    )
    given = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True, env=given)
    assert done.stdout.split() == ["1"]


def test_source_roots_are_no_packages() -> None:
    assert not [name for name in ("desktop", "models", "build") if (ROOT / name / "__init__.py").exists()]
    assert not (ROOT / "build" / "__main__.py").exists()


def test_top_level_is_fixed() -> None:
    asked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if asked.returncode:
        pytest.skip("this is no checkout")
    top = {line.split("/")[0] for line in asked.stdout.splitlines()}
    rooms = {"assets", "build", "desktop", "models", "tests", "LICENSE", "README.md", "pyproject.toml"}
    assert {name for name in top if not name.startswith(".")} <= rooms


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_file_is_no_longer_than_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
