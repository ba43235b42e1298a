"""Writes the papers of a frozen folder into it: bill of materials, third-party notices, licence."""

from __future__ import annotations

import argparse
import shutil
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
    folder: Path = parser.parse_args().folder
    try:
        environment = installed()
        version = environment["classmark"].version
        shipped = take(look_into(folder), environment, packages())
        listed, told = bill(version, shipped), notices(version, shipped, environment)
        check(listed)
    except (Unaccounted, LicenceRefused, TextMissing) as refusal:
        print(refusal, file=sys.stderr)
        return 1
    for name, text in (("SBOM.cdx.json", listed), ("THIRD-PARTY-NOTICES.txt", told)):
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    shutil.copyfile(_ROOT / "LICENSE", folder / "LICENSE.txt")
    inner = sum(bool(one.parent) for one in shipped)
    print(f"{folder}: {len(shipped) - inner} packages, {inner} things inside them, every file accounted for")
    return 0


def check(listed: str) -> None:
    """Raise ValueError where a bill is not as the schema of CycloneDX 1.6 says."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(listed):
        raise ValueError(f"The bill is no CycloneDX 1.6: {error}")


if __name__ == "__main__":
    sys.exit(main())
