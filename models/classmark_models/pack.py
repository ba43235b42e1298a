"""A model folder: its manifest, and the proof that its files are whole."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classmark_models.errors import ModelDamaged, ModelMissing

MANIFEST = "manifest.json"
SPEC = "model.toml"
"""The model's entry of the catalogue."""
BUILTIN, BUILTIN_GRAPH = Path(__file__).parent / "builtin", "encoder.onnx"


@dataclass(frozen=True, slots=True)
class Pack:
    """What a manifest states; ``facts`` holds all of it, as read."""

    folder: Path
    facts: dict[str, Any]

    def fact(self, name: str) -> Any:
        """Return one of the facts; ModelDamaged when the manifest does not state it."""
        try:
            return self.facts[name]
        except KeyError as error:
            raise ModelDamaged(f"{self.folder / MANIFEST} does not state {name}. Install Classmark again.") from error

    def file(self, name: str) -> Path:
        """Return the path of a file of the pack.

        Raises ModelMissing when it is not there, ModelDamaged when its size is not the stated one.
        """
        path = self.folder / name
        try:
            size = path.stat().st_size
        except OSError as error:
            raise ModelMissing(f"A file of the model is missing: {path}. Install Classmark again.") from error
        stated = self._stated(name, "bytes")
        if size != stated:
            raise ModelDamaged(f"{path} has {size:,} bytes instead of {stated:,}. Install Classmark again.")
        return path

    def verify(self) -> None:
        """Compare every file with its sha256; errors as for ``file``."""
        for name in self.fact("files"):
            with self.file(name).open("rb") as content:
                digest = hashlib.file_digest(content, "sha256").hexdigest()
            if digest != self._stated(name, "sha256"):
                raise ModelDamaged(f"{self.folder / name} was changed: its sha256 is not the stated one.")

    def _stated(self, name: str, fact: str) -> Any:
        try:
            return self.fact("files")[name][fact]
        except (KeyError, TypeError) as error:
            raise ModelDamaged(f"{self.folder / MANIFEST} does not state the {fact} of {name}.") from error


def open_pack(folder: Path) -> Pack:
    """Read the manifest of a model folder; ModelMissing or ModelDamaged when there is none that can be read."""
    path = folder / MANIFEST
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelMissing(f"There is no model in {folder}: {MANIFEST} is missing.") from error
    except ValueError as error:
        raise ModelDamaged(f"{path} is not a manifest: {error}") from error
    if not isinstance(facts, dict) or not isinstance(facts.get("files"), dict):
        raise ModelDamaged(f"{path} is not a manifest: it names no files.")
    return Pack(folder, facts)


def describe(path: Path) -> dict[str, int | str]:
    """Return the size and sha256 of a file, as a manifest states them."""
    with path.open("rb") as content:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(content, "sha256").hexdigest()}
