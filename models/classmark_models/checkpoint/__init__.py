"""Published weights, read safely: a file of tensors → arrays by name, each read when asked for."""

from __future__ import annotations

from pathlib import Path

from classmark_models.checkpoint.flax_msgpack import read_flax_msgpack
from classmark_models.checkpoint.keras_h5 import read_keras_h5
from classmark_models.checkpoint.safetensors import read_safetensors
from classmark_models.checkpoint.tensors import Checkpoint, Stored
from classmark_models.checkpoint.torch_zip import read_torch_zip
from classmark_models.errors import ModelDamaged, ModelMissing, ModelUnsupported

__all__ = ["Checkpoint", "Stored", "open_checkpoint"]

FILES = {
    "model.safetensors": read_safetensors,
    "tf_model.h5": read_keras_h5,
    "pytorch_model.bin": read_torch_zip,
    "flax_model.msgpack": read_flax_msgpack,
}
"""What a published folder may hold, the better first."""


def open_checkpoint(folder: Path) -> Checkpoint:
    """Open the weights of a published folder without reading them.

    Raises ModelMissing when there are none, ModelUnsupported when they are split over several files or of a kind that
    cannot be read, and ModelDamaged or ModelUnsafe when the file must not be used.
    """
    for name, read in FILES.items():
        path = folder / name
        if path.is_file():
            try:
                return read(path)
            except OSError as error:
                raise ModelDamaged(f"{path} cannot be read: {error}") from error
    for name in FILES:
        index = folder / f"{name}.index.json"
        if index.exists():
            raise ModelUnsupported(
                f"{index} says that the weights are split over several files. Classmark reads weights in one file "
                "only: publish or ask for such a one."
            )
    raise ModelMissing(f"There are no weights in {folder}: neither {' nor '.join(FILES)}.")
