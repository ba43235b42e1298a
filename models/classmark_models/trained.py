"""The built-in classifiers that were taught: a head for each vocabulary over the one reading of a document."""

from __future__ import annotations

import numpy as np

from classmark_models.classifier import FLAT, Prediction, Stop, nothing, windows_of
from classmark_models.errors import ModelDamaged
from classmark_models.labels import Scores, Vocabulary, read_vocabulary
from classmark_models.limits import read_limits
from classmark_models.pack import Pack
from classmark_models.reading_desk import ReadingDesk, Seen
from classmark_models.spec import ModelSpec
from classmark_models.zero_shot_head import entropy

HEADS = "heads"


def head_files(spec: ModelSpec) -> tuple[str, ...]:
    """Return the files of a trained classifier, below the pack's folder: what was learnt, facts of it, subjects."""
    return f"{HEADS}/{spec.head}.npz", f"{HEADS}/{spec.head}.json", f"{HEADS}/labels_{spec.id}.csv"


class TrainedClassifier:
    """The taught kind of ``Classifier``: one among many labels in levels, or several at once of one level."""

    def __init__(self, pack: Pack, spec: ModelSpec, desk: ReadingDesk, workers: int) -> None:
        """Load the classifier of an entry of the catalogue; ``workers`` as for ``ReadingDesk.take``.

        Raises ModelMissing, ModelDamaged.
        """
        self.name, self.title, self.scope = spec.id, spec.title, spec.scope
        learnt, facts, labels = head_files(spec)
        self.vocabulary: Vocabulary = read_vocabulary(pack.file(labels), spec.title)
        self._independent = spec.output == "independent"
        self._head_name, self._head = learnt, desk.head(pack, learnt)
        subjects = len(self.vocabulary.labels(self.vocabulary.deepest))
        if self.name not in self._head.layers or len(self._head.layers[self.name].b) != subjects:
            raise ModelDamaged(f"{pack.folder / learnt} does not know the {subjects:,} subjects of {labels}.")
        if self._independent and len(self.vocabulary.levels) > 1:
            raise ModelDamaged(f"{pack.folder / labels} has levels, but its subjects do not exclude each other.")
        self._limits = read_limits(pack, facts, spec.id, self.vocabulary)
        self._desk, self._reader = desk, desk.take(self, workers)

    def close(self) -> None:
        """Let the worker threads end, unless others use them."""
        self._desk.leave(self)

    def predict(
        self, title: str, abstract: str, body: str, should_stop: Stop = lambda: False, language: str = ""
    ) -> Prediction:
        """Return what a document is about; see ``Classifier``.

        The document's embedding and bag of n-grams are the weighted means of its windows', the embedding as long as
        theirs. ``language`` is not asked for.
        """
        reading = self._reader.read(title, abstract, body, should_stop)
        if isinstance(reading, str):
            return nothing(self.name, self.vocabulary, reading)
        seen = reading.seen_by(self._head_name, self._head)
        scores, *by_window = self._probabilities(seen)
        windows = windows_of(reading.stretches, reading.weights, by_window)
        doubt = reading.doubt or self._doubt(scores)
        return Prediction(self.name, self.vocabulary, scores, windows, seen.inputs, doubt, self._limits.sure)

    def window_scores(self, prediction: Prediction) -> Scores:
        """Return the probabilities of each window by itself, float32, shape (windows, labels)."""
        if not prediction.windows:
            return np.zeros((0, len(prediction.scores)), np.float32)
        return self._probabilities(Seen.of(prediction.traces, self._head))

    def _probabilities(self, seen: Seen) -> Scores:
        logits = self._head.logits(self.name, seen.hidden)
        return self._head.probabilities(self.name, logits, seen.lengths, independent=self._independent)

    def _doubt(self, scores: Scores) -> str:
        """Say why the scores of a document should not be used, or nothing."""
        if not self._independent and len(scores) > 1 and entropy(scores) > self._limits.flatness * np.log(len(scores)):
            return FLAT
        best = float(self.vocabulary.roll_up(scores, self.vocabulary.levels[0]).max())
        least = self._limits.least
        if best < least:
            return f"No subject is probable enough: the best reaches {best:.1%}, and {least:.1%} is the least."
        return ""
