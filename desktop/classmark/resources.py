"""Where the files that are not code lie: in the top folder of a checkout, or inside an installed package."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_PLACES = (_PACKAGE / "assets", _PACKAGE.parents[1] / "assets")


def asset(name: str) -> Path:
    """Return the path of a file or folder below ``assets/``.

    Raises FileNotFoundError when neither the package nor the checkout has it.
    """
    for place in _PLACES:
        if (path := place / name).exists():
            return path
    raise FileNotFoundError(f"assets/{name}")
