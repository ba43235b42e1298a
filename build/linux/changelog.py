"""Prints the changelog of the Debian package, from the releases that the AppStream metadata tell of.

Usage: changelog.py METAINFO MAINTAINER. Source of the format: deb-changelog(5).
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from xml.etree import ElementTree


def entries(metainfo: Path, maintainer: str) -> Iterator[str]:
    """Yield an entry for each release, the newest first."""
    for release in ElementTree.parse(metainfo).getroot().iterfind("releases/release"):
        day = datetime.fromisoformat(release.attrib["date"]).replace(tzinfo=UTC)
        yield f"classmark ({release.attrib['version']}) stable; urgency=medium\n"
        for told in release.iterfind("description//*"):
            if words := " ".join((told.text or "").split()):
                yield textwrap.fill(words, 78, initial_indent="  * ", subsequent_indent="    ") + "\n"
        yield f" -- {maintainer}  {format_datetime(day)}\n"


if __name__ == "__main__":
    print("\n".join(entries(Path(sys.argv[1]), sys.argv[2])), end="")
