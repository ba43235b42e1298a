"""Files that TensorFlow and Flax wrote, converted, against their own answers (`recipes.keras_files --small`)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from classmark_models.checkpoint import open_checkpoint
from classmark_models.convert import FLOAT32, convert

FOLDERS = sorted((Path(__file__).parent / "fixtures" / "keras").iterdir())
HEADS: dict[str, dict[str, tuple[int, ...]]] = {
    "bert-classifier": {"bert.pooler.dense.weight": (12, 12), "classifier.weight": (5, 12), "classifier.bias": (5,)},
    "distilbert-classifier": {"pre_classifier.weight": (12, 12), "classifier.weight": (5, 12), "classifier.bias": (5,)},
    "roberta-classifier": {"classifier.dense.weight": (12, 12), "classifier.out_proj.weight": (5, 12)},
    "bert-masked": {
        "cls.predictions.transform.dense.weight": (12, 12),
        "cls.predictions.transform.LayerNorm.weight": (12,),
        "cls.predictions.bias": (50,),
    },
    "distilbert-masked": {
        "vocab_transform.weight": (12, 12),
        "vocab_layer_norm.bias": (12,),
        "vocab_projector.bias": (50,),
    },
    "roberta-masked": {"lm_head.dense.bias": (12,), "lm_head.layer_norm.weight": (12,), "lm_head.bias": (50,)},
}


def test_every_family_head_and_format_is_there() -> None:
    assert {folder.name for folder in FOLDERS} == {f"{shape}-{head}" for shape in ("keras", "flax") for head in HEADS}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_names_and_shapes_are_those_of_pytorch(folder: Path) -> None:
    found = open_checkpoint(folder)
    shapes = {name: found[name].shape for name in found}
    assert shapes == {name: found.shape(name) for name in found}
    head = folder.name.partition("-")[2]
    family = head.partition("-")[0]
    inner = "transformer.layer.0.ffn.lin1" if family == "distilbert" else "encoder.layer.0.intermediate.dense"
    expected = {f"{family}.embeddings.word_embeddings.weight": (50, 12), f"{family}.{inner}.weight": (20, 12)}
    assert expected | HEADS[head] == {name: shapes[name] for name in expected | HEADS[head]}
    assert {name.rpartition(".")[2] for name in found} == {"weight", "bias"}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_converted_models_answer_as_their_makers(folder: Path, tmp_path: Path) -> None:
    done = convert(folder, tmp_path / "x.onnx", FLOAT32)
    masked = folder.name.endswith("masked")
    assert (done.task, done.labels) == (("masked-words", 50) if masked else ("classification", 5))
    assert done.architecture.label_names == (() if masked else tuple("abcde"))
    convert(folder, tmp_path / "encoder.onnx", FLOAT32, head="none")
    providers = ["CPUExecutionProvider"]
    runtime = onnxruntime.InferenceSession(tmp_path / "x.onnx", providers=providers)
    encoder = onnxruntime.InferenceSession(tmp_path / "encoder.onnx", providers=providers)
    with np.load(folder / "answers.npz") as answers:
        for index in range(3):
            ids = answers[f"ids.{index}"]
            inputs = {"input_ids": ids[None]} | ({"masks": np.arange(len(ids))} if masked else {})
            (logits,) = runtime.run(["logits"], inputs)
            (embedding,) = encoder.run(["embedding"], {"input_ids": ids[None]})
            expected = answers[f"logits.{index}"]
            np.testing.assert_allclose(logits if masked else logits[0], expected, atol=1e-4, rtol=0)
            np.testing.assert_allclose(embedding[0], answers[f"embedding.{index}"], atol=1e-4, rtol=0)
