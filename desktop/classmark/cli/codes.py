"""Exit codes: done, failed, wrong usage, done but some documents could not be read, stopped by the person."""

from __future__ import annotations

DONE, FAILED, WRONG_USAGE, SOME_UNREADABLE, CANCELLED = 0, 1, 2, 3, 130
