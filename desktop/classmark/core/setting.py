"""What a setting is: its kind, its meaning, and which values it can have."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

_ADDRESSES = ("http://", "https://")


class Kind(Enum):
    """What the text of a setting is."""

    FOLDER = auto()
    ADDRESS = auto()
    CHOICE = auto()


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, declared once; ``variable`` is the one of the environment that says the same."""

    name: str
    kind: Kind
    meaning: str
    default: str = ""
    choices: tuple[str, ...] = ()
    variable: str = ""

    def fault(self, value: str) -> str:
        """Return why a text cannot be its value, in a few words; empty when it can, as no text always can."""
        if not value:
            return ""
        if self.kind is Kind.FOLDER and not Path(value).is_absolute():
            return f"the whole path of a folder is wanted, not {value[:200]!r}"
        if self.kind is Kind.ADDRESS and not value.startswith(_ADDRESSES):
            return f"an address that begins with https:// is wanted, not {value[:200]!r}"
        if self.kind is Kind.CHOICE and value not in self.choices:
            return f"{' or '.join(self.choices)} is wanted, not {value[:200]!r}"
        return ""
