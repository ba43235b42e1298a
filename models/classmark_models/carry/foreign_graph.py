"""An ONNX file of which nobody has vouched: checked before it is run, and written under another name."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
from google.protobuf.message import DecodeError
from onnx import ModelProto, TensorProto

from classmark_models.errors import ModelDamaged, ModelMissing, ModelUnsafe, ModelUnsupported, SpecInvalid
from classmark_models.spec import check_path
from classmark_models.store import writing

INPUTS = {"input_ids": 2, "attention_mask": 2, "token_type_ids": 2, "masks": 1}
"""What Classmark gives to graphs, whole numbers, with the number of dimensions."""
LOGITS = "logits"
_DOMAINS = ("", "ai.onnx", "com.microsoft")
_LARGEST_GRAPH = 1 << 30
_MOST_OUTPUTS = 64
_MOST_LABELS = 1 << 20


@dataclass(frozen=True, slots=True)
class GraphFacts:
    """What a graph says of itself.

    ``outputs`` is the number of logits, None where it does not say; ``data`` are the files beside it that hold its
    weights.
    """

    inputs: tuple[str, ...]
    outputs: int | None
    data: tuple[str, ...]


def check_graph(path: Path) -> GraphFacts:
    """Read a graph and what stands against using it, without running it.

    Raises ModelMissing, ModelDamaged, ModelUnsafe when it reaches for files outside of its folder, and
    ModelUnsupported when it wants or gives something else than a classifier of texts.
    """
    return _facts(path, _parse(path))


def copy_graph(path: Path, target: Path) -> None:
    """Write a graph and its weights to ``target`` and ``<target>_data``; errors as for ``check_graph``, and of writing.

    Further files of weights are called ``<target>_data_1`` and so on. Only the names within the graph change.
    """
    proto = _parse(path)
    data = _facts(path, proto).data
    names = {old: f"{target.name}_data{f'_{place}' if place else ''}" for place, old in enumerate(data)}
    for tensor in _tensors(proto):
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = names[entry.value]
    with writing(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(proto.SerializeToString(deterministic=True))
        for old, new in names.items():
            shutil.copyfile(path.parent / old, target.parent / new)


def _parse(path: Path) -> ModelProto:
    try:
        if path.stat().st_size > _LARGEST_GRAPH:
            raise ModelUnsupported(f"{path} is larger than {_LARGEST_GRAPH >> 20:,} MB, its weights not counted.")
        return onnx.load_model_from_string(path.read_bytes())
    except OSError as error:
        raise ModelMissing(f"{path} is missing, or cannot be read. Fetch the model again.") from error
    except (DecodeError, ValueError) as error:
        raise ModelDamaged(f"{path} is no ONNX file: {error}") from error


def _facts(path: Path, proto: ModelProto) -> GraphFacts:
    domains = {each.domain for each in proto.opset_import} | {node.domain for node in _nodes(proto)}
    for domain in sorted(domains.difference(_DOMAINS)):
        raise ModelUnsupported(f"{path} needs operators of “{domain[:80]}”, which Classmark does not have.")
    weights = {tensor.name for tensor in proto.graph.initializer}
    inputs = {each.name: each.type.tensor_type for each in proto.graph.input if each.name not in weights}
    if "input_ids" not in inputs:
        raise ModelUnsupported(f"{path} takes no input_ids, so it is no model of texts.")
    for name, kind in inputs.items():
        if name not in INPUTS:
            raise ModelUnsupported(f"{path} wants to be given “{name[:80]}”, which Classmark does not have.")
        if kind.elem_type not in (TensorProto.INT64, TensorProto.INT32) or len(kind.shape.dim) != INPUTS[name]:
            raise ModelUnsupported(f"{path} takes its {name} in another form than rows of whole numbers.")
    outputs = {each.name: each.type.tensor_type for each in proto.graph.output}
    if LOGITS not in outputs:
        raise ModelUnsupported(f"{path} gives no logits, so it does not classify.")
    logits = outputs[LOGITS]
    if logits.elem_type != TensorProto.FLOAT or len(logits.shape.dim) != 2:
        raise ModelUnsupported(f"{path} gives its logits in another form than rows of float32, a number for a subject.")
    count = logits.shape.dim[1].dim_value
    if len(outputs) > _MOST_OUTPUTS or not 0 <= count <= _MOST_LABELS:
        raise ModelUnsupported(f"{path} gives {len(outputs)} outputs of up to {count:,} numbers: too many.")
    return GraphFacts(tuple(inputs), count or None, _data(path, proto))


def _data(path: Path, proto: ModelProto) -> tuple[str, ...]:
    """Return the names of the files that hold weights, each proved to lie beside the graph and to be long enough."""
    names: dict[str, int] = {}
    for tensor in _tensors(proto):
        if tensor.data_location != TensorProto.EXTERNAL and not tensor.external_data:
            continue
        stated = {entry.key: entry.value for entry in tensor.external_data}
        name = stated.get("location", "")
        if name not in names:
            names[name] = _length(path, name)
        places = [stated.get(key) or "0" for key in ("offset", "length")]
        if not all(place.isdecimal() and len(place) < 19 for place in places) or sum(map(int, places)) > names[name]:
            raise ModelDamaged(f"{path} looks for weights beyond the end of {name}.")
    return tuple(names)


def _length(path: Path, name: str) -> int:
    try:
        inside = "/" not in check_path(name)
    except SpecInvalid:
        inside = False
    if not inside or (path.parent / name).is_symlink():
        raise ModelUnsafe(f"{path} reaches for “{name[:80]}”, which is no file beside it. It must not be used.")
    try:
        return (path.parent / name).stat().st_size
    except OSError as error:
        raise ModelMissing(f"{path} has its weights in {name}, which is missing.") from error


def _nodes(proto: ModelProto) -> Iterator[Any]:
    return _parts(proto, lambda part: isinstance(part, onnx.NodeProto))


def _tensors(proto: ModelProto) -> Iterator[Any]:
    return _parts(proto, lambda part: isinstance(part, TensorProto))


def _parts(message: Any, wanted: Callable[[Any], bool]) -> Iterator[Any]:
    """Yield the messages of a kind within another, wherever a file may hide them; the parser has bounded the depth."""
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        for part in [value] if hasattr(value, "ListFields") else value:
            if wanted(part):
                yield part
            if not isinstance(part, TensorProto):
                yield from _parts(part, wanted)
