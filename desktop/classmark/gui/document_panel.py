"""The document that is looked at: title and abstract to correct, the evidence strip, the text."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from classmark.core.documents import Document, Origin
from classmark.gui.body_view import BodyView
from classmark.gui.evidence import Piece
from classmark.gui.evidence_strip import EvidenceStrip
from classmark.gui.parts import button, label, line, mark
from classmark.gui.results_model import language_name
from classmark.gui.rows import Row
from classmark.gui.theme import UNIT, Theme

_ORIGINS = {
    Origin.GUESSED: "guessed from the text",
    Origin.METADATA: "from the file's properties",
    Origin.MARKUP: "from the text's markup",
    Origin.GIVEN: "given by you",
}


class DocumentPanel(QFrame):
    """Shows one document; ``corrected`` carries it with another title or abstract."""

    corrected = Signal(Document)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark(self, "pane")
        self._document: Document | None = None
        self._about = label("", "muted")
        self._about.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.title = QLineEdit(placeholderText="No title found — type one")
        mark(self.title, "title")
        self.title.setAccessibleName("Title")
        self.abstract = QPlainTextEdit(placeholderText="No abstract found — type or paste one", tabChangesFocus=True)
        mark(self.abstract, "abstract")
        self.abstract.setAccessibleName("Abstract")
        self._bar = QWidget()
        self.apply = button("Classify again", "primary")
        self.revert = button("Revert")
        self.apply.setToolTip("Classify this document with the corrected title and abstract (Ctrl+Return)")
        self.revert.setToolTip("Take the corrections back (Esc)")
        bar = QHBoxLayout(self._bar)
        bar.setContentsMargins(6, 4, 6, 0)
        bar.setSpacing(UNIT)
        bar.addWidget(label("Corrected, not classified yet", "muted"))
        bar.addStretch(1)
        bar.addWidget(self.revert)
        bar.addWidget(self.apply)
        self.evidence = QWidget()
        self.strip = EvidenceStrip(theme)
        self._caption = label("Evidence", "caption")
        evidence = QVBoxLayout(self.evidence)
        evidence.setContentsMargins(2 * UNIT, UNIT, 2 * UNIT, UNIT)
        evidence.setSpacing(UNIT // 2)
        evidence.addWidget(self._caption)
        evidence.addWidget(self.strip)
        self.body = BodyView(theme)
        self.body.setMinimumHeight(5 * UNIT)
        head = QVBoxLayout()
        head.setContentsMargins(10, UNIT + 4, 10, UNIT)
        head.setSpacing(2)
        head.addWidget(self.title)
        self._about.setContentsMargins(6, 0, 6, 4)
        head.addWidget(self._about)
        head.addWidget(self.abstract)
        head.addWidget(self._bar)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._lines = (line(), line())
        layout.addLayout(head)
        layout.addWidget(self._lines[0])
        layout.addWidget(self.evidence)
        layout.addWidget(self._lines[1])
        layout.addWidget(self.body, 1)
        layout.addStretch(0)
        self.title.textEdited.connect(self._on_edited)
        self.title.returnPressed.connect(self._on_apply)
        self.abstract.textChanged.connect(self._on_edited)
        self.apply.clicked.connect(self._on_apply)
        self.revert.clicked.connect(self._on_revert)
        self.strip.chosen.connect(self._on_piece_chosen)
        for editor in (self.title, self.abstract):
            editor.installEventFilter(self)
        self.show_row(None)

    @property
    def is_edited(self) -> bool:
        """Whether title or abstract differ from the document's."""
        return self._document is not None and self._edited() != self._document

    def show_row(self, row: Row | None) -> None:
        """Show a row's document; corrections not yet applied are kept as long as it is the same document."""
        document = row.document if row else None
        if document is self._document and document is not None:
            return
        self._document = document
        for part in (self.title, self.abstract, self.evidence, self.body, *self._lines):
            part.setVisible(document is not None)
        self._bar.hide()
        self.strip.show_pieces(())
        if document is None:
            self._show_about(row.source if row else "")
            self.body.show_text("")
            return
        self._fill(document)
        self._show_about(_about(document))
        self.title.setToolTip(document.title)
        self.body.show_text(document.body)

    def show_evidence(self, subject: str, pieces: tuple[Piece, ...]) -> None:
        """Show which windows speak for a subject."""
        missing = "Use its model again to see where the text speaks for it" if subject and not pieces else "Evidence"
        self._caption.setText(f"Where the text speaks for {subject}" if pieces else missing)
        self.strip.show_pieces(pieces)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: D102 - Qt
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress and self.is_edited:
            if event.key() == Qt.Key.Key_Escape:
                self._on_revert()
                return True
            confirm = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and confirm:
                self._on_apply()
                return True
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: object) -> None:  # noqa: D102 - Qt
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._fit_abstract()
        self._show_about(self._about.toolTip())

    def _edited(self) -> Document:
        assert self._document is not None
        title, abstract = self.title.text().strip(), self.abstract.toPlainText().strip()
        made = self._document
        if title != made.title.strip():
            made = replace(made, title=title, title_origin=Origin.GIVEN if title else Origin.NONE)
        if abstract != made.abstract.strip():
            made = replace(made, abstract=abstract, abstract_origin=Origin.GIVEN if abstract else Origin.NONE)
        return made

    def _fill(self, document: Document) -> None:
        self.title.setText(document.title.strip())
        self.title.setCursorPosition(0)
        blocked = self.abstract.blockSignals(True)
        self.abstract.setPlainText(document.abstract.strip())
        self.abstract.blockSignals(blocked)
        self._bar.hide()
        self._fit_abstract()

    def _show_about(self, text: str) -> None:
        self._about.setToolTip(text)
        room = max(100, self.width() - 4 * UNIT)
        self._about.setText(self._about.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room))

    def _fit_abstract(self) -> None:
        line = self.abstract.fontMetrics().lineSpacing()
        width = max(100, self.abstract.viewport().width() - 12)
        text = self.abstract.toPlainText()
        length = self.abstract.fontMetrics().horizontalAdvance(text[:3000])
        lines = 1 + length // width + text[:3000].count("\n")
        most = 7 if self.height() > 60 * UNIT else 4 if self.height() > 44 * UNIT else 2
        self.abstract.setFixedHeight(min(lines, most) * line + 2 * UNIT)

    def _on_edited(self) -> None:
        self._bar.setVisible(self.is_edited)

    def _on_apply(self) -> None:
        if self.is_edited:
            document = self._edited()
            self._bar.hide()
            self.corrected.emit(document)

    def _on_revert(self) -> None:
        if self._document is not None:
            self._fill(self._document)

    def _on_piece_chosen(self, piece: Piece) -> None:
        if piece.window.part == "head":
            self.body.clear_stretch()
            self.body.verticalScrollBar().setValue(0)
        else:
            self.body.show_stretch(piece.window.start, piece.window.end)


def _about(document: Document) -> str:
    parts = [document.format, language_name(document.language)]
    if len(document.pages) > 1:
        parts.append(f"{len(document.pages):,} pages")
    parts.append(f"{len(document.body.split()):,} words" if len(document.body) < 400_000 else "long text")
    if document.title and document.title_origin in _ORIGINS:
        parts.append(f"title {_ORIGINS[document.title_origin]}")
    if document.abstract and document.abstract_origin in _ORIGINS:
        parts.append(f"abstract {_ORIGINS[document.abstract_origin]}")
    return " · ".join(part for part in parts if part)
