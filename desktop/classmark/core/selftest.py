"""Whether an installation works: all of it loads, every built-in classifier answers, and children do their part."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import platform
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from importlib.metadata import PackageNotFoundError, version
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from classmark.core.classify import classify_document
from classmark.core.documents import Document, Outcome
from classmark.core.export.records import subjects_of
from classmark.core.paths import HOME
from classmark.core.reading import ReaderProcess
from classmark.core.settings import read_settings
from classmark.core.sources import find_files
from classmark.core.workshop_process import Outcome as Done
from classmark.core.workshop_process import Task, run_task
from classmark.resources import asset
from classmark_models.collection import Collection
from classmark_models.decide import Rule
from classmark_models.errors import ClassmarkError
from classmark_models.pack import open_pack
from classmark_models.reading_desk import ReadingDesk

TITLE = "The Great Barrier Reef: how corals live, and what warmer seas do to them"
"""The text that each classifier is asked about."""
_LATE = (
    "charset_normalizer",
    "h5py",
    "httpx2",
    "huggingface_hub.hf_api",
    "onnx",
    "py3langid.langid",
    "pypdfium2.raw",
    "selectolax.lexbor",
    "striprtf.striprtf",
)
"""What is imported only where it is needed."""


class SelfTest:
    """What is found out, step by step; a context manager within which nothing of the person's is read or written.

    ``report`` is for JSON: of each step its seconds and what it found.
    """

    def __init__(self, program: str) -> None:
        self.report: dict[str, Any] = {
            "program": program,
            "version": _version("classmark"),
            "passed": True,
            "frozen": bool(getattr(sys, "frozen", False)),
            "system": platform.platform(),
            "python": platform.python_version(),
            "failures": [],
        }

    def __enter__(self) -> SelfTest:
        self._home = TemporaryDirectory(prefix="classmark-selftest-")
        self._before = os.environ.get(HOME)
        os.environ[HOME] = self._home.name
        return self

    def __exit__(self, *_: object) -> None:
        os.environ.pop(HOME)
        if self._before is not None:
            os.environ[HOME] = self._before
        self._home.cleanup()

    @contextmanager
    def step(self, name: str) -> Iterator[dict[str, Any]]:
        """Do a step, which fills in what it finds; whatever it raises is a failure."""
        found = self.report[name] = {}
        began = perf_counter()
        try:
            yield found
        except Exception as error:  # noqa: BLE001 - to tell what does not work is what this is for
            self.report["failures"].append(f"{name}: {type(error).__name__}: {error}")
            self.report["passed"] = False
        found["seconds"] = round(perf_counter() - began, 3)

    def tell(self) -> int:
        """Print the report, where there is somewhere to print to, and return the exit code: 0, or 1 when it failed."""
        if sys.stdout is not None:  # there is none in a window of Windows
            print(json.dumps(self.report, indent=1, ensure_ascii=True))  # noqa: T201
        return 0 if self.report["passed"] else 1


def check(test: SelfTest, packages: Sequence[str]) -> None:
    """Do the steps that need no window: with all classifiers, the reading child, and all modules of the packages."""
    collection = read_settings().collection(ReadingDesk())
    builtin = [name for name, spec in collection.specs().items() if spec.is_builtin]
    with test.step("classifiers") as found:
        for name in builtin:
            found[name] = _ask(collection, name)
    with test.step("reading") as found, ReaderProcess() as reader:
        for path in find_files([asset("samples")]):
            reading = reader.read(path)
            if reading.outcome is not Outcome.READ:
                raise ClassmarkError(f"{path.name}: {reading.reason}")
            found[path.name] = reading.outcome.value
    with test.step("files") as found:
        open_pack(collection.desk.folder).verify()
    with test.step("workshop") as found:
        *_, done = run_task(read_settings(), Task("verify", {"name": builtin[-1]}))
        if done != Done(()):
            raise ClassmarkError(f"the workshop finds {builtin[-1]} damaged: {done}")
    with test.step("loading") as found:
        names = [each.name for package in packages for each in _modules(package)]
        for name in (*names, *_LATE):
            importlib.import_module(name)
        found["modules"] = len(names)
        found["versions"] = {
            name: sys.modules[name].__version__ for name in ("numpy", "onnx", "onnxruntime", "tokenizers")
        }


def _ask(collection: Collection, name: str) -> dict[str, Any]:
    """Return what a classifier answers, and how long that took; ClassmarkError when it has no answer."""
    began = perf_counter()
    with closing(collection.open(name)) as classifier:
        opened = perf_counter()
        result = classify_document(Document("", "text", title=TITLE, language="en"), [classifier])
    answers = subjects_of(result, Rule())
    if not answers or not 0 < answers[0].score <= 1:
        raise ClassmarkError(f"{name} has no answer: {result.reason or answers}")
    return {
        "answer": answers[0].label.name,
        "probability": round(answers[0].score, 3),
        "seconds to open": round(opened - began, 3),
        "seconds to answer": round(perf_counter() - opened, 3),
    }


def _modules(package: str) -> Iterator[pkgutil.ModuleInfo]:
    return pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}.")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "from a checkout"
