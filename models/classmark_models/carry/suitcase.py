"""One file for a whole model, to be carried on a stick: a zip of its folder, written and read with distrust.

A suitcase (``.classmark``) is a zip without compression: ``manifest.json`` first, then the files that it names in the
order of their names, nothing between them and nothing behind. The same model gives the same bytes. Source of the
format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from classmark_models.carry.ready import check_ready
from classmark_models.carry.staging import staged
from classmark_models.carry.zip_directory import Fault, check_end, check_entries
from classmark_models.collection import Collection
from classmark_models.errors import (
    DiskFull,
    Interrupted,
    ModelDamaged,
    ModelMissing,
    ModelUnsafe,
    ModelUnsupported,
    SpecInvalid,
    SuitcaseRefused,
)
from classmark_models.pack import MANIFEST
from classmark_models.selftest import Progress, selftest
from classmark_models.spec import BUILTIN_IDS, check_id
from classmark_models.store import FORMAT, Receipt, read_receipt, writing

SUFFIX = ".classmark"
_CHUNK = 1 << 20
_SPARE = 64 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX, _FILE = 3, 0o100644 << 16


def write_suitcase(
    folder: Path,
    path: Path,
    progress: Progress = lambda what, done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> None:
    """Write a ready model's folder into one file, each of its files proved on the way.

    Raises ModelMissing, ModelDamaged, Interrupted, StoreError and DiskFull; ``path`` is then as it was.
    """
    receipt = read_receipt(folder)
    if receipt is None:
        raise ModelMissing(f"There is no ready model in {folder} that could be packed. Fetch or repair it first.")
    draft = path.with_name(f"{path.name}.part")
    copy = _Copy(f"Packing {receipt.id}", sum(held.size for held in receipt.files.values()), progress, should_stop)
    with writing(path):
        _make_room(copy.total, path.parent)
        try:
            with ZipFile(draft, "w", ZIP_STORED) as case:
                case.writestr(_entry(MANIFEST), (folder / MANIFEST).read_bytes())
                for name, held in sorted(receipt.files.items()):
                    entry = _entry(name)
                    entry.file_size = held.size
                    with (folder / name).open("rb") as source, case.open(entry, "w") as target:
                        if copy.move(source, target, held.size) != held.sha256:
                            raise ModelDamaged(f"{folder / name} is not what it was. Repair the model first.")
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


def read_suitcase(
    path: Path,
    collection: Collection,
    progress: Progress = lambda what, done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> str:
    """Unpack a suitcase into the ready models, each file proved and the model tested, and return its id.

    Until the end, and after any error, the former model of that id stays as it is. Raises SuitcaseRefused, which
    names the fault; Interrupted, StoreError and DiskFull.
    """
    with _opened(path) as (case, entries):
        manifest = case.read(entries[0])
        name = _name(manifest, path)
        with _refusing(path), staged(collection.ready, name) as folder, writing(collection.ready.root):
            (folder / MANIFEST).write_bytes(manifest)
            receipt = _stated(folder, entries, path)
            copy = _Copy(f"Unpacking {name}", sum(entry.file_size for entry in entries), progress, should_stop)
            _make_room(copy.total, collection.ready.root)
            for entry in entries[1:]:
                held, target = receipt.files[entry.filename], folder / entry.filename
                target.parent.mkdir(parents=True, exist_ok=True)
                with case.open(entry) as source, target.open("xb") as file:
                    if copy.move(source, file, held.size) != held.sha256:
                        raise _refused(path, f"{entry.filename} is not what the manifest states")
            check_ready(folder, receipt)
            tested = selftest(folder, progress=progress, should_stop=should_stop)
            if not tested.passed:
                raise _refused(path, f"it holds the variant for other processors. {tested.sentence}")
    collection.record(name, tested)
    return name


class _Copy:
    """Moves bytes, counting and hashing them."""

    def __init__(self, what: str, total: int, progress: Progress, should_stop: Callable[[], bool]) -> None:
        self.total, self._done = total, 0
        self._what, self._progress, self._should_stop = what, progress, should_stop

    def move(self, source: IO[bytes], target: IO[bytes], size: int) -> str:
        """Copy up to ``size`` bytes and one more, which tells of a file that has grown; return their sha256."""
        digest, left = hashlib.sha256(), size + 1
        while chunk := source.read(min(_CHUNK, left)):
            if self._should_stop():
                raise Interrupted("Stopped.")
            digest.update(chunk)
            target.write(chunk)
            left -= len(chunk)
            self._done += len(chunk)
            self._progress(self._what, self._done, self.total)
        return digest.hexdigest()


@contextmanager
def _opened(path: Path) -> Iterator[tuple[ZipFile, list[ZipInfo]]]:
    """Open a suitcase whose list of files is in order."""
    try:
        with path.open("rb") as file:
            check_end(file)
            with ZipFile(file) as case:
                yield case, check_entries(case, file)
    except Fault as fault:
        raise _refused(path, str(fault)) from fault
    except (BadZipFile, NotImplementedError, EOFError, struct.error) as error:
        raise _refused(path, f"it is damaged ({error})") from error
    except FileNotFoundError as error:
        raise SuitcaseRefused(f"{path} is not there.") from error
    except OSError as error:
        raise SuitcaseRefused(f"{path} cannot be read ({error.strerror or error}). Copy it again.") from error


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Say of a model's fault that it is the suitcase's."""
    try:
        yield
    except (ModelDamaged, ModelMissing, ModelUnsafe, ModelUnsupported, SpecInvalid) as error:
        raise SuitcaseRefused(f"{path.name} cannot be imported. {error}") from error


def _name(manifest: bytes, path: Path) -> str:
    """Return the id of the model in a suitcase."""
    try:
        facts = json.loads(manifest)
        name, form = facts["id"], facts["format"]
        if type(form) is int and form > FORMAT:
            raise _refused(path, "it was made by a newer Classmark. Update Classmark to use it")
        if type(form) is not int or form < 1 or facts["name"] != name:
            raise ValueError("it contradicts itself")
        if name in BUILTIN_IDS:
            raise _refused(path, f"it calls itself {name}, as a model that comes with Classmark")
        return check_id(name)
    except (ValueError, KeyError, TypeError, RecursionError, SpecInvalid) as error:
        raise _refused(path, f"its {MANIFEST} cannot be understood ({error})") from error


def _stated(folder: Path, entries: list[ZipInfo], path: Path) -> Receipt:
    """Return the receipt in a folder, if the suitcase holds just the files that it names, of the sizes stated."""
    receipt = read_receipt(folder)
    if receipt is None:
        raise _refused(path, f"its {MANIFEST} cannot be understood")
    sizes = {entry.filename: entry.file_size for entry in entries[1:]}
    for name in receipt.files:
        if name not in sizes:
            raise _refused(path, f"{name} is missing in it")
    for name, size in sizes.items():
        if name not in receipt.files:
            raise _refused(path, f"it holds {name}, which its {MANIFEST} does not name")
        if size != receipt.files[name].size:
            raise _refused(path, f"{name} has {size:,} bytes in it instead of {receipt.files[name].size:,}")
    return receipt


def _refused(path: Path, fault: str) -> SuitcaseRefused:
    return SuitcaseRefused(f"{path.name} cannot be imported: {fault}.")


def _make_room(needed: int, place: Path) -> None:
    free = shutil.disk_usage(place).free
    if needed + _SPARE > free:
        raise DiskFull(
            f"{needed / 1e6:,.0f} MB are needed, and {free / 1e6:,.0f} MB are free in {place}. Make room there."
        )


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, _EPOCH)
    entry.create_system, entry.external_attr = _UNIX, _FILE
    return entry
