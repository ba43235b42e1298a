"""Where the files that are not code lie: in the top folder of a checkout, or inside an installed package."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
# Beside the programs of a release, or among the resources of an app of macOS.
_BESIDE = (_PACKAGE.parents[1], _PACKAGE.parents[1] / "Resources")
_PLACES = (_PACKAGE / "assets", _PACKAGE.parents[1] / "assets")


def asset(name: str) -> Path:
    """Return the path of a file or folder below ``assets/``.

    Raises FileNotFoundError when neither the package nor the checkout has it.
    """
    for place in _PLACES:
        if (path := place / name).exists():
            return path
    raise FileNotFoundError(f"assets/{name}")


def third_party_notices() -> Path | None:
    """Return the notices that a release carries; None where there are none, as in a checkout."""
    return next((path for place in _BESIDE if (path := place / "THIRD-PARTY-NOTICES.txt").exists()), None)
