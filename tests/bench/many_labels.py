"""What scores of very many labels would cost beside an abstract, by the ways there are, and what a first choice misses.

    python -m tests.bench.many_labels [--labels N] [--rounds N]

The zero-shot head's products with random labels, one row, one thread, processor time, all ways and the reading of an
abstract in turn: medians of the rounds' ratios. A first choice scores all labels by their leading directions only, and
the likeliest fiftieth of them exactly; how often the twenty best stay is told of the topics that are built in.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Sequence
from functools import partial
from time import process_time
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper
from tests.bench.speed import texts

from classmark_models.graph import CONTRIB, IR_VERSION, Array, GraphBuilder
from classmark_models.labels import read_vocabulary
from classmark_models.pack import BUILTIN
from classmark_models.products import products
from classmark_models.quantize import BlockEmbedding, Int8Linears
from classmark_models.reading_desk import Reader, ReadingDesk
from classmark_models.runtime import onnxruntime
from classmark_models.zero_shot_head import Embeddings

WIDTH, WORDS, BEST = 384, 150, 20
DIRECTIONS = (64, 96, 128)
SHARE = 50
"""A first choice takes one label of so many."""
TEXTS = 300

Way = Callable[[Array], object]
"""Scores the labels for one direction, float32, shape (width,)."""


def in_runtime(add: Callable[[GraphBuilder, str], str], width: int) -> Way:
    """Return a way whose product is a graph of one thread; ``add`` adds it and returns its output's name."""
    builder = GraphBuilder()
    output = add(builder, "x")
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("x", output)]
    constants = [onnx.numpy_helper.from_array(value, name) for name, value in builder.constants.items()]
    graph = helper.make_graph(builder.nodes, "labels", values[:1], values[1:], constants)
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid(CONTRIB, 1)]
    proto = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION + 2)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    runtime = onnxruntime.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return lambda row: runtime.run(None, {"x": row[None, :width]})


def first_choice(labels: Array, leading: Array, row: Array) -> Array:
    """Return the places of the likeliest fiftieth with their exact scores; ``row`` is turned as the labels are."""
    coarse = leading @ row[: leading.shape[1]]
    chosen = np.argpartition(coarse, -(len(labels) // SHARE))[-(len(labels) // SHARE) :]
    np.exp(coarse - coarse.max()).sum()  # what all labels share in the probabilities
    return np.stack([chosen, labels[chosen] @ row])


def ways(labels: Array) -> dict[str, Way]:
    """Return the ways by their names."""
    none = np.zeros(len(labels), np.float32)

    def int8(builder: GraphBuilder, x: str) -> str:
        return Int8Linears(127)(builder, x, {"y": (labels, none)})[0]

    def blocks(bits: int, block: int) -> Callable[[GraphBuilder, str], str]:
        return lambda builder, x: BlockEmbedding.of(labels, bits, block).scores(builder, x, none, "y")

    def halves(builder: GraphBuilder, x: str) -> str:
        half = builder.add("Cast", [x], "half", to=TensorProto.FLOAT16)
        weights = builder.constant("w", labels.T.astype(np.float16))
        return builder.add("Cast", [builder.add("MatMul", [half, weights], "product")], "y", to=TensorProto.FLOAT)

    found: dict[str, Way] = {
        "float32, as it is": lambda row: products(labels, row[None]),
        "float16, ONNX Runtime": in_runtime(halves, WIDTH),
        "int8, a scale for each label, ONNX Runtime": in_runtime(int8, WIDTH),
        "8 bits in blocks of 128, ONNX Runtime": in_runtime(blocks(8, 128), WIDTH),
        "4 bits in blocks of 32, ONNX Runtime": in_runtime(blocks(4, 32), WIDTH),
        "4 bits in blocks of 128, ONNX Runtime": in_runtime(blocks(4, 128), WIDTH),
    }
    for count in DIRECTIONS:
        leading = np.ascontiguousarray(labels[:, :count])
        found[f"first choice by {count} directions, then exact"] = partial(first_choice, labels, leading)
    return found


def kept(labels: Array, rows: Embeddings, count: int) -> float:
    """Return the share of rows whose best labels are all within the first choice by ``count`` leading directions."""
    _, turns = np.linalg.eigh(labels.T @ labels)
    leading = turns[:, ::-1][:, :count].astype(np.float32)
    exact = np.argsort(-products(labels, rows), axis=1)[:, :BEST]
    coarse = np.argsort(-((rows @ leading) @ (labels @ leading).T), axis=1)[:, : len(labels) // SHARE]
    return float(np.mean([set(best) <= set(some) for best, some in zip(exact, coarse, strict=True)]))


def milliseconds(work: Callable[[], object]) -> float:
    """Return the processor's time that a piece of work takes."""
    began = process_time()
    work()
    return 1000 * (process_time() - began)


def read(reader: Reader, text: str) -> Any:
    """Read a document that was not read before."""
    return reader.read("", "", text, lambda: False)


def table(labels: Array, rows: Sequence[Array], reader: Reader, names: list[str]) -> None:
    """Print each way's time, and its share of an abstract's."""
    found = ways(labels)
    spent: dict[str, list[float]] = {name: [] for name in found}
    shares: dict[str, list[float]] = {name: [] for name in found}
    for turn, row in enumerate(rows):
        abstract = milliseconds(partial(read, reader, texts(names, WORDS, 1, f"many {turn}")[0]))
        for name, way in found.items():
            spent[name].append(milliseconds(partial(way, row)))
            shares[name].append(100 * spent[name][-1] / abstract)
    print(f"| {len(labels):,} labels | ms | % of an abstract of {WORDS} words |\n|---|---|---|")
    for name in found:
        spread = f"{min(shares[name]):.0f}-{max(shares[name]):.0f}"
        print(f"| {name} | {statistics.median(spent[name]):.1f} | {statistics.median(shares[name]):.1f} ({spread}) |")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--labels", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    random = np.random.default_rng(1)
    desk = ReadingDesk()
    reader = desk.take("bench", 1)
    names = [label.name for label in read_vocabulary(BUILTIN / "labels.csv", "").labels("topic")]
    labels = random.normal(size=(options.labels, WIDTH)).astype(np.float32)
    table(labels, list(random.normal(size=(options.rounds, WIDTH)).astype(np.float32)), reader, names)
    read_texts = [read(reader, text) for text in texts(names, 14, TEXTS, "title")]
    rows = reader.head.directions(np.concatenate([reading.embeddings for reading in read_texts]))
    print(f"\n| {len(reader.head.labels):,} topics, {len(rows)} texts of 14 words | the {BEST} best are all in it |")
    print("|---|---|")
    for count in DIRECTIONS:
        print(f"| first choice by {count} directions | {kept(reader.head.labels, rows, count):.1%} |")
    desk.leave("bench")


if __name__ == "__main__":
    main()
