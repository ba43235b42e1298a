"""Cards: what a classifier was measured to be worth, as a page with pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from classmark.core.curves import Panel, picture
from classmark.core.evaluation import GOAL, LevelFigures, Report
from classmark.core.figure_table import asserted_of, languages_of, percent, table_of

_HOW = (
    "Shares have 95 % Wilson intervals, means 95 % bootstrap intervals (1,000 resamples). *Best is right* counts all "
    "rows, declined ones by what their scores say; where a row has several right labels, any will do. *Calibration "
    "error* is of the best answers that are not declined. The *threshold* is that with most rows answered of those at "
    f"which {100 * GOAL:.0f} % of the answers are right; its interval does not know that it was chosen on these rows. "
    "*Coverage* is a share of all rows. Rows that name no subject of the classifier's own are left out: where they are "
    "many, its probabilities look more modest than they are. *By chance alone* is what the error would be if every "
    "probability were true, in the mean and at most in 19 of 20 cases, for few rows in 15 bins err much; *without "
    "chance* is the debiased error of Kumar et al. (2019), in bins of equally many rows. *Stated to be sure from*: the "
    "classifier's own thresholds, chosen on other rows than those of a test part."
)


@dataclass(frozen=True, slots=True)
class Section:
    """The figures of one set of rows: what it is called, a sentence about it, and a word for its pictures' names."""

    name: str
    about: str
    report: Report
    word: str = ""


def write_card(folder: Path, sections: Sequence[Section]) -> Path:
    """Write one classifier's card and its pictures, and return the card's path; OSError when that cannot be done.

    The folder is made where there is none. Sections without a row that counts are told in a sentence.
    """
    folder.mkdir(parents=True, exist_ok=True)
    first = sections[0].report
    lines = [
        "<!-- Written by `classmark evaluate --card`; write it again rather than change it. -->",
        f"# {_plain(first.title)}",
        f"`{first.classifier}` · {_plain(first.scope)}",
        _HOW,
    ]
    for section in sections:
        lines += [f"## {_plain(section.name)}", *_section(folder, section)]
    card = folder / f"{first.classifier}.md"
    card.write_text("\n\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    return card


def _section(folder: Path, section: Section) -> list[str]:
    report = section.report
    lines = [_plain(section.about)] if section.about else []
    if not report.levels:
        return [*lines, "No row named a subject of this classifier."]
    left_out = f"; {report.unmatched:,} more name no subject of its own and are left out" if report.unmatched else ""
    lines += [f"{report.rows:,} rows, {percent(report.declined)} declined{left_out}.", _markdown(table_of(report))]
    if asserted := asserted_of(report):
        lines.append(f"{asserted[0].upper()}{asserted[1:]}.")
    for word, text in (("reliability", _reliability(report)), ("risk", _risk(report))):
        name = "-".join(filter(None, (report.classifier, section.word, word))) + ".svg"
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
        lines.append(f"![{_ALT[word]}: {_plain(section.name)}]({name})")
    languages = languages_of(report)
    return [*lines, "Best is right, by language:", _markdown(languages)] if len(languages) > 1 else lines


_ALT = {
    "reliability": "What is right at each probability",
    "risk": "What is wrong of the answers when the least sure are held back",
}


def _reliability(report: Report) -> str:
    panels = []
    for name, level in report.levels.items():
        bins = level.reliability
        points = [(each.confidence, each.right.value) for each in bins]
        bars = [(each.confidence, each.right.low, each.right.high) for each in bins]
        panels.append(Panel(name, points, [(0, 0), (1, 1)], bars))
    return picture(panels, "probability of the best answer", "share that is right", _ALT["reliability"])


def _risk(report: Report) -> str:
    panels = [
        Panel(name, level.curve, [(0, 1 - GOAL), (1, 1 - GOAL)], top=_top(level))
        for name, level in report.levels.items()
    ]
    return picture(panels, "coverage: share that is answered", "risk: share that is wrong", _ALT["risk"])


def _top(level: LevelFigures) -> float:
    """Return the least of some heights that holds the curve; its first points are of a few rows and may stick out."""
    highest = max(risk for coverage, risk in level.curve if coverage > 0.05 or coverage == level.curve[-1][0])
    return next(top for top in (0.2, 0.4, 0.6, 0.8, 1.0) if highest <= top)


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(cell.replace('|', '¦') for cell in row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def _plain(text: str) -> str:
    """Return text that a model's maker or a file's name gave as one line in which nothing is markup."""
    return "".join(f"\\{each}" if each in "\\`*_[]<>#|" else each for each in " ".join(text.split()))
