"""The controls of the rule by which subjects are proposed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSlider,
    QSpinBox,
    QWidget,
)

from classmark.gui.guide_button import HelpButton
from classmark.gui.parts import mark
from classmark.gui.theme import UNIT
from classmark_models.decide import Rule


class RuleBar(QFrame):
    """Level, number, threshold, cumulative threshold, and whether only what is sure; every change is told at once."""

    changed = Signal(Rule)

    def __init__(self, levels: Sequence[str], rule: Rule, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark(self, "rules")
        self.level = QComboBox()
        self.level.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._wanted = rule.level
        self.show_levels(levels)
        self.top = QSpinBox(minimum=1, maximum=50)
        self.top.setFixedWidth(8 * UNIT)
        self.threshold = QSlider(Qt.Orientation.Horizontal)
        self.threshold.setRange(0, 95)
        self.threshold.setPageStep(5)
        self.threshold.setMinimumWidth(8 * UNIT)
        self.threshold.setMaximumWidth(20 * UNIT)
        self._number = QLabel("0.00")
        self._number.setMinimumWidth(self._number.fontMetrics().horizontalAdvance("0.00") + 4)
        self.cumulative = QCheckBox("Until together")
        self.together = QDoubleSpinBox(minimum=0.05, maximum=1.0, singleStep=0.05, decimals=2)
        self.together.setFixedWidth(9 * UNIT)
        for spin in (self.top, self.together):
            spin.lineEdit().setTextMargins(6, 0, 0, 0)  # a spin box's padding does not reach its text
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * UNIT, 6, 2 * UNIT, 6)
        layout.setSpacing(UNIT)
        self._add(layout, "&Level", self.level, "How deep in the hierarchy subjects are proposed")
        self._add(layout, "At mos&t", self.top, "The most subjects that are proposed for a document")
        self._add(layout, "At lea&st", self.threshold, "The least probability that a subject must have")
        layout.addWidget(self._number)
        layout.addSpacing(2 * UNIT)
        tip = "Propose only the most likely subjects that together reach this probability"
        layout.addWidget(self.cumulative)
        layout.addWidget(self.together)
        for widget in (self.cumulative, self.together):
            widget.setToolTip(tip)
        self.together.setAccessibleName("Together reach")
        self.only_sure = QCheckBox("Only s&ure")
        tip = "Propose only what is sure (nine of ten such answers are right), at the deepest level where anything is"
        self.only_sure.setToolTip(tip)
        self.only_sure.setAccessibleDescription(tip)
        layout.addSpacing(2 * UNIT)
        layout.addWidget(self.only_sure)
        layout.addStretch(1)
        layout.addWidget(HelpButton("choosing", "choosing subjects"))
        self.show_rule(rule)
        self.level.currentIndexChanged.connect(self._on_level_changed)
        self.top.valueChanged.connect(self._on_changed)
        self.threshold.valueChanged.connect(self._on_changed)
        self.cumulative.toggled.connect(self._on_changed)
        self.together.valueChanged.connect(self._on_changed)
        self.only_sure.toggled.connect(self._on_changed)

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels to choose from, in order."""
        return tuple(str(self.level.itemData(place)) for place in range(self.level.count()))

    @property
    def rule(self) -> Rule:
        """The rule as the controls stand."""
        return Rule(
            level=self._wanted,
            top=self.top.value(),
            threshold=self.threshold.value() / 100,
            cumulative=round(self.together.value(), 2) if self.cumulative.isChecked() else None,
            only_sure=self.only_sure.isChecked(),
        )

    def show_levels(self, levels: Sequence[str], deepest: str = "") -> None:
        """Offer other levels; where the wanted one is not among them, ``deepest`` is what it means."""
        blocker = QSignalBlocker(self.level)
        self.level.clear()
        for level in levels:
            self.level.addItem(level.capitalize(), level)
        self._show_wanted(deepest)
        del blocker

    def show_rule(self, rule: Rule) -> None:
        """Set the controls without telling a change."""
        controls = (self.level, self.top, self.threshold, self.cumulative, self.together, self.only_sure)
        blockers = [QSignalBlocker(control) for control in controls]
        self._wanted = rule.level
        self._show_wanted()
        self.top.setValue(rule.top)
        self.threshold.setValue(round(rule.threshold * 100))
        self.cumulative.setChecked(rule.cumulative is not None)
        self.together.setValue(rule.cumulative if rule.cumulative is not None else 0.8)
        self.only_sure.setChecked(rule.only_sure)
        self._show_dependents()
        del blockers

    def _show_wanted(self, deepest: str = "") -> None:
        place = self.level.findData(self._wanted)
        self.level.setCurrentIndex(place if place >= 0 else max(0, self.level.findData(deepest)))

    def _add(self, layout: QHBoxLayout, text: str, control: QWidget, tip: str) -> None:
        name = QLabel(text)
        mark(name, "muted")
        name.setBuddy(control)
        control.setAccessibleName(text.replace("&", ""))
        control.setAccessibleDescription(tip)
        for widget in (name, control):
            widget.setToolTip(tip)
        layout.addWidget(name)
        layout.addWidget(control)
        if not isinstance(control, QSlider):
            layout.addSpacing(2 * UNIT)

    def _show_dependents(self) -> None:
        self._number.setText(f"{self.threshold.value() / 100:.2f}")
        self.together.setEnabled(self.cumulative.isChecked())

    def _on_level_changed(self) -> None:
        self._wanted = str(self.level.currentData())
        self._on_changed()

    def _on_changed(self) -> None:
        self._show_dependents()
        self.changed.emit(self.rule)


def merge_levels(kinds: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """Return the levels of several vocabularies, each broadest first, in one order that keeps theirs where it can."""
    merged: list[str] = []
    for levels in kinds:
        place = 0
        for level in levels:
            if level not in merged:
                merged.insert(place if place else len(merged), level)
            place = merged.index(level) + 1
    return tuple(merged)
