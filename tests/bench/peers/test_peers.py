import json
from pathlib import Path

import pytest
from tests.bench.peers.bags import ABSTRACT, COUNTS, TITLE, read_bags, write_bags
from tests.bench.peers.contestants import CONTESTANTS, OURS
from tests.bench.peers.shapes import LIMIT, SHAPES
from tests.bench.peers.table import print_table

from classmark_models.pack import BUILTIN


def test_bags_have_the_tokens_they_are_named_for(tmp_path: Path) -> None:
    for name in ("one.json", "other.json"):
        write_bags(tmp_path / name, BUILTIN / "tokenizer.json", "query: ")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "other.json").read_bytes()
    bags = read_bags(tmp_path / "one.json")
    assert {name: len(bag.texts) for name, bag in bags.items()} == COUNTS
    assert all(abs(tokens - TITLE) <= 2 for tokens in bags["titles"].tokens)
    assert all(abs(tokens - ABSTRACT) <= 2 for tokens in bags["abstracts"].tokens)
    assert set(bags["windows"].tokens) == {LIMIT}
    assert min(bags["mixed"].tokens) < TITLE < ABSTRACT < max(bags["mixed"].tokens) == LIMIT


def test_table_sets_each_peer_beside_our_time_in_the_same_turn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cells").mkdir()
    for round_, slow in enumerate((1, 3)):
        # A machine that is three times as slow in the second round slows both: the ratio stays.
        ours, peer = ({"wall": seconds * slow, "cpu": seconds * slow} for seconds in (0.5, 1.25))
        turns = [{"bag": bag, "texts": 5, "operations": 1e9, OURS: ours, "optimum": peer} for bag in COUNTS]
        each = {OURS: 1.0, "optimum": 2.0}
        cell = {"shape": "mbert", "threads": 1, "peer": "optimum", "times": turns, "first": each, "memory": each}
        cell |= {"megabytes": each, "limits": [{"int8": 4e9, "float32": 1e9}], "sample": {}}
        (tmp_path / "cells" / f"{round_}.json").write_text(json.dumps(cell), encoding="utf-8")
    print_table(tmp_path)
    shown = capsys.readouterr().out
    assert f"**{SHAPES['mbert'].title}, 1 thread**" in shown
    assert (
        f"| {CONTESTANTS['optimum'].title} | 2.50 | 2.50 | 2.50 | 2.50 | 2.50 | 13 of int8 | 500 (250–750) |" in shown
    )
    assert "int8 4, float32 1" in shown
