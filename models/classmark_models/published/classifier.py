"""The published kind of classifier: an encoder with a head that was taught its subjects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from classmark_models.classifier import BLANK, FLAT, TOO_LITTLE, Prediction, Stop, Traces, nothing, windows_of
from classmark_models.errors import Interrupted, ModelDamaged
from classmark_models.labels import Scores, Vocabulary, read_vocabulary
from classmark_models.pack import SPEC, Pack
from classmark_models.published.fingerprints import FINGERPRINTS, Fingerprints, read_fingerprints
from classmark_models.published.labelling import LABELS, read_outputs
from classmark_models.published.reader import Logits, Reader
from classmark_models.published.scope import foreign_language, foreign_script, is_mostly_foreign, without_skipped
from classmark_models.spec import ModelSpec, read_spec
from classmark_models.tokens import TOKENIZER, Span, count_letters
from classmark_models.windows import ABSTRACT_WEIGHT, BODY, HEAD, TITLE_WEIGHT, weigh

KEPT = 64
"""The most probable labels of each window that a prediction keeps: ten thousand documents must fit in memory."""


class PublishedClassifier:
    """A ready model, converted or fetched as an export, as a ``Classifier``."""

    def __init__(self, pack: Pack, workers: int) -> None:
        """Load a pack; ``workers`` is the number of windows computed at once.

        Raises ModelMissing, ModelDamaged, ModelUnsupported, SpecInvalid.
        """
        self._spec: ModelSpec = read_spec(pack.file(SPEC), pack.fact("id"))
        self.name: str = self._spec.id
        self.title: str = self._spec.title
        self.scope: str = self._spec.scope
        self._outputs: int = pack.fact("outputs")
        labels = pack.file(LABELS)
        self.vocabulary: Vocabulary = read_vocabulary(labels, self._spec.title)
        self._places = read_outputs(labels, self._outputs)
        self._fingerprints = _fingerprints(pack, self._outputs)
        self._weak = frozenset(self._spec.labels.weak)
        for name in pack.fact("files"):
            pack.file(name)
        self._reader = Reader(self._spec, pack.file(TOKENIZER), pack.file(pack.fact("graph")), workers)

    def close(self) -> None:
        """Let the worker threads end."""
        self._reader.close()

    def predict(
        self, title: str, abstract: str, body: str, should_stop: Stop = lambda: False, language: str = ""
    ) -> Prediction:
        """Return what a document is about; see ``Classifier``.

        Title and abstract go through the model as its publisher put them, cut to its limit; the body is read whole in
        windows, each as an abstract by itself. The document's probabilities are the weighted mean of its windows':
        the head has half of the weight (a quarter without an abstract), the windows of the body share the rest. Where
        a reason is given not to use them, the probabilities are there to look at, if the model could read anything.
        """
        title, abstract = title.strip(), abstract.strip()
        if title.casefold() in (skipped.casefold() for skipped in self._spec.limits.skipped_titles):
            return self._nothing(f"The title “{title}” is that of a part, not of a work about something.")
        if count_letters(title) + count_letters(abstract) + count_letters(body) < self._spec.decline.letters:
            return self._nothing(TOO_LITTLE)
        spans = self._spans(title, abstract, body)
        if not spans:
            script = foreign_script(self._spec.limits, "\n".join((title, abstract, body)))
            return self._nothing(script or TOO_LITTLE)
        logits = self._logits(spans, should_stop)
        texts = {HEAD: "\n".join(part for part in (title, abstract) if part), BODY: body}
        letters = np.array([count_letters(texts[part][span.start : span.end]) for part, span in spans])
        empty = self._fingerprints.are_empty(logits)
        is_head = np.array([part == HEAD for part, _ in spans])
        weights = weigh(letters, is_head, empty, ABSTRACT_WEIGHT if abstract else TITLE_WEIGHT)
        by_window = self._probabilities(logits)
        scores = np.asarray(weights @ by_window, np.float32)
        windows = windows_of(((part, span.start, span.end) for part, span in spans), weights, by_window)
        doubt = foreign_language(self._spec.languages, language) or self._doubt(bool(empty.all()), scores)
        return Prediction(self.name, self.vocabulary, scores, windows, _traces(by_window), doubt)

    def window_scores(self, prediction: Prediction) -> Scores:
        """Return the probabilities of each window by itself, those of its 64 best labels, (windows, labels)."""
        scores = np.zeros((len(prediction.windows), len(prediction.scores)), np.float32)
        if prediction.windows:
            traces = prediction.traces
            np.put_along_axis(scores, traces["label"].astype(np.intp), traces["score"], axis=1)
        return scores

    def _spans(self, title: str, abstract: str, body: str) -> list[tuple[str, Span]]:
        """Return what the model reads of a document, with the part that each window belongs to.

        A title or an abstract of a script that the model skips is as good as none; a body's windows that are mostly
        of such a script are left out.
        """
        limits = self._spec.limits
        read_title = "" if foreign_script(limits, title) else without_skipped(limits, title)
        read_abstract = "" if foreign_script(limits, abstract) else abstract
        spans = []
        head = self._reader.head(read_title, read_abstract)
        if head:
            before = len(title) + 1 if title and not read_title else 0
            spans.append((HEAD, Span(head.ids, before, before + head.end)))
        if self._reader.reads_abstracts or not read_title:
            windows = self._reader.windows(body)
            spans += [(BODY, span) for span in windows if not is_mostly_foreign(limits, body[span.start : span.end])]
        return spans

    def _logits(self, spans: Sequence[tuple[str, Span]], should_stop: Stop) -> Logits:
        answers = []
        for answer in self._reader.answer_all(span.ids for _, span in spans):
            if should_stop():
                raise Interrupted("Stopped.")
            if answer.shape != (self._outputs,) or not np.isfinite(answer).all():
                raise ModelDamaged(f"“{self.title}” does not answer with {self._outputs:,} numbers. Repair the model.")
            answers.append(answer)
        return np.stack(answers)

    def _probabilities(self, logits: Logits) -> Scores:
        """Return the probabilities of the labels, shape (rows, labels); those of outputs without a label are lost."""
        if self._spec.output == "independent":
            probabilities = 1 / (1 + np.exp(-logits))
        elif self._spec.output == "log-probabilities":
            probabilities = np.exp(np.minimum(logits, 0))
        else:
            powers = np.exp(logits - logits.max(axis=1, keepdims=True))
            probabilities = powers / powers.sum(axis=1, keepdims=True)
        return np.asarray(probabilities[:, self._places], np.float32)

    def _doubt(self, is_empty: bool, scores: Scores) -> str:
        """Say why the scores of a document should not be used, or nothing."""
        if is_empty:
            return BLANK
        labels = self.vocabulary.labels(self.vocabulary.deepest)
        order = np.argsort(-scores, kind="stable")[:2]
        first = labels[order[0]]
        if self._spec.output != "independent" and len(labels) > 1:
            if _flatness(scores) > self._spec.decline.flatness:
                return FLAT
            if self._margin(scores) < self._spec.decline.margin:
                return f"Two subjects fit it almost equally well: “{first.name}” and “{labels[order[1]].name}”."
        if first.id in self._weak:
            return f"The subject that fits best, “{first.name}”, is one that this model is known to give wrongly."
        return ""

    def _margin(self, scores: Scores) -> float:
        """Return how much more probable the first subject is than the second, at the level where it is most so."""
        margins = [0.0]
        for level in self.vocabulary.levels:
            at_level = np.sort(self.vocabulary.roll_up(scores, level))
            margins.append(float(at_level[-1] - at_level[-2]) if len(at_level) > 1 else 0.0)
        return max(margins)

    def _nothing(self, reason: str) -> Prediction:
        return nothing(self.name, self.vocabulary, reason)


def _flatness(scores: Scores) -> float:
    """Return the entropy of probabilities as a share of the most that so many can have."""
    shares = scores.astype(np.float64) / max(float(scores.sum()), 1e-12)
    return float(-(shares * np.log(np.maximum(shares, 1e-12))).sum() / np.log(len(shares)))


def _traces(scores: Scores) -> Traces:
    """Return the best labels of each window with their probabilities, best first, shape (windows, at most KEPT)."""
    kept = np.argsort(-scores, axis=1, kind="stable")[:, :KEPT]
    kinds = np.dtype([("label", np.min_scalar_type(scores.shape[1])), ("score", np.float32)])
    traces: npt.NDArray[np.void] = np.empty(kept.shape, kinds)
    traces["label"], traces["score"] = kept, np.take_along_axis(scores, kept, axis=1)
    return traces


def _fingerprints(pack: Pack, outputs: int) -> Fingerprints:
    """Read the answers to texts that say nothing; an export may have come without."""
    if FINGERPRINTS not in pack.fact("files"):
        return Fingerprints(np.zeros((0, outputs), np.float32), 0)
    return read_fingerprints(pack.file(FINGERPRINTS), outputs)
