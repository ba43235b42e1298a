"""``classmark models`` within this process: what it shows, does, asks and refuses."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import CANCELLED, DONE, FAILED, USAGE, Call
from tests.cli.model_world import ABSTRACT, TITLE, World, make_world
from tests.models.hub_server import Fault, Hub, Repo

from classmark.cli.terminal import sized
from classmark_models.collection import Collection
from classmark_models.convert import LADDER
from classmark_models.hub.transfer import Meter
from classmark_models.journal import Journal
from classmark_models.spec import BUILTIN_ID, BUILTIN_IDS, write_spec
from classmark_models.workshop import Workshop


@pytest.fixture(autouse=True)
def short_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classmark_models.selftest.SECONDS_A_TRY", 0.02)


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with Hub({}).running() as hub:
        yield make_world(hub, tmp_path_factory.mktemp("published"))


@pytest.fixture
def world(lasting: World, home: Path, monkeypatch: pytest.MonkeyPatch, alone: None) -> World:
    """The tiny models in the catalogue; the hub is settled, and has not been asked anything."""
    lasting.know(home)
    lasting.hub.asked.clear()
    lasting.hub.faults.clear()
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    (home / "settings.toml").write_text(f'hub = "{lasting.hub.endpoint}"\n', encoding="utf-8")
    return lasting


@pytest.fixture(scope="module")
def ready_models(lasting: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is in the models folder of somebody who has fetched all of them."""
    home = tmp_path_factory.mktemp("ready")
    lasting.know(home)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("classmark_models.selftest.SECONDS_A_TRY", 0.02)
        for name in lasting.entries:
            Workshop(Collection(home / "models"), Journal(home / "connections.jsonl"), hub=lasting.hub.endpoint).fetch(
                name
            )
    return home / "models"


@pytest.fixture
def fetched(world: World, ready_models: Path, home: Path) -> World:
    """The tiny models are ready."""
    shutil.copytree(ready_models, home / "models", dirs_exist_ok=True)
    return world


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that makes the standard streams a terminal, on which somebody types a text."""

    def put(text: str) -> None:
        typed = io.StringIO(text)
        monkeypatch.setattr(typed, "isatty", lambda: True)
        monkeypatch.setattr(sys, "stdin", typed)
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

    return put


def read_json(out: str) -> Any:
    return json.loads(out)


def columns(out: str) -> list[list[str]]:
    """Return the cells of a table, of which two spaces are the least between columns."""
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in out.splitlines()]


def test_list_says_how_far_each_model_is(world: World, call_plainly: Call) -> None:
    code, out, err = call_plainly("models", "list")
    assert (code, err) == (DONE, "")
    rows = {row[0]: row[1:] for row in columns(out)}
    assert rows[BUILTIN_ID][:2] == ["built in", "98 MB"]
    assert rows["newsgroups-20"][:2] == ["not here", "269 MB to fetch"]
    assert rows["arxiv-spheres"][0] == "not published"
    assert rows["tiny"][0] == "not here"
    assert len({line.index(row[1]) for line, row in zip(out.splitlines(), columns(out), strict=True)}) == 1
    assert call_plainly("models", "fetch", "tiny", "--yes")[0] == DONE
    rows = {row[0]: row[1:] for row in columns(call_plainly("models", "list")[1])}
    assert rows["tiny"][0] == "ready"
    assert rows["tiny"][2].endswith(" s")
    facts = {each["id"]: each for each in read_json(call_plainly("models", "list", "--json")[1])}
    assert (facts["tiny"]["state"], facts["tiny"]["to_fetch"]) == ("ready", 0)
    assert facts["tiny"]["size"] > 0
    assert facts["tiny"]["selftest"]["passed"] is True
    assert facts["bio-lm"] == {
        **{"id": "bio-lm", "title": "Life-science language model", "task": "masked-words", "state": "known"},
        **{"size": 0, "to_fetch": facts["bio-lm"]["to_fetch"], "selftest": None},
    }


def test_info_before_and_after(world: World, call_plainly: Call, home: Path) -> None:
    code, out, err = call_plainly("models", "info", "tiny-masks")
    assert (code, err) == (DONE, "")
    assert "none stated: its publisher does not say what you may do with it." in " ".join(out.split())
    before = read_json(call_plainly("models", "info", "tiny", "--json")[1])
    assert (before["folder"], before["variant"], before["subjects"]) == (None, None, {"newsgroup": 6})
    assert "model.safetensors" in [file["path"] for file in before["files"]]
    call_plainly("models", "fetch", "tiny", "--yes")
    after = read_json(call_plainly("models", "info", "tiny", "--json")[1])
    assert after["folder"] == str(home / "models" / "ready" / "tiny")
    assert (after["origin"], after["licence"], after["scope"]) == ("converted", "MIT", "Nothing at all.")
    assert list(after["subjects"].values())[-1] == 6
    assert len(after["subjects"]) == 3
    for file in after["files"]:
        path = home / "models" / "ready" / "tiny" / file["path"]
        assert (path.stat().st_size, len(file["sha256"])) == (file["size"], 64)
    page = call_plainly("models", "info", "tiny")[1]
    for text in ("Tiny (tiny)", "library/tiny", "newsgroup 6", after["variant"], after["files"][0]["sha256"]):
        assert text in page
    assert after["selftest"]["sentence"] in " ".join(page.split())


def test_info_of_the_builtin(call_plainly: Call) -> None:
    code, out, _ = call_plainly("models", "info", BUILTIN_ID)
    assert code == DONE
    assert "domain 4 · field 26 · subfield 252 · topic 4,516" in out


def test_nothing_that_a_model_says_of_itself_commands_the_terminal(
    lasting: World, home: Path, call_plainly: Call
) -> None:
    evil = replace(lasting.entries["tiny"], title="Nice\x1b[2J", scope="Good\x07 for all.")
    folder = home / "models" / "catalogue"
    folder.mkdir(parents=True)
    write_spec(evil, folder / "tiny.toml")
    for command in (("list",), ("info", "tiny")):
        code, out, _ = call_plainly("models", *command)
        assert (code, "Nice\\x1b[2J" in out) == (DONE, True)
        assert not set(out) & {"\x1b", "\x07"}


def test_a_damaged_manifest_is_shown_as_such(world: World, call_plainly: Call, home: Path) -> None:
    folder = home / "models" / "ready" / "tiny"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text('{"id": "tiny", "files": {"model.onnx": {"bytes": "x"}}}', encoding="utf-8")
    assert call_plainly("models", "info", "tiny")[0] == DONE
    rows = {row[0]: row[1:] for row in columns(call_plainly("models", "list")[1])}
    assert rows["tiny"][0] == "damaged"
    code, _, err = call_plainly("classify", "--title", TITLE, "--model", "tiny")
    assert (code, "`classmark models repair tiny`" in err) == (FAILED, True)
    assert call_plainly("models", "repair", "tiny", "--yes")[0] == DONE
    assert call_plainly("models", "verify", "tiny")[0] == DONE


def test_a_download_is_described_before_it_begins(
    world: World, call_plainly: Call, type_in: Callable[[str], None]
) -> None:
    type_in("n\n")
    code, out, err = call_plainly("models", "fetch", "tiny", "tiny-masks")
    assert (code, out) == (CANCELLED, ""), err
    rows = dict(row for row in columns(err) if len(row) == 2)
    size = sum(path.stat().st_size for path in (world.published / "tiny-masks").iterdir())
    assert rows["to come"].startswith(f"{sized(size)}, converted on this computer")
    assert rows["free"].endswith("GB")
    assert rows["place"].endswith("models")
    assert rows["source"] == f"{world.hub.endpoint}, library/tiny-masks at 1111111"
    assert rows["licence"].startswith("none stated")
    assert "Fetch tiny and tiny-masks? [y/N]" in err
    assert err.endswith("Nothing was fetched.\n")
    assert world.hub.downloads() == []


@pytest.mark.parametrize(
    ("typed", "agreed"), [("y\n", True), ("Yes\n", True), ("\n", False), ("", False), ("j\n", False)]
)
def test_only_yes_is_yes(
    typed: str, agreed: bool, world: World, call_plainly: Call, type_in: Callable[[str], None], home: Path
) -> None:
    type_in(typed)
    assert call_plainly("models", "fetch", "tiny")[0] == (DONE if agreed else CANCELLED)
    assert (home / "models" / "ready" / "tiny").exists() is agreed


def test_progress_is_drawn_on_a_terminal(world: World, call_plainly: Call, type_in: Callable[[str], None]) -> None:
    type_in("")
    _, out, err = call_plainly("models", "fetch", "tiny", "--yes")
    assert "\rFetching model.safetensors [" in err
    assert "\rConverting" in err
    assert "\x1b" not in out


@pytest.mark.parametrize("command", [["fetch", "tiny"], ["remove", "tiny"]])
def test_without_a_terminal_nobody_can_be_asked(
    command: list[str], world: World, call_plainly: Call, home: Path
) -> None:
    code, out, err = call_plainly("models", *command)
    assert (code, out) == (USAGE, "")
    assert err.splitlines()[-1].endswith("add --yes if you mean it")
    assert world.hub.asked == []


def test_fetch_tells_what_came_of_it(world: World, call_plainly: Call, home: Path) -> None:
    code, out, _ = call_plainly("models", "fetch", "tiny", "--yes")
    assert code == DONE
    assert out.startswith("tiny is ready: ")
    assert "A page takes" in out
    assert not (home / "models" / "published" / "tiny").exists()
    code, out, err = call_plainly("models", "fetch", "tiny", "--yes", "--json")
    assert (code, read_json(out)) == (DONE, [])
    assert err.startswith("tiny is ready already.")
    code, out, _ = call_plainly("models", "fetch", "tiny", "--yes", "--variant", "float32", "--keep", "--json")
    assert code == DONE
    assert (read_json(out)[0]["variant"], read_json(out)[0]["selftest"]["passed"]) == ("float32", True)
    assert (home / "models" / "published" / "tiny" / "model.safetensors").exists()
    code, out, _ = call_plainly("models", "convert", "tiny", "--json")
    assert (code, read_json(out)["id"]) == (DONE, "tiny")


def test_convert_a_folder(world: World, call_plainly: Call) -> None:
    code, out, _ = call_plainly("models", "convert", "tiny", world.published / "tiny")
    assert (code, out.startswith("tiny is ready: ")) == (DONE, True)
    assert world.hub.asked == []


def test_interrupted_fetch_goes_on(
    world: World, call_plainly: Call, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def press_control_c(self: Meter, count: int) -> None:
        if count > 10_000:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Meter, "add", press_control_c)
        code, _, err = call_plainly("models", "fetch", "tiny", "--yes")
    assert code == CANCELLED
    assert err.splitlines()[-1] == (
        "Stopped. What has come so far is kept: `classmark models fetch` goes on from there."
    )
    rows = {row[0]: row[1] for row in columns(call_plainly("models", "list")[1])}
    assert rows["tiny"] == "begun"
    assert call_plainly("models", "fetch", "tiny", "--yes")[0] == DONE
    ranges = [asked for name, asked in world.hub.downloads() if name == "model.safetensors"]
    assert ranges[0] is None
    assert ranges[1] is not None


def test_verify_and_repair(fetched: World, call_plainly: Call, type_in: Callable[[str], None], home: Path) -> None:
    whole = columns(call_plainly("models", "verify")[1])
    assert [row for row in whole if row[0] not in BUILTIN_IDS[1:]] == [
        [name, "whole"] for name in (BUILTIN_ID, "tiny-flat", "tiny-masks", "tiny")
    ]
    assert {word for _, word in whole} == {"whole"}
    labels = home / "models" / "ready" / "tiny" / "labels.csv"
    labels.write_bytes(labels.read_bytes().replace(b"comp", b"cOmp"))
    code, out, err = call_plainly("models", "verify", "tiny", "--json")
    assert (code, read_json(out)) == (FAILED, {"tiny": ["labels.csv"]})
    assert "`classmark models repair tiny` puts that right." in err
    type_in("no\n")
    assert call_plainly("models", "repair", "tiny")[0] == CANCELLED
    code, out, _ = call_plainly("models", "repair", "tiny", BUILTIN_ID, "--yes")
    assert (code, out.splitlines()) == (
        DONE,
        ["tiny is whole again. Put right: labels.csv.", f"{BUILTIN_ID} is whole."],
    )
    assert call_plainly("models", "verify", "tiny")[0] == DONE


def test_selftest(world: World, call_plainly: Call) -> None:
    assert call_plainly("models", "selftest")[2].startswith("No models are ready but the built-in ones.")
    call_plainly("models", "fetch", "tiny", "--yes")
    code, out, _ = call_plainly("models", "selftest")
    assert code == DONE
    assert columns(out)[1][:2] == ["tiny", "passed"]
    tested = read_json(call_plainly("models", "selftest", "tiny", "--json")[1])["tiny"]
    assert tested["passed"] is True
    assert tested["compared"] > 0


def test_remove(fetched: World, call_plainly: Call, type_in: Callable[[str], None], home: Path) -> None:
    type_in("n\n")
    code, _, err = call_plainly("models", "remove", "tiny")
    assert (code, err.splitlines()[-1]) == (CANCELLED, "Remove tiny from this computer? [y/N] Nothing was removed.")
    assert call_plainly("models", "remove", "tiny", "--yes")[:2] == (DONE, "tiny was removed.\n")
    assert not (home / "models" / "ready" / "tiny").exists()


def test_add_a_model_of_the_hub(world: World, call_plainly: Call, home: Path) -> None:
    config = json.loads((world.published / "tiny" / "config.json").read_text(encoding="utf-8"))
    config["id2label"] = {
        str(place): name for place, name in enumerate(("bees", "ships", "stars", "law", "cars", "ice"))
    }
    files: dict[str, bytes | Path] = {path.name: path for path in (world.published / "tiny").iterdir()}
    world.hub.repos["someone/six"] = Repo({"2" * 40: {**files, "config.json": json.dumps(config).encode()}})
    code, out, _ = call_plainly("models", "add", "someone/six", "--id", "six")
    assert (code, out.startswith("six is in the catalogue. `classmark models fetch six` fetches it, ")) == (DONE, True)
    assert call_plainly("models", "fetch", "six", "--yes")[0] == DONE
    world.hub.repos["someone/odd"] = Repo({"3" * 40: {"config.json": b'{"model_type": "gpt2"}'}})
    code, out, err = call_plainly("models", "add", "someone/odd")
    assert (code, out) == (FAILED, "")
    assert err.startswith("classmark: ")


def test_exports_spare_the_others_converting(
    fetched: World, call_plainly: Call, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, _ = call_plainly("models", "export", "--hub-layout", tmp_path / "layout", "tiny", "tiny-masks")
    assert (code, len(out.splitlines())) == (DONE, 2)
    for name in ("tiny", "tiny-masks"):
        fetched.hub.repos[f"ours/{name}"] = Repo.of_folder(tmp_path / "layout" / name, 1000)
    monkeypatch.setenv("CLASSMARK_HOME", str(tmp_path / "other"))
    fetched.know(tmp_path / "other")
    fetched.hub.asked.clear()
    addresses = ("--hub", fetched.hub.endpoint, "--exports", f"{fetched.hub.endpoint}/ours")
    code, out, err = call_plainly("models", "fetch", "tiny", "tiny-masks", *addresses, "--yes")
    assert code == DONE, err
    assert err.count("ready to be used, nothing is converted") == 2
    assert "model.safetensors" not in [name for name, _ in fetched.hub.downloads()]
    assert read_json(call_plainly("models", "info", "tiny", "--json")[1])["origin"] == "export"
    assert call_plainly("fill-mask", "the <mask> is old", "--model", "tiny-masks")[0] == DONE


def test_suitcases(fetched: World, call_plainly: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, _ = call_plainly("models", "export", "tiny", tmp_path)
    case = tmp_path / "tiny.classmark"
    assert (code, out) == (DONE, f"tiny is in {case} ({sized(case.stat().st_size)}).\n")
    monkeypatch.setenv("CLASSMARK_HOME", str(tmp_path / "other"))
    code, out, _ = call_plainly("models", "import", case)
    assert code == DONE
    assert out.startswith(f"tiny is here, from {case}. ")
    assert read_json(call_plainly("models", "import", case, "--json")[1])[0]["id"] == "tiny"
    lines = call_plainly("classify", "--title", TITLE, "--abstract", ABSTRACT, "--model", "tiny", "--format", "jsonl")[
        1
    ]
    assert read_json(lines)["classifier"] == "tiny"
    broken = tmp_path / "broken.classmark"
    broken.write_bytes(case.read_bytes()[:-100])
    code, out, err = call_plainly("models", "import", broken)
    assert (code, out) == (FAILED, "")
    assert "broken.classmark cannot be imported: it is cut short" in err


def test_several_models_side_by_side(fetched: World, call_plainly: Call) -> None:
    given = ("classify", "--title", TITLE, "--abstract", ABSTRACT, "--threshold", "0", "--format", "jsonl")
    both = ("--model", "tiny", "--model", "tiny-flat")
    for more, levels in (((), ["newsgroup", "subject"]), (("--level", "hierarchy"), ["hierarchy", "subject"])):
        code, out, _ = call_plainly(*given, *both, *more)
        lines = [json.loads(line) for line in out.splitlines()]
        assert code == DONE
        assert [line["classifier"] for line in lines] == ["tiny", "tiny-flat"]
        assert [line["results"][0]["level"] for line in lines] == levels
    code, _, err = call_plainly(*given, *both, "--level", "genus")
    assert code == USAGE
    assert "--level is genus, and there are only hierarchy, branch, newsgroup, subject" in err
    assert call_plainly(*given, "--model", "tiny", "--level", "subject")[0] == USAGE


def test_fill_mask(fetched: World, call_plainly: Call) -> None:
    text = "the <mask> of the [MASK] is old"
    masked = ("fill-mask", text, "--model", "tiny-masks", "--top", "3")
    found = read_json(call_plainly(*masked, "--json")[1])
    assert found["text"] == text
    assert [len(mask) for mask in found["masks"]] == [3, 3]
    code, out, _ = call_plainly(*masked)
    assert code == DONE
    words = [line.split()[-1] for line in out.splitlines() if "%" in line]
    assert words == [each["word"] for mask in found["masks"] for each in mask]
    for arguments, reason in (
        (["no mask here", "--model", "tiny-masks"], "There is nothing to fill in"),
        (["a <mask>", "--model", "tiny"], "tiny fills no masks"),
        (["a <mask>"], "`classmark models fetch bio-lm`"),
    ):
        code, out, err = call_plainly("fill-mask", *arguments)
        assert (code, out) == (FAILED, "")
        assert reason in err


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (["models"], USAGE, "the following arguments are required: COMMAND"),
        (["models", "fetch"], USAGE, "the following arguments are required: ID"),
        (["models", "export", "tiny"], USAGE, "name one model and the file to write"),
        (["models", "export", "tiny", "a", "b"], USAGE, "name one model and the file to write"),
        (["models", "info", "nothing"], FAILED, "There is no model nothing in the catalogue"),
        (["models", "info", "../x"], FAILED, "There is no model ../x in the catalogue"),
        (["models", "fetch", "nothing", "--yes"], FAILED, "There is no model nothing in the catalogue"),
        (["models", "fetch", "arxiv-spheres", "--yes"], FAILED, "not published"),
        (["models", "fetch", "tiny", "--yes", "--hub", "http://127.0.0.1:9"], FAILED, "cannot be reached"),
        (["models", "fetch", "tiny", "--yes", "--variant", "int2"], FAILED, "There is no variant int2"),
        (["models", "convert", "tiny"], FAILED, "not installed"),
        (["models", "convert", "tiny", "/nowhere"], FAILED, "/nowhere"),
        (["models", "import", "/nowhere.classmark"], FAILED, "/nowhere.classmark is not there"),
        (["models", "export", "tiny", "x.classmark"], FAILED, "not installed"),
        (["models", "export", "--hub-layout", "x", "tiny"], FAILED, "not installed"),
        (["models", "verify", "tiny"], FAILED, "Nothing of tiny is here yet"),
        (["models", "repair", "tiny", "--yes"], FAILED, "Nothing of tiny is here yet"),
        (["models", "remove", "tiny-x", "--yes"], FAILED, "There is nothing of tiny-x to remove"),
        (["models", "remove", BUILTIN_ID, "--yes"], FAILED, "comes with Classmark"),
        (["models", "selftest", "tiny"], FAILED, "not installed"),
        (["models", "add", "nonsense"], FAILED, "no repo of a model"),
        (["models", "add", "nobody/nothing"], FAILED, "nobody/nothing"),
        (["classify", "--title", "x", "--model", "tiny"], FAILED, "Fetch it with `classmark models fetch tiny`."),
        (["classify", "--title", "x", "--model", "arxiv-spheres"], FAILED, "classmark models convert arxiv-spheres"),
        (["fill-mask", "<mask>", "--top", "0"], USAGE, "must be 1 or more"),
    ],
)
def test_what_cannot_be_done_is_told(
    arguments: list[str],
    code: int,
    complaint: str,
    world: World,
    call_plainly: Call,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    found, out, err = call_plainly(*arguments)
    assert (found, out) == (code, "")
    assert complaint in err


@pytest.mark.parametrize(
    "command",
    ["", *"list info fetch convert import export verify repair remove selftest add".split()],
)
def test_each_command_explains_itself(command: str, call_plainly: Call) -> None:
    code, out, err = call_plainly("models", *([command] if command else []), "--help")
    assert (code, err) == (DONE, "")
    assert out.startswith(f"usage: classmark models {command}".rstrip())
    assert all(len(line) <= 100 for line in out.splitlines())


def test_the_variants_are_told(call_plainly: Call) -> None:
    told = " ".join(call_plainly("models", "fetch", "--help")[1].split())
    assert f"--variant NAME {', '.join(LADDER[:-1])} or {LADDER[-1]} (default:" in told


def test_a_hub_that_fails_is_told_and_gone_on_with(world: World, call_plainly: Call) -> None:
    world.hub.faults.append(Fault("/api/models/library/tiny", status=403, times=9))
    world.hub.faults.append(Fault("/api/models/library/tiny/revision/" + "1" * 40, status=403, times=9))
    code, out, err = call_plainly("models", "fetch", "tiny", "--yes")
    assert (code, out) == (FAILED, "")
    assert "does not give library/tiny to you (403)" in err
