"""How large the numbers grow within a model, channel by channel, over a few texts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx

from classmark_models.quantize import Floats
from classmark_models.runtime import onnxruntime
from classmark_models.tokens import TokenIds

_PRODUCT = re.compile(r"l\d+\.\w+\.product")


def measure_ranges(graph: Path, rows: Iterable[TokenIds]) -> dict[str, Floats]:
    """Return the greatest magnitude in each channel of what the encoder multiplies, by the activations' names.

    ``graph`` is in float32, as ``convert`` writes it with FLOAT32; some forty rows of all lengths are enough. Only the
    maxima leave the runtime, and weights are used where they are mapped, so that a large model fits in little memory.
    """
    proto = onnx.load(str(graph), load_external_data=False)
    names = list(dict.fromkeys(node.input[0] for node in proto.graph.node if _PRODUCT.fullmatch(node.name)))
    for name in names:
        proto.graph.node.append(onnx.helper.make_node("Abs", [name], [f"{name}.size"]))
        proto.graph.node.append(
            onnx.helper.make_node("ReduceMax", [f"{name}.size"], [f"{name}.largest"], axes=[0, 1], keepdims=0)
        )
    del proto.graph.output[:]
    found = [f"{name}.largest" for name in names]
    proto.graph.output.extend(onnx.helper.make_tensor_value_info(name, 1, None) for name in found)
    path = graph.with_name(f"{graph.name}.calibrate")
    path.write_bytes(proto.SerializeToString())
    try:
        options = onnxruntime.SessionOptions()
        options.add_session_config_entry("session.disable_prepacking", "1")
        options.enable_mem_pattern = False
        runtime = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        rest = {"masks": np.array([0])} if "masks" in {given.name for given in runtime.get_inputs()} else {}
        ranges: dict[str, Floats] = {}
        for ids in rows:
            for name, largest in zip(names, runtime.run(found, {"input_ids": ids[None], **rest}), strict=True):
                ranges[name] = np.maximum(ranges.get(name, largest), largest)
    finally:
        path.unlink()
    return ranges
