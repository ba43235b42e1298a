"""The window before there is a list: where to drop, what to open, a box to paste into."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QFontMetrics
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from classmark.gui.icons import Icons, picture
from classmark.gui.parts import button, label, mark
from classmark.gui.paste_panel import PastePanel
from classmark.gui.theme import UNIT, Theme
from classmark.gui.toolbar import ModelsButton

_PICTURE = QSize(200, 120)
_FORMATS = "PDF, Word, OpenDocument, EPUB, PowerPoint, RTF, HTML, Markdown, text"


class Welcome(QWidget):
    """Two cards, one for files and one for text, and what was opened last."""

    recent_chosen = Signal(Path)

    def __init__(self, theme: Theme, icons: Icons, actions: Sequence[tuple[QAction, str]], models: QAction) -> None:
        super().__init__()
        self.models = ModelsButton(models)
        self._theme = theme
        self.paste = PastePanel()
        self._picture = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._recent = QHBoxLayout()
        self._recent.setSpacing(UNIT)
        cards = QHBoxLayout()
        cards.setSpacing(2 * UNIT)
        cards.addWidget(self._drop_card(icons, actions), 1)
        cards.addWidget(self._paste_card(), 1)
        cards.setContentsMargins(0, 0, 0, 0)
        shelf = QWidget()
        shelf.setLayout(cards)
        shelf.setMaximumHeight(48 * UNIT)
        column = QVBoxLayout()
        column.setSpacing(2 * UNIT)
        title = label("What are your documents about?", "hero", centered=True)
        note = label(
            "Classmark reads them on this computer and proposes subjects, each with its place in the hierarchy.",
            "muted",
            wrap=True,
            centered=True,
        )
        column.addStretch(2)
        column.addWidget(title)
        column.addWidget(note)
        column.addSpacing(UNIT)
        column.addWidget(shelf, 8)
        column.addWidget(self.models, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addLayout(self._recent)
        column.addStretch(3)
        middle = QWidget()
        middle.setLayout(column)
        middle.setMaximumWidth(128 * UNIT)
        middle.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(3 * UNIT, UNIT, 3 * UNIT, UNIT)
        layout.addStretch(1)
        layout.addWidget(middle, 1000)
        layout.addStretch(1)
        theme.changed.connect(self._on_theme_changed)
        self._on_theme_changed()

    def show_recent(self, paths: Sequence[Path]) -> None:
        """Offer what was opened last."""
        while (item := self._recent.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        if not paths:
            return
        self._recent.addStretch(1)
        self._recent.addWidget(label("Recent:", "muted"))
        for path in paths[:4]:
            metrics = QFontMetrics(self.font())
            name = metrics.elidedText(path.name or str(path), Qt.TextElideMode.ElideMiddle, 22 * UNIT)
            link = button(name.replace("&", "&&"), "link")
            link.setToolTip(str(path))
            link.clicked.connect(lambda _=False, chosen=path: self.recent_chosen.emit(chosen))
            self._recent.addWidget(link)
        self._recent.addStretch(1)

    def _drop_card(self, icons: Icons, actions: Sequence[tuple[QAction, str]]) -> QFrame:
        card = QFrame()
        mark(card, "dropzone")
        layout = QVBoxLayout(card)
        layout.setContentsMargins(3 * UNIT, 2 * UNIT, 3 * UNIT, 2 * UNIT)
        layout.setSpacing(UNIT)
        layout.addStretch(1)
        layout.addWidget(self._picture)
        layout.addSpacing(UNIT)
        layout.addWidget(label("Drop files or folders here", "heading", centered=True))
        formats = label(
            "PDF, Word, OpenDocument, EPUB, PowerPoint, RTF, HTML, Markdown, text", "muted", wrap=True, centered=True
        )
        layout.addWidget(formats)
        layout.addSpacing(UNIT)
        buttons = QHBoxLayout()
        buttons.setSpacing(UNIT)
        buttons.addStretch(1)
        for number, (action, name) in enumerate(actions):
            start = button(action.iconText(), "" if number else "primary")
            start.setAccessibleName(action.iconText().strip())
            start.setToolTip(action.toolTip())
            start.clicked.connect(action.trigger)
            icons.give(start, name, "text" if number else "on_accent")
            buttons.addWidget(start)
        buttons.addStretch(1)
        layout.addLayout(buttons)
        layout.addStretch(1)
        return card

    def _paste_card(self) -> QFrame:
        card = QFrame()
        mark(card, "card")
        layout = QVBoxLayout(card)
        layout.setContentsMargins(3 * UNIT, 3 * UNIT, 3 * UNIT, 3 * UNIT)
        layout.setSpacing(UNIT + 4)
        layout.addWidget(label("Or paste a title and an abstract", "heading"))
        layout.addWidget(self.paste, 1)
        return card

    def _on_theme_changed(self) -> None:
        self._picture.setPixmap(picture("drop.svg", self._theme, _PICTURE, 2.0))
