"""``classmark guide``: the user's guide in the terminal."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator

from classmark.cli.codes import DONE, FAILED
from classmark.cli.commands import Commands, add
from classmark.cli.terminal import write_table
from classmark.core.guide import Guide, Page, read_guide
from classmark.core.markdown import Block, Code, Heading, Items, Paragraph, Picture, Table, plain
from classmark.resources import asset

_WIDTH = 79


def add_command(commands: Commands) -> None:
    """Add ``guide`` to the commands."""
    command = add(
        commands,
        "guide",
        _guide,
        "read the user's guide",
        "Lists the pages of the guide, prints one, or searches them. The window shows them with pictures.",
    )
    command.add_argument("page", nargs="?", metavar="PAGE", help="the name of a page, as the list tells it")
    command.add_argument("--find", metavar="WORDS", help="list the pages on which all of these words are found")


def _guide(arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    guide = read_guide(asset("guide"))
    if arguments.find is not None:
        return _find(guide, arguments.find)
    if arguments.page is None:
        write_table([[page.name, page.title] for page in guide.pages])
    elif arguments.page in guide:
        print("\n".join(_text(guide[arguments.page])))  # noqa: T201
    else:
        parser.error(f"there is no page {arguments.page}; there are {', '.join(page.name for page in guide.pages)}")
    return DONE


def _find(guide: Guide, query: str) -> int:
    hits = guide.search(query)
    if not hits:
        print(f"No page mentions “{query}”.")  # noqa: T201
        return FAILED
    write_table([[hit.page.name, hit.snippet] for hit in hits])
    return DONE


def _text(page: Page) -> Iterator[str]:
    """Yield the lines of a page, without its pictures."""
    for block in page.blocks:
        if not isinstance(block, Picture):
            yield from _lines(block)
            yield ""


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Heading(level=level, text=text):
            yield plain(text)
            yield ("=" if level == 1 else "-") * len(plain(text))
        case Paragraph(text=text):
            yield from textwrap.wrap(plain(text), _WIDTH)
        case Items(entries=entries, is_numbered=is_numbered):
            for number, entry in enumerate(entries, 1):
                sign = f"{number}. " if is_numbered else "* "
                yield from textwrap.wrap(plain(entry), _WIDTH, initial_indent=sign, subsequent_indent=" " * len(sign))
        case Table(rows=rows):
            yield from _columns(rows)
        case Code(text=text):
            yield from (f"    {line}" for line in text.splitlines())


def _columns(rows: tuple[tuple[str, ...], ...]) -> Iterator[str]:
    """Yield rows with their first cells in a column, and the others wrapped beside it."""
    width = max(len(plain(row[0])) for row in rows) + 2
    for row in rows:
        rest = textwrap.wrap(" · ".join(plain(cell) for cell in row[1:]), _WIDTH - width) or [""]
        for place, line in enumerate(rest):
            yield f"{'' if place else plain(row[0]):{width}}{line}".rstrip()
