"""A hierarchy of subjects: ids, names, URIs, parents, and the roll-up of scores to broader levels."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classmark_models.errors import ModelDamaged

Scores = npt.NDArray[np.float32]
"""Probabilities over the labels of one level, float32, shape (labels,) or (rows, labels)."""


LEVELS = ("domain", "field", "subfield", "topic")
"""The levels of OpenAlex, broadest first."""


@dataclass(frozen=True, slots=True)
class Label:
    """One subject of a vocabulary.

    ``parent`` is the index of the broader label in the level above, or None at the broadest level.
    """

    id: str
    uri: str
    name: str
    level: str
    parent: int | None = None


class Vocabulary:
    """Labels in levels, broadest first; the deepest level is the one a classifier scores.

    Labels are known by level and index, never by name: names may stand twice.
    """

    def __init__(self, name: str, levels: Sequence[tuple[str, Sequence[Label]]]) -> None:
        """Take (level name, labels) pairs, broadest level first.

        Raises ValueError when a label's parent is not in the level above.
        """
        self.name = name
        self.levels: tuple[str, ...] = tuple(level for level, _ in levels)
        self._labels = {level: tuple(labels) for level, labels in levels}
        self._above: dict[str, npt.NDArray[np.intp]] = {}
        for broader, narrower in zip(self.levels, self.levels[1:], strict=False):
            parents = [label.parent for label in self._labels[narrower]]
            count = len(self._labels[broader])
            if any(parent is None or not 0 <= parent < count for parent in parents):
                raise ValueError(f"{name}: a {narrower} has no parent among the {count} labels of {broader}")
            self._above[narrower] = np.asarray(parents, dtype=np.intp)
        # The index, at every level, of the ancestor of each label of the deepest level.
        ancestors = np.arange(len(self._labels[self.deepest]), dtype=np.intp)
        self._ancestors = {self.deepest: ancestors}
        for broader, narrower in reversed(list(zip(self.levels, self.levels[1:], strict=False))):
            ancestors = self._above[narrower][ancestors]
            self._ancestors[broader] = ancestors

    @property
    def deepest(self) -> str:
        """The name of the most specific level."""
        return self.levels[-1]

    def level_or_deepest(self, level: str) -> str:
        """Return a level if there is one of that name, else the deepest."""
        return level if level in self.levels else self.deepest

    def labels(self, level: str) -> tuple[Label, ...]:
        """Return the labels of a level, in index order; KeyError when there is no such level."""
        return self._labels[level]

    def ancestor_of_each(self, level: str) -> npt.NDArray[np.intp]:
        """Return, for each label of the deepest level, the index of its ancestor at ``level``."""
        return self._ancestors[level]

    def path(self, level: str, index: int) -> tuple[tuple[str, int], ...]:
        """Return (level, index) pairs from the broadest level down to the label itself."""
        steps = [(level, index)]
        for narrower in reversed(self.levels[1 : self.levels.index(level) + 1]):
            index = int(self._above[narrower][index])
            steps.append((self.levels[self.levels.index(narrower) - 1], index))
        return tuple(reversed(steps))

    def children(self, level: str, index: int) -> tuple[int, ...]:
        """Return the indices, in the next deeper level, of the labels below one label."""
        position = self.levels.index(level) + 1
        if position == len(self.levels):
            return ()
        return tuple(int(i) for i in np.flatnonzero(self._above[self.levels[position]] == index))

    def roll_up(self, scores: Scores, level: str) -> Scores:
        """Sum probabilities of the deepest level into the labels of ``level``.

        ``scores`` has shape (deepest labels,) or (rows, deepest labels); the result has the same number of
        dimensions. A broader label is never less probable than any label below it, so levels cannot contradict.
        """
        if level == self.deepest:
            return scores
        rows = np.atleast_2d(scores)
        ancestors, count = self._ancestors[level], len(self._labels[level])
        sums = np.stack([np.bincount(ancestors, weights=row, minlength=count) for row in rows])
        return sums.astype(np.float32).reshape((*scores.shape[:-1], count))


def read_vocabulary(path: Path, name: str) -> Vocabulary:
    """Read a vocabulary from a CSV file with the columns level, id, uri, name, parent.

    Broader labels stand before narrower ones; ``parent`` is the id of a label of the level before. ModelDamaged when
    the file holds anything else.
    """
    levels: dict[str, list[Label]] = {}
    places: dict[tuple[str, str], int] = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for level, id_, uri, name_, broader in columns(file, ("level", "id", "uri", "name", "parent")):
                if level not in levels:
                    above = next(reversed(levels), "")
                    levels[level] = []
                parent = places.get((above, broader))
                places[level, id_] = len(levels[level])
                levels[level].append(Label(id_, uri, name_, level, parent))
        return Vocabulary(name, list(levels.items()))
    except (KeyError, IndexError, ValueError, csv.Error) as error:
        raise ModelDamaged(f"The subjects in {path} cannot be read: {error!r}. Install Classmark again.") from error


def columns(file: Iterable[str], names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Return what stands in some columns of a CSV file; ValueError, IndexError, csv.Error where they are not there."""
    rows = csv.reader(file)
    head = next(rows, [])
    return map(itemgetter(*map(head.index, names)), filter(None, rows))
