"""One call from a text to its subjects: texts → windows → embeddings → probabilities."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from classmark_models.errors import Interrupted
from classmark_models.labels import Scores, Vocabulary, read_vocabulary
from classmark_models.pack import BUILTIN, Pack, open_pack
from classmark_models.session import Encoder
from classmark_models.tokens import Tokenizer, count_letters
from classmark_models.zero_shot import Embeddings, ZeroShotHead, entropy, read_head

Weights = npt.NDArray[np.float32]

HEAD, BODY = "head", "body"
ABSTRACT_WEIGHT, TITLE_WEIGHT = 0.5, 0.25
"""The head's share in a document that has a body too: with an abstract, and with a title alone."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a document that went through the encoder in one piece.

    ``part`` is ``head`` (title, line end, abstract) or ``body``; ``start`` and ``end`` are offsets in characters into
    that part. ``weight`` is the window's share in the combined scores; the weights of a document add up to 1, and
    windows that say nothing (a table of contents, an empty form) have none. ``best`` is the index of the window's own
    most probable label of the deepest level, ``score`` its probability.
    """

    part: str
    start: int
    end: int
    weight: float
    best: int
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What a classifier says of one document.

    ``scores``: probabilities over the deepest level of the vocabulary, float32, shape (labels,). ``embeddings``: one
    row per window; ``Classifier.window_scores`` turns them back into probabilities for each window.
    ``declined`` says in a sentence why the scores should not be used, and is empty otherwise.
    """

    classifier: str
    scores: Scores
    windows: tuple[Window, ...] = ()
    embeddings: Embeddings = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    declined: str = ""


class Classifier:
    """A model ready for work: its vocabulary and the way from texts to scores.

    ``predict`` may be used by one thread at a time, as it runs several windows at once by itself; ``window_scores``
    by any, beside it too.
    """

    def __init__(self, pack: Pack, workers: int) -> None:
        """Load a pack; ``workers`` is the number of windows computed at once."""
        self.name: str = pack.fact("name")
        self.title: str = pack.fact("title")
        self.scope: str = pack.fact("scope")
        self.vocabulary: Vocabulary = read_vocabulary(pack.file("labels.csv"), pack.fact("vocabulary"))
        self._limits: dict[str, float] = pack.fact("decline")
        self._head: ZeroShotHead = read_head(pack.file("vectors.npz"))
        pack.file("encoder.onnx.data")
        self._encoder = Encoder(pack.file("encoder.onnx"), workers)
        self._tokenizer = Tokenizer(pack.file("tokenizer.json"), pack.fact("prompt"), pack.fact("max_tokens"))

    @classmethod
    def open_builtin(cls, workers: int | None = None) -> Classifier:
        """Load the model that comes with Classmark.

        ``workers`` defaults to the number of processors, four at the most. Raises ModelMissing, ModelDamaged.
        """
        return cls(open_pack(BUILTIN), workers or min(os.cpu_count() or 1, 4))

    def close(self) -> None:
        """Let the worker threads end."""
        self._encoder.close()

    def predict(
        self, title: str, abstract: str, body: str, should_stop: Callable[[], bool] = lambda: False
    ) -> Prediction:
        """Return what a document is about.

        Title and abstract form the head, the body is read whole in windows of the encoder's length. The document's
        embedding is the weighted mean of its windows': the head has half of the weight (a quarter without an
        abstract), the windows of the body share the rest by their letters, so that pages of figures count little. A
        text's scores depend on nothing but the text. Raises Interrupted when ``should_stop``, asked at each window,
        returns True.
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
        is_head = np.array([part == HEAD for part, _ in spans])
        weights = self._weights(letters, is_head, embeddings, ABSTRACT_WEIGHT if abstract.strip() else TITLE_WEIGHT)
        combined = weights @ embeddings
        scores = self._head.scores(combined[None])[0]
        windows = []
        for (part, span), weight, embedding in zip(spans, weights, embeddings, strict=True):
            own = self._head.scores(embedding[None])[0]
            best = int(own.argmax())
            windows.append(Window(part, span.start, span.end, float(weight), best, float(own[best])))
        return Prediction(self.name, scores, tuple(windows), embeddings, self._doubt(embeddings, scores))

    def window_scores(self, prediction: Prediction) -> Scores:
        """Return the probabilities of each window by itself, float32, shape (windows, labels)."""
        if not prediction.windows:
            return np.zeros((0, len(prediction.scores)), np.float32)
        return self._head.scores(prediction.embeddings)

    def _weights(
        self, letters: npt.NDArray[np.int64], is_head: npt.NDArray[np.bool_], embeddings: Embeddings, share: float
    ) -> Weights:
        """Return the windows' weights, float32, shape (windows,), adding up to 1; ``share`` is the head's."""
        empty = self._head.emptiness(embeddings) > self._limits["null_cosine"]
        weights = letters * (1.0 if empty.all() else ~empty)
        if not weights.any():
            weights = np.ones(len(letters))
        if weights[is_head].any() and weights[~is_head].any():
            weights = np.where(
                is_head, share * weights / weights[is_head].sum(), (1 - share) * weights / weights[~is_head].sum()
            )
        return np.asarray(weights / weights.sum(), np.float32)

    def _doubt(self, embeddings: Embeddings, scores: Scores) -> str:
        """Say why the scores of a document should not be used, or nothing."""
        if (self._head.emptiness(embeddings) > self._limits["null_cosine"]).all():
            return "It gets the same answer as blank pages and boilerplate do."
        if entropy(scores) > self._limits["entropy"]:
            return "No subject stands out: it fits very many subjects equally little."
        return ""

    def _nothing(self, reason: str) -> Prediction:
        count = len(self.vocabulary.labels(self.vocabulary.deepest))
        return Prediction(self.name, np.zeros(count, np.float32), declined=reason)
