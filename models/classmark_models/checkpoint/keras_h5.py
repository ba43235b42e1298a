"""``tf_model.h5``: the groups that Keras writes → where each tensor lies.

HDF5 is asked where the numbers lie and never for the numbers: no filter, link or other file is followed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import h5py
from h5py import h5d, h5g, h5i, h5l, h5o, h5t

from classmark_models.checkpoint.layers import torch_tensor
from classmark_models.checkpoint.tensors import BYTES, Checkpoint, Stored, is_shape
from classmark_models.errors import ModelDamaged, ModelUnsafe, ModelUnsupported

OBJECTS, DEPTH = 20_000, 24
"""Groups and tensors, and groups within groups; mBERT has 630 in 10."""
_KINDS = {"F32": h5t.IEEE_F32LE, "F16": h5t.IEEE_F16LE, "F64": h5t.IEEE_F64LE}
_FAULTS = (OSError, RuntimeError, ValueError, KeyError, TypeError, OverflowError, MemoryError)
"""What h5py makes of the errors of HDF5."""


def read_keras_h5(path: Path) -> Checkpoint:
    """Read the names and places of a file's tensors, under the names of PyTorch and turned to its layout.

    Raises ModelUnsafe when a link leads elsewhere, ModelUnsupported when tensors are compressed, cut in pieces or kept
    in other files, or when none is there; ModelDamaged when the file is none of HDF5 or a tensor lies beyond its end.
    """
    try:
        # Locks would be refused on a read-only share, and nothing is written.
        with h5py.File(path, "r", locking=False) as file:
            found = list(_datasets(path, file.id, (), {_address(file.id)}))
            tensors: dict[str, Stored] = {}
            # A head that shares the encoder's table lists a second copy of it in its own group.
            for parts, dataset in sorted(found, key=lambda entry: entry[0][0] not in entry[0][1:]):
                kind = next((kind for kind, number in _KINDS.items() if dataset.get_type().equal(number)), "")
                if kind:
                    shape = dataset.shape
                    start = _start(path, "/".join(parts), dataset, math.prod(shape) * BYTES[kind])
                    name, stored = torch_tensor(_layers(parts), kind, shape, start)
                    tensors.setdefault(name, stored)
    except _FAULTS as error:
        raise _damaged(path, f"it is no whole HDF5 file ({error})") from error
    if not tensors:
        raise ModelUnsupported(f"{path} holds no weights as transformers writes them for Keras.")
    return Checkpoint(path, tensors)


def _datasets(
    path: Path, group: h5g.GroupID, parts: tuple[str, ...], seen: set[int]
) -> Iterator[tuple[tuple[str, ...], h5d.DatasetID]]:
    """Yield names and datasets below a group, each object once; ``seen`` holds the addresses of those met."""
    if len(parts) > DEPTH or group.get_num_objs() > OBJECTS:
        raise _damaged(path, "it has more groups than any model")
    for key in group:
        inner = (*parts, key.decode())
        if group.links.get_info(key).type != h5l.TYPE_HARD:
            raise ModelUnsafe(f"{path}: {'/'.join(inner)} is a link that leads elsewhere, so the file was not read.")
        child = h5o.open(group, key)
        if _address(child) in seen:
            raise _damaged(path, f"{'/'.join(inner)} stands twice")
        seen.add(_address(child))
        if len(seen) > OBJECTS:
            raise _damaged(path, "it has more tensors than any model")
        if h5i.get_type(child) == h5i.GROUP:
            yield from _datasets(path, child, inner, seen)
        elif h5i.get_type(child) == h5i.DATASET:
            yield inner, child


def _address(thing: h5g.GroupID) -> int:
    return int(h5o.get_info(thing).addr)


def _start(path: Path, name: str, dataset: h5d.DatasetID, size: int) -> int:
    """Return the first byte of a tensor; refuse all but plain numbers in one piece within the file."""
    plan = dataset.get_create_plist()
    if plan.get_layout() != h5d.CONTIGUOUS or plan.get_nfilters() or plan.get_external_count():
        raise ModelUnsupported(
            f"{path}: the tensor {name} is compressed, cut in pieces or kept in another file. Keras writes weights "
            "plainly. Ask the publisher for such a file, or for model.safetensors."
        )
    start = dataset.get_offset()
    if not is_shape(dataset.shape) or (size and (start is None or start + size > path.stat().st_size)):
        raise _damaged(path, f"the tensor {name} of shape {list(dataset.shape)} reaches beyond the end")
    return start or 0


def _layers(parts: tuple[str, ...]) -> list[str]:
    """Translate "bert", "tf_bert_model", "bert", "encoder", "layer_._0", …, "kernel:0": the first two stand outside."""
    inside = parts[2:] if len(parts) > 3 else parts[1:]
    names = "/".join(inside).removesuffix(":0").replace("_._", "/").split("/")
    return [name.rpartition("___")[2] for name in names]


def _damaged(path: Path, fault: str) -> ModelDamaged:
    return ModelDamaged(f"{path} is damaged: {fault}. Fetch the file again.")
