"""``classmark evaluate`` with the built-in model: what it writes, refuses, and keeps when it is stopped."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import CANCELLED, DONE, FAILED, SOME_UNREADABLE, USAGE, Call

from classmark.core.evaluation import Evaluation
from classmark_models.published.fingerprints import null_texts

ROWS = """title,abstract,label,language
Coral bleaching and the recovery of reefs,,Environmental Science|Agricultural and Biological Sciences,en
Gamma-ray bursts from collapsing stars,,https://openalex.org/fields/31,en
Die Besteuerung von Unternehmen und die Steuerflucht,,20,ger
Untitled document,,31,en
"""


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    (tmp_path / "labelled.csv").write_text(ROWS, encoding="utf-8")
    return tmp_path / "labelled.csv"


def test_the_built_in_model_is_measured(call: Call, labelled: Path) -> None:
    code, out, err = call("evaluate", labelled)
    assert (code, err) == (DONE, "")
    assert f"{labelled}: 4 rows\n" in out
    lines = [line.split() for line in out.splitlines()]
    assert ["domain", "field"] in lines
    assert ["rows", "4", "4"] in lines
    assert next(line for line in lines if line[:3] == ["right", "of", "the"])[4] == "100.0%", (
        "three, plainly of a field"
    )
    assert next(line for line in lines if line[:1] == ["de"])[1] == "1"


def test_json_for_programs(call: Call, labelled: Path) -> None:
    code, out, _ = call("evaluate", labelled, "--json", "--level", "field", "--limit", "2")
    assert code == DONE
    found = json.loads(out)
    (model,) = found["models"]
    assert (found["rows"], model["classifier"], list(model["levels"])) == (2, "openalex-zero-shot", ["domain", "field"])
    assert model["levels"]["field"]["top1"]["value"] == 1
    assert model["levels"]["field"]["curve"]


def test_bad_rows_are_named_and_cost_nothing_else(call: Call, labelled: Path) -> None:
    labelled.write_text(ROWS + "No label\n,,31,\nUnheard of,,Sorcery,en\n", encoding="utf-8")
    code, out, _ = call("evaluate", labelled)
    assert code == SOME_UNREADABLE
    assert "5 rows, 2 could not be used\n  line 6: it has no label\n  line 7: it has no text\n" in out
    assert "1 rows name no subject" in out
    assert "Sorcery" in out


def test_cards_are_written(call: Call, labelled: Path, tmp_path: Path) -> None:
    code, _, err = call("evaluate", labelled, "--card", tmp_path / "cards")
    assert code == DONE
    assert "openalex-zero-shot.md" in err
    assert sorted(file.name for file in (tmp_path / "cards").iterdir()) == [
        f"openalex-zero-shot{rest}" for rest in ("-reliability.svg", "-risk.svg", ".md")
    ]


def test_texts_that_belong_nowhere(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "nowhere.jsonl"
    rows = (
        {"text": "", "label": "blank"},
        {"text": "...", "label": "blank"},
        {"title": "Coral reefs and their fishes"},
    )
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    code, out, _ = call("evaluate", file, "--out-of-scope")
    assert code == DONE
    lines = [line.split() for line in out.splitlines()]
    assert ["blank", "2", "100.0%", "(34.2–100.0)"] in lines
    assert next(line for line in lines if line[:1] == ["all"])[:2] == ["all", "3"]
    assert "not declined: line 3" in out


def test_what_was_done_is_written_when_it_is_stopped(
    call: Call, labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = Evaluation.count

    def stop_at_the_third(self: Evaluation, *arguments: object) -> None:
        if self.rows.used == 2:
            raise KeyboardInterrupt
        count(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Evaluation, "count", stop_at_the_third)
    code, out, _ = call("evaluate", labelled, "--card", tmp_path / "cards")
    assert code == CANCELLED
    assert "2 rows, stopped before the end" in out
    assert not (tmp_path / "cards").exists(), "a card of half a file would mislead"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("missing.csv",), FAILED, "missing.csv"),
        (("labelled.txt",), FAILED, "Give columns"),
        (("labelled.csv", "--level", "species"), USAGE, "there are only domain, field, subfield, topic"),
        (("labelled.csv", "--limit", "0"), USAGE, "1 or more"),
        (("labelled.csv", "--out-of-scope", "--card", "."), USAGE, "neither levels nor cards"),
        (("empty.csv",), FAILED, "No row"),
    ],
)
def test_what_is_refused(
    arguments: tuple[str, ...], code: int, message: str, call: Call, labelled: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty.csv").write_text("title,label\n,x\n", encoding="utf-8")
    found, _, err = call("evaluate", tmp_path / arguments[0], *arguments[1:])
    assert found == code
    assert message in err


def test_the_texts_that_belong_nowhere_are_fit_to_measure_declining(call: Call) -> None:
    file = Path(__file__).parents[1] / "fixtures" / "out_of_scope.jsonl"
    texts = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    known = {text.casefold() for text in null_texts()}
    assert not [row for row in texts if row["label"] != "blank" and row["text"].casefold() in known], "not learnt from"
    code, out, _ = call("evaluate", file, "--out-of-scope", "--json")
    assert code == DONE
    (found,) = json.loads(out)["models"]
    assert found["declined"]["count"] == len(texts)
    assert found["kinds"]["blank"]["value"] == 1
