"""``classmark settings``: what is settled, by whom, and settling it; and where everything lies."""

from __future__ import annotations

import argparse
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

from classmark.cli.codes import DONE
from classmark.cli.commands import EXIT_CODES, Commands, add, add_json
from classmark.cli.terminal import harmless, write_json, write_table
from classmark.core.paths import HOME, SETTINGS, config_folder, is_portable
from classmark.core.places import places
from classmark.core.setting import Kind, Setting
from classmark.core.settings import DECLARED, NAMES, Settled, settle, write_settings
from classmark_models.errors import ClassmarkError

_LOCKED = "set by your administrator"


def add_command(commands: Commands) -> None:
    """Add ``settings`` to the commands."""
    meanings = "\n".join(
        textwrap.fill(_meaning(setting), 79, initial_indent=f"  {name:8} ", subsequent_indent=" " * 11)
        for name, setting in DECLARED.items()
    )
    command = add(
        commands,
        "settings",
        _settings,
        "show or change what is settled",
        "Shows all settings and whose word each is, or one; sets one, or leaves it to Classmark again. What your "
        "administrator has locked cannot be set.",
        f"settings:\n{meanings}\n\n{EXIT_CODES}",
    )
    command.add_argument("name", nargs="?", choices=NAMES, metavar="NAME", help="one of those below")
    command.add_argument("value", nargs="?", metavar="VALUE", help="a folder, an address, or a word")
    command.add_argument("--unset", action="store_true", help="forget what was set")
    command.add_argument("--where", action="store_true", help="show where everything lies on this computer")
    add_json(command)


def _settings(arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    name, value = arguments.name, arguments.value
    if arguments.unset and (name is None or value is not None):
        parser.error("--unset wants the name of one setting, and no value")
    if arguments.where and name is not None:
        parser.error("--where wants no name")
    settled = settle()
    if value is not None or arguments.unset:
        settled = _set(settled, name, value or "", parser)
    if arguments.where:
        _show_places(settled, arguments.json)
    elif arguments.json:
        names = NAMES if name is None else (name,)
        write_json({each: _facts(settled, each) for each in names})
    elif name is not None:
        sys.stdout.write(f"{settled.in_force(name)}\n")
    else:
        write_table([(each, settled.in_force(each) or "none", _whose(settled, each)) for each in NAMES])
        sys.stdout.write(_footnotes(settled))
    return DONE


def _meaning(setting: Setting) -> str:
    return f"{setting.meaning} (default: {setting.default})" if setting.default else setting.meaning


def _set(settled: Settled, name: str, value: str, parser: argparse.ArgumentParser) -> Settled:
    """Settle one thing; ClassmarkError when it is not the person's to settle."""
    if settled.is_locked(name):
        by = ", ".join(map(str, settled.policy.files))
        raise ClassmarkError(f"{name} is {_LOCKED}, in {by}. It is {settled.in_force(name) or 'none'}.")
    # A relative folder would be another one from everywhere else.
    value = str(Path(value).absolute()) if value and DECLARED[name].kind is Kind.FOLDER else value.rstrip("/")
    if fault := DECLARED[name].fault(value):
        parser.error(f"{name}: {fault}")
    write_settings(replace(settled.own, **{name: value}))
    return settle()


def _facts(settled: Settled, name: str) -> dict[str, str]:
    return {"value": settled.in_force(name), "origin": str(settled.origins[name])}


def _whose(settled: Settled, name: str) -> str:
    return _LOCKED if settled.is_locked(name) else str(settled.origins[name])


def _footnotes(settled: Settled) -> str:
    notes = [""]
    if is_portable():
        notes.append(f"Portable: everything is kept in {config_folder()}.")
    if settled.unknown:
        names = ", ".join(map(harmless, settled.unknown))
        notes.append(f"Not known to this version, and kept for the one that knows it: {names}.")
    notes.append(f"Yours are kept in {config_folder() / SETTINGS}. `classmark settings --where` shows all places.")
    return "\n".join(notes) + "\n"


def _show_places(settled: Settled, as_json: bool) -> None:
    found = places(settled.settings)
    if as_json:
        write_json([{"name": each.name, "path": str(each.path), "exists": each.path.exists()} for each in found])
        return
    signs = ["" if each.path.exists() else " (not there)" for each in found]
    rows = [(each.name, str(each.path), each.holds + sign) for each, sign in zip(found, signs, strict=True)]
    write_table(rows)
    if is_portable():
        sys.stdout.write(f"\nPortable: everything is kept in {config_folder()}. {HOME} would move it.\n")
