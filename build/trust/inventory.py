"""Accounts for every file of a frozen folder: which package, and which software inside that package, it is from."""

from __future__ import annotations

import fnmatch
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from trust.environment import Distribution
from trust.frozen import Frozen, is_extension, is_library
from trust.known import Inner, Package

# Where PyInstaller puts everything but the programs.
INTERNAL = "_internal/"
_OURS = ("classmark", "classmark_models")


class Unaccounted(ValueError):
    """Something ships of which nobody knows what it is; the message lists it."""


@dataclass(frozen=True)
class Shipped:
    """One thing in the frozen folder: a package, or (with a parent) software or data inside one, and its files."""

    what: Inner
    files: tuple[str, ...]
    parent: str = ""
    distribution: Distribution | None = None

    @property
    def ref(self) -> str:
        """What this thing is called within the bill."""
        version = f"@{self.what.version}" if self.what.version else ""
        return f"{self.parent}/{self.what.name}{version}" if self.parent else f"{self.what.name}{version}"


def take(frozen: Frozen, installed: Mapping[str, Distribution], known: Mapping[str, Package]) -> tuple[Shipped, ...]:
    """Return all that ships, packages first.

    Raises Unaccounted when a file, module or library belongs to nothing known, when a package was not looked into in
    its version, or states no licence.
    """
    parts = {name: [(part, part.of(frozen.files)) for part in package.parts] for name, package in known.items()}
    in_parts = {path for matched in parts.values() for _, paths in matched for path in paths}
    owners = {path: each.name for each in installed.values() for path in each.files}
    owned, strange = defaultdict[str, list[str]](list), list[str]()
    for path in frozen.files:
        inside = path.removeprefix(INTERNAL)
        owner = owners.get(inside)
        if owner and (path in in_parts or is_extension(path) or not is_library(path)):
            owned[owner].append(path)
        elif path not in in_parts and inside.split("/")[0] not in _OURS:
            strange.append(path)
    modules = {module: each.name for each in installed.values() for module in each.modules}
    folders = {".".join(folder.parts) for path in owners for folder in PurePosixPath(path).parents}
    for module in sorted(frozen.modules):
        if owner := modules.get(module):
            owned[owner]
        elif not _is_at_home(module) and module not in folders:
            strange.append(f"the module {module}")
    if strange:
        raise Unaccounted("Nobody knows what these are; say it in build/trust/inner/:\n  " + "\n  ".join(strange))
    packages = [_package(installed[name], owned[name], known) for name in sorted(owned) if name not in _OURS]
    inner = [
        Shipped(one, paths, name)
        for name, matched in sorted(parts.items())
        for part, paths in matched
        if paths
        for one in part.inner
    ]
    bills = [
        Shipped(one, (), each.what.name) for each in packages if each.distribution for one in each.distribution.inside
    ]
    return (*packages, *_unique(inner), *_unique(bills))


def _is_at_home(module: str) -> bool:
    top = module.split(".")[0]
    return top in sys.stdlib_module_names or top in _OURS or top.startswith(("_pyi", "pyi", "_sysconfigdata"))


def _package(found: Distribution, files: list[str], known: Mapping[str, Package]) -> Shipped:
    looked_at = known[found.name].version if found.name in known else "*"
    if not fnmatch.fnmatch(found.version, looked_at):
        raise Unaccounted(
            f"{found.name} is {found.version} now; what lies inside it was looked at in {looked_at}: "
            f"look again and mend build/trust/inner/{found.name}.toml."
        )
    if not found.licence:
        raise Unaccounted(f"{found.name} states no SPDX licence; say it in build/trust/declared.toml.")
    what = Inner(
        found.name, found.licence, (), f"https://pypi.org/project/{found.name}/{found.version}/", found.version, "wheel"
    )
    return Shipped(what, tuple(files), distribution=found)


def _unique(things: list[Shipped]) -> list[Shipped]:
    """Join what several parts of one package hold, such as zlib in two libraries."""
    joined: dict[str, Shipped] = {}
    for thing in things:
        if earlier := joined.get(thing.ref):
            thing = Shipped(thing.what, (*earlier.files, *thing.files), thing.parent)
        joined[thing.ref] = thing
    return list(joined.values())
