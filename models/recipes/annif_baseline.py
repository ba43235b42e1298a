"""Measure Annif on subject headings: the rows and the split of the trained heads, its own command line.

    python -m venv ANNIF && ANNIF/bin/pip install "annif[omikuji]==1.4.3"
    python -m recipes.annif_baseline --data DATA --annif ANNIF/bin/annif --scratch DIR [--part test] [--trained]

Annif runs as a program of its own: this writes its vocabulary, corpora and projects into DIR and reads the suggestions
that it writes there; what it says goes to DIR/annif.log, the figures to DIR/PART.json. The rows are the English ones
with a heading of the vocabulary; the text is title, subtitle and, where there is one, summary. ``--trained`` takes the
projects that an earlier run has trained in DIR.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np

from classmark_models.metrics import f1_at, mean, ndcg_at, precision_at
from recipes.corpora import Part, Record, part, read_records
from recipes.results import FULLEST, HEADINGS, SUMMARIZED, Result, write

LEAST_USES = 10
COMMON = "language=en\nvocab=lcsh\nlimit=100\nanalyzer=snowball(english)\n"
TRAINED = {
    "tfidf": "backend=tfidf",
    "omikuji": "backend=omikuji\nmin_df=2",
    "bonsai": "backend=omikuji\nmin_df=2\nngram=2\ncluster_balanced=False\ncluster_k=100\nmax_depth=3",
}
ENSEMBLES = {
    "ensemble": "backend=ensemble\nsources=tfidf:1,omikuji:2",
    "ensemble-all": "backend=ensemble\nsources=tfidf:1,omikuji:2,bonsai:2",
}
# Annif cuts sentences by a data set of NLTK's; these files, empty, serve where it cannot be downloaded.
SENTENCES = ("collocations.tab", "sent_starters.txt", "abbrev_types.txt", "ortho_context.tab")


class Annif:
    """Annif's command line, at work in one folder."""

    def __init__(self, program: Path, scratch: Path) -> None:
        self._program = program.absolute()
        self._scratch = scratch
        self._settings = os.environ | {"NLTK_DATA": str(scratch.absolute() / "nltk"), "OMP_NUM_THREADS": "1"}
        sentences = scratch / "nltk" / "tokenizers" / "punkt_tab" / "english"
        sentences.mkdir(parents=True, exist_ok=True)
        for name in SENTENCES:
            (sentences / name).touch()
        projects = (f"[{name}]\nname={name}\n{COMMON}{facts}\n" for name, facts in (TRAINED | ENSEMBLES).items())
        (scratch / "projects.cfg").write_text("\n".join(projects), encoding="utf-8")

    def __call__(self, *arguments: str) -> None:
        """Run one command and say how long it took."""
        start = time.monotonic()
        with (self._scratch / "annif.log").open("ab") as log:
            command = [str(self._program), *arguments]
            subprocess.run(command, cwd=self._scratch, env=self._settings, stderr=log, stdout=log, check=True)
        print(f"annif {arguments[0]}: {time.monotonic() - start:.0f} s", flush=True)

    def suggest(self, project: str, corpus: str) -> dict[str, list[str]]:
        """Return the ten best URIs for each document of a corpus."""
        self("index", "--force", "--no-include-doc", "--output", "answers.jsonl", project, corpus)
        with (self._scratch / "answers.jsonl").open(encoding="utf-8") as file:
            answers = [json.loads(line) for line in file]
        return {answer["document_id"]: [result["uri"] for result in answer["results"]] for answer in answers}


def write_vocabulary(path: Path, records: Sequence[Record]) -> dict[str, str]:
    """Write the headings that training rows of any language use often enough; return their URIs."""
    uses = Counter(heading for record in records if part(record.id) == "training" for heading in record.headings)
    headings = sorted(heading for heading, count in uses.items() if count >= LEAST_USES)
    uris = {heading: f"urn:heading:{number}" for number, heading in enumerate(headings)}
    path.write_text("".join(f"<{uri}>\t{heading}\n" for heading, uri in uris.items()), encoding="utf-8")
    return uris


def write_corpus(path: Path, records: Sequence[Record], uris: Mapping[str, str]) -> dict[str, set[str]]:
    """Write the rows in Annif's form; return the right URIs of each."""
    right = {record.id: {uris[heading] for heading in record.headings if heading in uris} for record in records}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["document_id", "text", "subject_uris"])
        for record in records:
            writer.writerow([record.id, record.text("s") or record.title, " ".join(sorted(right[record.id]))])
    return right


def report(text: str, by: str, answers: Sequence[Sequence[str]], right: Sequence[Collection[str]]) -> list[Result]:
    """Return the figures of ranked answers."""
    hits = np.zeros((len(answers), 10), np.bool_)
    for row, (answer, wanted) in enumerate(zip(answers, right, strict=True)):
        hits[row, : len(answer)] = [uri in wanted for uri in answer]
    proposed, wanted_counts = np.array([len(answer) for answer in answers]), np.array([len(uris) for uris in right])
    figures = {
        "F1@5": f1_at(5, hits, proposed, wanted_counts),
        "nDCG@5": ndcg_at(5, hits, wanted_counts),
        "nDCG@10": ndcg_at(10, hits, wanted_counts),
        "P@1": precision_at(1, hits, proposed),
    }
    return [Result.of(HEADINGS, text, by, name, mean(values)) for name, values in figures.items()]


def main() -> None:
    """Train Annif on the training rows and print its figures on another part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--annif", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("--part", choices=("development", "test"), default="development")
    parser.add_argument("--trained", action="store_true")
    options = parser.parse_args()
    scratch: Path = options.scratch
    scratch.mkdir(parents=True, exist_ok=True)
    annif = Annif(options.annif, scratch)
    records = read_records(options.data)
    uris = write_vocabulary(scratch / "lcsh.tsv", records)
    rows = [record for record in records if record.language == "eng" and any(h in uris for h in record.headings)]

    def rows_of(wanted: Part) -> list[Record]:
        return [record for record in rows if part(record.id) == wanted]

    if not options.trained:
        print(f"{len(rows_of('training'))} training rows, {len(uris)} headings", flush=True)
        write_corpus(scratch / "training.csv", rows_of("training"), uris)
        annif("load-vocab", "--language", "en", "--force", "lcsh", "lcsh.tsv")
        for project in TRAINED:
            annif("train", "--jobs", "1", project, "training.csv")
    tried = rows_of(options.part)
    right = write_corpus(scratch / "tried.csv", tried, uris)
    found: list[Result] = []
    summarized = [record for record in tried if record.summary]
    for project in (*TRAINED, *ENSEMBLES):
        suggested = annif.suggest(project, "tried.csv")
        for text, chosen in ((FULLEST, tried), (SUMMARIZED, summarized)):
            answers = [suggested[record.id] for record in chosen]
            found += report(text, f"Annif, {project}", answers, [right[record.id] for record in chosen])
        write(scratch / f"{options.part}.json", found)
        print(
            project, *(f"{one.text}: {one.measure} {one.value:.3f}" for one in found if project in one.by), sep="\n  "
        )


if __name__ == "__main__":
    main()
