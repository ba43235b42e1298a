"""Audits the lock files: every line pinned with hashes, and no known vulnerability in a copy of the OSV database."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from trust.advisories import findings
from trust.locks import LooseLock, pinned


def main() -> int:
    """Print what was checked and found; return 1 where something is loose or vulnerable."""
    parser = argparse.ArgumentParser(prog="build/trust/audit", description=__doc__)
    parser.add_argument("locks", type=Path, nargs="+")
    parser.add_argument("--database", type=Path, help="OSV's archive of advisories for PyPI, all.zip")
    wanted = parser.parse_args()
    try:
        packages = {lock.name: pinned(lock) for lock in wanted.locks}
    except LooseLock as loose:
        print(f"✗ {loose}")
        return 1
    for name, each in packages.items():
        print(f"✓ {name}: {len(each)} packages, each an exact version with sha256 sums")
    if not wanted.database:
        return 0
    every = {one for each in packages.values() for one in each}
    found = findings(every, wanted.database)
    for one in found:
        fixed = f"fixed in {', '.join(one.fixed)}" if one.fixed else "no fix is known"
        print(f"✗ {one.package.name} {one.package.version}: {one.advisory}, {fixed}. {one.summary}")
    print(f"{'✗' if found else '✓'} {len(every)} packages looked up in {wanted.database.name}: {len(found)} known")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
