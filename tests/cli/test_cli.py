"""The command line as people and scripts use it: what it writes, what it refuses, and how it ends."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.cli.conftest import (
    CORAL,
    CORAL_TITLE,
    DONE,
    FAILED,
    FORMULA_TITLE,
    LAW,
    READABLE,
    SOME_UNREADABLE,
    STARS,
    UNREADABLE,
    USAGE,
    Call,
    Run,
    records,
)
from tests.models.toys import small_vocabulary

from classmark.cli import classifying
from classmark.cli.terminal import TextWriter
from classmark.core.classify import classify
from classmark.core.documents import Result
from classmark_models.classifier import Prediction
from classmark_models.decide import Rule

ALL = sorted([*READABLE, *UNREADABLE, "untitled.txt"])
LEVELS = ("domain", "field", "subfield", "topic")


def best_topic(line: dict[str, Any]) -> str:
    return str(next(result["id"] for result in line["results"] if result["level"] == "topic"))


@pytest.fixture(scope="module")
def jsonl(run: Run, papers: Path) -> subprocess.CompletedProcess[bytes]:
    # In a locale of ASCII: what is written to a pipe is UTF-8 all the same.
    return run(
        *("classify", papers, "--format", "jsonl", "--threshold", "0"),
        LC_ALL="C",
        PYTHONUTF8="0",
        PYTHONCOERCECLOCALE="0",
    )


def test_unreadable_files_among_others_are_told(jsonl: subprocess.CompletedProcess[bytes], papers: Path) -> None:
    assert jsonl.returncode == SOME_UNREADABLE
    assert jsonl.stderr == b""
    lines = records(jsonl.stdout.decode())
    assert [Path(line["source"]).relative_to(papers).as_posix() for line in lines] == ALL
    for line in lines:
        name = Path(line["source"]).relative_to(papers).as_posix()
        wanted = "declined" if name == "untitled.txt" else UNREADABLE.get(name, "ok")
        assert line["status"] == wanted, name
        assert bool(line["reason"]) is (wanted != "ok")
        assert bool(line["results"]) is (wanted == "ok")


def test_lines_have_the_promised_keys(jsonl: subprocess.CompletedProcess[bytes]) -> None:
    subject = ["id", "uri", "label", "score", "level", "sure"]
    for line in records(jsonl.stdout.decode()):
        assert list(line) == [
            *("source", "status", "reason", "title", "language", "pages"),
            *("windows", "results", "classifier", "seconds"),
        ]
        assert line["classifier"] == ("openalex-zero-shot" if line["status"] in ("ok", "declined") else "")
        assert line["seconds"] >= 0
        for window in line["windows"]:
            assert list(window) == ["part", "start", "end", "weight", "id", "label", "score"]
            assert window["part"] in ("head", "body")
            assert 0 <= window["start"] < window["end"]
        assert len(line["results"]) <= 5
        scores = [result["score"] for result in line["results"]]
        assert scores == sorted(scores, reverse=True)
        for result in line["results"]:
            assert list(result) == [*subject, "path"]
            broader = list(LEVELS[: LEVELS.index(result["level"])])
            assert result["level"] == "topic" or result["sure"]
            assert result["uri"].endswith(f"/{result['id']}")
            assert [list(step) for step in result["path"]] == [subject] * len(broader)
            assert [step["level"] for step in result["path"]] == broader
            chain = [*(step["score"] for step in result["path"]), result["score"]]
            assert chain == sorted(chain, reverse=True), "what is broader is at least as probable"


@pytest.mark.parametrize(
    ("name", "title", "language", "pages", "best"),
    [
        ("coral.txt", CORAL_TITLE, "en", 0, "T10341"),
        ("inner/law.html", "Besteuerung von Unternehmen und Steuerflucht", "de", 0, "T11508"),
        ("inner/stars.pdf", "Gamma-ray bursts from collapsing stars", "en", 3, "T11323"),
    ],
)
def test_lines_tell_of_the_document(
    name: str, title: str, language: str, pages: int, best: str, jsonl: subprocess.CompletedProcess[bytes]
) -> None:
    (line,) = (line for line in records(jsonl.stdout.decode()) if Path(line["source"]).as_posix().endswith(name))
    assert (line["title"], line["language"], line["pages"]) == (title, language, pages)
    assert best_topic(line) == best
    assert sum(window["weight"] for window in line["windows"]) == pytest.approx(1, abs=0.001)


def test_csv_is_a_table_without_formulas(run: Run, papers: Path) -> None:
    done = run("classify", papers, "--format", "csv", "--top", "2", "--threshold", "0")
    assert done.returncode == SOME_UNREADABLE
    text = done.stdout.decode()
    assert text.count("\n") == text.count("\r\n")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert rows[0].keys() == {
        *("source", "status", "reason", "title", "language", "pages", "rank", "level", "id", "uri", "label"),
        *("score", "sure", "path", "classifier"),
    }
    of_each = {name: [row for row in rows if Path(row["source"]) == papers / name] for name in ALL}
    assert {name: len(found) for name, found in of_each.items()} == {name: 2 if name in READABLE else 1 for name in ALL}
    assert [row["rank"] for row in of_each["coral.txt"]] == ["1", "2"]
    assert [row["sure"] for row in of_each["coral.txt"]] == ["yes", ""]
    assert of_each["coral.txt"][1]["path"] == "Physical Sciences > Environmental Science > Ecology"
    assert of_each["broken.pdf"][0]["status"] == "damaged"
    assert of_each["formula.html"][0]["title"] == "'" + FORMULA_TITLE
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


def test_table_is_for_people(call: Call, papers: Path) -> None:
    code, out, err = call("classify", papers, "--top", "2")
    assert (code, err) == (SOME_UNREADABLE, "")
    parts = out.removesuffix("\n\n").split("\n\n")
    assert [part.split("\n")[0] for part in parts] == [str(papers / name) for name in ALL]
    coral = parts[ALL.index("coral.txt")].split("\n")
    assert coral[1] == f"  {CORAL_TITLE} [en]"
    assert "sure      Environmental Science  (23)" in coral[2]
    assert coral[3].strip() == "Physical Sciences"
    assert "likely    Coral and Marine Ecosystems Studies  (T10341)" in coral[4]
    assert coral[5].strip() == "Physical Sciences › Environmental Science › Ecology"
    assert "damaged: " in parts[ALL.index("broken.pdf")]
    assert "declined: " in parts[ALL.index("untitled.txt")]


def test_table_backs_off_where_no_topic_is_sure_enough(call: Call, papers: Path) -> None:
    code, out, _ = call("classify", papers / "formula.html", "--threshold", "0.99")
    assert code == DONE
    assert "no topic reaches 0.99 · " in out
    assert any(f"· {level} " in out for level in LEVELS)


@pytest.mark.parametrize(
    ("content", "title", "best"),
    [
        (CORAL.encode(), CORAL_TITLE, "T10341"),
        (CORAL.encode("utf-16"), CORAL_TITLE, "T10341"),
        (LAW.encode(), "Besteuerung von Unternehmen und Steuerflucht", "T11508"),
        (STARS, "Gamma-ray bursts from collapsing stars", "T11323"),
    ],
    ids=["text", "UTF-16", "HTML", "PDF"],
)
def test_standard_input_of_any_format(
    content: bytes, title: str, best: str, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    code, out, _ = call("classify", "-", "--format", "jsonl")
    assert code == DONE
    (line,) = records(out)
    assert (line["source"], line["title"]) == ("-", title)
    assert best_topic(line) == best


def test_standard_input_of_a_process(run: Run) -> None:
    done = run("classify", "-", "--format", "jsonl", stdin=STARS)
    assert (done.returncode, done.stderr) == (DONE, b"")
    (line,) = records(done.stdout.decode())
    assert (line["source"], line["pages"], best_topic(line)) == ("-", 3, "T11323")


@pytest.mark.parametrize(("content", "status"), [(b"", "empty"), (STARS[:60], "damaged")])
def test_standard_input_that_cannot_be_read(
    content: bytes, status: str, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    code, out, _ = call("classify", "-", "--format", "jsonl")
    (line,) = records(out)
    assert (code, line["source"], line["status"]) == (SOME_UNREADABLE, "-", status)


@pytest.mark.parametrize(
    ("arguments", "title", "parts"),
    [
        (["--title", "Prime numbers and the zeta function"], "Prime numbers and the zeta function", ["head"]),
        (["--abstract", "Prime numbers are found where the zeta function has its zeros."], "", ["head"]),
        (["--title", "Primes", "--abstract", "The zeros of the zeta function and prime numbers."], "Primes", ["head"]),
    ],
    ids=["title", "abstract", "both"],
)
def test_title_and_abstract_without_a_file(arguments: list[str], title: str, parts: list[str], call: Call) -> None:
    code, out, _ = call("classify", *arguments, "--format", "jsonl")
    assert code == DONE
    (line,) = records(out)
    assert (line["source"], line["title"]) == ("", title)
    assert [window["part"] for window in line["windows"]] == parts
    assert best_topic(line) == "T11166"


def test_language_of_a_title_is_recognised(call: Call) -> None:
    _, out, _ = call("classify", "--title", "Besteuerung von Unternehmen und Steuerflucht", "--format", "jsonl")
    assert records(out)[0]["language"] == "de"


@pytest.mark.parametrize("of_folder", [False, True])
def test_title_and_abstract_of_one_file(of_folder: bool, call: Call, papers: Path, tmp_path: Path) -> None:
    shutil.copy(papers / "coral.txt", tmp_path)
    path = tmp_path if of_folder else tmp_path / "coral.txt"
    code, out, _ = call("classify", path, "--title", "Reefs", "--abstract", "Tax law, and law.", "--format", "jsonl")
    assert code == DONE
    (line,) = records(out)
    assert (line["source"], line["title"]) == (str(tmp_path / "coral.txt"), "Reefs")
    assert [(window["part"], window["weight"]) for window in line["windows"]] == [("head", 0.5), ("body", 0.5)]
    assert line["windows"][0]["end"] == len("Reefs\nTax law, and law.")


def test_title_of_an_unreadable_file_does_not_hide_that(call: Call, papers: Path) -> None:
    code, out, _ = call("classify", papers / "broken.pdf", "--title", "Coral reefs", "--format", "jsonl")
    assert (code, records(out)[0]["status"]) == (SOME_UNREADABLE, "damaged")


def test_file_that_does_not_exist_is_told(call: Call, papers: Path, tmp_path: Path) -> None:
    code, out, _ = call("classify", tmp_path / "nothing.txt", papers / "coral.txt", "--format", "jsonl")
    assert code == SOME_UNREADABLE
    assert [line["status"] for line in records(out)] == ["damaged", "ok"]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--title", ""],
        ["-", "coral.txt"],
        ["coral.txt", "-"],
        ["PAPERS", "--title", "Several"],
        ["PAPERS", "--abstract", "Several"],
        ["coral.txt", "--top", "0"],
        ["coral.txt", "--top", "-3"],
        ["coral.txt", "--top", "1.5"],
        ["coral.txt", "--top", "many"],
        ["coral.txt", "--threshold", "1.01"],
        ["coral.txt", "--threshold", "-0.1"],
        ["coral.txt", "--threshold", "nan"],
        ["coral.txt", "--cumulative", "2"],
        ["coral.txt", "--cumulative", "half"],
        ["coral.txt", "--level", "genus"],
        ["coral.txt", "--format", "xml"],
        ["coral.txt", "--colour"],
        ["coral.txt", "-o"],
    ],
    ids=" ".join,
)
def test_wrong_usage(arguments: list[str], call: Call, papers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(papers)
    code, out, err = call("classify", *(str(papers) if word == "PAPERS" else word for word in arguments))
    assert (code, out) == (USAGE, "")
    assert err.startswith("usage: classmark classify ") or err.startswith("usage: classmark ")
    assert "error: " in err


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_and_version(argument: str, call: Call) -> None:
    code, out, err = call(argument)
    assert (code, err) == (DONE, "")
    assert "classmark" in out.lower()


def test_defaults_are_told_in_the_help(call: Call) -> None:
    _, out, _ = call("classify", "--help")
    told = " ".join(out.split())
    assert "(default: 5)" in told
    assert "(default: 0.05)" in told
    assert "(default: topic)" in told


def test_folder_without_files(call: Call, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / ".hidden.txt").write_text(CORAL, encoding="utf-8")
    code, out, err = call("classify", tmp_path)
    assert (code, out) == (FAILED, "")
    assert err == f"classmark: There are no files in {tmp_path}.\n"


def test_output_file(call: Call, papers: Path, tmp_path: Path) -> None:
    path = tmp_path / "subjects.jsonl"
    path.write_text("what stood there before, and was longer than what comes\n" * 500, encoding="utf-8")
    code, out, err = call("classify", papers / "inner", "--format", "jsonl", "-o", path)
    assert (code, out, err) == (DONE, "", "")
    assert list(map(best_topic, records(path.read_text(encoding="utf-8")))) == ["T11508", "T11323"]


@pytest.mark.parametrize("format_name", ["jsonl", "csv", "table"])
def test_each_result_is_in_the_file_before_the_next(
    format_name: str, call: Call, papers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is done is kept whatever happens, a power cut included."""
    path, lengths = tmp_path / "subjects", [0]

    def watched(*arguments: Any) -> Iterator[Result]:
        for result in classify(*arguments):
            yield result
            content = path.read_text(encoding="utf-8")
            assert Path(result.source).name in content
            assert content.endswith("\n")
            lengths.append(len(content))

    monkeypatch.setattr(classifying, "classify", watched)
    code, _, _ = call("classify", papers, "--format", format_name, "-o", path)
    assert code == SOME_UNREADABLE
    assert len(lengths) == len(ALL) + 1
    assert lengths == sorted(set(lengths)), "it grows with each"


def test_output_file_for_spreadsheets_has_a_byte_order_mark(call: Call, papers: Path, tmp_path: Path) -> None:
    code, _, _ = call("classify", papers / "inner", "--format", "csv", "-o", tmp_path / "subjects.csv")
    assert code == DONE
    content = (tmp_path / "subjects.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbfsource,status,")
    assert content.count(b"\n") == content.count(b"\r\n") > 2


def test_output_file_in_the_folder_that_is_read(call: Call, papers: Path, tmp_path: Path) -> None:
    """It is not there yet when the files are looked for."""
    shutil.copy(papers / "coral.txt", tmp_path)
    code, _, _ = call("classify", tmp_path, "--format", "jsonl", "-o", tmp_path / "subjects.jsonl")
    assert code == DONE
    (line,) = records((tmp_path / "subjects.jsonl").read_text(encoding="utf-8"))
    assert line["source"] == str(tmp_path / "coral.txt")


@pytest.mark.parametrize("how", ["the same path", "another spelling", "a link", "in a folder"])
def test_output_never_overwrites_a_document(how: str, call: Call, tmp_path: Path) -> None:
    path = tmp_path / "inner" / "coral.txt"
    path.parent.mkdir()
    path.write_text(CORAL, encoding="utf-8")
    output = path
    if how == "another spelling":
        output = tmp_path / "inner" / ".." / "inner" / "coral.txt"
    if how == "a link":
        output = tmp_path / "link.txt"
        os.link(path, output)
    code, out, err = call("classify", tmp_path if how == "in a folder" else path, "-o", output)
    assert (code, out) == (USAGE, "")
    assert "would be overwritten" in err
    assert path.read_text(encoding="utf-8") == CORAL


def test_output_that_cannot_be_written(call: Call, papers: Path, tmp_path: Path) -> None:
    code, out, err = call("classify", papers / "coral.txt", "-o", tmp_path / "nowhere" / "subjects.txt")
    assert (code, out) == (FAILED, "")
    assert err.startswith("classmark: ")
    assert "nowhere" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("level", LEVELS)
def test_level_takes_effect(level: str, call: Call, papers: Path) -> None:
    _, out, _ = call(
        "classify", papers / "coral.txt", "--format", "jsonl", "--level", level, "--top", 3, "--threshold", 0
    )
    (line,) = records(out)
    own = [result for result in line["results"] if result["level"] == level]
    assert [result["sure"] for result in line["results"] if result["level"] != level] in ([], [True])
    assert len(line["results"]) == 3
    assert [step["level"] for step in own[0]["path"]] == list(LEVELS[: LEVELS.index(level)])
    assert own[0]["id"] == {"domain": "3", "field": "23", "subfield": "2303", "topic": "T10341"}[level]


def test_rules_take_effect(call: Call, papers: Path) -> None:
    def scores(*rule: object) -> list[float]:
        code, out, _ = call("classify", papers / "formula.html", "--format", "jsonl", *map(str, rule))
        assert code == DONE
        return [result["score"] for result in records(out)[0]["results"]]

    everything = scores("--top", 50, "--threshold", 0)
    assert len(everything) == 50
    assert 0.05 < everything[2] < 0.5, "the document must fit several topics for the rest to tell anything"
    assert scores("--top", 1, "--threshold", 0) == everything[:1]
    assert scores() == [score for score in everything if score >= 0.05][:5]
    assert scores("--threshold", everything[2] - 1e-6) == everything[:3]
    assert scores("--threshold", 1) == []
    sure = scores("--sure")
    assert sure == everything[:1]
    mark = everything[1] + everything[2] + everything[3] / 2
    assert scores("--threshold", 0, "--cumulative", mark) == everything[:4]
    assert scores("--threshold", 0, "--cumulative", mark, "--top", 2) == everything[:2]
    assert scores("--threshold", 0, "--cumulative", 0) == sure


def test_only_what_is_sure(call: Call, papers: Path) -> None:
    code, out, _ = call("classify", papers / "coral.txt", "--sure")
    assert code == DONE
    _, _, first, place = out.rstrip().splitlines()
    assert first.endswith("sure      Environmental Science  (23)")
    assert place.strip() == "Physical Sciences"


@pytest.mark.parametrize(
    ("sure", "line"),
    [({}, "nothing is sure: toy does not state from where on it is"), ({"topic": 0.9}, "nothing is sure")],
)
def test_nothing_may_be_sure(sure: dict[str, float], line: str) -> None:
    vocabulary, scores = small_vocabulary(), np.full(6, 1 / 6, np.float32)
    stream = io.StringIO()
    prediction = Prediction("toy", vocabulary, scores, sure=sure)
    TextWriter(stream, Rule(only_sure=True)).add(Result("a.txt", "ok", predictions=(prediction,)))
    assert stream.getvalue() == f"a.txt\n  {line}\n\n"
