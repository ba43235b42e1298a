"""``classmark journal``: every connection that was ever made."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict

from classmark.cli.codes import DONE
from classmark.cli.commands import Commands, add, add_json
from classmark.cli.terminal import harmless, write_json, write_table
from classmark.core.connections import HEAD, journal, summarize, tell


def add_command(commands: Commands) -> None:
    """Add ``journal`` to the commands."""
    command = add(
        commands,
        "journal",
        _journal,
        "show every connection that was ever made",
        "Shows the journal of connections: when one was made, where to, why, how many bytes went and came, and how it "
        "ended. They are made by models fetch, repair and add, and where the window is asked for the same; by nothing "
        "else.",
    )
    add_json(command)


def _journal(arguments: argparse.Namespace, _: argparse.ArgumentParser) -> int:
    kept = journal()
    history = kept.read()
    if arguments.json:
        write_json({"file": str(kept.path), **asdict(history)})
        return DONE
    if history.connections:
        rows = [tell(connection).words for connection in history.connections]
        write_table([HEAD, *(tuple(map(harmless, row)) for row in rows)])
        sys.stdout.write("\n")
    sys.stdout.write(f"{summarize(history)}\nThe journal lies in {kept.path}.\n")
    return DONE
