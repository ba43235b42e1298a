"""The dialog behind the chip: what holds the program off the network, and every connection there was."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QStackedWidget,
    QTableView,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from classmark.core.connections import HEAD, NONE_YET, Told, as_text, summarize, tell
from classmark.core.seal import Seal
from classmark.gui.alerts import show_error
from classmark.gui.icons import Icons
from classmark.gui.parts import button, label, mark
from classmark.gui.theme import UNIT
from classmark.resources import asset
from classmark_models.errors import ClassmarkError
from classmark_models.journal import History, Journal

STATEMENT = "no-network.md"
"""The page for IT, among the assets."""
_PROMISE = (
    "Documents are read and classified on this computer only. A connection is made for one thing: to ask a hub about a "
    "model or to fetch one, when you say so. A process of its own makes it, which gets no document, and writes it down "
    "here first."
)
Index = QModelIndex | QPersistentModelIndex


class ConnectionsDialog(QDialog):
    """Says what is guaranteed here, and shows the journal, which can be copied and saved."""

    def __init__(self, seal: Seal, journal: Journal, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Connections")
        self.resize((QSize(144, 72) * UNIT).boundedTo(self.screen().availableSize() * 0.9))
        self._journal = journal
        self._history = History(())
        shield = QLabel(alignment=Qt.AlignmentFlag.AlignTop)
        token = "likely" if seal.is_set else "possible"
        shield.setPixmap(icons.get("offline", token).pixmap(QSize(32, 32), self.devicePixelRatioF()))
        self.state = label(seal.sentence, wrap=True)
        words = QVBoxLayout()
        words.setSpacing(UNIT)
        for part in (
            label("No document leaves this computer", "title"),
            self.state,
            label(_PROMISE, "muted", wrap=True),
        ):
            words.addWidget(part)
        top = QHBoxLayout()
        top.setSpacing(2 * UNIT)
        top.addWidget(shield)
        top.addLayout(words, 1)
        self.model = ConnectionsModel(self)
        self.table = QTableView()
        mark(self.table, "plain")
        self.table.setModel(self.model)
        self.table.setAccessibleName("Connections, newest first")
        self.table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.setWordWrap(False)
        self.empty = label("", "muted", wrap=True, centered=True)
        self.pages = QStackedWidget()
        self.pages.setMinimumHeight(16 * UNIT)
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self.table)
        self.summary = label("", wrap=True)
        place = label(f"The journal lies in {journal.path}", "muted", wrap=True)
        for said in (self.state, self.summary, place):
            said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.statement = button("Statement for IT…")
        self.copy = button("Copy")
        self.save = button("Save…")
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        box.rejected.connect(self.reject)
        bar = QHBoxLayout()
        bar.setSpacing(UNIT)
        bar.addWidget(self.statement)
        bar.addStretch(1)
        for push in (self.copy, self.save, box):
            bar.addWidget(push)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * UNIT, 3 * UNIT, 3 * UNIT, 2 * UNIT)
        layout.setSpacing(2 * UNIT)
        layout.addLayout(top)
        layout.addWidget(self.pages, 1)
        layout.addWidget(self.summary)
        layout.addWidget(place)
        layout.addLayout(bar)
        self.statement.clicked.connect(lambda: StatementDialog(self).open())
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(as_text(self._history)))
        self.save.clicked.connect(self._on_save)
        self.look()

    def look(self) -> None:
        """Read the journal again."""
        try:
            self._history, said = self._journal.read(), NONE_YET
        except OSError as error:
            self._history, said = History(()), f"The journal cannot be read ({error.strerror or error})."
        told = [tell(connection) for connection in reversed(self._history.connections)]
        self.model.show(told)
        self.empty.setText(said)
        self.pages.setCurrentWidget(self.table if told else self.empty)
        self.summary.setText(summarize(self._history))
        self.summary.setVisible(self.summary.text() != said and said == NONE_YET)
        self.copy.setEnabled(bool(told))
        self.save.setEnabled(bool(told))
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)

    def _on_save(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, "Save the journal", "connections.tsv", "Tables (*.tsv)")
        if not name:
            return
        try:
            Path(name).write_text(as_text(self._history), encoding="utf-8")
        except OSError as error:
            show_error(ClassmarkError(f"{name} cannot be written ({error.strerror or error})."), self)


class ConnectionsModel(QAbstractTableModel):
    """Connections in words, a row each."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: Sequence[Told] = ()

    def show(self, rows: Sequence[Told]) -> None:
        """Show other connections."""
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, D102 - Qt
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, D102 - Qt
        return 0 if parent.isValid() else len(HEAD)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: D102 - Qt
        if not index.isValid() or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        return self._rows[index.row()].words[index.column()]

    def headerData(  # noqa: D102 - Qt
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return HEAD[section]
        return super().headerData(section, orientation, role)


class StatementDialog(QDialog):
    """The page for IT: what is guaranteed on which system, and how to prove it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Statement for IT")
        self.resize((QSize(104, 88) * UNIT).boundedTo(self.screen().availableSize() * 0.9))
        self.page = QTextBrowser(openLinks=False)
        self.page.setMarkdown(asset(STATEMENT).read_text(encoding="utf-8"))
        self.page.setAccessibleName("Statement for IT")
        copy = button("Copy")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.page.toMarkdown()))
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        box.addButton(copy, QDialogButtonBox.ButtonRole.ActionRole)
        box.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * UNIT, 2 * UNIT, 2 * UNIT, 2 * UNIT)
        layout.setSpacing(2 * UNIT)
        layout.addWidget(self.page, 1)
        layout.addWidget(box)
