"""Several classifiers over one document: what each says stays apart."""

from __future__ import annotations

import csv
import io
import json

import numpy as np

from classmark.cli.terminal import TextWriter
from classmark.core.documents import Document, Result
from classmark.core.export import FORMATS
from classmark_models.classifier import Prediction
from classmark_models.decide import Rule
from classmark_models.labels import Label, Vocabulary

STARS = Vocabulary("stars", [("star", [Label("s0", "", "Dwarfs", "star"), Label("s1", "", "Giants", "star")])])
GROUPS = Vocabulary("groups", [("group", [Label("g0", "", "sci.space", "group")])])
FIRST = Prediction("first", STARS, np.array([0.25, 0.75], np.float32))
SECOND = Prediction("second", GROUPS, np.ones(1, np.float32))
DECLINED = Prediction("third", GROUPS, np.zeros(1, np.float32), declined="Too short.")
DOCUMENT = Document("a.txt", "text", "Stars")
BOTH = Result("a.txt", "ok", "A remark.", DOCUMENT, (FIRST, DECLINED, SECOND), 1.0)


def test_each_is_as_if_it_were_the_only_one() -> None:
    assert [(one.status, one.reason, one.predictions) for one in BOTH.each()] == [
        ("ok", "A remark.", (FIRST,)),
        ("declined", "Too short.", (DECLINED,)),
        ("ok", "A remark.", (SECOND,)),
    ]
    unread = Result("b.txt", "damaged", "Broken.")
    assert unread.each() == (unread,)


def test_json_lines_has_a_line_for_each() -> None:
    stream = io.StringIO()
    FORMATS["jsonl"](stream, Rule("star")).add(BOTH)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["classifier"], line["status"], [each["id"] for each in line["results"]]) for line in lines] == [
        ("first", "ok", ["s1", "s0"]),
        ("third", "declined", []),
        ("second", "ok", ["g0"]),
    ]


def test_table_has_rows_for_each() -> None:
    stream = io.StringIO(newline="")
    FORMATS["csv"](stream, Rule("star", top=1)).add(BOTH)
    rows = list(csv.DictReader(io.StringIO(stream.getvalue(), newline="")))
    assert [(row["classifier"], row["rank"], row["id"], row["reason"]) for row in rows] == [
        ("first", "1", "s1", "A remark."),
        ("third", "", "", "Too short."),
        ("second", "1", "g0", "A remark."),
    ]


def test_text_names_each() -> None:
    stream = io.StringIO()
    TextWriter(stream, Rule(top=1)).add(BOTH)
    lines = [line.strip() for line in stream.getvalue().splitlines()]
    assert lines[2:] == [
        "-- first",
        "0.75 likely    Giants  (s1)",
        "-- third",
        "declined: Too short.",
        "-- second",
        "1.00 likely    sci.space  (g0)",
        "",
    ]
