"""Published weights, read safely: a file of tensors → arrays by name, each read when asked for."""

from __future__ import annotations

from pathlib import Path

from classmark_models.checkpoint.safetensors import read_safetensors
from classmark_models.checkpoint.tensors import Checkpoint, Stored
from classmark_models.checkpoint.torch_zip import read_torch_zip
from classmark_models.errors import ModelDamaged, ModelMissing, ModelUnsupported

__all__ = ["Checkpoint", "Stored", "open_checkpoint"]

FILES = {"model.safetensors": read_safetensors, "pytorch_model.bin": read_torch_zip}
"""What a published folder may hold, the better first."""
_NOT_YET = ("tf_model.h5", "flax_model.msgpack", "model.safetensors.index.json", "pytorch_model.bin.index.json")


def open_checkpoint(folder: Path) -> Checkpoint:
    """Open the weights of a published folder without reading them.

    Raises ModelMissing when there are none, ModelUnsupported when there are only others than those of FILES, and
    ModelDamaged or ModelUnsafe when the file must not be used.
    """
    for name, read in FILES.items():
        path = folder / name
        if path.is_file():
            try:
                return read(path)
            except OSError as error:
                raise ModelDamaged(f"{path} cannot be read: {error}") from error
    for name in _NOT_YET:
        if (folder / name).exists():
            raise ModelUnsupported(
                f"{folder / name} is of a kind that Classmark cannot read: {' or '.join(FILES)} it can."
            )
    raise ModelMissing(f"There are no weights in {folder}: neither {' nor '.join(FILES)}.")
