"""The command line: its commands, its exit codes, and what becomes of errors."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from classmark.cli import classifying, evaluating, filling, guiding, journaling, models, settling
from classmark.cli.codes import CANCELLED, DONE, FAILED
from classmark.core.paths import check_portable
from classmark.core.policy import read_policy
from classmark.core.seal import seal
from classmark.core.settings import DECLARED, is_closed_for_good
from classmark_models.errors import ClassmarkError

__all__ = ["main", "parser"]

COMMANDS = tuple(each.add_command for each in (classifying, filling, evaluating, models, settling, journaling, guiding))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    0 done, 1 failed, 2 wrong usage, 3 done but some documents could not be read, 130 stopped by the person.
    Given no arguments it takes those of the process, which is the program's own then, and seals it for good.
    """
    multiprocessing.freeze_support()
    arguments = parser().parse_args(argv)
    if argv is None and (not arguments.connects or is_closed_for_good()):
        seal()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # Line ends stay as written, for Windows would double the returns of CSV.
            piped = {} if stream.isatty() else {"encoding": "utf-8", "newline": "\n"}
            stream.reconfigure(errors="backslashreplace", **piped)
    try:
        check_portable()
        for fault in read_policy(DECLARED).faults:
            print(f"classmark: {fault}", file=sys.stderr)  # noqa: T201
        return int(arguments.run(arguments))
    except KeyboardInterrupt:
        return CANCELLED
    except BrokenPipeError:
        # Whoever read our output has seen enough; the interpreter must not try to write the rest on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except (ClassmarkError, OSError) as error:
        print(f"classmark: {error}", file=sys.stderr)  # noqa: T201
        return FAILED


class _SelfTest(argparse.Action):
    """As ``--version`` does, it needs no command."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from classmark.core.selftest import SelfTest, check

        with SelfTest("classmark") as test:
            with test.step("seal") as found:
                found["state"] = seal().sentence
            check(test, ("classmark.cli", "classmark.core", "classmark_models"))
        parser.exit(test.tell())


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line; each command has its own below it."""
    made = argparse.ArgumentParser(prog="classmark", description="Tells what documents are about, fully offline.")
    made.add_argument("--version", action="version", version=f"Classmark {_version()}")
    made.add_argument("--selftest", action=_SelfTest, nargs=0, help="see whether all of Classmark works here, as JSON")
    commands = made.add_subparsers(required=True, metavar="COMMAND")
    for add_command in COMMANDS:
        add_command(commands)
    return made


def _version() -> str:
    try:
        return version("classmark")
    except PackageNotFoundError:
        return "from a checkout"
