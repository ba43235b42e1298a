"""The built-in classifier of topics: labels found by likeness to a text, under broad fields that were taught."""

from __future__ import annotations

import numpy as np

from classmark_models.classifier import FLAT, Prediction, Stop, Traces, nothing, windows_of
from classmark_models.field_blend import read_field_blend
from classmark_models.labels import Scores, Vocabulary, read_vocabulary
from classmark_models.limits import read_limits
from classmark_models.pack import Pack
from classmark_models.reading_desk import ReadingDesk, Seen
from classmark_models.zero_shot_head import entropy

SURE = "sure.json"
"""The file of the pack that states from where on zero-shot answers are sure."""


class ZeroShotClassifier:
    """The zero-shot kind of ``Classifier``: subjects by likeness to their names and descriptions.

    What a pack has learnt of their fields is joined to that.
    """

    def __init__(self, pack: Pack, desk: ReadingDesk, workers: int) -> None:
        """Load a pack; ``workers`` is the number of windows computed at once. Raises ModelMissing, ModelDamaged."""
        self.name: str = pack.fact("name")
        self.title: str = pack.fact("title")
        self.scope: str = pack.fact("scope")
        self.vocabulary: Vocabulary = read_vocabulary(pack.file("labels.csv"), pack.fact("vocabulary"))
        self._limits: dict[str, float] = pack.fact("decline")
        self._sure = read_limits(pack, SURE, self.name, self.vocabulary).sure
        self._blend = read_field_blend(pack, self.vocabulary, desk)
        self._desk, self._reader = desk, desk.take(self, workers)

    def close(self) -> None:
        """Let the worker threads end, unless others use them."""
        self._desk.leave(self)

    def predict(
        self, title: str, abstract: str, body: str, should_stop: Stop = lambda: False, language: str = ""
    ) -> Prediction:
        """Return what a document is about; see ``Classifier``.

        The document's embedding is the weighted mean of its windows'. The encoder knows a hundred languages:
        ``language`` is not asked for.
        """
        reading = self._reader.read(title, abstract, body, should_stop)
        if isinstance(reading, str):
            return nothing(self.name, self.vocabulary, reading)
        head, whole = self._reader.head, (reading.weights @ reading.embeddings)[None]
        if self._blend is None:
            traces: Traces = reading.embeddings
            scores = alike = head.scores(np.concatenate([whole, traces]))
        else:
            seen = reading.seen_by(self._blend.name, self._blend.head)
            traces = seen.inputs
            alike = head.scores(np.concatenate([whole, self._blend.embeddings(traces)]))
            scores = self._blend.topics(alike, seen.hidden, seen.lengths)
        windows = windows_of(reading.stretches, reading.weights, scores[1:])
        doubt = self._doubt(reading.doubt, alike[0])
        return Prediction(self.name, self.vocabulary, scores[0], windows, traces, doubt, self._sure)

    def window_scores(self, prediction: Prediction) -> Scores:
        """Return the probabilities of each window by itself, float32, shape (windows, labels)."""
        if not prediction.windows:
            return np.zeros((0, len(prediction.scores)), np.float32)
        head, traces = self._reader.head, prediction.traces
        if self._blend is None:
            return head.scores(traces)
        seen = Seen.of(traces, self._blend.head)
        return self._blend.topics(head.scores(self._blend.embeddings(traces)), seen.hidden, seen.lengths)

    def _doubt(self, doubt: str, scores: Scores) -> str:
        """Say why the scores of a document should not be used, or nothing."""
        if not doubt and entropy(scores) > self._limits["entropy"]:
            return FLAT
        return doubt
