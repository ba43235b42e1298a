"""A small graph as others export it, with the inputs that transformers gives, and its weights beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import ModelProto, TensorProto, helper, numpy_helper
from tests.models.published_folders import LABELS, random_array
from tests.models.small_encoder import WORDS

TABLE = random_array(5, WORDS, LABELS)
USUAL_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def foreign_graph(inputs: tuple[str, ...] = USUAL_INPUTS, labels: int | str = LABELS) -> ModelProto:
    """Return a graph whose logits are the mean of the rows of TABLE at the ids, masked, plus the token types' sum."""
    node = helper.make_node
    nodes = [
        node("Gather", ["table", "input_ids"], ["vectors"]),
        node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        node("Unsqueeze", ["mask", "last"], ["column"]),
        node("Mul", ["vectors", "column"], ["masked"]),
        node("ReduceMean", ["masked"], ["mean"], axes=[1], keepdims=0),
        node("Cast", ["token_type_ids"], ["types"], to=TensorProto.FLOAT),
        node("ReduceSum", ["types", "one"], ["type"], keepdims=1),
        node("Add", ["mean", "type"], ["logits"]),
    ]
    weights = [
        numpy_helper.from_array(TABLE, "table"),
        numpy_helper.from_array(np.array([2], np.int64), "last"),
        numpy_helper.from_array(np.array([1], np.int64), "one"),
    ]
    given = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"]) for name in inputs]
    taken = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", labels])]
    graph = helper.make_graph(nodes, "foreign", given, taken, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def write_foreign(path: Path, change: Callable[[ModelProto], Any] = lambda proto: None, **options: Any) -> Path:
    """Write the graph with its table in ``<path>_data``, changed beforehand, and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    proto = foreign_graph(**options)
    table = proto.graph.initializer[0]
    path.with_name(f"{path.name}_data").write_bytes(table.raw_data)
    table.ClearField("raw_data")
    table.data_location = TensorProto.EXTERNAL
    facts = {"location": f"{path.name}_data", "offset": "0", "length": str(TABLE.nbytes)}
    for key, value in facts.items():
        table.external_data.add(key=key, value=value)
    change(proto)
    path.write_bytes(proto.SerializeToString())
    return path


def expected(ids: list[int]) -> Any:
    """Return what the graph answers to a row of ids."""
    return TABLE[ids].mean(axis=0)


def locate(proto: ModelProto, key: str, value: str) -> None:
    """Change where the table's bytes are said to lie."""
    for entry in proto.graph.initializer[0].external_data:
        if entry.key == key:
            entry.value = value


def hide_in_branch(proto: ModelProto) -> None:
    """Put a constant of a file elsewhere into a branch that is hardly ever taken."""
    hidden = onnx.TensorProto(name="hidden", data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    hidden.external_data.add(key="location", value="../../secret")
    constant = helper.make_node("Constant", [], ["secret"], value=hidden)
    info = helper.make_tensor_value_info("secret", TensorProto.FLOAT, [1])
    branch = helper.make_graph([constant], "branch", [], [info])
    proto.graph.node.append(helper.make_node("If", ["yes"], ["maybe"], then_branch=branch, else_branch=branch))
