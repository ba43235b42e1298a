"""The errors of the model engine.

ClassmarkError
├── Interrupted             the person asked to stop
├── NewerFormat             a file was written by a newer Classmark
└── ModelError              a model's files cannot be used
    ├── ModelMissing        a file of the model is not there
    ├── ModelDamaged        a file is not what it should be: cut short, altered, contradicting itself
    ├── ModelUnsafe         a file would run a program if it were read as its maker meant
    ├── ModelUnsupported    a model of a kind that Classmark cannot convert
    ├── SpecInvalid         an entry of the catalogue cannot be understood
    ├── StoreError          the model folder cannot be written
    │   └── DiskFull        there is no room for the model
    ├── SuitcaseRefused     a file is no suitcase that can be trusted
    └── FetchError          a published model cannot be fetched
        ├── NetworkClosed   the settings say that nothing is fetched
        ├── NoNetwork       the hub cannot be reached
        ├── AccessRefused   the hub wants a permission (401, 403)
        ├── NotPublished    the hub does not have it (404)
        ├── TooManyRequests the hub wants us to wait (429)
        ├── HubFailed       the hub cannot answer (5xx), or answers what no hub would
        ├── LineBroken      the connection broke off
        │   └── Stalled     nothing came for a while
        └── WrongBytes      what came is not what was published
"""

from __future__ import annotations


class ClassmarkError(Exception):
    """Base of everything Classmark raises on purpose; the message is a sentence for the person."""


class Interrupted(ClassmarkError):
    """The person asked to stop before the end."""


class NewerFormat(ClassmarkError):
    """A file was written by a newer Classmark; this one leaves it alone."""


class ModelError(ClassmarkError):
    """A model's files cannot be used."""


class ModelMissing(ModelError):
    """A file of the model is not there."""


class ModelDamaged(ModelError):
    """A file is not what it should be: cut short, altered, contradicting itself."""


class ModelUnsafe(ModelError):
    """A file would run a program if it were read as its maker meant."""


class ModelUnsupported(ModelError):
    """A model of a kind that Classmark cannot convert."""


class SpecInvalid(ModelError):
    """An entry of the catalogue cannot be understood."""


class StoreError(ModelError):
    """The model folder cannot be written."""


class DiskFull(StoreError):
    """There is no room for the model."""


class SuitcaseRefused(ModelError):
    """A file is no suitcase that can be trusted."""


class FetchError(ModelError):
    """A published model cannot be fetched."""


class NetworkClosed(FetchError):
    """The settings say that nothing is fetched."""


class NoNetwork(FetchError):
    """The hub cannot be reached."""


class AccessRefused(FetchError):
    """The hub wants a permission."""


class NotPublished(FetchError):
    """The hub does not have it."""


class TooManyRequests(FetchError):
    """The hub wants us to wait."""


class HubFailed(FetchError):
    """The hub cannot answer, or answers what no hub would."""


class LineBroken(FetchError):
    """The connection broke off."""


class Stalled(LineBroken):
    """Nothing came for a while."""


class WrongBytes(FetchError):
    """What came is not what was published."""
