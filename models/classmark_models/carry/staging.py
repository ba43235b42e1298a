"""A ready model in the making: a folder beside its place, which it takes whole or not at all."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from classmark_models.errors import StoreError
from classmark_models.store import Store, writing

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


@contextmanager
def staged(store: Store, name: str) -> Iterator[Path]:
    """Lend an empty folder, and at the end put it, with the receipt written there, in the place of the model ``name``.

    Until then the former model stays as it is, and after an error nothing is left of the folder. Only one program at
    a time works on a model. Raises StoreError when another does or the folder cannot be written, DiskFull, and
    NewerFormat when a newer Classmark made the former one.
    """
    place = store.folder(name)
    fresh, former = place.with_name(f"{name}.new"), place.with_name(f"{name}.old")
    store.check_known(name)
    with writing(store.root):
        store.root.mkdir(parents=True, exist_ok=True)
    with _claimed(store.root / f"{name}.lock", name):
        with writing(store.root):
            _sweep(place, fresh, former)
            fresh.mkdir()
        try:
            yield fresh
            with writing(store.root):
                if place.exists():
                    place.replace(former)
                try:
                    fresh.replace(place)
                except OSError:
                    if former.exists():
                        former.replace(place)
                    raise
        finally:
            # What a scanner of viruses still holds is swept the next time.
            for left in (fresh, former):
                shutil.rmtree(left, ignore_errors=True)


def _sweep(place: Path, fresh: Path, former: Path) -> None:
    """Put right what a program left that was killed here."""
    if former.exists() and not place.exists():
        former.replace(place)
    for left in (fresh, former):
        if left.exists():
            shutil.rmtree(left)


@contextmanager
def _claimed(path: Path, name: str) -> Iterator[None]:
    with writing(path):
        descriptor = _open_locked(path)
    if descriptor is None:
        raise StoreError(f"Another Classmark is at work on {name} just now. Wait for it.")
    try:
        yield
    finally:
        if sys.platform == "win32":
            os.close(descriptor)
            # Somebody else may have opened it by now.
            with suppress(OSError):
                path.unlink()
        else:
            path.unlink(missing_ok=True)
            os.close(descriptor)


def _open_locked(path: Path) -> int | None:
    """Return the descriptor of a file that is locked until it is closed; None when another has it."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
        try:
            if sys.platform == "win32":
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return None
        # Its last holder may have removed it meanwhile: then the lock is on a file that nobody finds.
        with suppress(OSError):
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        os.close(descriptor)
