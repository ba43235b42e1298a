"""What the window remembers of itself from one start to the next."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from classmark.gui.theme import ThemeMode
from classmark_models.decide import Rule
from classmark_models.formats import check_format
from classmark_models.spec import BUILTIN_ID

FORMAT = 1
"""A file without a number is of format 1."""
_NUMBER = "format"
_RECENT = 8


class Memory:
    """Size, splits, theme, rule, models in use and recent files, kept in a file of their own."""

    def __init__(self, path: Path) -> None:
        """Open the file, which need not exist; NewerFormat, and it is left alone, when a newer Classmark wrote it."""
        self._settings = QSettings(str(path), QSettings.Format.IniFormat)
        stated = str(self._settings.value(_NUMBER, "1"))
        # Nonsense in it costs no more than what the window remembers, so there is no complaint about that.
        if stated.isascii() and stated.isdecimal() and int(stated):
            check_format(int(stated), FORMAT, path)

    @property
    def geometry(self) -> QByteArray:
        """The window's size and place; empty at first."""
        value = self._settings.value("window/geometry")
        return value if isinstance(value, QByteArray) else QByteArray()

    @geometry.setter
    def geometry(self, geometry: QByteArray) -> None:
        self._keep("window/geometry", geometry)

    @property
    def guide_geometry(self) -> QByteArray:
        """The guide's size and place; empty at first."""
        value = self._settings.value("guide/geometry")
        return value if isinstance(value, QByteArray) else QByteArray()

    @guide_geometry.setter
    def guide_geometry(self, geometry: QByteArray) -> None:
        self._settings.setValue("guide/geometry", geometry)

    @property
    def guide_zoom(self) -> float:
        """How much larger than usual the guide's text is, as a factor."""
        try:
            return float(str(self._settings.value("guide/zoom", 1.0)))
        except ValueError:
            return 1.0

    @guide_zoom.setter
    def guide_zoom(self, zoom: float) -> None:
        self._settings.setValue("guide/zoom", zoom)

    @property
    def theme(self) -> ThemeMode:
        """The theme that the person chose."""
        value = str(self._settings.value("window/theme", ThemeMode.SYSTEM.value))
        return ThemeMode(value) if value in set(ThemeMode) else ThemeMode.SYSTEM

    @theme.setter
    def theme(self, mode: ThemeMode) -> None:
        self._keep("window/theme", mode.value)

    @property
    def rule(self) -> Rule:
        """The rule as the person left it; the usual one where the file holds none, or nonsense."""
        try:
            fields = json.loads(str(self._settings.value("rule", "{}")))
            return Rule(
                level=str(fields["level"]),
                top=int(fields["top"]),
                threshold=float(fields["threshold"]),
                cumulative=None if fields["cumulative"] is None else float(fields["cumulative"]),
                only_sure=fields.get("only_sure") is True,
            )
        except (ValueError, TypeError, KeyError):
            return Rule()

    @rule.setter
    def rule(self, rule: Rule) -> None:
        self._keep("rule", json.dumps(asdict(rule)))

    @property
    def choice(self) -> tuple[str, ...]:
        """The ids of the models that the person has put to use; the built-in one at first."""
        return tuple(self._strings("models")) or (BUILTIN_ID,)

    @choice.setter
    def choice(self, names: Sequence[str]) -> None:
        self._keep("models", list(names))

    @property
    def recent(self) -> list[Path]:
        """The files and folders opened last, newest first, as far as they are still there."""
        return [path for path in map(Path, self._strings("recent")) if path.exists()]

    def add_recent(self, paths: Sequence[Path]) -> None:
        """Remember files and folders as opened now."""
        fresh = [str(path) for path in paths[:_RECENT]]
        kept = [path for path in self._strings("recent") if path not in fresh]
        self._keep("recent", [*fresh, *kept][:_RECENT])

    def clear_recent(self) -> None:
        """Forget which files and folders were opened."""
        self._settings.remove("recent")

    def splits(self, name: str) -> list[int]:
        """Return how the person divided a splitter; empty when nobody did."""
        return [int(size) for size in self._strings(f"splits/{name}") if size.isdigit()]

    def keep_splits(self, name: str, sizes: Sequence[int]) -> None:
        """Remember how a splitter is divided."""
        self._keep(f"splits/{name}", [str(size) for size in sizes])

    def _keep(self, key: str, value: object) -> None:
        self._settings.setValue(_NUMBER, FORMAT)
        self._settings.setValue(key, value)

    def _strings(self, key: str) -> list[str]:
        value = self._settings.value(key, [])
        return [value] if isinstance(value, str) else [str(each) for each in value or []]  # type: ignore[attr-defined]
