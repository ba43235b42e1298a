"""A small vocabulary, and an engine that reads text files and answers without any model."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from classmark.core.documents import Document, Origin, Outcome, Result
from classmark_models.classifier import Prediction, Window
from classmark_models.errors import Interrupted
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


class FakeEngine:
    """Answers from the words in the text; counts how often it was asked to predict."""

    name = "toy classifier"
    scope = "Eight topics, by the words in the text."

    def __init__(self, seconds: float = 0.0, window: int = 600) -> None:
        self.vocabulary = vocabulary()
        self.predictions = 0
        self.closed = False
        self.seconds = seconds
        self.before: Callable[[Path], None] = lambda _path: None
        self._window = window

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
        size = self._window
        head = f"{document.title}\n{document.abstract}".strip()
        spans = [("head", 0, len(head))] if head else []
        starts = range(0, len(document.body), size)
        spans += [("body", start, min(start + size, len(document.body))) for start in starts]
        texts = {"head": head, "body": document.body}
        rows = [scores_of(texts[part][start:end]) for part, start, end in spans]
        windows = tuple(
            Window(*span, 1 / len(spans), int(row.argmax()), float(row.max()))
            for span, row in zip(spans, rows, strict=True)
        )
        declined = "" if len(head) + len(document.body) > 20 else "There is too little text to tell."
        scores = scores_of(f"{head} {document.body}")
        prediction = Prediction(self.name, self.vocabulary, scores, windows, np.stack(rows), declined)
        return Result(
            document.source, "declined" if declined else "ok", declined, document, (prediction,), self.seconds
        )

    def window_scores(self, prediction: Prediction) -> Scores:
        return np.asarray(prediction.traces, np.float32)

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
