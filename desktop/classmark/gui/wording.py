"""Figures as people read them: sizes, speeds, times."""

from __future__ import annotations

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def size(count: float) -> str:
    """Say a number of bytes in decimal units, as stores and hubs do."""
    place = 0
    while count >= 999.5 and place < len(_UNITS) - 1:
        count /= 1000
        place += 1
    return f"{count:.0f} {_UNITS[place]}" if count >= 10 or place == 0 else f"{count:.1f} {_UNITS[place]}"


def speed(bytes_a_second: float | None) -> str:
    """Say how fast bytes come; empty when it is not known."""
    return f"{size(bytes_a_second)}/s" if bytes_a_second else ""


def duration(seconds: float | None) -> str:
    """Say roughly how long it will take; empty when it cannot be told."""
    if seconds is None:
        return ""
    if seconds < 10:
        return "a few seconds left"
    if seconds < 60:
        return f"about {round(seconds / 10) * 10} s left"
    if seconds < 3600:
        return f"about {round(seconds / 60)} min left"
    return f"about {seconds / 3600:.1f} h left"
