"""``classmark fill-mask``: words for the masked places of a text."""

from __future__ import annotations

import argparse
import contextlib
import sys
from dataclasses import asdict

from classmark.cli.codes import DONE
from classmark.cli.commands import Commands, add, add_json, count
from classmark.cli.manners import check_ready
from classmark.cli.terminal import harmless, write_json
from classmark.core.settings import read_settings

DEFAULT = "bio-lm"


def add_command(commands: Commands) -> None:
    """Add ``fill-mask`` to the commands."""
    command = add(
        commands,
        "fill-mask",
        _fill,
        "propose words for the masked places of a text",
        "Proposes words for each <mask> in a text, with their probabilities.",
    )
    command.add_argument("text", metavar="TEXT", help='as in "The protein binds to the <mask> receptor."')
    command.add_argument(
        "--model", default=DEFAULT, metavar="ID", help="a model that fills masks (default: %(default)s)"
    )
    command.add_argument("--top", type=count, default=10, metavar="K", help="K words for each (default: %(default)s)")
    add_json(command)


def _fill(arguments: argparse.Namespace, _: argparse.ArgumentParser) -> int:
    collection = read_settings().collection()
    check_ready(collection, arguments.model)
    with contextlib.closing(collection.open_fill_mask(arguments.model)) as filler:
        masks = filler.fill(arguments.text, arguments.top)
    if arguments.json:
        candidates = [[asdict(candidate) for candidate in mask] for mask in masks]
        write_json({"model": arguments.model, "text": arguments.text, "masks": candidates})
        return DONE
    for number, mask in enumerate(masks, 1):
        if len(masks) > 1:
            sys.stdout.write(f"mask {number}\n")
        for candidate in mask:
            sys.stdout.write(f"  {candidate.probability:6.1%}  {harmless(candidate.word)}\n")
    return DONE
