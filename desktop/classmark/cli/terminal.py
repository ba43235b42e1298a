"""What the command line draws: a progress bar, and results as text."""

from __future__ import annotations

import io
import re
import shutil
from time import monotonic
from typing import TextIO

from classmark.core.documents import Result
from classmark.core.export.records import subjects_of
from classmark_models.decide import Rule, back_off

_INTERVAL = 0.1


class TextWriter:
    """Writes results for people to read."""

    def __init__(self, stream: TextIO, rule: Rule) -> None:
        self._stream, self._rule = stream, rule

    def add(self, result: Result) -> None:
        """Write one result: the file, its title, and a line per subject or the reason why there is none."""
        write = self._stream.write
        document = result.document
        write(f"{_harmless(result.source)}\n")
        if document and document.title:
            language = f" [{document.language}]" if document.language else ""
            write(f"  {_harmless(' '.join(document.title.split()))}{language}\n")
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
        elif not subjects and prediction is not None:
            broad = back_off(prediction.vocabulary, prediction.scores, self._rule.threshold)
            level = prediction.vocabulary.level_or_deepest(self._rule.level)
            write(f"  no {level} reaches {self._rule.threshold:g}")
            write(f" · {broad.label.level} {broad.label.name} {broad.score:.2f}\n")
        for subject in subjects:
            write(f"  {subject.score:4.2f} {subject.word:8}  {subject.label.name}  ({subject.label.id})\n")
            if subject.place:
                write(f"{'':17}{subject.place}\n")


def _harmless(text: str) -> str:
    """Return text with control characters spelt out: names of files may hold some, and terminals obey them."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", lambda match: repr(match[0])[1:-1], text)


class Progress:
    """A line on a terminal that says how far the work is; says nothing where there is no terminal."""

    def __init__(self, stream: TextIO | None, total: int) -> None:
        """Take the stream, None where the program was started without it, and the number of documents."""
        self._stream, self._total = stream or io.StringIO(), total
        self._done, self._began, self._drawn = 0, monotonic(), 0.0
        self._is_shown = self._stream.isatty() and total > 1

    def advance(self) -> None:
        """Count one document as done."""
        self._done += 1
        if self._is_shown and (monotonic() - self._drawn > _INTERVAL or self._done == self._total):
            self._draw()

    def clear(self) -> None:
        """Wipe the line, before something else is written."""
        if self._is_shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def _draw(self) -> None:
        self._drawn = monotonic()
        seconds = (self._drawn - self._began) / self._done * (self._total - self._done)
        left = f"{int(seconds) // 60}:{int(seconds) % 60:02d} left"
        text = f" {self._done:,} of {self._total:,} · {left}"
        width = max(min(shutil.get_terminal_size().columns - len(text) - 3, 40), 4)
        filled = width * self._done // self._total
        self._stream.write(f"\r[{'#' * filled}{'.' * (width - filled)}]{text}\x1b[K")
        self._stream.flush()
