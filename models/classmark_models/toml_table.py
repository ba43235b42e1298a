"""The tables of a TOML file of which nobody has vouched, read key by key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from classmark_models.errors import SpecInvalid

_LONGEST_TEXT = 4_000
_LONGEST_LIST = 20_000


class Table:
    """One table; each way to read a key raises SpecInvalid on a wrong value, ``end`` on a key that none asked for."""

    def __init__(self, values: Mapping[str, Any], place: str) -> None:
        self._left, self._place = dict(values), place

    def text(self, key: str, default: str | None = None, like: re.Pattern[str] | None = None) -> str:
        """Return a text, which matches ``like`` unless it is the default."""
        value = self._take(key, str, default)
        given = like is not None and value != default
        if len(value) > _LONGEST_TEXT or (given and like is not None and not like.fullmatch(value)):
            raise SpecInvalid(f"{self._place}{key} cannot be {value[:80]!r}.")
        return str(value)

    def choice(self, key: str, choices: tuple[str, ...], default: str | None = None) -> str:
        """Return one of the choices."""
        value = self.text(key, default)
        if value not in choices:
            raise SpecInvalid(f"{self._place}{key} is {value[:80]!r}, not one of {', '.join(choices)}.")
        return value

    def texts(self, key: str, like: re.Pattern[str] | None = None) -> tuple[str, ...]:
        """Return a list of texts, empty when there is none."""
        values = self._take(key, list, [])
        if len(values) > _LONGEST_LIST:
            raise SpecInvalid(f"{self._place}{key} has more than {_LONGEST_LIST:,} entries.")
        return tuple(Table({key: value}, self._place).text(key, like=like) for value in values)

    def number(self, key: str, default: int | None, most: int) -> int | None:
        """Return a whole number from 0 to ``most``."""
        value = self._take(key, int, default, optional=True)
        if value is not None and not 0 <= value <= most:
            raise SpecInvalid(f"{self._place}{key} is {value}, which is not between 0 and {most:,}.")
        return None if value is None else int(value)

    def share(self, key: str, default: float) -> float:
        """Return a number from 0 to 1."""
        value = self._left.pop(key, default)
        if type(value) not in (int, float) or not 0 <= value <= 1:
            raise SpecInvalid(f"{self._place}{key} is no number from 0 to 1.")
        return float(value)

    def flag(self, key: str) -> bool:
        """Return a truth value, False when there is none."""
        return bool(self._take(key, bool, False))

    def table(self, key: str) -> Table:
        """Return a table within, empty when there is none."""
        return Table(self._take(key, dict, {}), f"{self._place}{key}.")

    def tables(self, key: str) -> list[Table]:
        """Return a list of tables, empty when there is none."""
        values = self._take(key, list, [])
        if len(values) > 64 or not all(isinstance(value, dict) for value in values):
            raise SpecInvalid(f"{self._place}{key} is no list of at most 64 tables.")
        return [Table(value, f"{self._place}{key}[{i}].") for i, value in enumerate(values)]

    def end(self) -> None:
        """Refuse keys that were not asked for."""
        if self._left:
            raise SpecInvalid(f"{self._place}{next(iter(self._left))!s:.80} is unknown.")

    def _take(self, key: str, kind: type, default: Any, *, optional: bool = False) -> Any:
        value = self._left.pop(key, default)
        if value is None and not optional:
            raise SpecInvalid(f"{self._place}{key} is missing.")
        # A truth value is a number to Python, not to TOML.
        if value is not None and type(value) is not kind:
            raise SpecInvalid(f"{self._place}{key} is no {kind.__name__}.")
        return value
