"""The proposed subjects of one document for Qt: a tree from the broadest level down, under each classifier's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from classmark.gui.rows import Byline, Opinion
from classmark_models.decide import Subject

Index = QModelIndex | QPersistentModelIndex
NODE = Qt.ItemDataRole.UserRole
"""The role under which every cell gives its Node."""
SURE = "Sure: nine of ten such answers are right."


@dataclass(slots=True, eq=False)
class Node:
    """A subject, or the classifier (without one) above its subjects; ``proposed`` tells those that the rule chose."""

    opinion: Opinion
    subject: Subject | None = None
    byline: Byline | None = None
    place: int = 0
    parent: Node | None = None
    proposed: bool = False
    children: list[Node] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The name in the tree."""
        if self.subject is not None:
            return self.subject.label.name
        return self.byline.title if self.byline else self.opinion.prediction.classifier

    @property
    def note(self) -> str:
        """Under a classifier's name: why it proposes nothing, or what it was made for."""
        return self.opinion.silence or (self.byline.scope if self.byline else "")


class SubjectsModel(QAbstractItemModel):
    """Subjects and, above each, its broader subjects; siblings in the order of the decision.

    The answers of several classifiers stand under their names, in their order.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._roots: list[Node] = []
        self._nodes: dict[tuple[str, str, int], Node] = {}

    def show(self, opinions: Sequence[Opinion], bylines: Mapping[str, Byline]) -> None:
        """Show other subjects, best first; a classifier's name stands over them where there are several."""
        self.beginResetModel()
        self._roots, self._nodes = [], {}
        for opinion in opinions:
            top: Node | None = None
            if len(opinions) > 1:
                top = Node(opinion, None, bylines.get(opinion.prediction.classifier), len(self._roots))
                self._roots.append(top)
            proposed = (opinion.fallback,) if opinion.fallback is not None else opinion.subjects
            for subject in proposed:
                node = top
                for step in (*subject.path, subject):
                    node = self._node(opinion, step, node)
                if node is not None:
                    node.proposed = True
        self.endResetModel()

    def index_of(self, opinion: Opinion, subject: Subject) -> QModelIndex:
        """Return the index of one classifier's subject, invalid when it is not in the tree."""
        node = self._nodes.get((opinion.prediction.classifier, subject.label.level, subject.index))
        return QModelIndex() if node is None else self.createIndex(node.place, 0, node)

    def _node(self, opinion: Opinion, subject: Subject, parent: Node | None) -> Node:
        key = (opinion.prediction.classifier, subject.label.level, subject.index)
        if key not in self._nodes:
            siblings = parent.children if parent else self._roots
            self._nodes[key] = Node(opinion, subject, None, len(siblings), parent)
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
        if role == NODE:
            return node
        subject = node.subject
        if subject is None:
            return _data_of_classifier(node, index.column(), role)
        if role == Qt.ItemDataRole.DisplayRole:
            return subject.label.name if index.column() == 0 else f"{subject.word} {subject.score:.2f}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            kind = "proposed " if node.proposed else ""
            return f"{kind}{subject.label.level} {subject.label.name}, {subject.word} {subject.score:.2f}"
        if role == Qt.ItemDataRole.ToolTipRole:
            above = f"{subject.place}\n" if subject.path else ""
            sure = f"\n{SURE}" if subject.is_sure else ""
            return f"{above}{subject.label.level.capitalize()}: {subject.label.name}\n{subject.label.uri}{sure}"
        return None


def _data_of_classifier(node: Node, column: int, role: int) -> str | None:
    if role == Qt.ItemDataRole.DisplayRole:
        return node.title if column == 0 else ""
    if role == Qt.ItemDataRole.AccessibleTextRole:
        declined = node.opinion.prediction.declined
        verb = "declined" if declined else "is not sure" if node.opinion.silence else "proposes"
        return f"{node.title} {verb}. {node.note}"
    return f"{node.title}\n{node.note}" if role == Qt.ItemDataRole.ToolTipRole else None
