"""How a command is added to the command line."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Run: TypeAlias = Callable[[argparse.Namespace, argparse.ArgumentParser], int]
"""What a command does: given its arguments, and its parser for complaints about them, it returns the exit code."""

EXIT_CODES = "Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped."


def add(
    commands: Commands,
    name: str,
    run: Run,
    summary: str,
    description: str,
    epilog: str = EXIT_CODES,
    *,
    connects: bool = False,
) -> argparse.ArgumentParser:
    """Add a command and return its parser; the summary stands in the list of commands, the rest in its own help.

    Every command is sealed but one that ``connects`` to a hub.
    """
    command = commands.add_parser(
        name,
        help=summary,
        description=textwrap.fill(description, 79),
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(run=lambda arguments: run(arguments, command), connects=connects)
    return command


def add_json(command: argparse.ArgumentParser) -> None:
    """Let a command write for programs."""
    command.add_argument("--json", action="store_true", help="write JSON, for programs")


def count(text: str) -> int:
    """Read a number of at least one, for argparse."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def share(text: str) -> float:
    """Read a number between 0 and 1, for argparse."""
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError("must lie between 0 and 1")
    return number
