"""The words behind the program's name: what to open, and what to begin with."""

from __future__ import annotations

import argparse
from pathlib import Path

from classmark.gui.alerts import app_version

FIRST_STEPS = {
    "paste": "take in what was copied",
    "samples": "classify the samples",
    "models": "show which models there are",
}
"""The actions of the window that a desktop's menu offers, by their names in ``gui.actions``."""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the window's command line; what Qt understands (``-platform``) is none of its business."""
    made = argparse.ArgumentParser(
        prog="classmark-desktop",
        description="Opens the window of Classmark, which tells what documents are about, fully offline.",
        epilog="Words that are not listed here go to Qt, such as -platform=wayland.",
    )
    made.add_argument("paths", nargs="*", type=Path, metavar="FILE", help="documents, folders and suitcases to open")
    steps = "; ".join(f"{name}: {what}" for name, what in FIRST_STEPS.items())
    made.add_argument("--begin", choices=FIRST_STEPS, metavar="WITH", help=f"what to begin with. {steps}")
    made.add_argument("--version", action="version", version=f"Classmark {app_version()}")
    made.add_argument("--selftest", action="store_true", help="see whether all of Classmark works here, as JSON")
    return made
