"""Ready models of a tiny BERT with random weights and a small WordPiece tokenizer: quick to make, real to use."""

from __future__ import annotations

import string
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from tests.models.published_folders import BERT_CONFIG, Arrays, Floats, answer, published, random_array, write
from tests.models.small_encoder import WIDTH
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from classmark_models.convert import FLOAT32, INT8, Precision, convert
from classmark_models.pack import SPEC, Pack, open_pack
from classmark_models.published.fingerprints import FINGERPRINTS, write_fingerprints
from classmark_models.published.labelling import LABELS, write_labels
from classmark_models.spec import ModelSpec, parse_spec, write_spec
from classmark_models.store import Receipt, held_of, write_receipt
from classmark_models.word_pieces import write_word_pieces

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = (
    "the a of and in to on for by from with is are was were be not it this that as at or an which we they he she how "
    "why title abstract none page contents chapter text word bees honey hive queen flower garden tree river glacier "
    "ice snow sea ship sailor map city town law court tax trade money bank price engine car motor oil wheel road bike "
    "computer window screen file disk graph image colour light star moon planet orbit probe space god faith church "
    "bible war gun peace state party vote game team ball ice player goal key code cipher secret chip circuit doctor "
    "patient drug cell protein gene pain sale offer old new good bad long short warm cold black white"
).split()
PIECES = list(
    dict.fromkeys(
        [*SPECIAL, *WORDS, *string.ascii_lowercase, *(f"##{letter}" for letter in string.ascii_lowercase)]
        + list(string.digits + "<>.,:;!?()-’äöü")
        + [f"##{letter}" for letter in "sedingäöü0123456789"]
    )
)
TOKENS = 48
"""The longest row that the tiny BERT takes."""
NAMES = ("comp.graphics", "comp.windows.x", "rec.autos", "sci.med", "sci.space", "talk.religion.misc")


def tiny_spec(name: str = "tiny", more: str = "", labels: str = "") -> ModelSpec:
    """Return the entry of a tiny classifier of six newsgroups; ``more`` and ``labels`` are further TOML."""
    names = ", ".join(f'"{label}"' for label in NAMES)
    labels = labels or f'names = [{names}]\nhierarchy = "dots"\nlevel = "newsgroup"'
    return parse_spec(
        f'id = "{name}"\ntitle = "Tiny"\ntask = "classification"\nlicence = "MIT"\nscope = "Nothing at all."\n{more}\n'
        f'[labels]\n{labels}\n[[golden]]\ntitle = "Bees in the garden"\nabstract = "The queen of the hive is old."\n'
    )


def tiny_masked_spec(name: str = "tiny-masks") -> ModelSpec:
    return replace(tiny_spec(name, labels='level = "subject"'), task="masked-words")


def write_tokenizer(path: Path) -> None:
    """Write an uncased WordPiece tokenizer that wants to cut and pad, as published ones often do."""
    tokenizer = Tokenizer(models.WordPiece({piece: at for at, piece in enumerate(PIECES)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    ends = [(token, SPECIAL.index(token)) for token in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.enable_truncation(7)
    tokenizer.enable_padding(length=20)
    tokenizer.save(str(path))


def tiny_weights(labels: int, bias: Floats | None = None) -> Arrays:
    """Return the weights of a BERT of two narrow layers with heads for subjects and for masked words."""
    arrays = published("bert")
    for name in [name for name in arrays if "attention.self.value.weight" in name]:
        arrays[name] = 5 * arrays[name]
    arrays["bert.embeddings.word_embeddings.weight"] = random_array(41, len(PIECES), WIDTH)
    arrays["bert.embeddings.position_embeddings.weight"] = random_array(42, TOKENS, WIDTH, scale=0.1)
    arrays["classifier.weight"] = random_array(43, labels, WIDTH, scale=2)
    arrays["classifier.bias"] = np.zeros(labels, "<f4") if bias is None else bias
    arrays["cls.predictions.transform.dense.weight"] = random_array(45, WIDTH, WIDTH, scale=0.3)
    arrays["cls.predictions.transform.dense.bias"] = random_array(46, WIDTH)
    arrays["cls.predictions.transform.LayerNorm.weight"] = random_array(47, WIDTH)
    arrays["cls.predictions.transform.LayerNorm.bias"] = random_array(48, WIDTH)
    arrays["cls.predictions.bias"] = random_array(49, len(PIECES))
    return arrays


@cache
def _even_bias(labels: int) -> Floats:
    """Return the bias with which no label is the answer to everything."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        write(folder, _config(labels), tiny_weights(labels))
        write_tokenizer(folder / "tokenizer.json")
        convert(folder, folder / "model.onnx", FLOAT32)
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        answers = [answer(folder / "model.onnx", tokenizer.encode(words(8, seed)).ids)["logits"] for seed in range(20)]
    return np.asarray(-np.mean(answers, axis=0), "<f4")


def _config(labels: int, made_for: str = "BertForSequenceClassification") -> dict[str, Any]:
    return {
        **BERT_CONFIG,
        "architectures": [made_for],
        "vocab_size": len(PIECES),
        "max_position_embeddings": TOKENS,
        "id2label": {str(place): f"LABEL_{place}" for place in range(labels)},
    }


def write_published(folder: Path, spec: ModelSpec, labels: int = len(NAMES)) -> Path:
    """Write the tiny BERT as a publisher would, for what ``spec`` says it is made for."""
    folder.mkdir(parents=True, exist_ok=True)
    made_for = "BertForMaskedLM" if spec.task == "masked-words" else "BertForSequenceClassification"
    write_tokenizer(folder / "tokenizer.json")
    return write(folder, _config(labels, made_for), tiny_weights(labels, _even_bias(labels)))


def ready_pack(
    folder: Path,
    spec: ModelSpec | None = None,
    names: tuple[str, ...] = (),
    labels: int = len(NAMES),
    precision: Precision = INT8,
) -> Pack:
    """Write a ready model into a folder and open it; ``names`` are those of its config.json."""
    spec = spec or tiny_spec()
    spec = replace(spec, limits=replace(spec.limits, tokens=min(spec.limits.tokens, TOKENS)))
    published_folder = write_published(folder / "published", spec, labels)
    graph, tokenizer = folder / "model.onnx", folder / "tokenizer.json"
    converted = convert(published_folder, graph, precision)
    for path in published_folder.iterdir():
        path.rename(tokenizer) if path.name == tokenizer.name else path.unlink()
    published_folder.rmdir()
    write_spec(spec, folder / SPEC)
    if spec.task == "classification":
        write_labels(spec, names, folder / LABELS, converted.labels)
        write_word_pieces(tokenizer)
        write_fingerprints(spec, tokenizer, graph, folder / FINGERPRINTS)
    facts = {"format": 1, "name": spec.id, "task": spec.task, "variant": "int8", "graph": graph.name}
    facts |= {"outputs": converted.labels, "origin": "converted"}
    seal(folder, spec.id, facts)
    return open_pack(folder)


def seal(folder: Path, name: str, facts: dict[str, Any]) -> None:
    """Write the manifest of what lies in a ready model's folder."""
    files = {path.relative_to(folder).as_posix(): held_of(path) for path in folder.rglob("*") if path.is_file()}
    files.pop("manifest.json", None)
    write_receipt(folder, Receipt(name, {}, files, facts))


def words(count: int, seed: int = 0) -> str:
    """Return a text of so many words, all of which the tokenizer knows."""
    chosen = np.random.default_rng(seed).choice(WORDS, count)
    return " ".join(word + "." * (place % 9 == 8) for place, word in enumerate(chosen))
