"""What a second of processor time holds at best of ONNX Runtime's matrix products: the limit for all who compute."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

SIZES = ((256, 768, 3072), (512, 1024, 1024))
"""Rows, depth and columns of the products tried."""
TRIES, SECONDS = 4, 0.05


def peaks() -> dict[str, float]:
    """Return the most operations that a second of one thread holds, in int8 and in float32."""
    return {
        kind: max(_rate(_product(kind, size), 2.0 * np.prod(size, dtype=float)) for size in SIZES)
        for kind in ("int8", "float32")
    }


@cache
def _product(kind: str, size: tuple[int, int, int]) -> Callable[[], Any]:
    rows, depth, columns = size
    random = np.random.default_rng(1)
    whole = kind == "int8"
    right = random.integers(-64, 64, (depth, columns)).astype(np.int8 if whole else np.float32)
    left = random.integers(0, 255, (rows, depth)).astype(np.uint8 if whole else np.float32)
    given, gives = (TensorProto.UINT8, TensorProto.INT32) if whole else (TensorProto.FLOAT, TensorProto.FLOAT)
    node = helper.make_node("MatMulInteger" if whole else "MatMul", ["left", "right"], ["out"])
    graph = helper.make_graph(
        [node],
        "product",
        [helper.make_tensor_value_info("left", given, left.shape)],
        [helper.make_tensor_value_info("out", gives, (rows, columns))],
        [numpy_helper.from_array(right, "right")],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    runtime = onnxruntime.InferenceSession(made.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return lambda: runtime.run(None, {"left": left})


def _rate(work: Callable[[], Any], operations: float) -> float:
    """Return the best of some tries, each long enough for the processor's clock."""
    best = 0.0
    for _ in range(TRIES):
        began, done = time.process_time(), 0
        while time.process_time() - began < SECONDS:
            work()
            done += 1
        best = max(best, done * operations / (time.process_time() - began))
    return best
