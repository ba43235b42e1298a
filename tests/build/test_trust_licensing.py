"""Which licences may ship."""

from __future__ import annotations

import pytest
from trust.licensing import LicenceRefused, chosen


@pytest.mark.parametrize(
    ("expression", "followed"),
    [
        ("MIT", ("MIT",)),
        ("MIT OR Apache-2.0", ("MIT",)),
        ("GPL-2.0-only OR MIT", ("MIT",)),
        ("LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only", ("LGPL-3.0-only",)),
        ("BSD-3-Clause AND Zlib AND BSD-3-Clause", ("BSD-3-Clause", "Zlib")),
        ("ISC AND (GPL-3.0-only OR (MIT AND Zlib))", ("ISC", "MIT", "Zlib")),
        ("GPL-3.0-or-later WITH GCC-exception-3.1", ("GPL-3.0-or-later WITH GCC-exception-3.1",)),
        ("MIT AND Apache-2.0 WITH LLVM-exception OR GPL-3.0-only", ("MIT", "Apache-2.0 WITH LLVM-exception")),
    ],
)
def test_of_each_choice_the_first_allowed(expression: str, followed: tuple[str, ...]) -> None:
    assert chosen(expression) == followed


@pytest.mark.parametrize(
    "expression",
    [
        "GPL-3.0-only",
        "GPL-3.0-or-later WITH Classpath-exception-2.0",
        "AGPL-3.0-or-later",
        "MIT AND AGPL-3.0-only",
        "MIT AND (GPL-2.0-only OR AGPL-3.0-only)",
        "LicenseRef-Proprietary",
    ],
)
def test_what_may_not_ship(expression: str) -> None:
    with pytest.raises(LicenceRefused, match="not on the list"):
        chosen(expression)


@pytest.mark.parametrize("expression", ["", "MIT OR", "(MIT", "MIT)", "MIT Zlib", "AND MIT", "MIT WITH"])
def test_what_cannot_be_read(expression: str) -> None:
    with pytest.raises(LicenceRefused):
        chosen(expression)
