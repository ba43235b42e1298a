"""The list of documents for Qt: rows in the order and selection asked for, decided as they are looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from time import perf_counter
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QLocale, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from classmark.core.documents import Document, Result
from classmark.gui.rows import Byline, Facet, Opinion, Row, State
from classmark_models.decide import Rule, Subject

Index = QModelIndex | QPersistentModelIndex
ROW = Qt.ItemDataRole.UserRole
"""The role under which every cell gives its Row."""

_SLICE = 0.012
"""Seconds of deciding in one go, when a rule changes under many rows."""
_REARRANGE = 300
"""Milliseconds that arrivals are gathered before a sorted or narrowed list is arranged anew."""


class Column(IntEnum):
    """The columns of the list."""

    STATE = 0
    DOCUMENT = 1
    LANGUAGE = 2
    SUBJECT = 3
    SCORE = 4


_HEADINGS = ("State", "Document", "Language", "Best subject", "Score")


class ResultsModel(QAbstractTableModel):
    """All documents, of which those that fit the facet and the search are shown."""

    counted = Signal()
    """The number of rows in some state has changed."""
    lines_changed = Signal(int)
    """The rows need so many lines now."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Row] = []
        self._by_source: dict[str, Row] = {}
        self._shown: list[Row] = []
        self._place: dict[int, int] = {}
        self._bylines: Mapping[str, Byline] = {}
        self._lines = 1
        self._rule = Rule()
        self._facet, self._search = Facet.ALL, ""
        self._sort: tuple[Column, Qt.SortOrder] | None = None
        self._sweep = QTimer(self, interval=0)
        self._sweep.timeout.connect(self._on_time_to_decide)
        self._undecided: list[Row] = []
        self._later = QTimer(self, interval=_REARRANGE, singleShot=True)
        self._later.timeout.connect(self._arrange)

    # What is in the list

    @property
    def rows(self) -> Sequence[Row]:
        """All rows in the order of their arrival."""
        return self._rows

    @property
    def shown(self) -> Sequence[Row]:
        """The rows that are shown, in their order."""
        return self._shown

    @property
    def rule(self) -> Rule:
        """The rule by which subjects are proposed."""
        return self._rule

    @property
    def bylines(self) -> Mapping[str, Byline]:
        """The classifiers that answers may come from, by id."""
        return self._bylines

    @property
    def lines(self) -> int:
        """The most answers that one row has, at least one."""
        return self._lines

    def title_of(self, opinion: Opinion) -> str:
        """Return the title of the classifier whose opinion it is, or its id when it is not known any more."""
        name = opinion.prediction.classifier
        return self._bylines[name].title if name in self._bylines else name

    def row_of(self, source: str) -> Row | None:
        """Return the row of a document, if it is in the list."""
        return self._by_source.get(source)

    def index_of(self, row: Row) -> QModelIndex:
        """Return the index of a row's title, invalid when it is not shown."""
        place = self._place.get(id(row))
        return QModelIndex() if place is None else self.index(place, Column.DOCUMENT)

    def counts(self) -> dict[Facet, int]:
        """Return how many rows belong to each group."""
        states = Counter(row.state for row in self._rows)
        return {facet: sum(n for state, n in states.items() if facet.holds(state)) for facet in Facet}

    # What changes it

    def add(self, paths: Iterable[Path]) -> list[Row]:
        """Append a waiting row for each file that is not in the list yet; return the new rows."""
        fresh = {str(path): Row(str(path), path) for path in paths if str(path) not in self._by_source}
        return self.insert([(len(self._rows) + i, row) for i, row in enumerate(fresh.values())])

    def insert(self, placed: Sequence[tuple[int, Row]]) -> list[Row]:
        """Put rows at their places, lowest place first."""
        rows = [row for _, row in placed]
        if not rows:
            return rows
        appended = placed[0][0] == len(self._rows)
        for place, row in placed:
            self._rows.insert(place, row)
            self._by_source[row.source] = row
        if appended and not self._is_arranged:
            first = len(self._shown)
            self.beginInsertRows(QModelIndex(), first, first + len(rows) - 1)
            self._show([*self._shown, *rows])
            self.endInsertRows()
        else:
            self._arrange()
        self.counted.emit()
        return rows

    def remove(self, rows: Iterable[Row]) -> list[tuple[int, Row]]:
        """Take rows out and return them with their places, as ``insert`` wants them."""
        leaving = {id(row) for row in rows}
        placed = [(place, row) for place, row in enumerate(self._rows) if id(row) in leaving]
        self.beginResetModel()
        self._rows = [row for row in self._rows if id(row) not in leaving]
        for _, row in placed:
            del self._by_source[row.source]
        self._show([row for row in self._shown if id(row) not in leaving])
        self.endResetModel()
        self.counted.emit()
        return placed

    def take(self, results: Iterable[Result]) -> list[Row]:
        """Store results in the rows that wait for them; return these rows.

        A result is passed over when its row has left the list, or waits for another correction by now.
        """
        changed = []
        for result in results:
            row = self._by_source.get(result.source)
            if row is not None and row.awaits(result):
                row.take(result)
                changed.append(row)
        self._tell(changed)
        return changed

    def set_state(self, rows: Iterable[Row], state: State) -> None:
        """Move rows to another state."""
        changed = [row for row in rows if row.state is not state]
        for row in changed:
            row.state = state
        self._tell(changed)

    def ask(self, row: Row, document: Document) -> None:
        """Note a corrected or pasted document whose result is awaited."""
        row.asked, row.state = document, State.WORKING
        self._tell([row])

    def ask_again(self, rows: Iterable[Row]) -> list[Document]:
        """Let rows wait for another answer about the documents that they have; return these."""
        asked = [(row, row.result.document) for row in rows if row.result is not None]
        for row, document in asked:
            row.asked, row.state = document, State.WAITING
        self._tell([row for row, _ in asked])
        return [document for _, document in asked if document is not None]

    def restore(self, row: Row, result: Result) -> None:
        """Put an earlier result back, whatever the row waits for."""
        row.take(result)
        self._tell([row])

    def set_bylines(self, bylines: Mapping[str, Byline]) -> None:
        """Name the classifiers that answers come from."""
        if bylines is not self._bylines:
            self._bylines = bylines
            self._tell(self._shown)

    def set_rule(self, rule: Rule) -> None:
        """Propose by another rule: the visible rows follow at once, the others in the next moments."""
        self._rule = rule
        self._undecided = [row for row in reversed(self._rows) if row.result is not None]
        self._sweep.start()
        if self._shown:
            self.dataChanged.emit(self.index(0, Column.SUBJECT), self.index(len(self._shown) - 1, Column.SCORE))

    def narrow(self, facet: Facet, search: str) -> None:
        """Show only the rows of a group that contain all words of a search."""
        if (facet, search) != (self._facet, self._search):
            self._facet, self._search = facet, search
            self._arrange()

    # What Qt asks

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, D102 - Qt
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, D102 - Qt
        return 0 if parent.isValid() else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:  # noqa: D102 - Qt
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _HEADINGS[section]
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: D102 - Qt
        if not index.isValid() or not 0 <= index.row() < len(self._shown):
            return None
        row = self._shown[index.row()]
        if role == ROW:
            row.decide(self._rule)
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._text(row, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row, index.column())
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:  # noqa: D102 - Qt
        self._sort = (Column(column), order) if column >= 0 else None
        self._arrange()

    # Inside

    @property
    def _is_arranged(self) -> bool:
        return self._sort is not None or self._facet is not Facet.ALL or bool(self._search)

    def _show(self, rows: list[Row]) -> None:
        self._shown = rows
        self._place = {id(row): place for place, row in enumerate(rows)}

    def _arrange(self) -> None:
        words = self._search.casefold().split()
        fitting = [row for row in self._rows if self._facet.holds(row.state) and self._contains(row, words)]
        if self._sort is not None:
            column, order = self._sort
            fitting.sort(key=_SORT_KEYS[column], reverse=order is Qt.SortOrder.DescendingOrder)
        if fitting == self._shown:
            return
        self.beginResetModel()
        self._show(fitting)
        self.endResetModel()

    def _contains(self, row: Row, words: list[str]) -> bool:
        if not words:
            return True
        subjects = row.subjects or ((row.best,) if row.best else ())
        names = " ".join(f"{each.label.name} {each.place}" for each in subjects)
        text = f"{row.title} {row.name} {names} {row.word}".casefold()
        return all(word in text for word in words)

    def _tell(self, changed: Sequence[Row]) -> None:
        places = sorted(self._place[id(row)] for row in changed if id(row) in self._place)
        if places:
            self.dataChanged.emit(self.index(places[0], 0), self.index(places[-1], len(Column) - 1))
        if changed:
            self._undecided.extend(row for row in changed if row.result is not None)
            self._sweep.start()
            self.counted.emit()

    def _on_time_to_decide(self) -> None:
        until = perf_counter() + _SLICE
        while self._undecided and perf_counter() < until:
            self._undecided.pop().decide(self._rule)
        if not self._undecided:
            self._sweep.stop()
            self._count_lines()
            if self._is_arranged and not self._later.isActive():
                self._later.start()

    def _count_lines(self) -> None:
        lines = max((len(row.opinions) for row in self._rows), default=0) or 1
        if lines != self._lines:
            self._lines = lines
            self.lines_changed.emit(lines)

    def _text(self, row: Row, column: int) -> str:
        if column == Column.STATE:
            return row.word
        if column == Column.DOCUMENT:
            return row.title
        if column == Column.LANGUAGE:
            return row.document.language.upper() if row.document else ""
        opinions = row.decide(self._rule)
        if row.best is None:
            return row.reason if column == Column.SUBJECT else ""
        bests = [opinion.best for opinion in opinions if opinion.best is not None]
        return "; ".join(
            best.label.name if column == Column.SUBJECT else f"{best.word} {best.score:.2f}" for best in bests
        )

    def _tip(self, row: Row, column: int) -> str:
        if column == Column.STATE:
            return row.reason or row.word
        if column == Column.DOCUMENT:
            return f"{row.title}\n{row.source}"
        if column == Column.LANGUAGE:
            return language_name(row.document.language) if row.document else ""
        opinions = row.decide(self._rule)
        if row.best is None:
            return row.reason
        return "\n\n".join(f"{self._heading(opinion)}{self._explain(opinion)}" for opinion in opinions)

    def _heading(self, opinion: Opinion) -> str:
        return f"{self.title_of(opinion)}\n" if len(self._bylines) > 1 else ""

    def _explain(self, opinion: Opinion) -> str:
        best = opinion.best
        if best is None:
            return opinion.silence
        if opinion.is_fallback:
            note = f"No {opinion.level(self._rule)} satisfies the rule; this {best.label.level} does.\n"
            return f"{note}{_whole(best)}"
        return "\n".join(f"{each.score:.2f} {each.word}  {_whole(each)}" for each in opinion.subjects)


def _whole(subject: Subject) -> str:
    return " › ".join([*(step.label.name for step in subject.path), subject.label.name])


def language_name(code: str) -> str:
    """Return a language's English name for its code, empty when it is unknown."""
    language = QLocale.codeToLanguage(code) if code else QLocale.Language.AnyLanguage
    known = language not in (QLocale.Language.AnyLanguage, QLocale.Language.C)
    return QLocale.languageToString(language) if known else ""


_SORT_KEYS: dict[Column, Callable[[Row], Any]] = {
    Column.STATE: lambda row: row.word,
    Column.DOCUMENT: lambda row: row.title.casefold(),
    Column.LANGUAGE: lambda row: row.document.language if row.document else "",
    Column.SUBJECT: lambda row: row.best.label.name.casefold() if row.best else "\uffff",
    Column.SCORE: lambda row: row.best.score if row.best else -1.0,
}
