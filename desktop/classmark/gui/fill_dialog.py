"""The small window in which a model fills in masked words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QListView,
    QPlainTextEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from classmark.gui.jobs import Lane
from classmark.gui.painting import RIGHT, paint_bar, paint_text
from classmark.gui.parts import button, label
from classmark.gui.theme import UNIT, Theme
from classmark_models.errors import ClassmarkError

if TYPE_CHECKING:
    from classmark_models.published.fill_mask import Candidate, FillMask

MASK = "<mask>"
_EXAMPLE = f"The protein is phosphorylated by the {MASK} in response to DNA damage."
_CANDIDATE = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


class FillDialog(QDialog):
    """Takes a text with masks and shows, for each of them, the words that fit best; the window goes on beside it."""

    models_asked = Signal()

    def __init__(
        self, open_fill_mask: Callable[[], FillMask] | None, title: str, lane: Lane, theme: Theme, parent: QWidget
    ) -> None:
        """Take a way to open the model, None where none is ready, its title, and the lane to work on."""
        super().__init__(parent)
        self.setWindowTitle("Fill in words")
        self.resize(64 * UNIT, (70 if open_fill_mask else 20) * UNIT)
        self._open, self._lane = open_fill_mask, lane
        self._filler: FillMask | None = None
        self._answers: tuple[tuple[Candidate, ...], ...] = ()
        self.text = QPlainTextEdit(tabChangesFocus=True)
        self.text.setPlainText(_EXAMPLE)
        self.text.setAccessibleName(f"Text with {MASK} where a word is missing")
        self.text.setMaximumHeight(14 * UNIT)
        self.fill = button("Fill in", "primary")
        self.insert = button(f"Insert {MASK}")
        self.answer = label("", wrap=True)
        self.answer.hide()
        self.place = QComboBox()
        self.place.setAccessibleName("Which mask")
        self.place.hide()
        self.words = CandidatesModel(self)
        self.list = QListView()
        self.list.setModel(self.words)
        self.list.setItemDelegate(_CandidateDelegate(theme, self.list))
        self.list.setAccessibleName("Words that fit")
        self.models = button("See the models", "primary")
        bar = QHBoxLayout()
        bar.setSpacing(UNIT)
        bar.addWidget(label(title, "muted"), 1)
        bar.addWidget(self.insert)
        bar.addWidget(self.fill)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * UNIT, 2 * UNIT, 2 * UNIT, 2 * UNIT)
        layout.setSpacing(UNIT)
        hint = label(f"Write {MASK} where a word is missing.", "muted", wrap=True)
        layout.addWidget(hint)
        layout.addWidget(self.text)
        layout.addLayout(bar)
        layout.addWidget(self.answer)
        layout.addWidget(self.place)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.models, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addStretch(0)
        self.insert.clicked.connect(self._on_mask)
        self.fill.clicked.connect(self._on_fill)
        self.place.currentIndexChanged.connect(self._on_place)
        self.models.clicked.connect(self.models_asked)
        self.models.clicked.connect(self.close)
        self.text.installEventFilter(self)
        is_there = open_fill_mask is not None
        for part in (hint, self.text, self.insert, self.fill, self.list):
            part.setVisible(is_there)
        self.models.setVisible(not is_there)
        if not is_there:
            self._tell("No model that fills in words is ready. Get one on the Models page, or import its suitcase.")

    def eventFilter(self, watched: QObject, event: object) -> bool:  # noqa: D102 - Qt
        if isinstance(event, QKeyEvent) and event.type() is QKeyEvent.Type.KeyPress:
            confirm = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and confirm:
                self._on_fill()
                return True
        return super().eventFilter(watched, event)  # type: ignore[arg-type]

    def done(self, result: int) -> None:
        """Let go of the model with the dialog."""
        filler, self._filler, self._open = self._filler, None, None
        if filler is not None:
            filler.close()
        super().done(result)

    def _on_mask(self) -> None:
        self.text.insertPlainText(MASK)
        self.text.setFocus()

    def _on_fill(self) -> None:
        if not self.fill.isEnabled():
            return
        text, opener, filler = self.text.toPlainText(), self._open, self._filler

        def work(_stop: object) -> Iterator[object]:
            opened = filler or (opener() if opener is not None else None)
            if opened is not None:
                yield opened
                yield opened.fill(text, 10)

        self.fill.setEnabled(False)
        self._tell("" if filler else "Opening the model…")
        job = self._lane.start(work)
        job.yielded.connect(self._on_yielded)
        job.finished.connect(self._on_finished)
        job.failed.connect(self._on_failed)

    def _on_yielded(self, items: list[Any]) -> None:
        for item in items:
            if isinstance(item, tuple):
                self._show(item)
            elif self._open is None:
                item.close()  # the dialog was closed meanwhile
            else:
                self._filler = item

    def _on_finished(self) -> None:
        self.fill.setEnabled(self._open is not None)

    def _show(self, answers: tuple[tuple[Candidate, ...], ...]) -> None:
        self._tell("")
        self._answers = answers
        self.place.clear()
        self.place.addItems([f"Mask {number} of {len(answers)}" for number in range(1, len(answers) + 1)])
        self.place.setVisible(len(answers) > 1)
        self._on_place(0)

    def _on_place(self, place: int) -> None:
        if 0 <= place < len(self._answers):
            self.words.show(self._answers[place])

    def _on_failed(self, failure: BaseException) -> None:
        self.fill.setEnabled(True)
        self.words.show(())
        if not isinstance(failure, ClassmarkError):
            raise failure
        self._tell(str(failure))

    def _tell(self, text: str) -> None:
        self.answer.setText(text)
        self.answer.setVisible(bool(text))


class CandidatesModel(QAbstractListModel):
    """Words with their probabilities, most probable first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._candidates: Sequence[Candidate] = ()

    def show(self, candidates: Sequence[Candidate]) -> None:
        """Show other words."""
        self.beginResetModel()
        self._candidates = candidates
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, D102 - Qt
        return 0 if parent.isValid() else len(self._candidates)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: D102 - Qt
        if not index.isValid() or not 0 <= index.row() < len(self._candidates):
            return None
        candidate = self._candidates[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return candidate.word
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{candidate.word}, {candidate.probability:.3f}"
        return candidate if role == _CANDIDATE else None


class _CandidateDelegate(QStyledItemDelegate):
    """Paints a word, a bar and a number."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(64, QFontMetrics(option.font).height() + UNIT + 4)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        candidate: Candidate = index.data(_CANDIDATE)
        theme, area = self._theme, QRectF(option.rect).adjusted(UNIT, 0, -UNIT, 0)
        figures = QFontMetrics(option.font).horizontalAdvance("0.000") + 4
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        words = QRectF(area.left(), area.top(), area.width() * 0.4, area.height())
        number = QRectF(area.right() - figures, area.top(), figures, area.height())
        bar = QRectF(words.right() + UNIT, area.top(), number.left() - words.right() - 2 * UNIT, area.height())
        paint_text(painter, words, candidate.word.strip() or "␣", theme.color("text"), option.font)
        paint_bar(painter, bar, candidate.probability, theme.color("accent"), theme.color("line"))
        text = f"{candidate.probability:.3f}"
        paint_text(painter, number, text, theme.color("text"), option.font, align=RIGHT)
        painter.restore()
