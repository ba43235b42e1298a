"""Print how the files of a folder end: a table by folder and format, what is unusual, and the speed.

Usage: outcomes.py FOLDER [--all] [--seconds N]
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from pathlib import Path
from time import perf_counter

from classmark.core.documents import Outcome
from classmark.core.reading import Limits, ReaderProcess
from classmark.core.sources import find_files


def main() -> None:
    """Read the command line and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--all", action="store_true", help="show every file, not only the unusual ones")
    parser.add_argument("--seconds", type=float, default=60.0, help="time limit of one file")
    options = parser.parse_args()

    table: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    pages = pdf_seconds = 0.0
    began = perf_counter()
    with ReaderProcess(Limits(seconds=options.seconds)) as reader:
        last = perf_counter()
        for reading in reader.read_ahead(find_files([options.folder])):
            now = perf_counter()
            seconds, last = now - last, now
            path = Path(reading.source)
            document = reading.document
            table[path.parent.name, document.format if document else path.suffix][reading.outcome.value] += 1
            if document and document.format == "PDF":
                pages += len(document.pages)
                pdf_seconds += seconds
            if options.all or reading.outcome is not Outcome.READ or reading.reason or seconds > 2:
                print(f"{path.parent.name}/{path.name}  [{reading.outcome.value}, {seconds:.2f} s]  {reading.reason}")
            if document and options.all:
                print(
                    f"    {document.format}  {document.language or '??'}  {len(document.body):,} characters, ", end=""
                )
                print(f"{len(document.pages)} pages")
                print(f"    title    ({document.title_origin.value}) {document.title[:160]}")
                print(f"    abstract ({document.abstract_origin.value}) {document.abstract[:160]!r}")
                print(f"    body     {document.body[:160]!r}")
    total = perf_counter() - began
    print(f"\n{'folder':24}{'format':10}" + "".join(f"{outcome.value:>14}" for outcome in Outcome))
    for (folder, format), counts in sorted(table.items()):
        print(f"{folder:24}{format:10}" + "".join(f"{counts[outcome.value] or '':>14}" for outcome in Outcome))
    sums = sum(table.values(), Counter[str]())
    print(f"{'all':34}" + "".join(f"{sums[outcome.value] or '':>14}" for outcome in Outcome))
    print(
        f"\n{sum(sums.values())} files in {total:.1f} s; "
        f"PDF {pages:.0f} pages, {pages / (pdf_seconds or 1):.0f} pages/s"
    )


if __name__ == "__main__":
    main()
