"""A small vocabulary, and an engine that reads text files and answers without any model."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from classmark.core.classify import classify_document
from classmark.core.documents import Document, Origin, Outcome, Result
from classmark_models.classifier import Prediction, Window
from classmark_models.errors import ClassmarkError, Interrupted, ModelMissing
from classmark_models.labels import Label, Scores, Vocabulary

_TREE: dict[str, dict[str, dict[str, tuple[str, ...]]]] = {
    "Physical Sciences": {
        "Earth and Planetary Sciences": {
            "Oceanography": ("Ocean Acidification Effects and Responses", "Marine Biology Research"),
            "Atmospheric Science": ("Climate Change Dynamics and Permafrost",),
        },
    },
    "Social Sciences": {
        "Arts and Humanities": {"History": ("Medieval European Urban History",)},
        "Psychology": {"Education": ("Reading and Literacy Development", "Second Language Learning")},
        "Library and Information Sciences": {"Cataloguing": ("Subject Headings and Library Catalogues",)},
    },
    "Health Sciences": {"Medicine": {"Complementary Medicine": ("Acupuncture Treatment Research Studies",)}},
}
_CUES = (
    ("ocean", "coral", "seawater"),
    ("fish", "reef"),
    ("мерзлот", "permafrost"),
    ("zunft", "stadt", "medieval"),
    ("lire", "lecture", "reading"),
    ("language",),
    ("catalog", "subject heading", "librar"),
    ("针刺", "疼痛"),
)


def vocabulary() -> Vocabulary:
    levels: dict[str, list[Label]] = {"domain": [], "field": [], "subfield": [], "topic": []}

    def add(level: str, name: str, parent: int | None) -> int:
        number = len(levels[level])
        levels[level].append(Label(f"{level[0]}{number}", f"https://example.org/{level}/{number}", name, level, parent))
        return number

    for domain, fields in _TREE.items():
        at_domain = add("domain", domain, None)
        for name, subfields in fields.items():
            at_field = add("field", name, at_domain)
            for subfield, topics in subfields.items():
                at_subfield = add("subfield", subfield, at_field)
                for topic in topics:
                    add("topic", topic, at_subfield)
    return Vocabulary("toy subjects", list(levels.items()))


def scores_of(text: str) -> Scores:
    lowered = text.casefold()
    counts = np.array([sum(lowered.count(cue) for cue in cues) for cues in _CUES], dtype=np.float32)
    weights = np.exp(np.minimum(counts, 6.0))
    return np.asarray(weights / weights.sum(), dtype=np.float32)


class FakeClassifier:
    """Answers from the words in the text, in windows of so many characters."""

    def __init__(
        self, name: str = "toy", title: str = "toy classifier", subjects: Vocabulary | None = None, window: int = 600
    ) -> None:
        self.name, self.title = name, title
        self.scope = "Eight topics, by the words in the text."
        self.vocabulary = subjects or vocabulary()
        self.declines_below = 20
        self.sure: dict[str, float] = {}
        self.closed = False
        self._window = window

    def predict(
        self, title: str, abstract: str, body: str, should_stop: Callable[[], bool] = lambda: False, language: str = ""
    ) -> Prediction:
        head, size = f"{title}\n{abstract}".strip(), self._window
        spans = [("head", 0, len(head))] if head else []
        spans += [("body", start, min(start + size, len(body))) for start in range(0, len(body), size)]
        texts = {"head": head, "body": body}
        rows = [self._scores(texts[part][start:end]) for part, start, end in spans]
        windows = tuple(
            Window(*span, 1 / len(spans), int(row.argmax()), float(row.max()))
            for span, row in zip(spans, rows, strict=True)
        )
        declined = "" if len(head) + len(body) > self.declines_below else "There is too little text to tell."
        scores = self._scores(f"{head} {body}")
        return Prediction(self.name, self.vocabulary, scores, windows, np.stack(rows), declined, self.sure)

    def window_scores(self, prediction: Prediction) -> Scores:
        return np.asarray(prediction.traces, np.float32)

    def close(self) -> None:
        self.closed = True

    def _scores(self, text: str) -> Scores:
        count = len(self.vocabulary.labels(self.vocabulary.deepest))
        scores = scores_of(text)[:count]
        return np.asarray(scores / scores.sum(), np.float32)


def groups() -> FakeClassifier:
    """Return a second classifier with two levels of its own, whose topics are not those of the first."""
    kinds = [Label(name, "", name, "kind", None) for name in ("sci", "rec")]
    names = ("sci.ocean", "sci.fish", "sci.ice", "rec.towns", "rec.reading")
    labels = [Label(name, f"news:{name}", name, "group", int(name.startswith("rec"))) for name in names]
    return FakeClassifier("groups", "Toy groups", Vocabulary("groups", [("kind", kinds), ("group", labels)]))


class FakeEngine:
    """Reads text files and asks toy classifiers; counts how often it was asked to predict."""

    def __init__(self, seconds: float = 0.0, window: int = 600) -> None:
        self.known = {"toy": FakeClassifier(window=window), "groups": groups()}
        self.classifiers: tuple[FakeClassifier, ...] = (self.known["toy"],)
        self.predictions = 0
        self.closed = False
        self.seconds = seconds
        self.before: Callable[[Path], None] = lambda _path: None

    @property
    def vocabulary(self) -> Vocabulary:
        return self.classifiers[0].vocabulary

    def use(self, names: Sequence[str]) -> dict[str, ClassmarkError]:
        refusals = {name: ModelMissing(f"{name} is not here.") for name in names if name not in self.known}
        self.classifiers = tuple(self.known[name] for name in names if name in self.known)
        if not self.classifiers:
            raise next(iter(refusals.values()))
        return dict(refusals)

    def classify(self, paths: Iterable[Path], should_stop: Callable[[], bool]) -> Iterator[Result]:
        for path in paths:
            if should_stop():
                return
            self.before(path)
            try:
                yield self._result(path, should_stop)
            except Interrupted:
                return

    def classify_document(self, document: Document, should_stop: Callable[[], bool]) -> Result:
        until = time.monotonic() + self.seconds
        while time.monotonic() < until:
            if should_stop():
                raise Interrupted
            time.sleep(min(self.seconds, 0.002))
        self.predictions += 1
        return classify_document(document, self.classifiers)

    def window_scores(self, prediction: Prediction) -> Scores | None:
        used = {classifier.name: classifier for classifier in self.classifiers}.get(prediction.classifier)
        return used.window_scores(prediction) if used else None

    def close(self) -> None:
        self.closed = True

    def _result(self, path: Path, should_stop: Callable[[], bool]) -> Result:
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return Result(str(path), Outcome.DAMAGED.value, "This file is not there any more.")
        except UnicodeDecodeError:
            return Result(str(path), Outcome.UNSUPPORTED.value, "This file is not a text.")
        if not text.strip():
            return Result(str(path), Outcome.EMPTY.value, "There is no text in it.")
        title, _, body = text.partition("\n")
        document = Document(
            str(path),
            "text",
            title.strip("# "),
            body.strip()[:500],
            text,
            Origin.GUESSED,
            Origin.GUESSED,
            language="en",
        )
        return self.classify_document(document, should_stop)
