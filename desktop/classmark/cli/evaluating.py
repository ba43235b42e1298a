"""``classmark evaluate``: how right classifiers are on texts with known subjects."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path

from classmark.cli.classifying import open_classifiers
from classmark.cli.codes import CANCELLED, DONE, SOME_UNREADABLE
from classmark.cli.commands import Commands, add, add_json, count
from classmark.cli.terminal import Line, harmless, write_json, write_table
from classmark.core.cards import Section, write_card
from classmark.core.evaluation import Evaluation, Report
from classmark.core.figure_table import asserted_of, languages_of, percent, table_of
from classmark.core.labelled import LabelledFile
from classmark.core.out_of_scope import Declining, OutOfScope
from classmark.core.rows import RowCounter, Rows, count_rows
from classmark_models.errors import ClassmarkError
from classmark_models.spec import BUILTIN_ID


def add_command(commands: Commands) -> None:
    """Add ``evaluate`` to the commands."""
    command = add(
        commands,
        "evaluate",
        _evaluate,
        "measure how right models are on texts with known subjects",
        "Measures how right models are on a file of texts with known subjects: .csv or .tsv with a head (title, "
        "abstract or text, label, language), .jsonl with the same keys, or Annif's .tsv of a text and its <URIs>, each "
        "also gzipped. A label is an id, a URI or a name; several are separated by | or ;.",
        "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 some rows could not be used, 130 stopped (what was done until "
        "then is written).",
    )
    command.add_argument("file", type=Path, metavar="FILE", help="the labelled texts")
    command.add_argument(
        "--model",
        action="append",
        dest="models",
        metavar="ID",
        help=f"an installed model, and again for several (default: {BUILTIN_ID})",
    )
    command.add_argument("--level", help="the level that the labels are of (default: as deep as each is known)")
    command.add_argument("--limit", type=count, metavar="N", help="only the first N rows")
    command.add_argument("--out-of-scope", action="store_true", help="the texts belong nowhere: tell what is declined")
    command.add_argument("--card", type=Path, metavar="DIR", help="also write a page with pictures for each model")
    add_json(command)


def _evaluate(arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    if arguments.out_of_scope and (arguments.card or arguments.level):
        parser.error("--out-of-scope has neither levels nor cards")
    texts = LabelledFile(arguments.file)
    arguments.file.stat()  # a file that is not there is told before a model is loaded
    with contextlib.ExitStack() as stack:
        opened = open_classifiers(arguments.models, arguments.level, parser)
        classifiers = [stack.enter_context(contextlib.closing(each)) for each in opened]
        work = OutOfScope(classifiers) if arguments.out_of_scope else Evaluation(classifiers, arguments.level or "")
        is_stopped = _work(texts, work, arguments.limit)
    rows = work.rows
    if not rows.used:
        first = f" Line {rows.first_bad[0].line}: {rows.first_bad[0].reason}." if rows.first_bad else ""
        if is_stopped:
            return CANCELLED
        raise ClassmarkError(f"No row of {arguments.file} could be used.{first}")
    reports = work.reports()
    if arguments.json:
        bad = {"count": rows.bad, "first": [asdict(row) for row in rows.first_bad]}
        head = {"file": str(arguments.file), "stopped": is_stopped, "rows": rows.used, "bad": bad}
        write_json({**head, "models": [asdict(report) for report in reports]})
    else:
        _write_rows(arguments.file, rows, is_stopped)
        for report in reports:
            _write_report(report) if isinstance(report, Report) else _write_declining(report)
    if is_stopped:
        return CANCELLED
    if arguments.card:
        for report in reports:
            if isinstance(report, Report):
                card = write_card(arguments.card, [Section(arguments.file.name, "", report)])
                print(f"Written: {harmless(str(card))}", file=sys.stderr)  # noqa: T201
    return SOME_UNREADABLE if rows.bad else DONE


def _work(texts: LabelledFile, work: RowCounter, limit: int | None) -> bool:
    """Go through the rows; return whether the person stopped it before the end."""
    line = Line(sys.stderr)
    try:
        for number in count_rows(islice(texts, limit), work):
            line.draw(number / limit if limit else texts.share, "", f" {number:,} rows")
    except KeyboardInterrupt:
        return True
    finally:
        line.clear()
    return False


def _write_rows(file: Path, rows: Rows, is_stopped: bool) -> None:
    write = sys.stdout.write
    stopped = ", stopped before the end" if is_stopped else ""
    bad = f", {rows.bad:,} could not be used" if rows.bad else ""
    write(f"{harmless(str(file))}: {rows.used:,} rows{bad}{stopped}\n")
    for row in rows.first_bad:
        write(f"  line {row.line}: {harmless(row.reason)}\n")
    if rows.bad > len(rows.first_bad):
        write(f"  and {rows.bad - len(rows.first_bad):,} more\n")


def _write_report(report: Report) -> None:
    write = sys.stdout.write
    write(f"\n{harmless(report.title)} ({report.classifier})\n")
    if report.unmatched:
        write(f"  {report.unmatched:,} rows name no subject of it and are left out\n")
    if report.vague:
        write(
            f"  {report.vague:,} rows have a label of several levels, taken for the broadest unless you give --level\n"
        )
    if report.unknown_labels:
        write(f"  labels it does not have: {harmless(' · '.join(report.unknown_labels[:5]))}\n")
    if not report.levels:
        return
    write(f"  declined: {percent(report.declined)} of {report.rows:,} rows\n")
    _write_indented(table_of(report))
    if asserted := asserted_of(report):
        write(f"  {asserted}\n")
    languages = languages_of(report)
    if len(languages) > 1:
        write("\n  best is right, by language\n")
        _write_indented(languages)


def _write_declining(report: Declining) -> None:
    sys.stdout.write(f"\n{report.classifier}\n")
    rows = [(kind, f"{figure.count:,}", percent(figure)) for kind, figure in report.kinds.items()]
    _write_indented([("", "texts", "declined"), *rows, ("all", f"{report.declined.count:,}", percent(report.declined))])
    if report.answered:
        sys.stdout.write(f"  not declined: {harmless(', '.join(report.answered))}\n")


def _write_indented(rows: Sequence[Sequence[str]]) -> None:
    write_table([(f"  {row[0]}", *row[1:]) for row in rows])
