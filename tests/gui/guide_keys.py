"""Writes assets/guide/keyboard.md, the page of the guide that lists all keys, from the table of actions.

Usage: python -m tests.gui.guide_keys, after an action or a key has changed.
"""

from __future__ import annotations

from collections.abc import Sequence

from classmark.gui.actions import MENUS, MORE_KEYS, TABLE
from classmark.resources import asset

_HEAD = """# Keyboard

Everything can be done without the mouse. <kbd>Tab</kbd> goes from part to part, and the arrow keys within one. In
menus and in the bar of controls, <kbd>Alt</kbd> and an underlined letter go straight there.
"""


def keyboard_page() -> str:
    """Return the page."""
    parts = [_HEAD]
    for menu in MENUS:
        entries = [entry for entry in TABLE if entry.menu == menu and entry.keys]
        if entries:
            parts.append(_table(menu, [(entry.text.replace("&", "").rstrip("…"), (entry.keys,)) for entry in entries]))
    parts.append(_table("In parts of the window", MORE_KEYS))
    return "\n".join(parts)


def _table(heading: str, rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    lines = [f"## {heading}", "", "| what | keys |", "|---|---|"]
    for what, keys in rows:
        lines.append(f"| {what} | {' '.join(f'<kbd>{key}</kbd>' for key in keys)} |")
    return "\n".join([*lines, ""])


def main() -> None:
    (asset("guide") / "keyboard.md").write_text(keyboard_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
