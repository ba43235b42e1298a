"""The encoder is close to float32, and its answer for a text depends on that text alone."""

from __future__ import annotations

import itertools
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper
from tests.models.conftest import Golden
from tests.models.ready_packs import ready_pack

from classmark_models.errors import ModelDamaged, ModelUnsupported
from classmark_models.graph import GraphBuilder
from classmark_models.pack import BUILTIN
from classmark_models.session import Encoder, Graph
from classmark_models.tokens import TokenIds, Tokenizer

OTHERS = [
    f"{thing}: {what} in {place}"
    for thing in ("Bees", "Tax law", "Gothic vaults", "Dunes", "Myths")
    for what in ("change", "growth", "decay", "trade", "memory")
    for place in ("Peru", "the Arctic, where the winters are long and dark")
]


@pytest.fixture(scope="module")
def rows(golden: Golden, tokenizer: Tokenizer) -> list[TokenIds]:
    return [tokenizer.encode(sentence) for sentence in golden.sentences]


def embed(rows: list[TokenIds], workers: int) -> npt.NDArray[np.float32]:
    encoder = Encoder(BUILTIN / "encoder.onnx", workers)
    try:
        return np.stack(list(encoder.embed_all(rows)))
    finally:
        encoder.close()


def test_embeddings_are_close_to_float32(golden: Golden, encoder: Encoder, rows: list[TokenIds]) -> None:
    ours = np.stack([encoder.embed(ids) for ids in rows]).astype(np.float64)
    np.testing.assert_allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-5)
    lengths = np.linalg.norm(golden.embeddings, axis=1)
    cosines = (ours * golden.embeddings).sum(axis=1) / lengths
    assert len(cosines) >= 40
    assert cosines.mean() >= 0.99
    assert cosines.min() >= 0.97


def test_norms_stay_apart_from_sums(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Joined, as the runtime would by itself, they take ten times as long."""
    load = onnxruntime.InferenceSession

    def load_and_show(path: str, options: onnxruntime.SessionOptions, **rest: Any) -> Any:
        options.optimized_model_filepath = str(tmp_path / "as run.onnx")
        options.log_severity_level = 4
        return load(path, options, **rest)

    monkeypatch.setattr(onnxruntime, "InferenceSession", load_and_show)
    builder = GraphBuilder()
    x = builder.add("Gather", [builder.constant("words", np.eye(16, dtype=np.float32)), "input_ids"], "x")
    product = builder.add("MatMul", [x, builder.constant("weights", np.ones((16, 16), np.float32))], "product")
    norm = [builder.constant(name, np.ones(16, np.float32)) for name in ("gamma", "beta")]
    builder.add("LayerNormalization", [builder.add("Add", [product, x], "sum"), *norm], "normed", axis=-1)
    shape = ["batch", "tokens"]
    builder.save(tmp_path / "foreign.onnx", "foreign", {"input_ids": shape}, {"normed": [*shape, 16]})
    Graph(tmp_path / "foreign.onnx", 1).close()
    run = [node.op_type for node in onnx.load(str(tmp_path / "as run.onnx"), load_external_data=False).graph.node]
    assert "LayerNormalization" in run
    assert "SkipLayerNormalization" not in run


def test_embeddings_tell_sentences_apart(golden: Golden, encoder: Encoder, rows: list[TokenIds]) -> None:
    """Each sentence is most like itself: the closeness above would say little if all embeddings were one."""
    ours = np.stack(list(encoder.embed_all(rows)))
    assert (ours @ golden.embeddings.T).argmax(axis=1).tolist() == list(range(len(rows)))


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_text_among_others_is_embedded_as_if_alone(
    workers: int, encoder: Encoder, rows: list[TokenIds], tokenizer: Tokenizer
) -> None:
    assert len(OTHERS) == 50
    others = [tokenizer.encode(text) for text in OTHERS]
    alone = np.stack([encoder.embed(ids) for ids in rows[::4]])
    mixed = [*others[:20], *rows[::4], *others[20:]]
    for order in (list(range(len(mixed))), list(reversed(range(len(mixed))))):
        together = embed([mixed[place] for place in order], workers)
        found = together[[order.index(20 + place) for place in range(len(alone))]]
        np.testing.assert_array_equal(found, alone)


def test_embeddings_come_in_the_order_of_the_rows(encoder: Encoder, rows: list[TokenIds]) -> None:
    """Long rows take longer, and must not be overtaken by short ones."""
    uneven = [np.resize(ids, 400 if place % 3 == 0 else 4) for place, ids in enumerate(rows[:12])]
    expected = np.stack([encoder.embed(ids) for ids in uneven])
    np.testing.assert_array_equal(np.stack(list(encoder.embed_all(uneven))), expected)


def test_no_rows_give_no_embeddings(encoder: Encoder) -> None:
    assert list(encoder.embed_all([])) == []


def test_rows_are_taken_a_few_at_a_time(encoder: Encoder, rows: list[TokenIds]) -> None:
    taken: list[int] = []

    def counted() -> Iterator[TokenIds]:
        for place in range(100):
            taken.append(place)
            yield rows[0]

    answers = encoder.embed_all(counted())
    next(answers)
    assert len(taken) <= 6, "two workers, two rows each ahead, and one"
    answers.close()  # type: ignore[attr-defined]  # a generator is one


def test_stopping_midway_leaves_nothing_at_work(rows: list[TokenIds], monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = Encoder(BUILTIN / "encoder.onnx", workers=2)
    started: list[threading.Thread] = []
    finished: list[threading.Thread] = []
    gate = threading.Event()
    answer_one = encoder.answer

    def answer_behind_a_gate(ids: TokenIds) -> object:
        started.append(threading.current_thread())
        if len(started) > 1:
            gate.wait(30)
        answer = answer_one(ids)
        finished.append(threading.current_thread())
        return answer

    monkeypatch.setattr(encoder, "answer", answer_behind_a_gate)
    answers = encoder.embed_all(itertools.repeat(rows[0], 60))
    next(answers)
    answers.close()  # type: ignore[attr-defined]  # a generator is one
    gate.set()
    next(iter(encoder.embed_all([rows[1]])))
    assert len(started) <= 4, "one, two that the workers had begun, and the new one: those that waited were dropped"
    encoder.close()
    assert len(finished) == len(started)
    assert not any(thread.is_alive() for thread in started)


@pytest.mark.parametrize("content", [b"", b"not a graph", b"\x00" * 1000], ids=["empty", "text", "zeros"])
def test_damaged_graph_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "encoder.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelDamaged, match=r"encoder\.onnx"):
        Encoder(path, 1)


def test_truncated_graph_is_named(tmp_path: Path) -> None:
    path = tmp_path / "encoder.onnx"
    path.write_bytes((BUILTIN / "encoder.onnx").read_bytes()[:40_000])
    with pytest.raises(ModelDamaged, match=r"encoder\.onnx"):
        Encoder(path, 1)


def test_missing_graph_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelDamaged, match=r"nothing\.onnx"):
        Encoder(tmp_path / "nothing.onnx", 1)


@pytest.mark.parametrize("size", [None, 64], ids=["missing", "too short"])
def test_damaged_weights_are_found_when_the_graph_is_loaded(size: int | None, tmp_path: Path) -> None:
    shutil.copyfile(BUILTIN / "encoder.onnx", tmp_path / "encoder.onnx")
    if size is not None:
        (tmp_path / "encoder.onnx.data").write_bytes(b"\x00" * size)
    with pytest.raises(ModelDamaged, match=r"encoder\.onnx"):
        Encoder(tmp_path / "encoder.onnx", 1)


def foreign(path: Path, inputs: dict[str, int], outputs: dict[str, list[str | int]]) -> Path:
    """Write a graph that gives the sum of its inputs, as floats, under the names of its outputs."""
    given = [helper.make_tensor_value_info(name, kind, ["batch", "tokens"]) for name, kind in inputs.items()]
    nodes = [helper.make_node("Cast", [name], [f"{name}.f"], to=TensorProto.FLOAT) for name in inputs]
    nodes.append(helper.make_node("Sum", [f"{name}.f" for name in inputs], ["sum"]))
    nodes += [helper.make_node("Identity", ["sum"], [name]) for name in outputs]
    gives = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()]
    model = helper.make_model(helper.make_graph(nodes, "foreign", given, gives), ir_version=9)
    model.opset_import[0].version = 17
    onnx.save(model, str(path))
    return path


@pytest.mark.parametrize("kind", [TensorProto.INT64, TensorProto.INT32])
def test_graph_is_given_what_it_asks_for(kind: int, tmp_path: Path) -> None:
    inputs = dict.fromkeys(("input_ids", "attention_mask", "token_type_ids", "position_ids"), kind)
    path = foreign(
        tmp_path / "g.onnx", inputs, {"last_hidden_state": ["batch", "tokens"], "logits": ["batch", "tokens"]}
    )
    graph = Graph(path, 2, ("logits",))
    ids = np.array([10, 20, 30], np.int64)
    (logits,) = graph.answer(ids)
    assert logits.tolist() == [10 + 1 + 0 + 0, 20 + 1 + 0 + 1, 30 + 1 + 0 + 2]
    assert [answer[0].tolist() for answer in graph.answer_all([ids[:1], ids])] == [[11], [11, 22, 33]]
    graph.close()


@pytest.mark.parametrize(
    ("inputs", "outputs", "fault"),
    [
        ({"input_ids": TensorProto.INT64, "pixels": TensorProto.INT64}, {"logits": ["b", "t"]}, "pixels"),
        ({"input_ids": TensorProto.FLOAT}, {"logits": ["b", "t"]}, "input_ids"),
        ({"attention_mask": TensorProto.INT64}, {"logits": ["b", "t"]}, "no model of texts"),
        ({"input_ids": TensorProto.INT64}, {"scores": ["b", "t"]}, "gives scores, not logits"),
    ],
)
def test_graphs_of_other_kinds_are_refused(
    inputs: dict[str, int], outputs: dict[str, list[str | int]], fault: str, tmp_path: Path
) -> None:
    path = foreign(tmp_path / "g.onnx", inputs, outputs)
    with pytest.raises(ModelUnsupported, match=fault):
        Graph(path, 1, ("logits",))


def test_row_that_a_graph_cannot_take_is_named(tmp_path: Path) -> None:
    pack = ready_pack(tmp_path)
    graph = Graph(pack.file("model.onnx"), 1, ("logits",))
    with pytest.raises(ModelDamaged, match="cannot read 49 tokens"):
        graph.answer(np.ones(49, np.int64))
    graph.close()
