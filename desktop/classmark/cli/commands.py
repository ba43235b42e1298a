"""How a command is added to the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Run: TypeAlias = Callable[[argparse.Namespace, argparse.ArgumentParser], int]
"""What a command does: given its arguments, and its parser for complaints about them, it returns the exit code."""

EXIT_CODES = "Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped."


def add(
    commands: Commands, name: str, run: Run, summary: str, description: str, epilog: str = EXIT_CODES
) -> argparse.ArgumentParser:
    """Add a command and return its parser; the summary stands in the list of commands, the rest in its own help."""
    command = commands.add_parser(
        name,
        help=summary,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(run=lambda arguments: run(arguments, command))
    return command


def add_json(command: argparse.ArgumentParser) -> None:
    """Let a command write for programs."""
    command.add_argument("--json", action="store_true", help="write JSON, for programs")
