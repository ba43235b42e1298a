"""The pieces of a tokenizer as a tree in flat arrays, which a file can hold ready to be used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classmark_models.arrays import Array, let_go, map_arrays, write_arrays

PIECES = "pieces.npz"
"""The file with the pieces of the ``tokenizer.json`` beside it."""
_LONGEST = 256
"""Bytes of a piece; those that are published have at most some fifty."""
_NO_SCORES: npt.NDArray[np.float64] = np.zeros(0)
_KINDS = {"letters": "|u1", "first": "<u4", "ids": "<i4"}


class Pieces:
    """A tree of bytes (a trie), numbered level by level, so that the children of a node lie side by side.

    Node 0 is the root. ``letters``: the byte that leads to each node; the children of node n are those from
    ``first[n]`` to before ``first[n + 1]``; ``ids``: the piece that ends at each node, -1 where none does. ``scores``:
    of each piece, by id; none where all count the same. One look at it reads a few numbers, wherever they are:
    nothing is made ready before.
    """

    def __init__(self, letters: Array, first: Array, ids: Array, scores: Array = _NO_SCORES) -> None:
        """Take the arrays; ValueError where a search in them would not end well."""
        parts = {"letters": letters, "first": first, "ids": ids}
        if any(array.ndim != 1 or array.dtype != np.dtype(_KINDS[name]) for name, array in parts.items()):
            raise ValueError("it holds other numbers than pieces do")
        if scores.ndim != 1 or scores.dtype.kind != "f" or not np.isfinite(scores).all():
            raise ValueError("its scores are none")
        if not len(letters) == len(ids) == len(first) - 1 or first.max() != len(letters):
            raise ValueError("its parts do not fit together")
        if not -1 <= ids.min() <= ids.max() < (len(scores) or len(ids)):
            raise ValueError("its parts do not fit together")
        self.arrays = parts | {"scores": scores}
        self.find = letters.tobytes().find
        """Finds a byte among those from a node to before another one; the node, or -1."""
        self.first, self.ids, self.scores = first.data, ids.data, scores.data
        self.longest, self.least = self._depth(), float(scores.min()) if len(scores) else 0.0
        """Bytes of the longest piece, and the score of the least likely one."""

    def _depth(self) -> int:
        """Count the levels below the root; ValueError when there is no end of them."""
        begin, end = self.first[0], self.first[1]
        for depth in range(_LONGEST + 1):
            if begin >= end:
                return depth
            begin, end = self.first[begin], self.first[end]
        raise ValueError("its tree has no end")

    @classmethod
    def of(cls, pieces: Sequence[str], scores: npt.NDArray[np.float64] = _NO_SCORES) -> Pieces:
        """Make the tree; a piece's place is its id. ValueError when two are the same, or one is none."""
        words = [piece.encode() for piece in pieces]
        if not words or not all(0 < len(word) <= _LONGEST and 0 not in word for word in words):
            raise ValueError("some pieces are too long, or none")
        table = np.array(words)
        order = np.argsort(table, kind="stable")
        rows = table[order].view(np.uint8).reshape(len(words), -1)
        sizes = np.fromiter(map(len, words), np.int32, len(words))[order]
        nodes, count = np.zeros(len(words), np.int64), 1
        letters, parents, ids = [np.zeros(1, np.uint8)], [np.zeros(1, np.int64)], [np.full(1, -1)]
        for depth in range(rows.shape[1]):
            longer = sizes > depth
            rows, sizes, order, nodes = rows[longer], sizes[longer], order[longer], nodes[longer]
            column = rows[:, depth]
            new = np.ones(len(rows), bool)
            new[1:] = (nodes[1:] != nodes[:-1]) | (column[1:] != column[:-1])
            letters.append(column[new])
            parents.append(nodes[new])
            nodes = count + np.cumsum(new) - 1
            ends = sizes == depth + 1
            here = np.full(len(parents[-1]), -1)
            here[nodes[ends] - count] = order[ends]
            ids.append(here)
            count += len(here)
        found = np.concatenate(ids).astype(np.int32)
        if np.count_nonzero(found >= 0) < len(words):
            raise ValueError("some pieces are the same")
        first = 1 + np.searchsorted(np.concatenate(parents[1:]), np.arange(count + 1))
        return cls(np.concatenate(letters), first.astype(np.uint32), found, scores)

    @classmethod
    def read(cls, path: Path) -> Pieces:
        """Map what ``write`` wrote; errors as for ``map_arrays`` when it is anything else."""
        arrays = map_arrays(path)
        if arrays.keys() != {*_KINDS, "scores"}:
            raise ValueError(f"{path.name} does not hold pieces")
        pieces = cls(**arrays)
        let_go(arrays["first"])
        return pieces

    def write(self, path: Path) -> None:
        """Write the arrays, scores in 32 bits where nothing is lost by that."""
        scores = self.arrays["scores"]
        short = scores.astype(np.float32)
        write_arrays(path, self.arrays | {"scores": short if (short == scores).all() else scores})

    def node_of(self, letters: bytes) -> int:
        """Return the node that letters lead to from the root, -1 when there is none."""
        node = 0
        for byte in letters:
            node = self.find(byte, self.first[node], self.first[node + 1])
            if node < 0:
                return -1
        return node

    def id_of(self, piece: bytes) -> int:
        """Return the id of a piece, -1 when there is none such."""
        node = self.node_of(piece)
        return -1 if node < 0 else self.ids[node]
