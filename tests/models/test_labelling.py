"""Outputs become subjects with ids, names of today and places in a hierarchy."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from classmark_models.errors import ModelUnsupported
from classmark_models.labels import read_vocabulary
from classmark_models.published.labelling import Row, label_table, write_labels
from classmark_models.spec import BroaderLabel, ModelSpec, parse_spec, read_catalogue

EXAMPLES = Path(__file__).parents[3] / "shared/data/openalex_label_examples.csv"
CATALOGUE = read_catalogue()
PLAIN = parse_spec('id = "own"\ntitle = "Own"\ntask = "classification"\nlicence = "MIT"\nscope = "Anything."\n')


def with_labels(spec: ModelSpec, **changes: object) -> ModelSpec:
    return replace(spec, labels=replace(spec.labels, **changes))  # type: ignore[arg-type]


def places(rows: tuple[Row, ...]) -> dict[str, list[str]]:
    """Return, by id, the names from the broadest level to each subject that the model tells."""
    found: dict[str, list[str]] = {}
    at = {(row.level, row.id): row for row in rows}
    levels = list(dict.fromkeys(row.level for row in rows))
    for row in rows:
        if row.output is not None:
            names, step = [row.name], row
            for level in reversed(levels[:-1]):
                step = at[level, step.parent]
                names.insert(0, step.name)
            found[row.id] = names
    return found


def test_newsgroups_follow_their_dots() -> None:
    rows = label_table(CATALOGUE["newsgroups-20"], ())
    assert list(dict.fromkeys(row.level for row in rows)) == ["hierarchy", "branch", "newsgroup"]
    steps = places(rows)
    assert len(steps) == 20
    assert steps["comp.sys.ibm.pc.hardware"] == ["comp", "comp.sys", "comp.sys.ibm.pc.hardware"]
    assert steps["alt.atheism"] == ["alt", "alt.atheism", "alt.atheism"]
    assert {row.uri for row in rows if row.name == "sci.med"} == {"", "news:sci.med"}


def test_spheres_stand_in_domains() -> None:
    steps = places(label_table(CATALOGUE["arxiv-spheres"], ()))
    assert steps["Quantitative Finance"] == ["Social Sciences", "Quantitative Finance"]
    assert steps["Quantitative Biology"] == ["Life Sciences", "Quantitative Biology"]
    assert [name for name, path in steps.items() if path[0] == "Physical Sciences"] == [
        "Computer Science",
        "Electrical Engineering and Systems Science",
        "Mathematics",
        "Physics",
        "Statistics",
    ]


def test_openalex_topics_have_todays_names_and_parents() -> None:
    published = ["64: Statistical Mechanics of Complex Networks", "2718: Gone", "13: Advances in Asymmetric Catalysis"]
    rows = label_table(CATALOGUE["openalex-topics-v1"], published)
    assert [(row.id, row.output) for row in rows if row.output is not None] == [("T10064", 0), ("T10013", 2)]
    assert rows[-2].uri == "https://openalex.org/T10064"
    assert places(rows)["T10064"] == [
        "Physical Sciences",
        "Physics and Astronomy",
        "Statistical and Nonlinear Physics",
        "Complex Network Analysis Techniques",
    ]


@pytest.mark.skipif(not EXAMPLES.exists(), reason="the published labels are not on this machine")
def test_published_labels_become_todays_topics() -> None:
    with EXAMPLES.open(encoding="utf-8", newline="") as file:
        examples = list({row["micro_cluster_id"]: row for row in csv.DictReader(file)}.values())
    published = [f"{row['micro_cluster_id']}: {row['label_seen_in_upstream_notebooks']}" for row in examples]
    rows = [row for row in label_table(CATALOGUE["openalex-topics-v1"], published) if row.output is not None]
    assert len(rows) == len(examples) == 305
    assert [row.name for row in rows] == [row["current_topic_name"] for row in examples]


def test_written_table_is_a_vocabulary(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    rows = write_labels(CATALOGUE["newsgroups-20"], (), path)
    vocabulary = read_vocabulary(path, "20 Newsgroups")
    assert vocabulary.levels == ("hierarchy", "branch", "newsgroup")
    assert [len(vocabulary.labels(level)) for level in vocabulary.levels] == [7, 16, 20]
    with path.open(encoding="utf-8", newline="") as file:
        assert [row["output"] for row in csv.DictReader(file)][-20:] == [str(number) for number in range(20)]
    assert rows[-1].name == "talk.religion.misc"


@pytest.mark.parametrize("published", [(), [f"LABEL_{number}" for number in range(8)], ["label 0"] * 8])
def test_entry_gives_names_where_the_publisher_has_none(published: list[str]) -> None:
    names = [row.name for row in label_table(CATALOGUE["title-subjects-8"], published)]
    assert names[:3] == ["art", "personal development", "world"]


def test_publishers_order_with_the_entrys_spelling() -> None:
    spec = with_labels(PLAIN, names=("Fine Arts", "Health"))
    assert [(row.name, row.output) for row in label_table(spec, ["health", "fine_arts"])] == [
        ("Health", 0),
        ("Fine Arts", 1),
    ]


def test_names_of_a_model_that_somebody_adds_are_its_ids() -> None:
    rows = label_table(PLAIN, ["POSITIVE", "Two  words, 1/2"], outputs=2)
    assert rows == (
        Row("subject", "POSITIVE", "", "POSITIVE", "", 0),
        Row("subject", "Two words, 1/2", "", "Two words, 1/2", "", 1),
    )
    uri = with_labels(PLAIN, uri="https://x.org/{name}")
    assert label_table(uri, ["a b&c"])[0].uri == "https://x.org/a%20b%26c"


@pytest.mark.parametrize(
    ("changes", "published", "outputs", "fault"),
    [
        ({}, (), None, "published without names"),
        ({}, ["LABEL_0", "LABEL_1"], None, "published without names"),
        ({}, ["a", "b"], 3, "gives 3 answers, but 2 names"),
        ({}, ["a", " "], None, "Output 1 of own has no name"),
        ({}, ["a", "a"], None, "the same id"),
        ({"names": ("a", "b")}, ["a"], None, "published with 1 names, but its entry lists 2"),
        ({"names": ("a", "b")}, ["a", "c"], None, "the subject 'c', which its entry does not list"),
        ({"never": ("a",)}, ["a"], None, "no subjects"),
        ({"reading": "number: name"}, ["a"], None, "which is no number: name"),
        ({"hierarchy": "openalex"}, ["T1"], None, "a topic T1 .* that OpenAlex does not have"),
        ({"hierarchy": "dots", "level": "branch"}, ["a.b"], None, "Two levels of own are called 'branch'"),
        ({"hierarchy": "listed"}, ["a"], None, "must put 'a' below one"),
        (
            {
                "hierarchy": "listed",
                "broader": (BroaderLabel("A", "A", "", ("a",)), BroaderLabel("B", "B", "", ("a",))),
            },
            ["a"],
            None,
            "must put 'a' below one",
        ),
    ],
)
def test_what_does_not_agree_is_refused(
    changes: dict[str, object], published: list[str], outputs: int | None, fault: str
) -> None:
    with pytest.raises(ModelUnsupported, match=fault):
        label_table(with_labels(PLAIN, **changes), published, outputs)
