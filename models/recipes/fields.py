"""Texts with known OpenAlex fields to learn from: library records by their classes, topics, titles of arXiv papers.

A class seldom is one field: a text has the set of those that a cataloguer would accept (``development.py``). Where
numbers tell more than the letters of a class, they count.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from recipes.corpora import Record
from recipes.development import LCC_FIELDS, arxiv_fields, longest_prefix
from recipes.small_subjects import lcc_rules, of_lcc
from recipes.tables import csv_rows
from recipes.topics import read_topics

_NARROW = lcc_rules("""
BF 636-637: 32 33
HA 29-35: 18 26
HB 135-147: 20 18 26
HB 848-3697: 33
HC 79-79: 20 23 33
HD 28-70: 14 18
HD 4801-8943: 33 20 14
HD 9502-9502: 21 20
HF 5410-5417: 14
HF 5548-5548: 14 32
HF 5549-5549: 14
HF 5601-5689: 14
HG 4001-4285: 14 20
HG 8011-9999: 20 14
HM 1001-1281: 32 33
HV 5001-5840: 33 36 32 27
HV 6001-9960: 33
Q 300-390: 17
QA 1-74: 26
QA 75-76: 17
QA 77-999: 26
QA 273-280: 26 18
QA 402-402: 26 18
QC 801-849: 19
QC 851-999: 19 23
QD 415-436: 13 16
QD 901-999: 16 25
QH 75-77: 23 11
QH 426-470: 13
QH 540-549: 23 11
QH 573-671: 13
QP 351-495: 28 32
QP 501-801: 13
QR 180-502: 24
R 855-859: 27 17 36
RA 1001-1171: 27 33
RA 1190-1270: 30 23 27
RC 321-434: 28 27
RC 435-571: 27 32
RM 214-259: 29 27 11
RM 300-671: 30
RM 695-950: 36 27
SB 450-486: 11 12 23
TA 164-164: 13 22
TA 401-492: 25 22
TD 1-195: 23
TJ 163-163: 21
TJ 210-225: 22 17
TJ 807-830: 21
TK 5101-6720: 17 22
TK 7885-7895: 17 22
TK 9001-9401: 21 22
TP 248-248: 13 11
TP 250-261: 16 15
TP 315-360: 21 15
TP 368-456: 11
TP 1080-1185: 25 15
U 21-22: 33 12
Z 665-1000: 33 17
""")

_PHYSICS, ONE_IN = {"31", "19"}, 13

_BESIDE = 0.5

Example = tuple[str, tuple[str, ...]]
"""A text and the ids of the fields that are right for it, the main one first."""


def of_record(record: Record) -> tuple[str, ...]:
    """Return the fields of a record, the main one first; none where its class has no plain counterpart."""
    narrow = of_lcc(record.lcc + record.number, _NARROW) if record.number else ""
    return tuple((narrow or longest_prefix(LCC_FIELDS, record.lcc)).split())


def worth(field: str, accepted: tuple[str, ...]) -> float:
    """Return what a field is worth as an answer: less than the main one, so that one answer is learnt for each text."""
    return 0.0 if field not in accepted else 1.0 if field == accepted[0] else _BESIDE


def examples(data: Path) -> Iterator[Example]:
    """Yield what is said of each topic, and the titles of papers whose abstract is not measured with.

    Of papers of physics and astronomy alone, by far the most, one in ``ONE_IN`` is taken.
    """
    for topic in read_topics(data / "openalex_topics.csv"):
        for text in (topic["topic_name"], topic["keywords"].replace("; ", ", "), topic["summary"]):
            yield text, (topic["field_id"],)
    measured = {row["title"] for row in csv_rows(data / "arxiv_abstracts.csv.gz")}
    for place, row in enumerate(csv_rows(data / "arxiv_titles.csv.gz")):
        fields = arxiv_fields(row["categories"])
        if fields and row["title"] not in measured and (set(fields) - _PHYSICS or place % ONE_IN == 0):
            yield row["title"], fields
