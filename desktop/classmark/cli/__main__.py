"""``python -m classmark.cli``."""

from __future__ import annotations

import sys

from classmark.cli import main

if __name__ == "__main__":
    sys.exit(main())
