"""Any classifier on a hub becomes an entry of the catalogue, or the reason is told before its weights are fetched."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from tests.models.fetching import FIRST, QUICK, SECOND, WEIGHTS
from tests.models.hub_server import Fault, Hub, Repo
from tests.models.published_folders import CONFIGS

from classmark_models.errors import AccessRefused, ModelError, ModelMissing, ModelUnsupported, NotPublished, SpecInvalid
from classmark_models.hub.repos import find_repo
from classmark_models.spec import NO_LICENCE, ModelSpec, parse_spec, spec_text

CARD = "---\nlicense: apache-2.0\nlanguage:\n- en\n- zh-CN\n- multilingual\n- Klingon\n---\n# A model\n"
NAMED = CONFIGS["bert"] | {"id2label": {"0": "History", "1": "Art"}}
MASKED = {"architectures": ["XLMRobertaForMaskedLM"], "id2label": None}


def publish(hub: Hub, config: dict[str, Any] | bytes | None, *names: str, card: str = CARD) -> dict[str, Any]:
    """Publish ``lib/Topics_of-Papers`` with a config.json and further files, and return the files."""
    files: dict[str, Any] = {name: WEIGHTS if "." in name[-12:] else b"" for name in names}
    if config is not None:
        files["config.json"] = config if isinstance(config, bytes) else json.dumps(config).encode()
    files["README.md"] = card.encode()
    hub.repos["lib/Topics_of-Papers"] = Repo({FIRST: files}, frozenset({"model.safetensors"}))
    return files


def find(hub: Hub, repo: str = "lib/Topics_of-Papers", name: str = "") -> ModelSpec:
    return find_repo(repo, name=name, endpoint=hub.endpoint, patience=QUICK)


USUAL = ("model.safetensors", "tokenizer.json")


@pytest.mark.parametrize("family", CONFIGS)
def test_an_entry_for_a_classifier(hub: Hub, family: str) -> None:
    publish(hub, CONFIGS[family] | {"id2label": {"0": "History", "1": "Art"}}, *USUAL, "tf_model.h5", "vocab.txt")
    spec = find(hub)
    assert parse_spec(spec_text(spec)) == spec
    assert (spec.id, spec.repo, spec.commit) == ("topics-of-papers", "lib/Topics_of-Papers", FIRST)
    assert (spec.task, spec.output, spec.licence) == ("classification", "logits", "apache-2.0")
    assert spec.languages == ("en", "zh", "mul")
    files = {file.path: file for file in spec.files}
    assert list(files) == ["model.safetensors", "config.json", "tokenizer.json", "README.md"]
    assert files["model.safetensors"].sha256 == hashlib.sha256(WEIGHTS).hexdigest()
    assert {file.commit for file in spec.files} == {FIRST}
    assert files["model.safetensors"].size == len(WEIGHTS)
    assert {name for name, _ in hub.downloads()} == {"config.json"}


@pytest.mark.parametrize(
    ("change", "names", "expected"),
    [
        ({"problem_type": "multi_label_classification"}, USUAL, {"output": "independent"}),
        ({"architectures": None}, USUAL, {"task": "classification"}),
        (MASKED, USUAL, {"task": "masked-words"}),
        ({}, ("pytorch_model.bin", "vocab.txt", "tokenizer_config.json"), {"task": "classification"}),
        ({}, ("onnx/model_quantized.onnx", "onnx/model.onnx", "tokenizer.json"), {"task": "classification"}),
    ],
)
def test_what_the_config_says(
    hub: Hub, change: dict[str, Any], names: tuple[str, ...], expected: dict[str, str]
) -> None:
    publish(hub, NAMED | change, *names)
    spec = find(hub)
    assert {key: getattr(spec, key) for key in expected} == expected
    assert {file.path for file in spec.files} == {*names, "config.json", "README.md"} - {"onnx/model.onnx"}


@pytest.mark.parametrize(
    ("change", "names", "reason"),
    [
        ({"model_type": "gpt2"}, USUAL, '"gpt2" cannot be converted'),
        ({"architectures": ["BertLMHeadModel"], "is_decoder": True}, USUAL, "is a decoder"),
        ({"architectures": ["BertForTokenClassification"]}, USUAL, "TokenClassification neither classifies"),
        ({"architectures": ["BertModel"]}, USUAL, "BertModel neither classifies"),
        ({"architectures": None, "id2label": None}, USUAL, "an encoder alone neither classifies"),
        ({"problem_type": "regression"}, USUAL, "rates texts by a number"),
        ({"id2label": {"0": "score"}}, USUAL, "rates texts by a number"),
        ({"id2label": {"0": "LABEL_0", "1": "LABEL_1"}}, USUAL, "no names"),
        ({"id2label": None}, USUAL, "no names"),
        ({"id2label": {"0": "Art", "1": "Art"}}, USUAL, "same id"),
        ({"auto_map": {"AutoModel": "theirs.Model"}}, USUAL, "runs a program of its publisher"),
        ({"quantization_config": {}}, USUAL, "quantized already"),
        ({}, ("model.safetensors",), "no tokenizer"),
        ({}, ("model.safetensors", "sentencepiece.bpe.model"), "no tokenizer"),
        ({}, ("rust_model.ot", "tokenizer.json"), "no weights that Classmark can read"),
        ({}, ("model.safetensors.index.json", "model-00001-of-00002.safetensors", *USUAL[1:]), "several files"),
        (MASKED, ("onnx/model.onnx", "tokenizer.json"), "no weights that Classmark can read"),
    ],
)
def test_refusals_come_before_the_weights(
    hub: Hub, change: dict[str, Any], names: tuple[str, ...], reason: str
) -> None:
    publish(hub, NAMED | change, *names)
    with pytest.raises(ModelUnsupported, match=reason) as refused:
        find(hub)
    assert "/tmp" not in str(refused.value)
    assert {name for name, _ in hub.downloads()} == {"config.json"}


@pytest.mark.parametrize("config", [None, b"", b"[]", b"[" * 99_999, b'{"model_type": 5}', b'{"model_type": "bert"}'])
def test_a_hostile_config(hub: Hub, config: bytes | None) -> None:
    publish(hub, config, *USUAL)
    with pytest.raises(ModelError, match=r"lib/Topics_of-Papers"):
        find(hub)


@pytest.mark.parametrize(
    ("stated", "licence"),
    [
        ("", NO_LICENCE),
        ("license: unknown", NO_LICENCE),
        ("license: other\nlicense_name: our-own", "our-own"),
        ("license: [mit, cc0-1.0]", "mit, cc0-1.0"),
        ("license: {a: b}", NO_LICENCE),
    ],
)
def test_licences(hub: Hub, stated: str, licence: str) -> None:
    publish(hub, NAMED, *USUAL, card=f"---\n{stated}\n---\n")
    assert find(hub).licence == licence


@pytest.mark.parametrize(
    ("asked", "commit"),
    [
        ("lib/Topics_of-Papers", SECOND),
        (" lib/Topics_of-Papers@1111111 ", FIRST),
        ("https://huggingface.co/lib/Topics_of-Papers/", SECOND),
        (f"https://huggingface.co/lib/Topics_of-Papers/tree/{FIRST}", FIRST),
        ("https://huggingface.co/lib/Topics_of-Papers/tree/main", SECOND),
    ],
)
def test_ways_to_name_a_repo(hub: Hub, asked: str, commit: str) -> None:
    files = publish(hub, NAMED, *USUAL)
    hub.repos["lib/Topics_of-Papers"].commits[SECOND] = files
    spec = find(hub, asked, name="mine")
    assert (spec.id, spec.commit) == ("mine", commit)


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "topics",
        "lib/topics/more",
        "../topics",
        "lib/topics@dev",
        "https://huggingface.co/datasets/lib/topics",
        "https://huggingface.co/lib/topics/blob/main",
        "a/b c",
    ],
)
def test_what_is_no_repo(hub: Hub, asked: str) -> None:
    with pytest.raises(SpecInvalid, match="owner/name"):
        find(hub, asked)
    assert hub.asked == []


def test_an_id_that_cannot_be_one(hub: Hub) -> None:
    publish(hub, NAMED, *USUAL)
    with pytest.raises(SpecInvalid, match="no id of a model"):
        find(hub, name="../mine")


def test_a_gated_repo_is_refused_until_its_terms_are_agreed_to(hub: Hub) -> None:
    publish(hub, NAMED, *USUAL)
    hub.repos["lib/Topics_of-Papers"].gated, hub.gate = True, "hf_secret"
    with pytest.raises(AccessRefused, match="agree to terms"):
        find(hub)
    spec = find_repo("lib/Topics_of-Papers", endpoint=hub.endpoint, token="hf_secret", patience=QUICK)
    assert spec.id == "topics-of-papers"


def test_a_repo_that_is_not_there(hub: Hub) -> None:
    hub.faults.append(Fault("nowhere", status=404))
    with pytest.raises(NotPublished):
        find(hub, "lib/nowhere")


def test_an_adapter_is_no_model(hub: Hub) -> None:
    publish(hub, None, "adapter_config.json", "adapter_model.safetensors")
    with pytest.raises(ModelMissing, match=r"has no config\.json"):
        find(hub)
