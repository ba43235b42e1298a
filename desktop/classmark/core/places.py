"""Where everything lies on this computer, for a person who looks for it or wants to remove it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from classmark.core.connections import journal
from classmark.core.paths import SETTINGS, WINDOW_MEMORY, config_folder, policy_files, program_folder
from classmark.core.settings import Settings


@dataclass(frozen=True, slots=True)
class Place:
    """A file or folder, which need not exist, and what it is."""

    name: str
    path: Path
    holds: str


def places(settings: Settings) -> tuple[Place, ...]:
    """Return all that belongs to Classmark on this computer."""
    collection = settings.collection()
    found = [
        Place("program", program_folder() or Path(sys.prefix), "the program itself, which keeps nothing there"),
        Place("settings", config_folder() / SETTINGS, "what you have settled"),
        Place("window", config_folder() / WINDOW_MEMORY, "the window's size, theme, rule and recent files"),
        Place("models", collection.root, "models, their tests, and entries that you added to the catalogue"),
    ]
    found.append(Place("journal", journal().path, "every connection that was ever made"))
    if settings.shared:
        found.append(Place("shared", Path(settings.shared), "models that others keep, only read"))
    found += [Place("policy", path, "what your administrator has settled") for path in policy_files()]
    return tuple(found)
