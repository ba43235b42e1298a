"""Measured figures as the recipes hand them on: one shape for all programs, kept as JSON, printed as tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classmark_models.metrics import Figure, calibration_error, debiased_error, reliability, risk_coverage, share
from recipes.development import LANGUAGES

OURS = "Classmark"
LEAST_ROWS = 50
"""Fewer rows are no figure."""
GOAL, _LANGUAGES = 0.9, 13
HEADINGS, FULLEST, SUMMARIZED = (
    "headings",
    "English, title and, where there is one, summary",
    "English, title and summary",
)
"""What headings and the texts that they are measured on are called, by whoever measures."""
Truths = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Result:
    """One figure: what was asked of which texts, who answered, and how well.

    ``language``: a code where only rows in one language count. ``error``: the expected calibration error, ``unbiased``
    the same less what chance makes of it. ``sure``: the share that is answered from the probability ``mark`` on, where
    nine of ten are right.
    """

    task: str
    text: str
    by: str
    measure: str
    value: float
    low: float
    high: float
    rows: int
    language: str = ""
    error: float | None = None
    unbiased: float | None = None
    sure: float | None = None
    mark: float | None = None

    @classmethod
    def of(cls, task: str, text: str, by: str, measure: str, figure: Figure, language: str = "") -> Result:
        """Return a figure without anything told of probabilities."""
        return cls(task, text, by, measure, figure.value, figure.low, figure.high, figure.count, language)

    @classmethod
    def accuracy(
        cls, task: str, text: str, hits: Truths, confidences: npt.NDArray[np.floating], measure: str = "accuracy"
    ) -> Result:
        """Return the share of our answers that is right, and what their probabilities are worth; shape (rows,)."""
        figure, wide = share(int(hits.sum()), len(hits)), confidences.astype(np.float64)
        found = risk_coverage(wide, hits).at_least(GOAL)
        return cls(
            task, text, OURS, measure, figure.value, figure.low, figure.high, figure.count,
            error=calibration_error(reliability(wide, hits)),
            unbiased=debiased_error(wide, hits),
            sure=found[1] if found else 0.0,
            mark=found[0] if found else None,
        )  # fmt: skip

    @property
    def key(self) -> tuple[str, str, str]:
        """What is measured, whoever answers."""
        return self.task, self.text, self.measure


def by_language(task: str, text: str, by: str, languages: npt.NDArray[np.str_], hits: Truths) -> Iterator[Result]:
    """Yield the share that is right in each language with enough rows, the most frequent first, and their mean."""
    names, counts = np.unique(languages, return_counts=True)
    order = [place for place in np.argsort(-counts, kind="stable") if counts[place] >= LEAST_ROWS]
    found = [share(int(hits[languages == names[place]].sum()), int(counts[place])) for place in order]
    for place, figure in zip(order, found, strict=True):
        name = str(names[place])
        yield Result.of(task, text, by, "accuracy", figure, LANGUAGES.get(name, name))
    if len(found) > 1:
        # Languages are few and chosen by nobody: the mean of theirs, and of the ends of their intervals.
        value, low, high = (float(np.mean([getattr(one, end) for one in found])) for end in ("value", "low", "high"))
        yield Result(task, text, by, "mean of languages", value, low, high, len(found))


def write(path: Path, results: Iterable[Result]) -> None:
    """Keep results."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(each) for each in results], indent=0) + "\n", encoding="utf-8")


def read(path: Path) -> list[Result]:
    """Return the results that ``write`` kept."""
    return [Result(**each) for each in json.loads(path.read_text(encoding="utf-8"))]


def table(results: Sequence[Result]) -> Iterator[str]:
    """Yield the lines of a table: ours beside the best of the others on the same rows, and what only others answer."""
    yield _row("task", "text", "figure", OURS, "95 %", "rows", "ECE", "unbiased", "sure", "best other", "95 %", "by")
    yield "|---" * 12 + "|"
    told = [one for one in results if not one.language]
    for task, text, measure in dict.fromkeys(one.key for one in told):
        same = [one for one in told if one.key == (task, text, measure)]
        ours = next((one for one in same if one.by == OURS), None)
        best = max((one for one in same if one.by != OURS), key=lambda one: one.value, default=None)
        rows = f"{(ours or same[0]).rows:,}"
        yield _row(task, text, measure, *_value(ours), rows, *_worth(ours), *_value(best), best.by if best else "")


def languages_table(results: Sequence[Result]) -> Iterator[str]:
    """Yield the lines of a table by language: ours, and in brackets the best of the others."""
    told = [one for one in results if one.language]
    names = list(dict.fromkeys(one.language for one in sorted(told, key=lambda one: -one.rows)))[:_LANGUAGES]
    if not names:
        return
    yield _row("by language", *names)
    yield "|---" * (len(names) + 1) + "|"
    for task, text, measure in dict.fromkeys(one.key for one in told):
        cells = []
        for name in names:
            same = [one for one in told if one.key == (task, text, measure) and one.language == name]
            ours = next((f"{one.value:.3f}" for one in same if one.by == OURS), "")
            best = max((one.value for one in same if one.by != OURS), default=None)
            cells.append(f"{ours} ({best:.3f})".strip() if best is not None else ours)
        yield _row(f"{task}, {text}", *cells)


def _value(one: Result | None) -> tuple[str, str]:
    return (f"{one.value:.3f}", f"{one.low:.3f}–{one.high:.3f}") if one else ("", "")


def _worth(one: Result | None) -> tuple[str, str, str]:
    """Return the cells of what probabilities are worth."""
    if one is None or one.error is None or one.unbiased is None:
        return "", "", ""
    sure = f"{one.sure:.2f} (from {one.mark:.2f})" if one.mark is not None else "none"
    return f"{one.error:.3f}", f"{one.unbiased:.3f}", sure


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"
