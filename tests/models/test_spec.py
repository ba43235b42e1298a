"""The catalogue of published models, and entries that nobody has vouched for."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from classmark_models.errors import SpecInvalid
from classmark_models.spec import (
    BroaderLabel,
    check_id,
    check_path,
    parse_spec,
    read_catalogue,
    read_spec,
    spec_text,
    write_spec,
)

SMALL = """
id = "small"
title = "Small"
task = "classification"
repo = "library/small"
commit = "0123456789abcdef0123456789abcdef01234567"
licence = "MIT"
scope = "Anything."

[[files]]
path = "model.safetensors"
size = 5
"""


@pytest.mark.parametrize(
    ("name", "commit", "files", "size", "labels", "golden"),
    [
        ("arxiv-spheres", "", (), 0, 8, 2),
        ("bio-lm", "ad1b251", ("pytorch_model.bin", "config.json", "README.md", "tokenizer.json"), 499_000_000, 0, 2),
        ("newsgroups-20", "d0df317", ("tf_model.h5", "tokenizer.json", "config.json", "README.md"), 268_713_700, 20, 3),
        (
            "openalex-topics-v1",
            "7856c776a1d10ae58ee91045af0776807910de96",
            ("model.safetensors", "tokenizer.json", "config.json", "README.md"),
            728_537_000,
            0,
            3,
        ),
        (
            "title-subjects-8",
            "c0d95e1",
            ("tf_model.h5", "tokenizer.json", "config.json", "README.md"),
            713_960_000,
            8,
            3,
        ),
    ],
)
def test_catalogue(name: str, commit: str, files: tuple[str, ...], size: int, labels: int, golden: int) -> None:
    spec = read_catalogue()[name]
    assert (spec.id, spec.commit, spec.approximate_size) == (name, commit, size)
    assert tuple(file.path for file in spec.files) == files
    assert (len(spec.labels.names), len(spec.golden)) == (labels, golden)
    assert spec.scope.endswith(".")
    assert spec.languages


def test_catalogue_claims_no_exact_size_and_no_hash() -> None:
    files = [file for spec in read_catalogue().values() for file in spec.files]
    assert {(file.size, file.sha256) for file in files} == {(None, None)}


def test_openalex_keeps_its_publishers_rules() -> None:
    spec = read_catalogue()["openalex-topics-v1"]
    assert spec.prompt.both == "<TITLE> {title}\n<ABSTRACT> {abstract}"
    assert spec.prompt.abstract == "<TITLE> NONE\n<ABSTRACT> {abstract}"
    assert (spec.prompt.shortest_abstract, spec.prompt.longest_abstract, spec.limits.tokens) == (30, 2500, 512)
    assert (spec.labels.id, spec.labels.offset, spec.labels.hierarchy) == ("T{number}", 10_000, "openalex")
    assert (len(spec.labels.never), len(spec.labels.weak), len(spec.limits.skipped_scripts)) == (5, 6, 11)


def test_bio_lm_has_another_repos_tokenizer_and_no_licence() -> None:
    spec = read_catalogue()["bio-lm"]
    assert {file.path: (file.repo, file.commit) for file in spec.files}["tokenizer.json"] == ("roberta-base", "")
    assert not spec.licence_stated
    assert read_catalogue()["newsgroups-20"].licence_stated


def test_what_is_left_out_has_its_default() -> None:
    spec = parse_spec(SMALL)
    assert (spec.output, spec.languages, spec.limits.tokens, spec.prompt.title) == ("logits", (), 512, "{title}")
    (file,) = spec.files
    assert (file.repo, file.commit, file.size, file.optional) == ("library/small", spec.commit, 5, False)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('id = "small"', "", "id is missing"),
        ('id = "small"', 'id = "../small"', "is no id"),
        ('id = "small"', "id = 5", "id is no str"),
        ('title = "Small"', 'title = "Small"\nexec = "x"', "exec is unknown"),
        ('"classification"', '"anything"', "task is 'anything', not one of classification, masked-words"),
        ('repo = "library/small"', 'repo = "https://elsewhere/x"', "repo cannot be"),
        ('repo = "library/small"', 'repo = "../x"', "repo cannot be"),
        ('repo = "library/small"', "", "comes from no repo"),
        ("0123456789abcdef0123456789abcdef01234567", "main", "commit cannot be 'main'"),
        ("model.safetensors", "../model.safetensors", "no name of a model's file"),
        ("size = 5", "size = -5", "between 0 and"),
        ("size = 5", "size = 99999999999999", "between 0 and"),
        ("size = 5", "size = true", "size is no int"),
        ("size = 5", 'sha256 = "abc"', "sha256 cannot be 'abc'"),
        ("size = 5", 'url = "http://x"', r"files\[0\].url is unknown"),
        ("size = 5", '[[files]]\npath = "Model.safetensors"', "the same path"),
        ("size = 5", '[[files]]\npath = "b"\nrepo = "library/small"\ncommit = "abcdef0"', "two commits"),
        ("size = 5", "[labels]\nnames = [1]", "labels.names is no str"),
        ("size = 5", '[[labels.broader]]\nname = "A"\nx = 1', r"labels.broader\[0\].x is unknown"),
        ("size = 5", "[decline]\nmargin = 2", "decline.margin is no number from 0 to 1"),
        ("size = 5", "[decline]\nmargin = true", "decline.margin is no number from 0 to 1"),
        ("size = 5", "[decline]\nflatness = nan", "decline.flatness is no number from 0 to 1"),
        ("size = 5", '[labels]\nhierarchy = "x"', "labels.hierarchy is 'x'"),
        ("size = 5", "[prompt]\nboth = 1", "prompt.both is no str"),
        ("size = 5", "[prompt]\nthird = 1", "prompt.third is unknown"),
        ("size = 5", "size = ", "it is no TOML"),
        ("[[files]]", "[files]", "files is no list"),
    ],
)
def test_faults_are_named(old: str, new: str, fault: str) -> None:
    assert old in SMALL
    with pytest.raises(SpecInvalid, match=fault):
        parse_spec(SMALL.replace(old, new))


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("other.toml", SMALL.encode(), "not 'other'"),
        ("small.toml", b"\xff", "decode"),
        ("small.toml", b"#" * 1_000_001, "larger than 1,000,000"),
        ("small.toml", b"x = " + b"[" * 100_000, "no TOML"),
    ],
)
def test_an_entry_names_its_file_and_fault(tmp_path: Path, name: str, content: bytes, fault: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SpecInvalid, match=fault) as caught:
        read_spec(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("path", ["model.safetensors", "onnx/model_quantized.onnx", "vocab.txt", "a_b-c.1"])
def test_paths(path: str) -> None:
    assert check_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "..",
        "../x",
        "a/../x",
        "/x",
        "a//x",
        "a/",
        "a\\x",
        "C:x",
        "C:/x",
        "x:y",
        ".hidden",
        "x.",
        "x ",
        "x\n",
        "nul",
        "AUX.txt",
        "com1.bin",
        "manifest.json",
        "Manifest.JSON",
        "model.h5.part",
        "fetch.lock",
        "é",
        "a/b/c/d/e",
        "x" * 101,
    ],
)
def test_paths_that_are_refused(path: str) -> None:
    with pytest.raises(SpecInvalid, match="no name of a model's file"):
        check_path(path)


@pytest.mark.parametrize("name", ["", "A", "a_b", "-a", "..", "a/b", "con", "a" * 65])
def test_ids_that_are_refused(name: str) -> None:
    with pytest.raises(SpecInvalid, match="no id of a model"):
        check_id(name)


@pytest.mark.parametrize("name", read_catalogue())
def test_written_entry_reads_as_the_same(name: str, tmp_path: Path) -> None:
    spec = read_catalogue()[name]
    write_spec(spec, tmp_path / f"{name}.toml")
    assert read_spec(tmp_path / f"{name}.toml") == spec


@pytest.mark.parametrize("seed", range(30))
def test_any_text_can_be_written(seed: int) -> None:
    chance = random.Random(seed)

    def text() -> str:
        planes = [(0, 0x20), (0x20, 0x80), (0x7E, 0xA1), (0x2020, 0x2070), (0xE000, 0x11000), (0x1F300, 0x1F700)]
        return "".join(chr(chance.randrange(*chance.choice(planes))) for _ in range(chance.randrange(1, 20)))

    spec = parse_spec(SMALL)
    names = tuple(text() for _ in range(5))
    broader = tuple(BroaderLabel(text(), text(), text(), names[i:]) for i in range(chance.randrange(3)))
    labels = replace(spec.labels, names=names, broader=broader, offset=chance.randrange(99), uri=text())
    files = (
        replace(spec.files[0], size=None, sha256="0" * 64),
        replace(spec.files[0], path="b", repo="x/y", commit=""),
    )
    decline = replace(spec.decline, margin=chance.random() / 1e6, flatness=chance.random())
    changed = replace(spec, title=text(), labels=labels, files=files, decline=decline)
    assert parse_spec(spec_text(changed)) == changed


@pytest.mark.parametrize("title", ["\ud800", "x" * 5_000], ids=["half a character", "too long"])
def test_what_cannot_be_read_again_is_not_written(title: str) -> None:
    with pytest.raises(SpecInvalid, match=r"small cannot be written|title cannot be"):
        spec_text(replace(parse_spec(SMALL), title=title))
