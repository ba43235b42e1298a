"""Fetching from a hub on this computer: what is asked for, what comes, and what is kept."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.models.fetching import (
    CONFIG,
    FILES,
    FIRST,
    QUICK,
    SECOND,
    TOKENIZER,
    TOML,
    WEIGHTS,
    assert_whole,
    small,
)
from tests.models.hub_server import Fault, Hub, Repo

from classmark_models.errors import (
    AccessRefused,
    Interrupted,
    LineBroken,
    NotPublished,
    StoreError,
)
from classmark_models.hub import Patience, fetch, look, repair, survey
from classmark_models.hub.transfer import Progress
from classmark_models.store import Store


def test_fetch(hub: Hub, store: Store) -> None:
    told: list[Progress] = []
    assert fetch(small(), store, endpoint=hub.endpoint, progress=told.append, patience=QUICK) == store.folder("small")
    assert_whole(store, small(), FILES)
    receipt = store.receipt("small")
    assert receipt.commits == {"library/small": FIRST, "base": FIRST}
    assert receipt.files["config.json"].sha256 == hashlib.sha256(CONFIG).hexdigest()
    assert hub.downloads() == [("model.h5", None), ("config.json", None), ("tokenizer.json", None)]
    total = len(WEIGHTS) + len(CONFIG) + len(TOKENIZER)
    assert {one.total for one in told} == {total}
    assert [one.done for one in told] == sorted(one.done for one in told)
    assert (told[0].done, told[-1].done) == (0, total)


def test_a_whole_model_is_not_fetched_again(hub: Hub, store: Store) -> None:
    for _ in range(2):
        fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
    assert len(hub.downloads()) == 3


def test_an_optional_file_is_taken_where_there_is_one(hub: Hub, store: Store) -> None:
    files = hub.repos["library/small"].commits[FIRST]
    files["README.md"] = b"# Small"
    fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
    assert_whole(store, small(), files)


@pytest.mark.parametrize("given", [True, False])
def test_the_token_reaches_the_hub_and_not_its_storage(
    hub: Hub, store: Store, monkeypatch: pytest.MonkeyPatch, given: bool
) -> None:
    hub.token = "hf_secret"
    if not given:
        monkeypatch.setenv("HF_TOKEN", "hf_secret")
    fetch(small(), store, endpoint=hub.endpoint, token="hf_secret" if given else None, patience=QUICK)
    seen = {(asked.server, asked.token) for asked in hub.asked}
    assert seen == {("hub", "Bearer hf_secret"), ("storage", None)}


def test_without_its_token_a_gated_model_is_refused(hub: Hub, store: Store) -> None:
    hub.token = "hf_secret"
    with pytest.raises(AccessRefused, match="agree to terms"):
        fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
    assert not store.installed(small())


def test_a_proxy_is_used(hub: Hub, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.repos["library/small"].large = frozenset()
    monkeypatch.setenv("HTTP_PROXY", hub.endpoint)
    fetch(small(), store, endpoint="http://hub.invalid", patience=QUICK)
    assert_whole(store, small(), FILES)


def test_a_renamed_repo_is_followed(hub: Hub, store: Store) -> None:
    hub.repos["library/new"] = hub.repos.pop("library/small")
    for path in (f"/api/models/library/%s/revision/{FIRST}", f"/library/%s/resolve/{FIRST}/model.h5"):
        hub.faults.append(Fault(path % "small", status=307, headers={"Location": path % "new"}))
    path = f"/library/%s/resolve/{FIRST}/config.json"
    hub.faults.append(Fault(path % "small", status=307, headers={"Location": path % "new"}))
    fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
    assert_whole(store, small(), FILES)


@pytest.mark.parametrize("faults", [[], [Fault("model.h5", after=1000)]])
def test_to_pause_is_to_stop_and_to_fetch_again(hub: Hub, store: Store, faults: list[Fault]) -> None:
    def have() -> int:
        return sum(part.stat().st_size for part in store.root.rglob("*.part"))

    hub.faults += map(replace, faults)
    with pytest.raises(Interrupted, match="goes on from there"):
        fetch(small(), store, endpoint=hub.endpoint, should_stop=lambda: have() > 0, patience=QUICK)
    assert not store.installed(small())
    begun = have()
    assert 0 < begun < len(WEIGHTS)
    fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
    assert hub.downloads()[1] == ("model.h5", f"bytes={begun}-")
    assert_whole(store, small(), FILES)


def test_a_stop_cuts_a_wait_short(hub: Hub, store: Store) -> None:
    hub.faults.append(Fault("model.h5", times=9, status=503))
    began = time.monotonic()
    with pytest.raises(Interrupted):
        fetch(
            small(),
            store,
            endpoint=hub.endpoint,
            should_stop=lambda: hub.faults[0].times < 9,
            patience=Patience(wait=50),
        )
    assert time.monotonic() - began < 20


def test_a_survey_tells_what_is_to_come_and_changes_nothing(hub: Hub, store: Store) -> None:
    told = survey(small(), store, endpoint=hub.endpoint, patience=QUICK)
    assert told.size == len(WEIGHTS) + len(CONFIG) + len(TOKENIZER)
    assert told.commits == {"library/small": FIRST, "base": FIRST}
    assert not store.root.exists()
    hub.faults += [Fault("model.h5", after=1000), Fault("model.h5", times=2, after=0)]
    with pytest.raises(LineBroken):
        fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
    before = sorted(store.root.rglob("*"))
    asked = survey(small(), store, endpoint=hub.endpoint, patience=QUICK)
    assert asked.size == told.size - 1000
    assert sorted(store.root.rglob("*")) == before
    fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
    assert survey(small(), store, endpoint=hub.endpoint, patience=QUICK).size == 0


def test_a_look_brings_small_files_alone(hub: Hub, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    card = b"---\nlicense: mit\nlanguage: [en, de]\n---\n# Small"
    hub.repos["library/small"].commits[FIRST]["README.md"] = card
    monkeypatch.setattr("classmark_models.hub.SMALL", 1000)
    names = ("config.json", "model.h5", "README.md", "vocab.txt")
    listing = look("library/small", names=names, into=store.root, endpoint=hub.endpoint, patience=QUICK)
    assert (listing.commit, set(listing.files)) == (FIRST, {*FILES, "README.md"})
    assert listing.files["model.h5"].sha256 == hashlib.sha256(WEIGHTS).hexdigest()
    assert (listing.card["license"], listing.card["language"]) == ("mit", ["en", "de"])
    found = {path.name: path.read_bytes() for path in store.root.iterdir()}
    assert found == {"config.json": CONFIG, "README.md": card}


def test_a_folder_on_disk_is_served(hub: Hub, store: Store, tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / "served" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "served" / name).write_bytes(content)
    hub.repos["library/small"] = Repo.of_folder(tmp_path / "served", large=1000)
    hub.faults.append(Fault("model.h5", after=1000))
    fetch(small(""), store, endpoint=hub.endpoint, patience=QUICK)
    assert_whole(store, small(""), FILES)
    assert hub.downloads()[1] == ("model.h5", "bytes=1000-")


def test_repair_fetches_only_what_is_bad(hub: Hub, store: Store) -> None:
    fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
    bad = store.path("small") / "config.json"
    bad.write_bytes(CONFIG.upper())
    assert store.verify("small") == ("config.json",)
    hub.faults.append(Fault("config.json", status=404))
    with pytest.raises(NotPublished):
        repair(small(), store, endpoint=hub.endpoint, patience=QUICK)
    assert not store.installed(small())
    assert repair(small(), store, endpoint=hub.endpoint, patience=QUICK) == ("config.json",)
    assert [name for name, _ in hub.downloads()[3:]] == ["config.json", "config.json"]
    assert_whole(store, small(), FILES)
    assert repair(small(), store, endpoint=hub.endpoint, patience=QUICK) == ()


def test_without_its_receipt_good_files_are_still_good(hub: Hub, store: Store) -> None:
    fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
    store.forget("small")
    (store.folder("small") / "tokenizer.json").write_bytes(b"[]")
    assert repair(small(), store, endpoint=hub.endpoint, patience=QUICK) == ("tokenizer.json",)
    assert [name for name, _ in hub.downloads()[3:]] == ["tokenizer.json"]
    assert_whole(store, small(), FILES)


def test_the_beginning_of_a_commit_finds_it_though_the_repo_went_on(hub: Hub, store: Store) -> None:
    hub.repos["library/small"].commits[SECOND] = {"model.h5": b"new", "config.json": b"new"}
    fetch(small(FIRST[:7]), store, endpoint=hub.endpoint, patience=QUICK)
    assert_whole(store, small(), FILES)
    hub.repos["library/small"].commits["4" * 40] = {}
    fetch(small(FIRST[:7]), Store(store.root / "other"), endpoint=hub.endpoint, patience=QUICK)
    with pytest.raises(NotPublished, match="no commit 3333333"):
        fetch(small("3333333"), store, endpoint=hub.endpoint, patience=QUICK)


def test_the_token_follows_no_list_of_commits_elsewhere(hub: Hub, store: Store) -> None:
    elsewhere = {"Link": f'<{hub.storage}/more>; rel="next"'}
    hub.faults.append(Fault("/commits/main", status=200, headers=elsewhere, body=b"[]"))
    with pytest.raises(NotPublished, match="no commit 3333333"):
        fetch(small("3333333"), store, endpoint=hub.endpoint, token="hf_secret", patience=QUICK)
    assert {asked.server for asked in hub.asked} == {"hub"}


def test_what_no_entry_pins_stays_as_it_was_first_fetched(hub: Hub, store: Store) -> None:
    fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
    hub.repos["base"].commits[SECOND] = {"tokenizer.json": b"new"}
    (store.path("small") / "tokenizer.json").unlink()
    fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
    assert_whole(store, small(), FILES)


def test_another_commit_replaces_only_what_differs(hub: Hub, store: Store) -> None:
    fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
    hub.repos["library/small"].commits[SECOND] = {"model.h5": WEIGHTS, "config.json": b"new"}
    hub.faults.append(Fault("config.json", status=404))
    with pytest.raises(NotPublished):
        fetch(small(SECOND), store, endpoint=hub.endpoint, patience=QUICK)
    assert not store.installed(small())
    fetch(small(SECOND), store, endpoint=hub.endpoint, patience=QUICK)
    assert [name for name, _ in hub.downloads()[3:]] == ["config.json", "config.json"]
    assert_whole(store, small(SECOND), {"model.h5": WEIGHTS, "config.json": b"new"})


def test_the_old_receipt_never_vouches_for_new_files(hub: Hub, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch(small(), store, endpoint=hub.endpoint, patience=QUICK)
    hub.repos["library/small"].commits[SECOND] = {name: content.swapcase() for name, content in FILES.items()}

    def stop(*_: object) -> None:
        raise Interrupted

    monkeypatch.setattr(Store, "record", stop)
    with pytest.raises(Interrupted):
        fetch(small(SECOND), store, endpoint=hub.endpoint, patience=QUICK)
    assert not store.installed(small())
    assert not store.installed(small(SECOND))


def test_a_model_without_files(store: Store) -> None:
    spec = small(FIRST, TOML[TOML.index("[[files]]") :].strip(), "")
    with pytest.raises(NotPublished, match="are not published"):
        fetch(spec, store)


def test_a_folder_that_cannot_be_written(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot be changed"):
        fetch(small(), Store(tmp_path / "file"), endpoint=hub.endpoint, patience=QUICK)
    assert hub.asked == []
