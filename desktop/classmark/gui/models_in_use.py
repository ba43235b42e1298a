"""Which models are in use: told on their entries and in the rule bar, and asked again about what others answered."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from classmark.gui.menus import LevelActions
from classmark.gui.notices import Notices
from classmark.gui.review import Review
from classmark.gui.rows import Byline
from classmark.gui.rule_bar import RuleBar, merge_levels
from classmark.gui.runner import Runner
from classmark.gui.toolbar import ModelsButton

_RECOUNT = 200
"""Milliseconds after which the documents that other models answered are counted again."""


class ModelsInUse(QObject):
    """Shows the models that are open, wherever they are told of."""

    changed = Signal()

    def __init__(self, runner: Runner, review: Review, notices: Notices, rule_bar: RuleBar, parent: QObject) -> None:
        super().__init__(parent)
        self._runner, self._review, self._rule_bar = runner, review, rule_bar
        self._notice = notices.about("outdated")
        self._recount = QTimer(self, interval=_RECOUNT, singleShot=True)
        self._recount.timeout.connect(self._show_outdated)
        review.results.counted.connect(self._recount.start)
        runner.opened.connect(self._on_opened)
        self._entries: Sequence[ModelsButton] = ()
        self._levels: LevelActions | None = None

    def tell(self, entries: Sequence[ModelsButton], levels: LevelActions) -> None:
        """Take the entries that name the models, and the actions of their levels."""
        self._entries, self._levels = entries, levels

    @property
    def bylines(self) -> list[Byline]:
        """The models that are open, in the order of the choice."""
        known = self._runner.bylines
        return [known[name] for name in self._runner.in_use]

    def _on_opened(self) -> None:
        bylines = self.bylines
        self._rule_bar.show_levels(merge_levels(byline.levels for byline in bylines), bylines[0].levels[-1])
        if self._levels is not None:
            self._levels.show_levels(self._rule_bar.levels)
        for entry in self._entries:
            entry.show_titles([byline.title for byline in bylines])
        self._notice.allow()
        self._show_outdated()
        self.changed.emit()

    def _show_outdated(self) -> None:
        rows = self._review.outdated
        if not rows or self._runner.busy:
            self._notice.hide()
            return
        documents = f"the {len(rows):,} documents" if len(rows) > 1 else "the document"
        self._notice.tell(
            f"{len(rows):,} {'documents were' if len(rows) > 1 else 'document was'} classified by other models.",
            f"Classify {documents} again with these models",
            lambda: self._review.classify_again(self._review.outdated),
        )
