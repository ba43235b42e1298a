"""Move the pieces out of a pack's ``tokenizer.json`` into a file that is mapped, and put them back."""

from __future__ import annotations

import json
from pathlib import Path

from classmark_models.pieces import PIECES, Pieces
from classmark_models.tokens import TOKENIZER
from classmark_models.unigram import pieces_of, trimmed


def pack_pieces(folder: Path) -> None:
    """Move the pieces of a folder's ``tokenizer.json`` to PIECES; nothing is done where they are there already."""
    path = folder / TOKENIZER
    facts = json.loads(path.read_text(encoding="utf-8"))
    if len(facts["model"]["vocab"]) > facts["model"]["unk_id"] + 1:
        pieces_of(facts).write(folder / PIECES)
        path.write_text(json.dumps(trimmed(facts), ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def whole_tokenizer(folder: Path) -> str:
    """Return the ``tokenizer.json`` as it was before its pieces were moved: the form that other libraries read."""
    facts = json.loads((folder / TOKENIZER).read_text(encoding="utf-8"))
    pieces = Pieces.read(folder / PIECES)
    vocab = [[piece, score] for piece, score in zip(spelled(pieces), pieces.scores, strict=True)]
    return json.dumps({**facts, "model": {**facts["model"], "vocab": vocab}}, ensure_ascii=False, separators=(",", ":"))


def spelled(pieces: Pieces) -> list[str]:
    """Return all pieces, in the order of their ids."""
    letters, first, ids = (pieces.arrays[name].tolist() for name in ("letters", "first", "ids"))
    ways = [b""] * len(ids)
    for node, way in enumerate(ways):
        for child in range(first[node], first[node + 1]):
            ways[child] = way + bytes([letters[child]])
    by_id = sorted((place, way) for place, way in zip(ids, ways, strict=True) if place >= 0)
    return [way.decode() for _, way in by_id]
