"""Texts → embeddings → probabilities over labels, by likeness to the labels' own embeddings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from classmark_models.classifier import Prediction, Stop, Window
from classmark_models.errors import Interrupted, ModelDamaged
from classmark_models.labels import Scores, Vocabulary, read_vocabulary
from classmark_models.pack import Pack
from classmark_models.session import Encoder
from classmark_models.tokens import Tokenizer, count_letters
from classmark_models.windows import ABSTRACT_WEIGHT, BODY, HEAD, TITLE_WEIGHT, weigh

Embeddings = npt.NDArray[np.float32]
"""Unit vectors, float32, shape (rows, width of the encoder)."""


@dataclass(frozen=True, slots=True, eq=False)
class ZeroShotHead:
    """Softmax over likeness to label vectors, and likeness to texts that say nothing.

    ``center``: the point from which directions are taken, shape (width,); embeddings of this encoder all lie in a
    narrow cone about it, and only what sets them apart tells subjects. ``labels``: one vector per label, already
    divided by the temperature, shape (labels, width). ``null``: unit directions of blank and boilerplate texts,
    shape (texts, width).
    """

    center: npt.NDArray[np.float32]
    labels: npt.NDArray[np.float32]
    null: npt.NDArray[np.float32]

    def directions(self, embeddings: Embeddings) -> Embeddings:
        """Return unit vectors from the centre, shape as given."""
        shifted = embeddings - self.center
        return np.asarray(shifted / np.linalg.norm(shifted, axis=-1, keepdims=True), np.float32)

    def scores(self, embeddings: Embeddings) -> Scores:
        """Return probabilities over the labels, shape (rows, labels)."""
        # One product a row: a matrix product may round differently with the number of rows.
        logits = np.stack([self.labels @ row for row in self.directions(embeddings)])
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)

    def emptiness(self, embeddings: Embeddings) -> npt.NDArray[np.float32]:
        """Return the cosine to the most similar text that says nothing, shape (rows,)."""
        return np.asarray((self.directions(embeddings) @ self.null.T).max(axis=1), np.float32)


def entropy(scores: Scores) -> npt.NDArray[np.float32]:
    """Return the entropy of each row of probabilities, in nats, shape (rows,); of one row, shape ()."""
    return np.asarray(-(scores * np.log(np.maximum(scores, 1e-12))).sum(axis=-1), np.float32)


def read_head(path: Path) -> ZeroShotHead:
    """Read the arrays ``center``, ``labels`` and ``null`` of an ``.npz`` file; ModelDamaged when it has others."""
    try:
        # Opened here, since numpy forgets to close a file that is no archive.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return ZeroShotHead(*(arrays[name].astype(np.float32) for name in ("center", "labels", "null")))
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        raise ModelDamaged(f"The vectors of the labels in {path} cannot be read: {error}") from error


class ZeroShotClassifier:
    """The built-in kind of ``Classifier``: an encoder, and labels that are found by likeness to a text."""

    def __init__(self, pack: Pack, workers: int) -> None:
        """Load a pack; ``workers`` is the number of windows computed at once. Raises ModelMissing, ModelDamaged."""
        self.name: str = pack.fact("name")
        self.title: str = pack.fact("title")
        self.scope: str = pack.fact("scope")
        self.vocabulary: Vocabulary = read_vocabulary(pack.file("labels.csv"), pack.fact("vocabulary"))
        self._limits: dict[str, float] = pack.fact("decline")
        self._head: ZeroShotHead = read_head(pack.file("vectors.npz"))
        pack.file("encoder.onnx.data")
        self._encoder = Encoder(pack.file("encoder.onnx"), workers)
        self._tokenizer = Tokenizer(pack.file("tokenizer.json"), pack.fact("prompt"), pack.fact("max_tokens"))

    def close(self) -> None:
        """Let the worker threads end."""
        self._encoder.close()

    def predict(
        self, title: str, abstract: str, body: str, should_stop: Stop = lambda: False, language: str = ""
    ) -> Prediction:
        """Return what a document is about; see ``Classifier``.

        Title and abstract form the head, the body is read whole in windows of the encoder's length. The document's
        embedding is the weighted mean of its windows': the head has half of the weight (a quarter without an
        abstract), the windows of the body share the rest. The encoder knows a hundred languages: ``language`` is
        not asked for.
        """
        texts = {HEAD: "\n".join(part for part in (title.strip(), abstract.strip()) if part), BODY: body}
        spans = [(part, span) for part, text in texts.items() for span in self._tokenizer.windows(text)]
        letters = np.array([count_letters(texts[part][span.start : span.end]) for part, span in spans])
        if letters.sum() < self._limits["letters"]:
            return self._nothing("There is too little text to tell what it is about.")
        vectors = []
        for vector in self._encoder.embed_all(span.ids for _, span in spans):
            if should_stop():
                raise Interrupted("Stopped.")
            vectors.append(vector)
        embeddings = np.stack(vectors)
        empty = self._head.emptiness(embeddings) > self._limits["null_cosine"]
        is_head = np.array([part == HEAD for part, _ in spans])
        weights = weigh(letters, is_head, empty, ABSTRACT_WEIGHT if abstract.strip() else TITLE_WEIGHT)
        scores = self._head.scores((weights @ embeddings)[None])[0]
        windows = []
        for (part, span), weight, embedding in zip(spans, weights, embeddings, strict=True):
            own = self._head.scores(embedding[None])[0]
            best = int(own.argmax())
            windows.append(Window(part, span.start, span.end, float(weight), best, float(own[best])))
        doubt = self._doubt(bool(empty.all()), scores)
        return Prediction(self.name, self.vocabulary, scores, tuple(windows), embeddings, doubt)

    def window_scores(self, prediction: Prediction) -> Scores:
        """Return the probabilities of each window by itself, float32, shape (windows, labels)."""
        if not prediction.windows:
            return np.zeros((0, len(prediction.scores)), np.float32)
        return self._head.scores(prediction.traces)

    def _doubt(self, is_empty: bool, scores: Scores) -> str:
        """Say why the scores of a document should not be used, or nothing."""
        if is_empty:
            return "It gets the same answer as blank pages and boilerplate do."
        if entropy(scores) > self._limits["entropy"]:
            return "No subject stands out: it fits very many subjects equally little."
        return ""

    def _nothing(self, reason: str) -> Prediction:
        count = len(self.vocabulary.labels(self.vocabulary.deepest))
        return Prediction(self.name, self.vocabulary, np.zeros(count, np.float32), declined=reason)
