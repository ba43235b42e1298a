"""Manual pages, written from the parsers of the two programs, so that they say what the programs understand.

Source of the format: man(7), https://man7.org/linux/man-pages/man7/man.7.html
"""

from __future__ import annotations

import argparse
import os
import re
import textwrap
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

EXIT_STATUS = {
    "0": "done",
    "1": "failed; the error stream says why",
    "2": "wrong usage",
    "3": "done, but some documents could not be read",
    "130": "stopped by the person",
}
ENVIRONMENT = {
    "CLASSMARK_HOME": "The folder in which settings and models are kept, instead of those below.",
    "HF_ENDPOINT": "The hub from which published models are fetched, when a person asks for it.",
    "HF_TOKEN": "The token shown to that hub.",
}
FILES = {
    "~/.config/Classmark": "What was settled: settings.toml, and how the window was left.",
    "~/.local/share/Classmark": "Models that were added.",
    "/etc/classmark/policy.toml": "What IT has settled for all who use this computer.",
}
_WIDTH = "78"


def command_line_page(parser: argparse.ArgumentParser, version: str, epoch: int) -> str:
    """Return classmark(1): every command, with all its options."""
    commands = [command for command in _commands(parser) if not _subparsers(command)]
    lines = [
        *_head(parser, version, epoch, "tell what documents are about, fully offline"),
        ".SH SYNOPSIS",
        *(f".B {_plain(command.prog)}\n[OPTIONS] …\n.br" for command in commands),
        *_description(parser),
        *_options(parser),
        ".SH COMMANDS",
    ]
    for command in commands:
        entries = [action for action in command._actions if "--help" not in action.option_strings]
        lines += [f".SS {_plain(command.prog)}", *_usage(command), *_prose(command), *_entries(command, entries)]
    lines += [
        ".SH EXIT STATUS",
        *_terms(EXIT_STATUS),
        ".SH ENVIRONMENT",
        *_terms(ENVIRONMENT),
        ".SH FILES",
        *_terms(FILES),
        ".SH SEE ALSO",
        ".BR classmark-desktop (1)",
    ]
    return "\n".join(lines) + "\n"


def window_page(parser: argparse.ArgumentParser, version: str, epoch: int) -> str:
    """Return classmark-desktop(1)."""
    lines = [
        *_head(parser, version, epoch, "the window of Classmark, which tells what documents are about"),
        ".SH SYNOPSIS",
        *_usage(parser),
        *_description(parser),
        _plain(parser.epilog or ""),
        *_options(parser),
        ".SH ENVIRONMENT",
        *_terms(ENVIRONMENT),
        ".SH FILES",
        *_terms(FILES),
        ".SH SEE ALSO",
        ".BR classmark (1)",
    ]
    return "\n".join(lines) + "\n"


def _head(parser: argparse.ArgumentParser, version: str, epoch: int, summary: str) -> Iterator[str]:
    day = datetime.fromtimestamp(epoch, UTC).date().isoformat()
    yield f'.TH {parser.prog.upper()} 1 "{day}" "Classmark {version}" "User Commands"'
    yield ".SH NAME"
    yield f"{_plain(parser.prog)} \\- {summary}"


def _description(parser: argparse.ArgumentParser) -> list[str]:
    return [".SH DESCRIPTION", _plain(parser.description or "")]


def _commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield all commands below a parser, and those below them, in their order."""
    for commands in _subparsers(parser):
        for command in commands.choices.values():
            yield command
            yield from _commands(command)


def _subparsers(parser: argparse.ArgumentParser) -> list[argparse._SubParsersAction[argparse.ArgumentParser]]:
    return [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]


def _usage(parser: argparse.ArgumentParser) -> list[str]:
    """Return what the program itself calls its usage, line by line."""
    before, os.environ["COLUMNS"] = os.environ.get("COLUMNS"), _WIDTH
    try:
        usage = textwrap.dedent(" " * len("usage: ") + parser.format_usage().removeprefix("usage: ")).rstrip()
    finally:
        del os.environ["COLUMNS"]
        if before is not None:
            os.environ["COLUMNS"] = before
    return [".nf", *(_plain(line) for line in usage.splitlines()), ".fi"]


def _prose(parser: argparse.ArgumentParser) -> list[str]:
    """Return a command's description and what its help ends with; examples in it, which are indented, stay as set."""
    lines: list[str] = []
    for paragraph in re.split(r"\n\s*\n", f"{parser.description or ''}\n\n{parser.epilog or ''}".strip()):
        as_set = any(line.startswith(" ") for line in paragraph.splitlines())
        words = [_plain(line) for line in paragraph.splitlines()]
        lines += [".PP", ".nf", *words, ".fi"] if as_set else [".PP", *words]
    return lines


def _options(parser: argparse.ArgumentParser) -> list[str]:
    return [".SH OPTIONS", *_entries(parser, parser._actions)]


def _entries(parser: argparse.ArgumentParser, actions: Iterable[argparse.Action]) -> list[str]:
    """Return what may stand behind a command, each with its help; what the help hides stays hidden."""
    lines: list[str] = []
    for action in actions:
        if action.help == argparse.SUPPRESS or isinstance(action, argparse._SubParsersAction):
            continue
        told = (action.help or "") % {**vars(action), "prog": parser.prog}
        lines += [".TP", _name(action), _plain(told)]
    return lines


def _name(action: argparse.Action) -> str:
    """Return an option with what it takes, as ``-o, --output FILE``, or the name of a plain word."""
    choices = "{" + ",".join(map(str, action.choices)) + "}" if action.choices else action.dest.upper()
    takes = action.metavar if isinstance(action.metavar, str) else choices
    if not action.option_strings:
        return f"\\fI{_plain(takes)}\\fR"
    named = ", ".join(f"\\fB{_plain(option)}\\fR" for option in action.option_strings)
    return named if action.nargs == 0 else f"{named} \\fI{_plain(takes)}\\fR"


def _terms(table: dict[str, str]) -> Iterable[str]:
    return [line for term, meaning in table.items() for line in (".TP", f".B {_plain(term)}", _plain(meaning))]


def _plain(text: str) -> str:
    """Return text in which nothing is an instruction to the typesetter: hyphens are to be copied as they are."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line.startswith((".", "'")) else line for line in escaped.split("\n"))
