"""What a screen reader sees: the widgets of a program by role and name, with their texts and places (AT-SPI 2).

It runs with Debian's own Python, on which pyatspi is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyatspi

Widget = Any
Found = Any
BUTTON = ("push button", "button")
"""The name of the role depends on the version of AT-SPI."""
CELL = ("table cell",)


def program(name: str) -> Widget | None:
    """Return the program that calls itself by a name, once it can be read."""
    desktop = pyatspi.Registry.getDesktop(0)
    for each in desktop:
        if each is not None and each.name.casefold() == name.casefold():
            return each
    return None


def widgets(root: Widget, role: Sequence[str] = (), name: str = "") -> Iterator[Widget]:
    """Yield the visible widgets below one, of one of the roles if given, whose name holds a text."""
    waiting = [root]
    while waiting:
        widget = waiting.pop()
        if widget is None:
            continue
        states = widget.getState()
        if (
            (not role or widget.getRoleName() in role)
            and name in (widget.name or "")
            and states.contains(pyatspi.STATE_SHOWING)
        ):
            yield widget
        waiting += reversed(list(widget))


def middle(widget: Widget) -> tuple[int, int]:
    """Return where on the screen a widget's middle is, in pixels."""
    area = widget.queryComponent().getExtents(pyatspi.DESKTOP_COORDS)
    return area.x + area.width // 2, area.y + area.height // 2


def wait_for(what: str, look: Callable[[], Found], seconds: float = 60) -> Found:
    """Look until something is found, and return it; SystemExit, which says what was missing."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if found := look():
                return found
        except Exception as error:  # noqa: BLE001 - widgets vanish while they are read; the bus has errors of all kinds
            last: object = error
        else:
            last = "nothing"
        time.sleep(0.2)
    raise SystemExit(f"{what}: not within {seconds:.0f} s ({last})")
