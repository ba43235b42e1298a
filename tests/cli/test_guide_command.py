"""``classmark guide``: the list of pages, one page, and the search."""

from __future__ import annotations

import pytest

from classmark.cli import main
from classmark.core.guide import Page, read_guide
from classmark.resources import asset

PAGES = read_guide(asset("guide")).pages


def test_pages_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["guide"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [page.name for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_printed_without_marks(page: Page, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["guide", page.name]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(page.title)
    assert "<kbd>" not in printed
    assert "](" not in printed
    assert "**" not in printed


def test_words_are_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["guide", "--find", "SUITCASE"]) == 0
    assert capsys.readouterr().out.startswith("models ")
    assert main(["guide", "--find", "qqqq"]) == 1
    assert capsys.readouterr().out == "No page mentions “qqqq”.\n"


def test_a_page_that_is_not_there_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["guide", "nothing"])
    assert ended.value.code == 2
    assert "command-line" in capsys.readouterr().err
