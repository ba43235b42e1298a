"""The model folder: what is installed, whole and where."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classmark_models.errors import DiskFull, ModelMissing, NewerFormat, SpecInvalid, StoreError
from classmark_models.formats import check_format
from classmark_models.pack import MANIFEST, describe
from classmark_models.spec import ModelSpec, check_id, check_path

FORMAT = 1
"""The format of a model's folder and its receipt; a receipt without a number is of format 1."""
PART = ".part"
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Held:
    """A file as it was when it was found to be whole: its size in bytes, and its sha256 in hexadecimal."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a model's folder holds: full commits by repo, files by path, and facts about it, all plain JSON.

    It lies in the folder as its manifest. Without it nothing is installed.
    """

    id: str
    commits: Mapping[str, str]
    files: Mapping[str, Held]
    facts: Mapping[str, Any] = field(default_factory=dict)


class Store:
    """A folder of models, one folder for each, and shared folders that are only read.

    A model is installed when its receipt is there, which is written last, and its files have the sizes stated there.
    """

    def __init__(self, root: Path, shared: Sequence[Path] = ()) -> None:
        """Take the folder to write to, which need not exist, and others to look in when a model is not there."""
        self.root, self.shared = root, tuple(shared)

    def folder(self, name: str) -> Path:
        """Return where a model lies or would lie in our own folder; SpecInvalid when the id cannot be one."""
        return self.root / check_id(name)

    def path(self, name: str) -> Path:
        """Return the folder of an installed model, our own before a shared one.

        ModelMissing when there is none, NewerFormat when a newer Classmark alone can read the one there is.
        """
        return self._find(name)[0]

    def receipt(self, name: str) -> Receipt:
        """Return the receipt of an installed model; errors as for ``path``."""
        return self._find(name)[1]

    def installed(self, spec: ModelSpec) -> bool:
        """Tell whether the model is there, of the commit and with the files that the catalogue names; reads no file."""
        try:
            receipt = self.receipt(spec.id)
        except (ModelMissing, NewerFormat):
            return False
        return all(
            receipt.commits.get(file.repo, "").startswith(file.commit)
            and (file.optional if held is None else file.sha256 in (None, held.sha256))
            for file in spec.files
            for held in [receipt.files.get(file.path)]
        )

    def names(self) -> list[str]:
        """Return the ids of all installed models, sorted."""
        found = set()
        for name in self._named():
            with suppress(ModelMissing, NewerFormat, SpecInvalid):
                found.add(self.path(name).name)
        return sorted(found)

    def newer(self) -> dict[str, Path]:
        """Return the folders of the models that a newer Classmark alone can read, by id."""
        found = {}
        for name in self._named():
            try:
                self.path(name)
            except NewerFormat:
                found[name] = next(folder for folder in self._places(name) if _is_newer(folder))
            except (ModelMissing, SpecInvalid):
                continue
        return found

    def check_known(self, name: str) -> None:
        """Raise NewerFormat where writing to our folder of a model would destroy what a newer Classmark made."""
        _check_receipt(self.folder(name))

    def verify(self, name: str) -> tuple[str, ...]:
        """Compare each file of a model with its receipt, by size and sha256; return the paths of those that differ.

        Raises ModelMissing when there is no receipt, NewerFormat as for ``path``.
        """
        for folder in self._places(name):
            receipt = read_receipt(folder)
            if receipt is not None:
                return tuple(path for path, held in receipt.files.items() if not is_whole(folder / path, held))
            _check_receipt(folder)
        raise ModelMissing(f"The model {name} is not installed. Fetch it first.")

    def record(self, receipt: Receipt) -> None:
        """Declare a model whole: remove what is left of the way there, and write its receipt; StoreError, DiskFull."""
        self.discard_parts(receipt.id)
        write_receipt(self.folder(receipt.id), receipt)

    def forget(self, name: str) -> None:
        """Remove the receipt, so that the model counts as not installed until it is whole again; StoreError."""
        with writing(self.folder(name)):
            (self.folder(name) / MANIFEST).unlink(missing_ok=True)

    def discard_parts(self, name: str) -> None:
        """Remove what a download left that will not be gone on with; StoreError."""
        with writing(self.folder(name)):
            for part in self.folder(name).rglob(f"*{PART}"):
                part.unlink()

    def remove(self, name: str) -> None:
        """Remove a model from our own folder, if it is there; StoreError, and a half-removed model is none."""
        if self.folder(name).exists():
            self.forget(name)
            with writing(self.folder(name)):
                shutil.rmtree(self.folder(name))
        elif any((place / name).exists() for place in self.shared):
            raise StoreError(f"The model {name} lies in a shared folder; only its keeper can remove it there.")

    def free_space(self) -> int:
        """Return the free bytes where models are written."""
        place = self.root.absolute()
        while not place.exists() and place != place.parent:
            place = place.parent
        return shutil.disk_usage(place).free

    def _find(self, name: str) -> tuple[Path, Receipt]:
        for folder in self._places(name):
            receipt = read_receipt(folder)
            if receipt is not None and receipt.id == name and not _misfits(folder, receipt):
                return folder, receipt
        for folder in self._places(name):
            _check_receipt(folder)
        raise ModelMissing(f"The model {name} is not installed, or not wholly. Fetch or repair it first.")

    def _named(self) -> set[str]:
        return {receipt.parent.name for place in (self.root, *self.shared) for receipt in place.glob(f"*/{MANIFEST}")}

    def _places(self, name: str) -> list[Path]:
        return [place / check_id(name) for place in (self.root, *self.shared)]


def read_receipt(folder: Path) -> Receipt | None:
    """Read the receipt of a model's folder; None when there is none, or one that cannot be relied on."""
    try:
        facts = _stated_in(folder)
        return Receipt(
            check_id(facts["id"]),
            {str(repo): str(commit) for repo, commit in facts["commits"].items()},
            {check_path(path): _held(fact) for path, fact in facts["files"].items()},
            {str(name): fact for name, fact in facts.items() if name not in ("id", "format", "commits", "files")},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, NewerFormat, SpecInvalid):
        return None


def write_receipt(folder: Path, receipt: Receipt) -> None:
    """Write the receipt of a model's folder, whole or not at all; StoreError, DiskFull."""
    with writing(folder):
        fresh = folder / f"{MANIFEST}.new"
        with fresh.open("w", encoding="utf-8") as file:
            json.dump(_stated(receipt), file, indent=1, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(folder / MANIFEST)


def held_of(path: Path) -> Held:
    """Return size and sha256 of a file; OSError."""
    fact = describe(path)
    return Held(int(fact["bytes"]), str(fact["sha256"]))


def is_whole(path: Path, held: Held) -> bool:
    """Tell whether a file has the size and the sha256."""
    try:
        return path.stat().st_size == held.size and describe(path)["sha256"] == held.sha256
    except OSError:
        return False


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """Turn what the system says about writing below a place into DiskFull or StoreError."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"The disk is full: make room where {place} is, then go on.") from error
        reason = error.strerror or str(error)
        raise StoreError(f"{place} cannot be changed ({reason}). Close what uses it, or choose another.") from error


def _stated_in(folder: Path) -> dict[str, Any]:
    """Return what a receipt states, as read; NewerFormat, OSError, and what comes of a file that is no receipt."""
    facts: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    check_format(facts.get("format"), FORMAT, folder)
    return facts


def _check_receipt(folder: Path) -> None:
    """Raise NewerFormat where a receipt says so; of all else that may be wrong with it others tell."""
    with suppress(OSError, ValueError, AttributeError, RecursionError):
        _stated_in(folder)


def _is_newer(folder: Path) -> bool:
    try:
        _check_receipt(folder)
    except NewerFormat:
        return True
    return False


def _stated(receipt: Receipt) -> dict[str, Any]:
    files = {path: {"bytes": held.size, "sha256": held.sha256} for path, held in receipt.files.items()}
    return {"id": receipt.id, "format": FORMAT, **receipt.facts, "commits": dict(receipt.commits), "files": files}


def _held(fact: Any) -> Held:
    size, sha256 = fact["bytes"], fact["sha256"]
    if type(size) is not int or size < 0 or not _SHA256.fullmatch(sha256):
        raise ValueError("this is no size and sha256")
    return Held(size, sha256)


def _misfits(folder: Path, receipt: Receipt) -> bool:
    try:
        return any((folder / path).stat().st_size != held.size for path, held in receipt.files.items())
    except OSError:
        return True
