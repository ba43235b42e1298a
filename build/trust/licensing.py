"""Decides which licences may ship: reads SPDX expressions and holds the list of what is allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator

PERMISSIVE = frozenset(
    """
    0BSD Apache-2.0 BSD-2-Clause BSD-3-Clause BSD-3-Clause-Open-MPI BSL-1.0 CC0-1.0 FTL HPND HPND-sell-variant ICU IJG
    ISC Imlib2 Libpng MIT MIT-0 MIT-Modern-Variant PSF-2.0 Python-2.0 Python-2.0.1 Unicode-3.0 Unlicense X11 Zlib
    blessing bzip2-1.0.6 dtoa libpng-2.0 libtiff LicenseRef-AGG-2.3 LicenseRef-ICC LicenseRef-LCS-Telegraphics
    LicenseRef-Public-Domain LicenseRef-US-Government-Work
    """.split()
)

# What is allowed although it asks more than a notice, and why that is met.
WITH_DUTIES = {
    "Apache-2.0 WITH LLVM-exception": "asks less than Apache-2.0",
    "GPL-2.0-or-later WITH Bootloader-exception": "leaves programs made with PyInstaller free",
    "GPL-3.0-or-later WITH GCC-exception-3.1": "leaves programs free that are compiled with GCC",
    "LGPL-2.1-or-later": "libquadmath: a library of its own that can be replaced; the notices say where its source is",
    "LGPL-3.0-only": "Qt, PySide6 and Shiboken: libraries of their own; the notices say how to replace them",
    "MPL-2.0": "used unchanged; the notices say where the source is",
    "LicenseRef-Microsoft-Runtime": "redistributable files of Visual C++, unchanged, on Windows only",
}


class LicenceRefused(ValueError):
    """An expression that allows no use we can make, or that cannot be read."""


def chosen(expression: str) -> tuple[str, ...]:
    """Return the licences to follow, of each choice the first that is allowed.

    Reads SPDX expressions (specification 2.3, annex D): identifiers, ``WITH``, ``AND``, ``OR``, parentheses.

    Raises LicenceRefused where nothing allowed is left.
    """
    words = iter(re.findall(r"[()]|[^\s()]+", expression))
    licences, rest = _either(words, expression)
    if rest is not None:
        raise LicenceRefused(f"“{expression}” cannot be read.")
    if licences is None:
        raise LicenceRefused(f"“{expression}” is not on the list of licences that may ship.")
    return tuple(dict.fromkeys(licences))


_Found = tuple[list[str] | None, str | None]


def _either(words: Iterator[str], whole: str) -> _Found:
    found, word = _all(words, whole)
    while word == "OR":
        other, word = _all(words, whole)
        found = other if found is None else found
    return found, word


def _all(words: Iterator[str], whole: str) -> _Found:
    found, word = _one(words, whole)
    while word == "AND":
        other, word = _one(words, whole)
        found = None if found is None or other is None else [*found, *other]
    return found, word


def _one(words: Iterator[str], whole: str) -> _Found:
    name = next(words, None)
    if name == "(":
        found, word = _either(words, whole)
        if word != ")":
            raise LicenceRefused(f"“{whole}” cannot be read.")
        return found, next(words, None)
    if name is None or name in {")", "AND", "OR", "WITH"}:
        raise LicenceRefused(f"“{whole}” cannot be read.")
    word = next(words, None)
    if word == "WITH":
        name, word = f"{name} WITH {next(words, '')}", next(words, None)
    return ([name] if name in PERMISSIVE or name in WITH_DUTIES else None), word
