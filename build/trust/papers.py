"""Writes the papers of a frozen folder into it: bill of materials, third-party notices, licence."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from trust.bill import bill
from trust.environment import installed
from trust.frozen import look_into
from trust.inventory import Unaccounted, take
from trust.known import packages
from trust.licensing import LicenceRefused
from trust.notices import TextMissing, notices

_ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Write the three files; return 1 with a sentence where something that ships is not accounted for."""
    parser = argparse.ArgumentParser(prog="build/trust/papers", description=__doc__)
    parser.add_argument("folder", type=Path, help="a frozen folder, such as dist/classmark")
    parser.add_argument("--cyclonedx", type=Path, required=True, help="a Python that has cyclonedx-bom")
    wanted = parser.parse_args()
    folder: Path = wanted.folder
    try:
        environment = installed(wanted.cyclonedx)
        version = environment["classmark"].version
        shipped = take(look_into(folder), environment, packages())
        listed, told = bill(version, shipped), notices(version, shipped, environment)
        subprocess.run([wanted.cyclonedx, "-m", "trust.schema"], input=listed, text=True, check=True)
    except (Unaccounted, LicenceRefused, TextMissing) as refusal:
        print(refusal, file=sys.stderr)
        return 1
    for name, text in (("SBOM.cdx.json", listed), ("THIRD-PARTY-NOTICES.txt", told)):
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    shutil.copyfile(_ROOT / "LICENSE", folder / "LICENSE.txt")
    inner = sum(bool(one.parent) for one in shipped)
    print(f"{folder}: {len(shipped) - inner} packages, {inner} things inside them, every file accounted for")
    return 0


if __name__ == "__main__":
    sys.exit(main())
