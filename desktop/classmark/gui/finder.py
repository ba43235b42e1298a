"""Narrowing the list: a search box and a chip for each group of states."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLineEdit, QPushButton, QWidget

from classmark.gui.icons import Icons
from classmark.gui.parts import button, mark
from classmark.gui.rows import Facet
from classmark.gui.theme import UNIT


class Finder(QWidget):
    """Says what the list should be narrowed to."""

    changed = Signal(Facet, str)

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.search = QLineEdit(placeholderText="Search titles, files, subjects", clearButtonEnabled=True)
        mark(self.search, "search")
        self.search.setAccessibleName("Search the list")
        self.search.setMaximumWidth(40 * UNIT)
        icons.give(
            self.search.addAction(icons.get("search", "muted"), QLineEdit.ActionPosition.LeadingPosition),
            "search",
            "muted",
        )
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * UNIT, 6, 2 * UNIT, 6)
        layout.setSpacing(UNIT)
        self._group = QButtonGroup(self)
        self._chips: dict[Facet, QPushButton] = {}
        for number, facet in enumerate(Facet):
            chip = button(facet.value, "chip")
            chip.setCheckable(True)
            self._group.addButton(chip, number)
            self._chips[facet] = chip
            layout.addWidget(chip)
        self._chips[Facet.ALL].setChecked(True)
        layout.addStretch(1)
        layout.addWidget(self.search, 2)
        self._group.idToggled.connect(self._on_changed)
        self.search.textChanged.connect(self._on_changed)

    @property
    def facet(self) -> Facet:
        """The group that is chosen."""
        return list(Facet)[self._group.checkedId()]

    def show_counts(self, counts: dict[Facet, int]) -> None:
        """Write the numbers on the chips; empty groups but the first are hidden unless chosen."""
        for facet, chip in self._chips.items():
            chip.setText(f"{facet.value}  {counts[facet]:,}")
            chip.setAccessibleName(f"{facet.value}: {counts[facet]} documents")
            chip.setVisible(facet is Facet.ALL or counts[facet] > 0 or chip.isChecked())

    def reset(self) -> None:
        """Show everything again."""
        self._chips[Facet.ALL].setChecked(True)
        self.search.clear()

    def _on_changed(self) -> None:
        self.changed.emit(self.facet, self.search.text())
