"""The models of one person: what the catalogue knows of, what is ready for work, what was fetched."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from classmark_models.classifier import Classifier
from classmark_models.errors import ModelMissing, ModelUnsupported
from classmark_models.pack import BUILTIN, open_pack
from classmark_models.spec import BUILTIN_ID, ModelSpec, read_catalogue
from classmark_models.store import Store
from classmark_models.zero_shot import ZeroShotClassifier


def open_builtin(workers: int | None = None) -> Classifier:
    """Load the model that comes with Classmark.

    ``workers``, the number of windows computed at once, defaults to the number of processors, four at the most.
    Raises ModelMissing, ModelDamaged.
    """
    return ZeroShotClassifier(open_pack(BUILTIN), workers or min(os.cpu_count() or 1, 4))


class Collection:
    """Ready models (``ready``), published files on their way to become ones (``published``), and the catalogue.

    A ready model's folder is a pack, whichever way it came: converted, imported from a suitcase, or fetched as an
    export. The person's own entries of the catalogue lie in ``entries``.
    """

    def __init__(self, root: Path, shared: Sequence[Path] = ()) -> None:
        """Take the folder to write to, which need not exist, and shared ones of the same layout, only read."""
        self.root = root
        self.ready = Store(root / "ready", [place / "ready" for place in shared])
        self.published = Store(root / "published", [place / "published" for place in shared])
        self.entries = root / "catalogue"

    def specs(self) -> dict[str, ModelSpec]:
        """Return what is known of each model, by id; SpecInvalid when an entry cannot be understood."""
        return read_catalogue() | read_catalogue(self.entries)

    def spec(self, name: str) -> ModelSpec:
        """Return what is known of one model; ModelMissing when nothing is."""
        specs = self.specs()
        if name not in specs:
            raise ModelMissing(f"There is no model {name} in the catalogue; there are {', '.join(specs)}.")
        return specs[name]

    def open(self, name: str, workers: int | None = None) -> Classifier:
        """Load a model; ``workers`` as for ``open_builtin``.

        Raises ModelMissing, ModelDamaged, and ModelUnsupported for a model that tells no subjects.
        """
        if name == BUILTIN_ID:
            return open_builtin(workers)
        raise ModelUnsupported(f"{self.ready.path(name)} is no model that Classmark can open.")
