"""``classmark classify``: documents in, subjects out."""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TextIO

from classmark.cli.codes import DONE, SOME_UNREADABLE
from classmark.cli.commands import Commands, add, count, share
from classmark.cli.manners import check_ready
from classmark.cli.terminal import Progress, TextWriter
from classmark.core.classify import classify, classify_reading
from classmark.core.documents import Document, Origin, Outcome, Reading, Result
from classmark.core.export import FORMATS, Writer, open_output
from classmark.core.language import with_language
from classmark.core.reading import ReaderProcess
from classmark.core.settings import read_settings
from classmark.core.sources import find_files
from classmark_models.classifier import Classifier
from classmark_models.decide import Rule
from classmark_models.errors import ClassmarkError
from classmark_models.spec import BUILTIN_ID

WRITERS: dict[str, Callable[[TextIO, Rule], Writer]] = {"table": TextWriter, **FORMATS}
STANDARD_INPUT = "-"


def add_command(commands: Commands) -> None:
    """Add ``classify`` to the commands."""
    command = add(
        commands,
        "classify",
        _classify,
        "propose subjects for documents",
        "Proposes subjects for files, whole folders, or a text on standard input.",
        "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 some documents could not be read, 130 stopped.",
    )
    command.add_argument("paths", nargs="*", metavar="PATH", help="a file, a folder (read recursively), or - for stdin")
    default = "(default: %(default)s)"
    command.add_argument("--top", type=count, metavar="K", help=f"at most K subjects {default}")
    command.add_argument("--threshold", type=share, metavar="T", help=f"least probability {default}")
    command.add_argument("--cumulative", type=share, metavar="P", help="the most probable that together reach P")
    command.add_argument(
        "--sure",
        action="store_true",
        dest="only_sure",
        help="only what is sure (nine of ten such answers are right), at the deepest level where anything is",
    )
    levels = "domain, field, subfield, topic; class, subclass, range (lcc); class, division, section (ddc)"
    command.add_argument(
        "--level", help=f"how specific: {levels}; a model that lacks it goes as deep as it can {default}"
    )
    command.add_argument(
        "--model",
        action="append",
        dest="models",
        metavar="ID",
        help=f"an installed model, and again for several side by side (default: {BUILTIN_ID})",
    )
    command.add_argument("--format", choices=WRITERS, default="table", help="how to write them (default: table)")
    command.add_argument("-o", "--output", type=Path, metavar="FILE", help="write there instead of standard output")
    command.add_argument("--title", default="", help="the title of the one document")
    command.add_argument("--abstract", default="", help="the abstract of the one document")
    command.set_defaults(**asdict(Rule()))


def _classify(arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    rule = Rule(arguments.level, arguments.top, arguments.threshold, arguments.cumulative, arguments.only_sure)
    is_given = bool(arguments.title or arguments.abstract)
    if not arguments.paths and not is_given:
        parser.error("name a file or a folder, or - for standard input")
    if STANDARD_INPUT in arguments.paths and len(arguments.paths) > 1:
        parser.error("standard input (-) cannot be mixed with files")
    is_input = arguments.paths == [STANDARD_INPUT]
    files = [] if is_input else list(find_files(Path(path) for path in arguments.paths))
    if arguments.paths and not is_input and not files:
        raise ClassmarkError(f"There are no files in {', '.join(arguments.paths)}.")
    if is_given and len(files) > 1:
        parser.error(f"--title and --abstract describe one document, and there are {len(files)} files")
    if arguments.output and any(_is_same(arguments.output, file) for file in files):
        parser.error(f"{arguments.output} is one of the documents and would be overwritten")

    with contextlib.ExitStack() as stack:
        reader = stack.enter_context(ReaderProcess())
        if arguments.paths:
            reader.start()
        level = arguments.level if arguments.level != Rule().level else None
        opened = open_classifiers(arguments.models, level, parser)
        classifiers = [stack.enter_context(contextlib.closing(each)) for each in opened]
        if is_input or is_given:
            reading = _read_standard_input(reader) if is_input else _read_one(files, reader)
            described = _described(reading, arguments.title, arguments.abstract)
            results = iter([classify_reading(described, classifiers)])
        else:
            results = classify(files, classifiers, reader)
        stream = stack.enter_context(_output(arguments))
        writer = WRITERS[arguments.format](stream, rule)
        return _write_all(results, writer, stream, Progress(sys.stderr, len(files)))


def open_classifiers(
    models: Sequence[str] | None, level: str | None, parser: argparse.ArgumentParser
) -> list[Classifier]:
    """Open the models that were asked for, each once, in their order; complain where none has the level."""
    collection = read_settings().collection()
    names = dict.fromkeys(models or [BUILTIN_ID])
    for name in names:
        check_ready(collection, name)
    classifiers = [collection.open(name) for name in names]
    levels = dict.fromkeys(level for each in classifiers for level in each.vocabulary.levels)
    if level is not None and level not in levels:
        for each in classifiers:
            each.close()
        parser.error(f"--level is {level}, and there are only {', '.join(levels)}")
    return classifiers


def _write_all(results: Iterator[Result], writer: Writer, stream: TextIO, progress: Progress) -> int:
    """Write results as they come, so that what is done is kept whatever happens; return the exit code."""
    code = DONE
    try:
        for result in results:
            progress.clear()
            writer.add(result)
            stream.flush()
            progress.advance()
            if result.status not in ("ok", "declined"):
                code = SOME_UNREADABLE
    finally:
        progress.clear()
    return code


@contextlib.contextmanager
def _output(arguments: argparse.Namespace) -> Iterator[TextIO]:
    if arguments.output is None:
        yield sys.stdout
    else:
        with open_output(arguments.output, arguments.format) as stream:
            yield stream


def _is_same(output: Path, file: Path) -> bool:
    with contextlib.suppress(OSError):
        return output.samefile(file)
    return False


def _read_one(files: list[Path], reader: ReaderProcess) -> Reading:
    """Read the one file, or begin an empty document where only a title or an abstract was given."""
    if files:
        return reader.read(files[0])
    return Reading("", Outcome.READ, document=Document("", "text"))


def _read_standard_input(reader: ReaderProcess) -> Reading:
    """Read standard input like a file of any format, through a private copy that is removed again."""
    limit = reader.limits.file_bytes
    if sys.stdin is None:  # closed by whoever started the program
        raise ClassmarkError("There is no standard input to read.")
    with tempfile.TemporaryDirectory(prefix="classmark-") as folder:
        copy = Path(folder) / "standard input"
        with copy.open("wb") as file:
            left = limit + 1
            while left > 0 and (chunk := sys.stdin.buffer.read(min(left, 1 << 20))):
                file.write(chunk)
                left -= len(chunk)
        reading = reader.read(copy)
    document = replace(reading.document, source=STANDARD_INPUT) if reading.document else None
    return replace(reading, source=STANDARD_INPUT, document=document)


def _described(reading: Reading, title: str, abstract: str) -> Reading:
    """Return the reading with the title and abstract that the person gave."""
    document = reading.document
    if document is None:
        return reading
    if title:
        document = replace(document, title=title, title_origin=Origin.GIVEN)
    if abstract:
        document = replace(document, abstract=abstract, abstract_origin=Origin.GIVEN)
    return replace(reading, document=with_language(document))
