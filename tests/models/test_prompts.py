"""Prompts are those of the models' publishers, character by character."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from classmark_models.published.prompts import compose, strip_markup
from classmark_models.spec import PromptRule, read_catalogue

GOLDEN = Path(__file__).parents[3] / "shared/data/openalex_golden.json"
OPENALEX = read_catalogue()["openalex-topics-v1"].prompt
PLAIN = read_catalogue()["newsgroups-20"].prompt
TITLES = read_catalogue()["title-subjects-8"].prompt
LONG = "It is a text of forty characters. Truly."
assert len(LONG) == 40


@pytest.mark.parametrize(
    ("rule", "title", "abstract", "prompt"),
    [
        (OPENALEX, "Bees", LONG, f"<TITLE> Bees\n<ABSTRACT> {LONG}"),
        (OPENALEX, "Bees", "", "<TITLE> Bees"),
        (OPENALEX, "Bees", LONG[:29], "<TITLE> Bees"),
        (OPENALEX, "Bees", LONG[:30], f"<TITLE> Bees\n<ABSTRACT> {LONG[:30]}"),
        (OPENALEX, "", LONG, f"<TITLE> NONE\n<ABSTRACT> {LONG}"),
        (OPENALEX, " \n", LONG, f"<TITLE> NONE\n<ABSTRACT> {LONG}"),
        (OPENALEX, "", LONG[:29], ""),
        (OPENALEX, "", "", ""),
        (OPENALEX, "<i></i>", "", ""),
        (OPENALEX, "Bees", "a" * 2501, "<TITLE> Bees\n<ABSTRACT> " + "a" * 2500),
        (OPENALEX, "The <i>Apis</i>", f"<i>{LONG}", f"<TITLE> The Apis\n<ABSTRACT> <i>{LONG}"),
        (OPENALEX, "{abstract} of {title}", LONG, f"<TITLE> {{abstract}} of {{title}}\n<ABSTRACT> {LONG}"),
        (PLAIN, "Bees", "{title} buzz", "Bees\n{title} buzz"),
        (PLAIN, "Bees", "", "Bees"),
        (PLAIN, "", "They buzz", "They buzz"),
        (PLAIN, "<b>", "", "<b>"),
        (TITLES, "Bees", "They buzz", "Bees"),
        (TITLES, "", "They buzz", "They buzz"),
    ],
)
def test_prompt(rule: PromptRule, title: str, abstract: str, prompt: str) -> None:
    assert compose(rule, title, abstract) == prompt


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("<i>Apis</i> and CO<sub>2</sub>, <inf>x</inf> <scp>Dna</scp><SUP>+</SUP><br/>", "Apis and CO2, x Dna+"),
        ('<p class="Body">One<span style="a: b"> two</span></p>', "One two"),
        ("<![CDATA[<B>Bold</B>]]>", "Bold"),
        (
            'Of <mml:math xmlns:mml="http://x/"><mml:mrow>\n <mml:mi>La</mml:mi> <mml:mo>=</mml:mo>\n'
            " <mml:mn>2</mml:mn></mml:mrow></mml:math>and",
            "Of La=2 and",
        ),
        ("<math><mi>x</mi><mo>+</mo></math>", "x+"),
        ("A note<xref ref-type='fn'>1</xref>", "A note"),
        ("Case <inline-formula>$x^2$</inline-formula> solved", "Case solved"),
        ("p<0.05 and a<b and c>d, <T> of <bees>", "p<0.05 and a<b and c>d, <T> of <bees>"),
        ("a < b", "a < b"),
        (" plain ", "plain"),
    ],
)
def test_markup_goes_and_text_stays(title: str, plain: str) -> None:
    assert strip_markup(title) == plain


@pytest.mark.parametrize("unit", ["<mml:math ", "<mml:math>", "<i a=", "<xref>", '<i a="', "<"])
def test_markup_without_end_takes_no_time(unit: str) -> None:
    strip_markup(unit * 4000)


@pytest.mark.skipif(not GOLDEN.exists(), reason="the published input is not on this machine")
def test_published_input_is_ours() -> None:
    stated = json.loads(GOLDEN.read_text(encoding="utf-8"))["input"]
    title, abstract = stated.removeprefix("<TITLE> ").split("\n<ABSTRACT> ")
    assert compose(OPENALEX, title, abstract) == stated
