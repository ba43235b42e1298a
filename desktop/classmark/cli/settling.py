"""``classmark settings``: what is settled, and settling it."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, replace
from pathlib import Path

from classmark.cli.codes import DONE
from classmark.cli.commands import EXIT_CODES, Commands, add, add_json
from classmark.cli.terminal import write_json, write_table
from classmark.core.paths import config_folder
from classmark.core.settings import FILE, NAMES, read_settings, write_settings

MEANINGS = {
    "models": "the folder to which models are written",
    "shared": "a folder of models that is only read, as on a reading room's server",
    "hub": "the address that published models come from, by default https://huggingface.co",
    "exports": "a hub and an organisation on it that keep converted models, asked first,\n"
    "           as in https://hub.example.org/our-library",
}
FOLDERS = ("models", "shared")
ADDRESSES = ("http://", "https://")


def add_command(commands: Commands) -> None:
    """Add ``settings`` to the commands."""
    meanings = "\n".join(f"  {name:8} {meaning}" for name, meaning in MEANINGS.items())
    command = add(
        commands,
        "settings",
        _settings,
        "show or change what is settled",
        "Shows all settings, or one; sets one, or leaves it to Classmark again.",
        f"settings:\n{meanings}\n\n{EXIT_CODES}",
    )
    command.add_argument("name", nargs="?", choices=NAMES, metavar="NAME", help="one of those below")
    command.add_argument("value", nargs="?", metavar="VALUE", help="a folder, or an address")
    command.add_argument("--unset", action="store_true", help="forget what was set")
    add_json(command)


def _settings(arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    name, value = arguments.name, arguments.value
    if arguments.unset and (name is None or value is not None):
        parser.error("--unset wants the name of one setting, and no value")
    settings = read_settings()
    if value is not None or arguments.unset:
        settings = replace(settings, **{name: _checked(name, value, parser) if value else ""})
        write_settings(settings)
    shown = asdict(settings) if name is None else {name: getattr(settings, name)}
    if arguments.json:
        write_json(shown)
    elif name is not None:
        sys.stdout.write(f"{shown[name]}\n")
    else:
        write_table([[name, value or "not set"] for name, value in shown.items()])
        sys.stdout.write(f"\nThey are kept in {config_folder() / FILE}.\n")
    return DONE


def _checked(name: str, value: str, parser: argparse.ArgumentParser) -> str:
    """Return what is to be written; a relative folder would be another one from everywhere else."""
    if name in FOLDERS:
        return str(Path(value).absolute())
    if not value.startswith(ADDRESSES):
        parser.error(f"{name} is an address that begins with https://, not {value}")
    return value.rstrip("/")
