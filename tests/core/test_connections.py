"""The journal in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from classmark.core.connections import HEAD, NONE_YET, as_text, summarize, tell
from classmark_models.journal import Connection, History

BEGAN = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
CONNECTION = Connection(
    *(BEGAN, "hub.test", 443, "fetch", "bio-lm", BEGAN + timedelta(seconds=2.5)),
    *("192.0.2.1", 812, 498_765_432, ""),
)


def test_a_connection_is_told_in_words() -> None:
    told = tell(CONNECTION)
    assert told.when == f"{BEGAN.astimezone():%Y-%m-%d %H:%M:%S}"
    assert told.words[1:] == ("hub.test:443 (192.0.2.1)", "fetch bio-lm", "812 bytes", "498.8 MB", "2.5 s", "closed")
    assert tell(replace(CONNECTION, outcome="ConnectError: refused")).outcome == "ConnectError: refused"


def test_of_one_without_an_end_nothing_is_claimed() -> None:
    told = tell(Connection(BEGAN, "hub.test", 443, "estimate", "bio-lm"))
    assert told.words[1:3] == ("hub.test:443", "ask for the size of bio-lm")
    assert told.words[3:] == ("", "", "", "not told: still open, or its process was ended")


def test_the_sum_is_a_sentence() -> None:
    assert summarize(History(())) == NONE_YET
    assert summarize(History((CONNECTION,))) == "1 connection, 498.8 MB received."
    assert summarize(History((CONNECTION,) * 2, 7)).endswith("received; 7 older ones are kept no more.")
    assert summarize(History((), 7)) == "0 connections, 0 bytes received; 7 older ones are kept no more."


def test_as_text_the_newest_comes_first_and_each_has_a_line() -> None:
    later = replace(CONNECTION, host="later.test", outcome="broke\n\toff")
    lines = as_text(History((CONNECTION, later))).splitlines()
    assert [len(line.split("\t")) for line in lines] == [len(HEAD)] * 3
    assert lines[1].startswith(tell(later).when)
    assert "later.test" in lines[1]
    assert lines[1].endswith("broke off")
