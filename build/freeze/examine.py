"""Say how large the parts of a frozen folder are, and find in it what should not be there.

    python build/freeze/examine.py dist/classmark

Exits with 1 where the folder is too large, holds a library of the build system that it should not hold, or one that
needs a newer glibc than Qt's libraries do.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from selection import is_foreign

LIMIT = 231
"""MB (10⁶ bytes) that all but the built-in models may take."""
MODELS = "built-in models"
_PARTS = (
    (re.compile(r"_internal/classmark_models/builtin/"), MODELS),
    (re.compile(r"_internal/(PySide6|shiboken6)/"), "Qt"),
    (re.compile(r"_internal/(python3|libpython|base_library|lib(crypto|ssl|ffi|bz2)\.)"), "Python"),
    (re.compile(r"_internal/libxcb-"), "X11"),
    (re.compile(r"_internal/classmark(_models)?/"), "Classmark: data"),
    (re.compile(r"_internal/google/"), "onnx"),
    (re.compile(r"[^/]+$"), "Classmark: programs, with all modules of Python"),
)
_NEEDED = re.compile(r"\(GLIBC_([\d.]+)\) +(\S+)")

Version = tuple[int, ...]


def part_of(name: str) -> str:
    """Return the part that a file of the folder belongs to: as a rule, its package."""
    for pattern, part in _PARTS:
        if pattern.match(name):
            return part
    return re.split(r"\.libs|-[\d.]+\.dist-info", PurePosixPath(name).parts[1])[0]


def needed_glibc(symbols: str) -> tuple[Version, list[str]]:
    """Return the newest glibc that ``objdump -T`` speaks of, and the names wanted of it; () when of none."""
    by_version: dict[Version, set[str]] = {}
    for version, name in _NEEDED.findall(symbols):
        by_version.setdefault(tuple(map(int, version.split("."))), set()).add(name)
    newest = max(by_version, default=())
    return newest, sorted(by_version.get(newest, ()))


def main(folder: Path) -> int:
    """Print the table and what is wrong; return how many things are."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]
    sizes = {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}
    wrong = too_large(sizes)
    if sys.platform == "linux":
        wrong += [
            f"{name} belongs to the system where this was built"
            for name in sizes
            if ".so" in name and is_foreign(name.removeprefix("_internal/"))
        ]
        wrong += _too_new(folder, [name for name in sizes if ".so" in name or "/" not in name])
    for sentence in wrong:
        print(f"✗ {sentence}")
    return len(wrong)


def too_large(sizes: Mapping[str, int]) -> list[str]:
    """Print the parts by size, and return what is wrong with their sum; ``sizes``: bytes by name in the folder."""
    parts: Counter[str] = Counter()
    for name, size in sizes.items():
        parts[part_of(name)] += size
    for part, size in parts.most_common():
        if size >= 1e6:
            print(f"{size / 1e6:7.1f} MB  {part}")
    total = parts.total() / 1e6
    rest = total - parts[MODELS] / 1e6
    print(f"{total:7.1f} MB  in {len(sizes)} files; {rest:.1f} MB without the built-in models")
    return [f"that is more than {LIMIT} MB and the built-in models"] if rest > LIMIT else []


def _too_new(folder: Path, names: list[str]) -> list[str]:
    found = {name: needed_glibc(_symbols(folder / name)) for name in names}
    of_qt = max(version for name, (version, _) in found.items() if "/Qt/" in name)
    print(f"glibc {_text(of_qt)} is what Qt needs")
    return [
        f"{name} needs glibc {_text(version)} for {', '.join(symbols)}"
        for name, (version, symbols) in found.items()
        if version > of_qt
    ]


def _symbols(path: Path) -> str:
    done = subprocess.run(["objdump", "-T", path], capture_output=True, text=True)  # says nothing of what is no library
    return done.stdout


def _text(version: Version) -> str:
    return ".".join(map(str, version))


if __name__ == "__main__":
    sys.exit(1 if main(Path(sys.argv[1])) else 0)
