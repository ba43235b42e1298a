"""Write files for ``classmark evaluate FILE --out-of-scope``: few real texts should be declined.

    python -m recipes.scope_rows --data DATA --out DIR [--part test]

``titles.jsonl``, ``originals.jsonl`` and ``summaries.jsonl`` (library records, labelled by language), ``papers.jsonl``
(arXiv's titles and abstracts) and ``sentences.jsonl`` (SIB-200, labelled by whether the encoder's list has their
language; nothing is learnt from these).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

from recipes.corpora import part, read_records
from recipes.tables import csv_rows, json_rows

ROWS, SENTENCES = 3000, 12
_READ = (
    "afr amh arb asm azj bel ben bul bos cat ces cym dan deu ell eng epo spa est eus pes prs fin fra gle gla glg "
    "guj hau heb hin hrv hun hye ind isl ita jpn jav kat kaz khm kan kor kmr kir lao lit lvs plt mkd mal khk mar "
    "zsm mya npi nld nob nno gaz ory pan pol pbt por ron rus san snd sin slk slv som als srp sun swe swh tam tel "
    "tha tgl tur uig ukr urd uzn vie xho ydd zho "
).split()
_NEAR = "acm acq aeb ajp apc ars ary arz yue ast azb bjn szl lim".split()
"""Dialects of what is read, and languages so near to it that nobody can say on which side they belong."""


def group_of(language: str) -> str:
    """Return on which side of the encoder's list a language of SIB-200 is (``arb_Arab``)."""
    name = language[:3]
    if name in _NEAR or language == "arb_Latn":
        return "near"
    return "read" if name in _READ else "not read"


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, required=True, help="the folder with loc_books.csv.gz and the others")
    parser.add_argument("--out", type=Path, required=True, help="the folder for the files")
    parser.add_argument("--part", choices=("development", "test"), default="development")
    parser.add_argument("--languages", action="store_true", help="label sentences by their language, not by its side")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    records = [record for record in read_records(options.data) if part(record.id) == options.part]
    titles = [{"label": r.language, "title": r.title} for r in records if r.title]
    _write(options.out / "titles.jsonl", titles[:: max(1, len(titles) // ROWS)])
    _write(options.out / "originals.jsonl", [{"label": r.language, "title": r.original} for r in records if r.original])
    summaries = [{"label": r.language, "title": r.title, "abstract": r.summary} for r in records if r.summary]
    _write(options.out / "summaries.jsonl", summaries)
    every = csv_rows(options.data / "arxiv_abstracts.csv.gz")
    papers = [row for row in every if part(row["arxiv_id"]) == options.part]
    rows = [{"label": "paper", "title": row["title"], "abstract": row["abstract"]} for row in papers]
    rows += [{"label": "abstract alone", "text": row["abstract"]} for row in papers]
    _write(options.out / "papers.jsonl", rows)
    taken: dict[str, int] = {}
    rows = []
    for row in json_rows(options.data / "sib200_dev.jsonl.gz"):
        taken[row["lang"]] = taken.get(row["lang"], 0) + 1
        if taken[row["lang"]] <= SENTENCES:
            group = group_of(row["lang"])
            rows.append({"label": f"{group} {row['lang']}" if options.languages else group, "text": row["text"]})
    _write(options.out / "sentences.jsonl", rows)


def _write(path: Path, rows: Iterable[dict[str, str]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
