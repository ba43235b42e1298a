"""One reading of a document for all built-in classifiers: windows, weights, embeddings and n-grams."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import NamedTuple
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt

from classmark_models.classifier import BLANK, TOO_LITTLE, Stop
from classmark_models.errors import Interrupted
from classmark_models.ngrams import NgramIds, bag_ids
from classmark_models.pack import BUILTIN, Pack, open_pack
from classmark_models.pieces import PIECES
from classmark_models.scope import SCOPE, Scope, letter_ids, measure
from classmark_models.session import Encoder
from classmark_models.tokens import Tokenizer, count_letters
from classmark_models.trained_head import TrainedHead
from classmark_models.windows import ABSTRACT_WEIGHT, BODY, HEAD, TITLE_WEIGHT, Weights, weigh
from classmark_models.zero_shot_head import Embeddings, read_head

_KEPT = 256
"""Windows of the last documents that are kept: several classifiers ask for each in turn. The last always is."""


class Stretch(NamedTuple):
    """A window's part of the document, and its first and last character there; see ``classifier.Window``."""

    part: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What a trained head sees of a document: embedding, bag and length of each window, (windows, width + bag + 1).

    ``hidden``: its hidden layer for the document, and then for each window, shape (1 + windows, hidden + bag);
    ``lengths``: how long they are, as ``TrainedHead.lengths`` tells it, shape (1 + windows,).
    """

    inputs: npt.NDArray[np.float16]
    hidden: npt.NDArray[np.float32]
    lengths: npt.NDArray[np.float32]

    @classmethod
    def of(cls, inputs: npt.NDArray[np.float16], head: TrainedHead, weights: Weights | None = None) -> Seen:
        """Return what a head makes of inputs; without ``weights`` of each window only, and of no document."""
        width, rows = len(head.centre), inputs.astype(np.float32)
        if weights is not None:
            rows = np.concatenate([_combined(rows, weights, width), rows])
        return cls(inputs, head.hidden(rows[:, :width], rows[:, width:-1]), rows[:, -1])


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What all built-in classifiers see of a document, a row for each window.

    ``weights`` add up to 1; ``embeddings``: float32, shape (windows, width). ``doubt`` says why nothing should be
    proposed for it, and is empty otherwise. ``seen`` holds what each trained head took of it, by the head's file.
    """

    stretches: tuple[Stretch, ...]
    weights: Weights
    embeddings: Embeddings
    ngrams: tuple[NgramIds, ...]
    doubt: str
    seen: dict[str, Seen] = field(default_factory=dict)

    def seen_by(self, name: str, head: TrainedHead) -> Seen:
        """Return what a trained head sees of the document, taken once for all its vocabularies; ``name``: its file."""
        if name not in self.seen:
            bags, lengths = head.bags(self.ngrams), head.lengths(self.ngrams)
            inputs = np.concatenate([self.embeddings, bags, lengths[:, None]], axis=1).astype(np.float16)
            self.seen[name] = Seen.of(inputs, head, self.weights)
        return self.seen[name]


class Reader:
    """The encoder and its tokenizer, with the readings of the last documents."""

    def __init__(self, pack: Pack, workers: int) -> None:
        """Load a pack; ``workers`` is the number of windows computed at once. Raises ModelMissing, ModelDamaged."""
        self.head = read_head(pack.file("vectors.npz"))
        """The zero-shot one, which knows what texts that say nothing are like."""
        self._limits: dict[str, float] = pack.fact("decline")
        self._scope = Scope(pack.file(SCOPE), len(self.head.center))
        for beside in ("encoder.onnx.data", PIECES):
            pack.file(beside)
        self._tokenizer = Tokenizer(pack.file("tokenizer.json"), pack.fact("prompt"), pack.fact("max_tokens"))
        self._encoder = Encoder(pack.file("encoder.onnx"), workers)
        self._readings: OrderedDict[bytes, Reading] = OrderedDict()
        self._turns: WeakValueDictionary[bytes, Lock] = WeakValueDictionary()
        self._lock = Lock()

    def close(self) -> None:
        """Let the worker threads end."""
        self._encoder.close()

    def read(self, title: str, abstract: str, body: str, should_stop: Stop) -> Reading | str:
        """Return what is seen of a document, or in a sentence why nothing is; one of the last is not read again.

        Title and abstract form the head, the body is read whole in windows of the encoder's length. The head has half
        of the weight (a quarter without an abstract), the windows of the body share the rest. Raises Interrupted when
        ``should_stop``, asked at each window, returns True.
        """
        texts = {HEAD: "\n".join(part for part in (title.strip(), abstract.strip()) if part), BODY: body}
        key = _digest(*texts.values(), "abstract" if abstract.strip() else "")
        with self._lock:
            turn = self._turns.setdefault(key, Lock())
        with turn:  # whoever asks for the same document waits for it, all others do not
            with self._lock:
                if key in self._readings:
                    self._readings.move_to_end(key)
                    return self._readings[key]
            reading = self._read(texts, ABSTRACT_WEIGHT if abstract.strip() else TITLE_WEIGHT, should_stop)
            if isinstance(reading, Reading):
                self._keep(key, reading)
            return reading

    def _keep(self, key: bytes, reading: Reading) -> None:
        with self._lock:
            self._readings[key] = reading
            windows = sum(len(each.stretches) for each in self._readings.values())
            while windows > _KEPT and len(self._readings) > 1:
                windows -= len(self._readings.popitem(last=False)[1].stretches)

    def _read(self, texts: dict[str, str], share: float, should_stop: Stop) -> Reading | str:
        spans = [(part, span) for part, text in texts.items() for span in self._tokenizer.windows(text)]
        cut = [texts[part][span.start : span.end] for part, span in spans]
        letters = np.array([count_letters(text) for text in cut])
        if letters.sum() < self._limits["letters"]:
            return TOO_LITTLE
        vectors = []
        for vector in self._encoder.embed_all(span.ids for _, span in spans):
            if should_stop():
                raise Interrupted("Stopped.")
            vectors.append(vector)
        embeddings = np.stack(vectors)
        empty = self.head.emptiness(embeddings) > self._limits["null_cosine"]
        weights = weigh(letters, np.array([part == HEAD for part, _ in spans]), empty, share)
        bare = [self._tokenizer.bare(span.ids) for _, span in spans]
        measures = [measure(text, ids, self._tokenizer.unknown) for text, ids in zip(cut, bare, strict=True)]
        chances = self._scope.chances(embeddings, np.stack(measures), [*map(letter_ids, cut)])
        return Reading(
            stretches=tuple(Stretch(part, span.start, span.end) for part, span in spans),
            weights=weights,
            embeddings=embeddings,
            ngrams=tuple(map(bag_ids, cut)),
            doubt=self._scope.doubt(chances, weights) or (BLANK if empty.all() else ""),
        )


class ReadingDesk:
    """Lends one reader, and each trained head once, to all who classify; opened for the first, closed after the last.

    All may be used by several threads; a document that several ask for is read once.
    """

    def __init__(self, folder: Path = BUILTIN) -> None:
        """Take the pack's folder; nothing is opened yet."""
        self.folder = folder
        self._users: set[Hashable] = set()
        self._reader: Reader | None = None
        self._heads: dict[str, TrainedHead] = {}
        self._lock = Lock()

    def take(self, user: Hashable, workers: int) -> Reader:
        """Return the reader, opened now if nobody has it; ModelMissing, ModelDamaged."""
        with self._lock:
            self._reader = self._reader or Reader(open_pack(self.folder), workers)
            self._users.add(user)
            return self._reader

    def head(self, pack: Pack, name: str) -> TrainedHead:
        """Return the trained head in a file of the pack; ModelMissing, ModelDamaged."""
        with self._lock:
            if name not in self._heads:
                self._heads[name] = TrainedHead.read(pack.file(name))
            return self._heads[name]

    def leave(self, user: Hashable) -> None:
        """Tell that a user is done; again and again does no harm."""
        with self._lock:
            self._users.discard(user)
            if not self._users and self._reader is not None:
                self._reader.close()
                self._reader = None
                self._heads.clear()


def _combined(rows: Embeddings, weights: Weights, width: int) -> Embeddings:
    """Return the one row that stands for the document, shape (1, width + bag + 1)."""
    row = weights @ rows
    lengths = np.linalg.norm(rows[:, :width], axis=1)
    row[:width] *= (weights @ lengths) / max(float(np.linalg.norm(row[:width])), 1e-6)
    return np.asarray(row[None], np.float32)


def _digest(*texts: str) -> bytes:
    digests = (hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts)
    return hashlib.sha256(b"".join(digests)).digest()
