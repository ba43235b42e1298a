"""The number of a file's format, by which a Classmark sees that a newer one wrote it."""

from __future__ import annotations

from pathlib import Path

from classmark_models.errors import NewerFormat


def check_format(stated: object, known: int, path: Path) -> None:
    """Raise NewerFormat where a file states a format above ``known``; one without a number (None) is of format 1.

    ValueError when what it states is no number of a format.
    """
    number = 1 if stated is None else stated
    if type(number) is not int or number < 1:
        raise ValueError(f"{str(number)[:40]!r} is no format")
    if number > known:
        raise NewerFormat(
            f"{path} was written by a newer Classmark (format {number}; this one knows {known}). Install that version "
            "again to use it. Nothing was changed, and nothing is lost."
        )
