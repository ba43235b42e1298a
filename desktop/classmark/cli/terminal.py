"""What the command line draws: a progress bar, and results as text."""

from __future__ import annotations

import io
import json
import re
import shutil
import sys
from collections.abc import Sequence
from time import monotonic
from typing import TextIO

from classmark.core.documents import Result
from classmark.core.export.records import subjects_of
from classmark_models.decide import Rule, back_off
from classmark_models.workshop import Step

_INTERVAL = 0.1


class TextWriter:
    """Writes results for people to read."""

    def __init__(self, stream: TextIO, rule: Rule) -> None:
        self._stream, self._rule = stream, rule

    def add(self, result: Result) -> None:
        """Write one result: the file, its title, and a line per subject or the reason why there is none."""
        write = self._stream.write
        document = result.document
        write(f"{harmless(result.source)}\n")
        if document and document.title:
            language = f" [{document.language}]" if document.language else ""
            write(f"  {harmless(' '.join(document.title.split()))}{language}\n")
        for one in result.each():
            if len(result.predictions) > 1 and one.prediction is not None:
                write(f"  -- {one.prediction.classifier}\n")
            self._add_subjects(one)
        write("\n")

    def _add_subjects(self, result: Result) -> None:
        write, prediction = self._stream.write, result.prediction
        subjects = subjects_of(result, self._rule)
        if result.status != "ok":
            write(f"  {result.status}: {result.reason}\n")
        elif not subjects and prediction is not None and self._rule.only_sure:
            silent = f": {prediction.classifier} does not state from where on it is"
            write(f"  nothing is sure{'' if prediction.sure else silent}\n")
        elif not subjects and prediction is not None:
            broad = back_off(prediction.vocabulary, prediction.scores, self._rule.threshold)
            level = prediction.vocabulary.level_or_deepest(self._rule.level)
            write(f"  no {level} reaches {self._rule.threshold:g}")
            write(f" · {broad.label.level} {broad.label.name} {broad.score:.2f}\n")
        for subject in subjects:
            label = subject.label
            notation = "" if label.name.startswith(label.id) else f"  ({label.id})"
            write(f"  {subject.score:4.2f} {subject.word:8}  {label.name}{notation}\n")
            if subject.place:
                write(f"{'':17}{subject.place}\n")


def harmless(text: str) -> str:
    """Return text with control characters spelt out: names of files may hold some, and terminals obey them."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", lambda match: repr(match[0])[1:-1], text)


class Line:
    """The last line of a terminal, drawn over and over; nothing where there is no terminal."""

    def __init__(self, stream: TextIO | None) -> None:
        """Take the stream, None where the program was started without it."""
        self._stream = stream or io.StringIO()
        self._drawn, self._before = float("-inf"), ""
        self._is_terminal = self._stream.isatty()

    def draw(self, share: float, before: str, after: str) -> None:
        """Draw how far something is, as a share of 1, and words before and after."""
        is_due = monotonic() - self._drawn > _INTERVAL or share >= 1 or before != self._before
        if self._is_terminal and is_due:
            self._drawn, self._before = monotonic(), before
            columns = shutil.get_terminal_size().columns
            width = max(min(columns - len(before) - len(after) - 3, 40), 4)
            filled = int(width * min(share, 1))
            text = f"{before}[{'#' * filled}{'.' * (width - filled)}]{after}"
            self._stream.write(f"\r{text[: columns - 1]}\x1b[K")
            self._stream.flush()

    def clear(self) -> None:
        """Wipe the line, before something else is written."""
        if self._drawn > float("-inf"):
            self._drawn = float("-inf")
            self._stream.write("\r\x1b[K")
            self._stream.flush()


class Progress:
    """How far the work on documents is; a single one shows nothing."""

    def __init__(self, stream: TextIO | None, total: int) -> None:
        """Take the stream, None where the program was started without it, and the number of documents."""
        self._line = Line(stream if total > 1 else None)
        self._done, self._total, self._began = 0, total, monotonic()

    def advance(self) -> None:
        """Count one document as done."""
        self._done += 1
        left = (monotonic() - self._began) / self._done * (self._total - self._done)
        self._line.draw(self._done / max(self._total, 1), "", f" {self._done:,} of {self._total:,} · {_left(left)}")

    def clear(self) -> None:
        """Wipe the line, before something else is written."""
        self._line.clear()


class Steps:
    """How far the work on a model is."""

    def __init__(self, stream: TextIO | None) -> None:
        """Take the stream, None where the program was started without it."""
        self._line = Line(stream)

    def show(self, step: Step) -> None:
        """Show a step; of bytes on their way also how many, how fast, and how long the rest takes."""
        share = step.done / step.total if step.total else 0.0
        after = f" {share:.0%}" if step.total else ""
        if step.speed is not None:
            rest = (step.total - step.done) / max(step.speed, 1)
            after = f" {sized(step.done)} of {sized(step.total)} · {sized(round(step.speed))}/s · {_left(rest)}"
        self._line.draw(share, f"{step.what} ", after)

    def clear(self) -> None:
        """Wipe the line, before something else is written."""
        self._line.clear()


def sized(count: int) -> str:
    """Return a number of bytes for people, in the units of disks: three digits."""
    amount, units = float(count), ["bytes", "kB", "MB", "GB"]
    while amount >= 999.5 and len(units) > 1:
        amount, units = amount / 1000, units[1:]
    return f"{amount:.1f} {units[0]}" if amount < 9.95 and units[0] != "bytes" else f"{amount:.0f} {units[0]}"


def write_table(rows: Sequence[Sequence[str]], stream: TextIO | None = None) -> None:
    """Write rows of as many cells each, in columns that are aligned; the last may be as long as it likes."""
    safe = [[harmless(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*safe, strict=True)]
    for row in safe:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        print("  ".join(cells).rstrip(), file=stream or sys.stdout)


def write_json(value: object) -> None:
    """Write a value for programs."""
    print(json.dumps(value, ensure_ascii=False, indent=1, default=str))  # noqa: T201


def _left(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d} left"
