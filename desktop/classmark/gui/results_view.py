"""The list of documents as a table that keeps its selection while rows come and go."""

from __future__ import annotations

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from classmark.gui.results_delegate import ResultsDelegate, row_height
from classmark.gui.results_model import Column, ResultsModel
from classmark.gui.rows import Row
from classmark.gui.theme import UNIT, Theme

_FIXED = {Column.STATE: 16 * UNIT, Column.LANGUAGE: 11 * UNIT, Column.SCORE: 16 * UNIT}


class ResultsView(QTableView):
    """Shows the rows; ``current_changed`` tells which one the person looks at."""

    current_changed = Signal(object)

    def __init__(self, rows: ResultsModel, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = rows
        self._kept: list[str] = []
        self._kept_current: str | None = None
        self._told: Row | None = None
        delegate = ResultsDelegate(rows, theme, self)
        self.setItemDelegate(delegate)
        self.setModel(rows)
        self.setAccessibleName("Documents")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._on_lines_changed(rows.lines)
        self._arrange_header()
        rows.modelAboutToBeReset.connect(self._on_about_to_be_reset)
        rows.modelReset.connect(self._on_reset)
        rows.lines_changed.connect(self._on_lines_changed)
        self.selectionModel().currentRowChanged.connect(self._on_current_changed)
        theme.changed.connect(self.viewport().update)

    @property
    def current(self) -> Row | None:
        """The row that the person looks at."""
        place = self.currentIndex().row()
        return self._rows.shown[place] if 0 <= place < len(self._rows.shown) else None

    def selected(self) -> list[Row]:
        """Return the selected rows, from top to bottom."""
        places = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [self._rows.shown[place] for place in places]

    def go_to(self, row: Row) -> None:
        """Select one row and bring it into view."""
        index = self._rows.index_of(row)
        if index.isValid():
            self.setCurrentIndex(index)
            self.scrollTo(index)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102 - Qt
        super().resizeEvent(event)
        narrow = self.viewport().width() < 104 * UNIT
        self.setColumnHidden(Column.LANGUAGE, narrow)  # it then stands in the second line of the document
        self.setColumnWidth(Column.SCORE, (13 if narrow else 16) * UNIT)

    def _arrange_header(self) -> None:
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(5 * UNIT)
        for column in Column:
            if column in _FIXED:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
                self.setColumnWidth(column, _FIXED[column])
            else:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        header.setSortIndicatorShown(True)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)

    def _on_lines_changed(self, lines: int) -> None:
        self.verticalHeader().setDefaultSectionSize(row_height(self.fontMetrics(), lines))

    def _on_about_to_be_reset(self) -> None:
        self._kept = [row.source for row in self.selected()]
        self._kept_current = self.current.source if self.current else None

    def _on_reset(self) -> None:
        chosen = QItemSelection()
        for source in self._kept:
            row = self._rows.row_of(source)
            index = self._rows.index_of(row) if row else QModelIndex()
            if index.isValid():
                chosen.select(index, index)
        flags = QItemSelectionModel.SelectionFlag
        current = self._rows.row_of(self._kept_current) if self._kept_current else None
        if current is not None:
            self.selectionModel().setCurrentIndex(self._rows.index_of(current), flags.NoUpdate)
        self.selectionModel().select(chosen, flags.ClearAndSelect | flags.Rows)
        self._on_current_changed()

    def _on_current_changed(self) -> None:
        if self.current is not self._told:
            self._told = self.current
            self.current_changed.emit(self.current)
