"""The user's guide: what its pages say is there, and the search through them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from classmark.cli import COMMANDS, parser
from classmark.core.guide import CONTENTS, Guide, Page, places, read_guide, words_of
from classmark.core.markdown import (
    Code,
    Items,
    Kind,
    Paragraph,
    Picture,
    Table,
    lines_of,
    links_of,
    parse,
    plain,
    spans,
)
from classmark.resources import asset

GUIDE = asset("guide")
PAGES = read_guide(GUIDE)
NAMES = [page.name for page in PAGES.pages]
_LARGEST = 2_000_000


def made(**texts: str) -> Guide:
    return Guide([Page(name, "All", parse(text)) for name, text in texts.items()])


@pytest.mark.parametrize(
    ("source", "block"),
    [
        ("Two lines\nof one text.", Paragraph("Two lines of one text.")),
        ("* one\n* two that\n  goes on", Items(("one", "two that goes on"), is_numbered=False)),
        ("1. first\n2. second", Items(("first", "second"), is_numbered=True)),
        ("| a | b |\n|---|---|\n| c | |", Table((("a", "b"), ("c", "")))),
        ("    code\n    more\n\n    and more", Code("code\nmore\n\nand more")),
        ("![What is seen](pictures/a.png)", Picture("What is seen", "pictures/a.png")),
    ],
)
def test_blocks(source: str, block: object) -> None:
    assert parse(source) == (block,)


def test_headings_end_what_stands_above_them() -> None:
    title, text, code = parse("# Title of it\nText:\n    classmark guide")
    assert (title, text, code) == (*parse("# Title of it"), Paragraph("Text:"), Code("classmark guide"))


def test_spans() -> None:
    line = "See **this**, *that*, `--help`, <kbd>Ctrl+O</kbd> or [a page](many.md#again)."
    assert [span.kind for span in spans(line) if span.kind is not Kind.TEXT] == [
        *(Kind.BOLD, Kind.STRESS, Kind.CODE, Kind.KEY, Kind.LINK)
    ]
    assert plain(line) == "See this, that, --help, Ctrl+O or a page."


def test_contents_list_every_page_once() -> None:
    files = {path.stem for path in GUIDE.glob("*.md")} - {Path(CONTENTS).stem}
    assert len(NAMES) == len(set(NAMES))
    assert set(NAMES) == files, "a page is listed in contents.md, or it cannot be found in the window"


@pytest.mark.parametrize("name", NAMES)
def test_links_and_pictures_are_there(name: str) -> None:
    page = PAGES[name]
    for block in page.blocks:
        if isinstance(block, Picture):
            assert (GUIDE / block.source).is_file()
            assert block.caption
        for target in links_of(block):
            if target.startswith("https://"):
                continue
            file, _, anchor = target.partition("#")
            to = PAGES[file.removesuffix(".md")] if file else page
            assert not anchor or anchor in to.anchors, target


def test_every_picture_is_shown_and_all_are_small() -> None:
    shown = {GUIDE / block.source for page in PAGES.pages for block in page.blocks if isinstance(block, Picture)}
    assert shown == set((GUIDE / "pictures").iterdir())
    assert sum(path.stat().st_size for path in GUIDE.rglob("*") if path.is_file()) < _LARGEST


@pytest.mark.parametrize("name", NAMES)
def test_no_mark_is_left_over(name: str) -> None:
    """Pages keep to the part of Markdown that is read: no fences, quotes, HTML or lists in lists."""
    for block in PAGES[name].blocks:
        if not isinstance(block, Code):
            for line in map(plain, lines_of(block)):
                assert not re.search(r"\*\*|``|\]\(|<\w|^[>#|]|^\s*[*-] ", line), line


def _commands() -> list[str]:
    codes = [block for page in PAGES.pages for block in page.blocks if isinstance(block, Code)]
    lines = [line for code in codes for line in code.text.splitlines() if line.startswith("classmark ")]
    inline = [span.text for page in PAGES.pages for line in _marked(page) for span in spans(line)]
    return lines + [text for text in inline if text.startswith("classmark ") and text.count(" ") > 1]


def _marked(page: Page) -> list[str]:
    return [line for block in page.blocks if isinstance(block, Items) for line in block.entries]


@pytest.mark.parametrize("line", _commands())
def test_commands_are_understood(line: str) -> None:
    words = shlex.split(line.replace("…", "x"))[1:]
    named = line.count("`") == 0 and words[:2] in (["models", "fetch"], ["models", "repair"], ["models", "add"])
    if named and len(words) == 2:
        words.append("some-model")  # where only the command is told of
    assert parser().parse_args(words).run


def test_every_command_is_told_of() -> None:
    told = "\n".join(_commands())
    [commands] = [list(action.choices) for action in parser()._actions if action.choices]
    assert len(commands) == len(COMMANDS)
    untold = {name for name in commands if f"classmark {name}" not in told}
    assert untold <= {"fill-mask"}


def test_search_wants_all_words() -> None:
    guide = made(a="# Fruit\n\nApples and pears.", b="# Trees\n\nApples grow.")
    assert [hit.page.name for hit in guide.search("apples pears")] == ["a"]
    assert [hit.page.name for hit in guide.search("APPLES")] == ["a", "b"]
    assert guide.search("plums") == ()
    assert guide.search("  ") == ()


def test_titles_weigh_more_than_headings_and_these_more_than_text() -> None:
    guide = made(
        text="# One\n\nExport, export, export, export, export, export.",
        heading="# Two\n\n## Export\n\nText.",
        title="# Export\n\nText.",
    )
    assert [hit.page.name for hit in guide.search("export")] == ["title", "heading", "text"]


@pytest.mark.parametrize("query", ["ubermut", "ÜBERMUT", "über", "U\u0308bermut"])
def test_case_and_diacritics_make_no_difference(query: str) -> None:
    assert made(a="# Page\n\nVom Übermut.").search(query)


def test_words_are_found_by_their_beginning_and_only_else_within() -> None:
    guide = made(a="# One\n\nA suitcase.", b="# Two\n\nA case.")
    assert [hit.page.name for hit in guide.search("case")] == ["b"]
    assert [hit.page.name for hit in guide.search("itca")] == ["a"]


def test_snippets_show_what_was_found() -> None:
    guide = made(a=f"# Page\n\n## Where\n\n{'long ' * 60} needle {'text ' * 60}")
    [hit] = guide.search("needle")
    assert "needle" in hit.snippet
    assert len(hit.snippet) < 140
    assert hit.snippet.startswith("… ")
    assert hit.snippet.endswith(" …")
    assert hit.anchor == "where"


def test_a_title_has_the_beginning_of_the_text_as_snippet() -> None:
    [hit] = made(a="# Needle\n\nThe first sentence.").search("needle")
    assert hit.snippet == "The first sentence."


def test_places_are_those_of_the_original() -> None:
    text = "Straße, STRASSE – e\u0301tude"
    assert [text[start:end] for start, end in places(text, words_of("strasse"))] == ["Straße", "STRASSE"]
    assert [text[start:end] for start, end in places(text, words_of("etu"))] == ["e\u0301tu"]
    assert places(text, ()) == []


@pytest.mark.parametrize("query", ["(", "a.*b", "\\", "x" * 10_000, "\u0301"])
def test_odd_queries_find_nothing_and_break_nothing(query: str) -> None:
    assert made(a="# Page\n\nText.").search(query) == ()
