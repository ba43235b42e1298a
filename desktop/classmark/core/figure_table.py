"""Figures as rows of words, for the terminal and for cards."""

from __future__ import annotations

from collections.abc import Callable

from classmark.core.evaluation import GOAL, LevelFigures, Report
from classmark_models.metrics import BINS, Figure

LANGUAGES = 30
"""How many languages are shown, those with most rows first."""


def percent(figure: Figure) -> str:
    """Return a share with its interval, in per cent; a dash of no rows."""
    if figure.count == 0:
        return "-"
    return f"{figure.value:.1%} ({100 * figure.low:.1f}–{100 * figure.high:.1f})"


def decimal(figure: Figure) -> str:
    """Return a mean with its interval."""
    return f"{figure.value:.3f} ({figure.low:.3f}–{figure.high:.3f})"


def table_of(report: Report) -> list[list[str]]:
    """Return a table of a report: a head of levels, and a row for each figure."""
    levels = list(report.levels.values())

    def row(name: str, cell: Callable[[LevelFigures], str]) -> list[str]:
        return [name, *(cell(level) for level in levels)]

    rows = [
        ["", *report.levels],
        row("rows", lambda level: f"{level.rows:,}"),
        row("best is right", lambda level: percent(level.top1)),
        row("one of the five best is right", lambda level: percent(level.top5)),
        row("best is right, mean over labels", lambda level: f"{percent(level.macro)} of {level.macro.count:,}"),
    ]
    if any(level.labels_a_row > 1 for level in levels):
        rows.append(row("labels a row", lambda level: f"{level.labels_a_row:.2f}"))
        rows += [row(name, lambda level, name=name: decimal(level.lists[name])) for name in levels[0].lists]  # type: ignore[misc]
    if report.asserted is not None:
        stated = report.asserted.levels

        def there(part: str) -> list[str]:
            return [percent(getattr(stated[level], part)) if level in stated else "-" for level in report.levels]

        sure = [
            row("stated to be sure from", lambda level: f"{level.stated.probability:.3f}" if level.stated else "never"),
            row("… coverage there", lambda level: percent(level.stated.coverage) if level.stated else "-"),
            row("… right there", lambda level: percent(level.stated.right) if level.stated else "-"),
            ["asserted here, since no deeper level is sure", *there("coverage")],
            ["… right of these", *there("right")],
        ]
    else:
        sure = []
    return [
        *rows,
        row("right of the answered", lambda level: percent(level.answered_right)),
        row("right of the declined", lambda level: percent(level.declined_right)),
        row(f"calibration error, {BINS} bins", lambda level: f"{level.calibration_error:.3f}"),
        row("… by chance alone, and in one of 20", lambda level: "{:.3f}, {:.3f}".format(*level.error_by_chance)),
        row("… without chance, root mean square", lambda level: f"{level.debiased_error:.3f}"),
        row("area under risk and coverage", lambda level: f"{level.risk:.3f}"),
        row(f"threshold at which {GOAL:.0%} are right", _threshold),
        row("… coverage there", lambda level: f"{level.threshold.coverage:.1%}" if level.threshold else "-"),
        row("… right there", lambda level: percent(level.threshold.right) if level.threshold else "-"),
        *sure,
    ]


def asserted_of(report: Report) -> str:
    """Return a sentence on what the classifier asserts at the deepest level where it is sure; empty if it never is."""
    if report.asserted is None:
        return ""
    right, coverage = percent(report.asserted.right), percent(report.asserted.coverage)
    return f"asserted at the deepest level that is sure: {right} right, for {coverage} of the rows"


def languages_of(report: Report) -> list[list[str]]:
    """Return a table of the share of best answers that are right, by language; only its head where there is one."""
    counts: dict[str, int] = {}
    for level in report.levels.values():
        for name, (top1, _) in level.languages.items():
            counts[name] = max(counts.get(name, 0), top1.count)
    names = sorted(counts, key=lambda name: (-counts[name], name))[:LANGUAGES]
    head = ["language", "rows", *report.levels]
    if len(names) < 2:
        return [head]
    nothing = Figure(0.0, 0.0, 1.0, 0)
    return [
        head,
        *(
            [
                name,
                f"{counts[name]:,}",
                *(percent(level.languages.get(name, (nothing, nothing))[0]) for level in report.levels.values()),
            ]
            for name in names
        ),
    ]


def _threshold(level: LevelFigures) -> str:
    return f"{level.threshold.probability:.3f}" if level.threshold else "none"
