"""The five published models at full size, in the layouts of their publishers, with random weights.

Weights say nothing, but are as many, named and stored as published ones are; tokenizers have as many pieces.
``python -m tests.bench.full_size ID FOLDER [WEIGHTS]`` writes one, from the files of WEIGHTS if that is given.
"""

from __future__ import annotations

import itertools
import json
import shutil
import string
import struct
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
from tests.models.checkpoint_files import state_dict, tensor
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from classmark_models.collection import open_builtin
from classmark_models.spec import ModelSpec, read_catalogue

Floats = npt.NDArray[np.float32]
WIDTH, INNER, POSITIONS = 768, 3072, 512
SPREAD, HEAD_SPREAD = 0.05, 0.1
_BERT_PARTS = {
    "attention.self.query": (WIDTH, WIDTH),
    "attention.self.key": (WIDTH, WIDTH),
    "attention.self.value": (WIDTH, WIDTH),
    "attention.output.dense": (WIDTH, WIDTH),
    "attention.output.LayerNorm": (WIDTH,),
    "intermediate.dense": (INNER, WIDTH),
    "output.dense": (WIDTH, INNER),
    "output.LayerNorm": (WIDTH,),
}
_DISTILBERT_PARTS = {
    "attention.q_lin": (WIDTH, WIDTH),
    "attention.k_lin": (WIDTH, WIDTH),
    "attention.v_lin": (WIDTH, WIDTH),
    "attention.out_lin": (WIDTH, WIDTH),
    "sa_layer_norm": (WIDTH,),
    "ffn.lin1": (INNER, WIDTH),
    "ffn.lin2": (WIDTH, INNER),
    "output_layer_norm": (WIDTH,),
}
Layer = tuple[str, tuple[int, ...]]
"""A layer's name and the shape of its weight; a bias goes with all but tables."""


@dataclass(frozen=True, slots=True)
class FullSize:
    """One model: the layers below its encoder's name, those of its head, and the names of its outputs."""

    made_for: str
    words: int
    layers: int
    head: tuple[Layer, ...]
    write: Callable[[Path, Iterable[tuple[str, Floats]]], None]
    labels: tuple[str, ...] = ()
    cased: bool = True

    @property
    def family(self) -> str:
        """The model_type of config.json."""
        return {"B": "bert", "D": "distilbert", "R": "roberta"}[self.made_for[0]]

    def publish(self, folder: Path, given: Path | None = None) -> Path:
        """Write weights, config.json and tokenizer.json into a folder, and return it; ``given`` has the former two."""
        folder.mkdir(parents=True)
        if given:
            for path in given.iterdir():
                shutil.copyfile(path, folder / path.name)
        else:
            self.write(folder, self._arrays())
            (folder / "config.json").write_text(json.dumps(self._config()), encoding="utf-8")
        write = write_byte_pairs if self.family == "roberta" else write_word_pieces
        write(folder / "tokenizer.json", self.words, lowercase=not self.cased)
        (folder / "README.md").write_text(
            "---\nlanguage: en\n---\nRandom weights in a published layout.\n", encoding="utf-8"
        )
        return folder

    def _config(self) -> dict[str, Any]:
        names = {"id2label": dict(enumerate(self.labels))} if self.labels else {}
        config = {"model_type": self.family, "architectures": [self.made_for], "vocab_size": self.words} | names
        if self.family == "distilbert":
            sizes = {"dim": WIDTH, "n_layers": self.layers, "n_heads": 12, "hidden_dim": INNER, "activation": "gelu"}
            return config | sizes | {"max_position_embeddings": POSITIONS}
        roberta = self.family == "roberta"
        return config | {
            **{"hidden_size": WIDTH, "num_hidden_layers": self.layers, "num_attention_heads": 12, "hidden_act": "gelu"},
            **{"intermediate_size": INNER, "layer_norm_eps": 1e-5 if roberta else 1e-12, "pad_token_id": int(roberta)},
            **{"max_position_embeddings": POSITIONS + 2 * roberta, "type_vocab_size": 1 if roberta else 2},
        }

    def _arrays(self) -> Iterator[tuple[str, Floats]]:
        """Yield names and arrays as PyTorch has them; one at a time, for all do not fit into little memory."""
        random = np.random.default_rng(7)

        def normal(shape: tuple[int, ...], spread: float = SPREAD) -> Floats:
            return spread * random.standard_normal(shape, np.float32)

        family, tables = self.family, [("word", self.words), ("position", POSITIONS)]
        if family != "distilbert":
            roberta = family == "roberta"
            tables = [("word", self.words), ("position", POSITIONS + 2 * roberta), ("token_type", 1 if roberta else 2)]
        for name, rows in tables:
            yield f"{family}.embeddings.{name}_embeddings.weight", normal((rows, WIDTH))
        stem, parts = ("transformer", _DISTILBERT_PARTS) if family == "distilbert" else ("encoder", _BERT_PARTS)
        layers: list[Layer] = [(f"{family}.embeddings.LayerNorm", (WIDTH,))]
        for index in range(self.layers):
            layers += [(f"{family}.{stem}.layer.{index}.{name}", shape) for name, shape in parts.items()]
        for name, shape in (*layers, *self.head):
            is_norm, is_last = len(shape) == 1, name == self.head[-1][0]
            weight = 1 + normal(shape) if is_norm else normal(shape, HEAD_SPREAD if is_last else SPREAD)
            yield f"{name}.weight", weight
            yield f"{name}.bias", normal(shape[:1])
        if "MaskedLM" in self.made_for:
            yield "lm_head.bias", normal((self.words,))


def full_size(spec: ModelSpec) -> FullSize:
    """Return the shape in which a model of the catalogue is published."""
    pooler, wide = ("bert.pooler.dense", (WIDTH, WIDTH)), (WIDTH, WIDTH)
    sphere = (("classifier.0", (256, WIDTH)), ("classifier.2", (8, 256)))
    match spec.id:
        case "openalex-topics-v1":
            names, head = _topics(spec), (pooler, ("classifier", (4_521, WIDTH)))
            return FullSize("BertForSequenceClassification", 119_547, 12, head, write_safetensors, names)
        case "title-subjects-8":
            names, head = tuple(f"LABEL_{place}" for place in range(8)), (pooler, ("classifier", (8, WIDTH)))
            return FullSize("BertForSequenceClassification", 119_547, 12, head, write_keras, names)
        case "newsgroups-20":
            names, head = spec.labels.names, (("pre_classifier", wide), ("classifier", (20, WIDTH)))
            return FullSize("DistilBertForSequenceClassification", 30_522, 6, head, write_keras, names, cased=False)
        case "arxiv-spheres":
            return FullSize("DistilBertModel", 28_996, 6, sphere, write_torch_zip)
        case "bio-lm":
            layers: tuple[Layer, ...] = (("lm_head.dense", wide), ("lm_head.layer_norm", (WIDTH,)))
            return FullSize("RobertaForMaskedLM", 50_265, 12, layers, write_torch_zip)
    raise ValueError(f"nobody knows the shape of {spec.id}")


def _topics(spec: ModelSpec) -> tuple[str, ...]:
    """Return the names of the outputs of OpenAlex's model: "64: …", and five that stand for no topic."""
    builtin = open_builtin(1)
    topics = builtin.vocabulary.labels(builtin.vocabulary.deepest)
    builtin.close()
    known = {int(label.id[1:]): label.name for label in topics}
    known |= {int(name[1:]): "nothing" for name in spec.labels.never}
    return tuple(f"{number - spec.labels.offset}: {name}" for number, name in sorted(known.items()))


def write_safetensors(folder: Path, arrays: Iterable[tuple[str, Floats]]) -> None:
    """Write model.safetensors; the header comes first, so the tensors wait in a file beside it."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    body = folder / "body"
    with body.open("wb") as file:
        for name, array in arrays:
            begin = file.tell()
            array.tofile(file)
            header[name] = {"dtype": "F32", "shape": array.shape, "data_offsets": [begin, file.tell()]}
    text = json.dumps(header).encode()
    with (folder / "model.safetensors").open("wb") as file, body.open("rb") as tensors:
        file.write(struct.pack("<Q", len(text)) + text)
        while chunk := tensors.read(1 << 24):
            file.write(chunk)
    body.unlink()


def write_torch_zip(folder: Path, arrays: Iterable[tuple[str, Floats]]) -> None:
    """Write pytorch_model.bin as torch.save does."""
    entries = {}
    with zipfile.ZipFile(folder / "pytorch_model.bin", "w", zipfile.ZIP_STORED) as archive:
        for index, (name, array) in enumerate(arrays):
            steps = tuple(stride // array.itemsize for stride in array.strides)
            entries[name] = tensor(str(index), "Float", array.size, array.shape, steps)
            archive.writestr(f"archive/data/{index}", array.tobytes())
        archive.writestr("archive/data.pkl", state_dict(entries))
        archive.writestr("archive/version", b"3\n")


def write_keras(folder: Path, arrays: Iterable[tuple[str, Floats]]) -> None:
    """Write tf_model.h5 as TFBert… and TFDistilBertForSequenceClassification do; kernels are [in, out] there."""
    names: dict[str, list[str]] = {}
    with h5py.File(folder / "tf_model.h5", "w") as file:
        for name, array in arrays:
            layer = name.split(".")[0]
            kind = "distil_bert" if "distilbert" in (layer, *names) else "bert"
            inner, array = _in_keras(name, array)
            path = f"tf_{kind}_for_sequence_classification/{inner}:0"
            file.create_dataset(f"{layer}/{path}", data=array)
            names.setdefault(layer, []).append(path)
        for layer, paths in names.items():
            file[layer].attrs["weight_names"] = paths
        file.attrs.update({"layer_names": list(names), "backend": "tensorflow", "keras_version": "2.15.0"})


def _in_keras(name: str, array: Floats) -> tuple[str, Floats]:
    *layers, part = name.split(".")
    last = layers[-1]
    if "LayerNorm" in last or "layer_norm" in last:
        part = {"weight": "gamma", "bias": "beta"}[part]
    elif last in ("position_embeddings", "token_type_embeddings"):
        part = "embeddings"
    elif part == "weight" and last != "word_embeddings":
        part, array = "kernel", np.ascontiguousarray(array.T)
    return "/".join([*layers, part]).replace("/layer/", "/layer_._"), array


def write_word_pieces(path: Path, count: int, lowercase: bool) -> None:
    """Write a WordPiece tokenizer of so many pieces: BERT's own tokens, letters of many scripts, made-up words."""
    special = ["[PAD]", *(f"[unused{place}]" for place in range(1, 100)), "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    scripts = [(0x21, 0x250), (0x370, 0x530), (0x5D0, 0x5EB), (0x620, 0x64B), (0x3041, 0x30FF), (0x4E00, 0x9FA6)]
    letters = [chr(code) for begin, end in scripts for code in range(begin, end) if chr(code).isprintable()]
    if lowercase:
        letters = [letter for letter in letters if letter == letter.lower()]
    latin = [*string.ascii_lowercase, *string.digits]
    words = itertools.chain(latin, ("##" + letter for letter in latin), _syllables(), letters)
    pieces = dict.fromkeys([*special, *letters[: count // 4], *(f"##{letter}" for letter in letters[: count // 4])])
    for word in words:
        if len(pieces) == count:
            break
        pieces.setdefault(word)
    tokenizer = Tokenizer(models.WordPiece({piece: at for at, piece in enumerate(pieces)}, unk_token="[UNK]"))
    assert tokenizer.get_vocab_size() == count
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 102), ("[CLS]", 101))
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    tokenizer.save(str(path))


def write_byte_pairs(path: Path, count: int, lowercase: bool) -> None:
    """Write RoBERTa's kind of tokenizer, of so many pieces: 256 bytes and made-up merges."""
    assert not lowercase
    letters = [*string.ascii_lowercase, *string.ascii_uppercase]
    merges = [(first, second) for first in ("Ġ", *letters) for second in string.ascii_lowercase]
    merges += [(first + second, third) for first, second in list(merges) for third in string.ascii_lowercase]
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges += [
        (f"Ġ{a}{b}", c) for (a, b), c in itertools.product(itertools.product(letters[:26], repeat=2), letters[:26])
    ]
    merges = list(dict.fromkeys(merges))[: count - len(special) - len(alphabet) - 1]
    pieces = dict.fromkeys([*special, *alphabet, *(first + second for first, second in merges)])
    spare = (f"Ġ{word}" for word in _syllables())
    while len(pieces) < count - 1:
        pieces.setdefault(next(spare))
    pieces["<mask>"] = None
    tokenizer = Tokenizer(models.BPE({piece: at for at, piece in enumerate(pieces)}, merges))
    assert tokenizer.get_vocab_size() == count
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    tokenizer.add_special_tokens([*special, "<mask>"])
    tokenizer.save(str(path))


def _syllables() -> Iterator[str]:
    """Yield words and endings of one, two and three syllables, the same in every run."""
    syllables = ["".join(letters) for letters in itertools.product("bcdfghklmnprstvw", "aeiou")]
    for count in itertools.count(1):
        for parts in itertools.product(syllables, repeat=count):
            yield "".join(parts)
            yield "##" + "".join(parts)


if __name__ == "__main__":
    name, target, *weights = sys.argv[1:]
    full_size(read_catalogue()[name]).publish(Path(target), Path(weights[0]) if weights else None)
