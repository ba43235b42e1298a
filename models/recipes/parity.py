"""Print how near converted models come to transformers with PyTorch, TensorFlow or Flax.

``--folder`` and ``--texts`` compare a real model, ``--random`` models of full size with random weights: both need
``torch`` and ``transformers``, in an environment of its own. ``--answers`` compares with what ``recipes.keras_files``
wrote, ``--convert`` measures alone: both need nothing more.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from classmark_models.convert import FLOAT32, INT8, LADDER, convert, measure_ranges, variant
from classmark_models.runtime import onnxruntime
from classmark_models.tokens import Tokenizer
from recipes.variants import variants

LENGTHS = (1, 2, 17, 128, 510)
SIZES: dict[str, dict[str, Any]] = {
    "Bert": {"vocab_size": 119_547},
    "DistilBert": {"vocab_size": 30_522},
    "Roberta": {"vocab_size": 50_265, "max_position_embeddings": 514, "type_vocab_size": 1, "layer_norm_eps": 1e-5},
    "XLMRoberta": {"vocab_size": 50_000, "max_position_embeddings": 514, "type_vocab_size": 1},
}
"""Families at full size, with words enough."""
CALIBRATION = (16, 64, 128, 256) * 12


def answers(path: Path, rows: Iterable[Any], output: str) -> list[Any]:
    """Return one output for each row of ids, the graph run as the app does: a row a run; words for every token."""
    runtime = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    if len(runtime.get_inputs()) > 1 and output == "logits":
        return [runtime.run([output], {"input_ids": ids[None], "masks": np.arange(len(ids))})[0] for ids in rows]
    return [runtime.run([output], {"input_ids": ids[None]})[0][0] for ids in rows]


def cosines(left: Iterable[Any], right: Iterable[Any]) -> Any:
    """Return the cosines of two rows of vectors, in float64."""
    a, b = (np.array(list(rows), np.float64) for rows in (left, right))
    return (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def compare_real(folder: Path, texts: list[str], scratch: Path) -> None:
    """Print the gaps of each variant for the embeddings of a real model; every other text calibrates."""
    import torch
    from transformers import AutoModel

    tokenizer = Tokenizer(folder / "tokenizer.json", "", 512)
    rows = [tokenizer.encode(text) for text in texts]
    reference = AutoModel.from_pretrained(folder).eval()
    with torch.no_grad():
        means = [reference(torch.tensor(ids[None])).last_hidden_state[0].mean(0).numpy() for ids in rows]
    expected = [mean / np.linalg.norm(mean) for mean in means]
    convert(folder, scratch / "reference.onnx", FLOAT32)
    ranges = measure_ranges(scratch / "reference.onnx", rows[::2])
    rows, expected = rows[1::2], expected[1::2]
    for name, precision in variants(ranges).items():
        convert(folder, scratch / "real.onnx", precision)
        found = answers(scratch / "real.onnx", rows, "embedding")
        near = cosines(found, expected)
        size = (scratch / "real.onnx.data").stat().st_size / 1e6
        gap = max(np.abs(a - b).max() for a, b in zip(found, expected, strict=True))
        print(f"{name}: {size:.0f} MB, cosine {near.mean():.5f} least {near.min():.5f}, gap {gap:.1e}")


def compare_random(scratch: Path) -> None:
    """Print, for full-size models with random weights, the largest gap of the logits, time and size."""
    import torch
    import transformers

    for family, options in SIZES.items():
        torch.manual_seed(1)
        config = getattr(transformers, f"{family}Config")(**options, initializer_range=0.05)
        for task, names in (("SequenceClassification", ("float32", "int8-reduced")), ("MaskedLM", LADDER[1:])):
            config.num_labels = 20
            reference = getattr(transformers, f"{family}For{task}")(config).eval()
            folder = scratch / f"{family}{task}"
            reference.save_pretrained(folder)
            random = np.random.default_rng(1)
            rows = [random.integers(5, options["vocab_size"], length) for length in LENGTHS]
            with torch.no_grad():
                expected = [reference(torch.tensor(ids[None])).logits[0].numpy() for ids in rows]
            if family == "Roberta":  # read the other format, which holds tied tables twice
                torch.save(reference.state_dict(), folder / "pytorch_model.bin")
                (folder / "model.safetensors").unlink()
            del reference
            for name in names:
                began = time.perf_counter()
                done = convert(folder, scratch / "random.onnx", variant(name))
                seconds = time.perf_counter() - began
                found = answers(scratch / "random.onnx", rows, "logits")
                gap = max(np.abs(a - b).max() for a, b in zip(found, expected, strict=True))
                left, right = (np.concatenate([np.atleast_2d(part) for part in all_]) for all_ in (found, expected))
                same, least = np.mean(left.argmax(axis=1) == right.argmax(axis=1)), cosines(left, right).min()
                size = (scratch / "random.onnx.data").stat().st_size / 1e6
                print(
                    f"{family} {done.task} {name}: {seconds:.0f} s, {size:.0f} MB, gap {gap:.1e}, cosine {least:.5f}, "
                    f"same answer {same:.0%} of {len(left)}",
                    flush=True,
                )
            shutil.rmtree(folder)


def compare_stored(folder: Path, scratch: Path) -> None:
    """Print the largest gaps to the answers of the library that wrote a folder, and how often the first agrees."""
    with np.load(folder / "answers.npz") as stored:
        count = sum(name.startswith("ids.") for name in stored)
        rows, expected = ([stored[f"{what}.{row}"] for row in range(count)] for what in ("ids", "logits"))
    for name, precision in (("float32", FLOAT32), ("int8", INT8)):
        convert(folder, scratch / "stored.onnx", precision)
        found = answers(scratch / "stored.onnx", rows, "logits")
        gap = max(np.abs(a - b).max() for a, b in zip(found, expected, strict=True))
        same = np.concatenate([np.ravel(a.argmax(-1) == b.argmax(-1)) for a, b in zip(found, expected, strict=True)])
        spread = np.concatenate([np.ravel(row) for row in expected]).std()
        print(f"{folder.name} {name}: gap {gap:.1e} (logits spread {spread:.1f}), first {same.sum()}/{same.size}")


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("--folder", type=Path, help="a real model to compare")
    parser.add_argument("--texts", type=Path, help="a text a line")
    parser.add_argument("--random", action="store_true", help="compare random models of each family")
    parser.add_argument("--answers", type=Path, help="a folder that recipes.keras_files wrote")
    parser.add_argument("--convert", type=Path, help="write float32, calibrate, write int8: seconds, peak memory")
    asked = parser.parse_args()
    asked.scratch.mkdir(parents=True, exist_ok=True)
    if asked.convert:
        began = time.perf_counter()
        convert(asked.convert, asked.scratch / "reference.onnx", FLOAT32)
        random = np.random.default_rng(1)
        ranges = measure_ranges(asked.scratch / "reference.onnx", [random.integers(5, 9999, n) for n in CALIBRATION])
        print(convert(asked.convert, asked.scratch / "converted.onnx", variant("int8-reduced", ranges)).task)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        size = (asked.scratch / "converted.onnx.data").stat().st_size / 1e6
        print(f"{time.perf_counter() - began:.0f} s, peak {peak:.0f} MB, {size:.0f} MB written")
    if asked.answers:
        compare_stored(asked.answers, asked.scratch)
    if asked.folder:
        compare_real(asked.folder, asked.texts.read_text(encoding="utf-8").splitlines(), asked.scratch)
    if asked.random:
        compare_random(asked.scratch)


if __name__ == "__main__":
    main()
