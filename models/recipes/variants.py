"""Compare the variants of a converted classifier on held-out texts: size, time, and how often the answer stays.

python -m recipes.variants --folder DIR --posts 20news_train.jsonl.gz --scratch DIR [--texts 2000]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from classmark_models.convert import FLOAT32, INT8, Precision, convert, first_rung, measure_ranges, saturates, variant
from classmark_models.convert.architecture import read_config
from classmark_models.convert.precision import KNEE, Ranges
from classmark_models.graph import Array, GraphBuilder, Linears
from classmark_models.quantize import BlockEmbedding, FloatEmbedding, Int8Linears, block_linears, smoothing_factors
from classmark_models.tokens import Tokenizer
from recipes.train_example import LIMIT, read_posts

CALIBRATION = (16, 32, 64, LIMIT) * 12
"""The lengths to which posts of the learning part are cut."""
ROUNDS = 6
"""How often all variants take turns at the same rows, for the time."""


def apart(chosen: str, those: Linears, others: Linears) -> Linears:
    """Return products of which the one called ``chosen`` in each layer is made in another way than the others."""

    def add(builder: GraphBuilder, x: str, matrices: Mapping[str, tuple[Array, Array]]) -> Sequence[str]:
        first = next(iter(matrices))
        return (those if first.endswith(f".{chosen}") else others)(builder, x, matrices)

    return add


def variants(ranges: Ranges) -> dict[str, Precision]:
    """Return what is compared, by the names in the table."""
    reduced = variant("int8-reduced", ranges)
    smoothing = {name: smoothing_factors(largest, KNEE) for name, largest in ranges.items()}
    return {
        "float32": FLOAT32,
        "int8-blocks": variant("int8-blocks"),
        "int8": variant("int8", ranges),
        "int8-reduced": reduced,
        "… `down` in blocks": Precision(apart("down", block_linears, reduced.linears)),
        "… `down` in float32": Precision(apart("down", FLOAT32.linears, reduced.linears)),
        "… word table in float32": Precision(reduced.linears, FloatEmbedding),
        "… word table in 4 bits": Precision(reduced.linears, partial(BlockEmbedding.of, bits=4, block=32)),
        "int8-reduced, not smoothed": INT8,
        "weights to ±64, smoothed": Precision(Int8Linears(64, smoothing=smoothing)),
        "weights to ±64, not smoothed": Precision(Int8Linears(64)),
    }


def load(path: Path) -> Any:
    """Return the graph in the runtime, with one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--folder", type=Path, required=True, help="a classifier that train_example wrote")
    parser.add_argument("--posts", type=Path, required=True, help="lines of JSON with id, text and label, gzipped")
    parser.add_argument("--scratch", type=Path, required=True, help="graphs are written here, or found")
    parser.add_argument("--texts", type=int, default=2000, help="held-out texts at most")
    asked = parser.parse_args()
    asked.scratch.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer(asked.folder / "tokenizer.json", "", LIMIT)
    learnt, held_out = read_posts(asked.posts)
    names = read_config(asked.folder / "config.json").label_names
    step = max(1, len(held_out) // asked.texts)
    posts = held_out[::step][: asked.texts]
    rows = [tokenizer.encode(text) for text, _ in posts]
    right = np.array([names.index(group) for _, group in posts])
    convert(asked.folder, asked.scratch / "reference.onnx", FLOAT32)
    spread = learnt[:: len(learnt) // len(CALIBRATION)]
    cut = [tokenizer.encode(text)[:size] for (text, _), size in zip(spread, CALIBRATION, strict=False)]
    ranges = measure_ranges(asked.scratch / "reference.onnx", cut)
    graphs = {}
    for place, (name, precision) in enumerate(variants(ranges).items()):
        path = asked.scratch / f"{place}.onnx"
        convert(asked.folder, path, precision)
        graphs[name] = path, load(path)
    print(f"{len(rows)} texts; full-range products {'' if saturates() else 'do not '}saturate here: {first_rung()}")
    found = {
        name: [runtime.run(["logits", "embedding"], {"input_ids": ids[None]}) for ids in rows]
        for name, (_, runtime) in graphs.items()
    }
    seconds: dict[str, list[float]] = {name: [] for name in graphs}
    for _ in range(ROUNDS):
        for name, (_, runtime) in graphs.items():
            began = time.process_time()
            for ids in rows[:20]:
                runtime.run(["logits"], {"input_ids": ids[None]})
            seconds[name].append(time.process_time() - began)
    exact = np.array([logits[0] for logits, _ in found["float32"]])
    vectors = np.array([embedding[0] for _, embedding in found["float32"]])
    print(
        "| variant | MB | time | cosine: mean | least | same answer | largest gap of logits | right |\n"
        + "|---" * 8
        + "|"
    )
    for name, (path, _) in graphs.items():
        logits = np.array([logits[0] for logits, _ in found[name]])
        cosines = (np.array([embedding[0] for _, embedding in found[name]]) * vectors).sum(axis=1)
        same = np.mean(logits.argmax(axis=1) == exact.argmax(axis=1))
        size = path.with_name(f"{path.name}.data").stat().st_size / 1e6
        ratio = np.min(seconds[name]) / np.min(seconds["int8-reduced, not smoothed"])
        print(
            f"| {name} | {size:.0f} | {ratio:.2f} | {cosines.mean():.5f} | {cosines.min():.5f} | {same:.2%} | "
            f"{np.abs(logits - exact).max():.2f} | {np.mean(logits.argmax(axis=1) == right):.2%} |"
        )


if __name__ == "__main__":
    main()
