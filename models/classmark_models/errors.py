"""The errors of the model engine.

ClassmarkError
├── Interrupted             the person asked to stop
└── ModelError              a model's files cannot be used
    ├── ModelMissing        a file of the model is not there
    ├── ModelDamaged        a file differs from what its manifest states
    ├── SpecInvalid         an entry of the catalogue cannot be understood
    └── StoreError          the model folder cannot be written
        └── DiskFull        there is no room for the model
"""

from __future__ import annotations


class ClassmarkError(Exception):
    """Base of everything Classmark raises on purpose; the message is a sentence for the person."""


class Interrupted(ClassmarkError):
    """The person asked to stop before the end."""


class ModelError(ClassmarkError):
    """A model's files cannot be used."""


class ModelMissing(ModelError):
    """A file of the model is not there."""


class ModelDamaged(ModelError):
    """A file differs from what its manifest states."""


class SpecInvalid(ModelError):
    """An entry of the catalogue cannot be understood."""


class StoreError(ModelError):
    """The model folder cannot be written."""


class DiskFull(StoreError):
    """There is no room for the model."""
