"""The proposed subjects of one document for Qt, as a tree from the broadest level down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from classmark_models.decide import Subject

Index = QModelIndex | QPersistentModelIndex
NODE = Qt.ItemDataRole.UserRole
"""The role under which every cell gives its Node."""


@dataclass(slots=True, eq=False)
class Node:
    """A subject in the tree; ``proposed`` tells those the rule chose from those above them."""

    subject: Subject
    place: int = 0
    parent: Node | None = None
    proposed: bool = False
    children: list[Node] = field(default_factory=list)


class SubjectsModel(QAbstractItemModel):
    """Subjects and, above each, its broader subjects; siblings in the order of the decision."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._roots: list[Node] = []
        self._nodes: dict[tuple[str, int], Node] = {}

    def show(self, subjects: Sequence[Subject]) -> None:
        """Show other subjects, best first."""
        self.beginResetModel()
        self._roots, self._nodes = [], {}
        for subject in subjects:
            parent: Node | None = None
            for step in (*subject.path, subject):
                parent = self._node(step, parent)
            if parent is not None:
                parent.proposed = True
        self.endResetModel()

    def index_of(self, subject: Subject) -> QModelIndex:
        """Return the index of a subject, invalid when it is not in the tree."""
        node = self._nodes.get((subject.label.level, subject.index))
        return QModelIndex() if node is None else self.createIndex(node.place, 0, node)

    def _node(self, subject: Subject, parent: Node | None) -> Node:
        key = (subject.label.level, subject.index)
        if key not in self._nodes:
            siblings = parent.children if parent else self._roots
            self._nodes[key] = Node(subject, len(siblings), parent)
            siblings.append(self._nodes[key])
        return self._nodes[key]

    # What Qt asks

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008, D102 - Qt
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        siblings = parent.internalPointer().children if parent.isValid() else self._roots
        return self.createIndex(row, column, siblings[row])

    def parent(self, index: Index) -> QModelIndex:  # type: ignore[override] # noqa: D102 - Qt
        node = index.internalPointer().parent if index.isValid() else None
        return QModelIndex() if node is None else self.createIndex(node.place, 0, node)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, D102 - Qt
        if parent.column() > 0:
            return 0
        return len(parent.internalPointer().children if parent.isValid() else self._roots)

    def columnCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: B008, D102 - Qt
        return 2

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:  # noqa: D102 - Qt
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return ("Subject", "Score")[section]
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: D102 - Qt
        if not index.isValid():
            return None
        node: Node = index.internalPointer()
        subject = node.subject
        if role == NODE:
            return node
        if role == Qt.ItemDataRole.DisplayRole:
            return subject.label.name if index.column() == 0 else f"{subject.word} {subject.score:.2f}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            kind = "proposed " if node.proposed else ""
            return f"{kind}{subject.label.level} {subject.label.name}, {subject.word} {subject.score:.2f}"
        if role == Qt.ItemDataRole.ToolTipRole:
            above = f"{subject.place}\n" if subject.path else ""
            return f"{above}{subject.label.level.capitalize()}: {subject.label.name}\n{subject.label.uri}"
        return None
