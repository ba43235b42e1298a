"""Packs a small model of random weights into a suitcase: real in all but its answers. Usage: suitcase.py FILE."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.models.ready_packs import ready_pack

from classmark_models.carry.suitcase import write_suitcase


def main() -> None:
    """Make the model in a folder that goes away again."""
    with TemporaryDirectory() as folder:
        ready_pack(Path(folder))
        write_suitcase(Path(folder), Path(sys.argv[1]))


if __name__ == "__main__":
    main()
