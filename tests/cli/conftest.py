"""Fixtures of the command line's tests: a folder of documents, the program as a process, and in this process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.core.files import pdf

from classmark import cli
from classmark.cli import classifying
from classmark.core.paths import HOME
from classmark.core.reading import ReaderProcess
from classmark_models.classifier import Classifier
from classmark_models.collection import Collection, open_builtin

Run = Callable[..., subprocess.CompletedProcess[bytes]]
Call = Callable[..., tuple[int, str, str]]

DONE, FAILED, USAGE, SOME_UNREADABLE, CANCELLED = 0, 1, 2, 3, 130
POSIX = pytest.mark.skipif(os.name == "nt", reason="signals, pipes and terminals of POSIX")
CORAL_TITLE = "Bleaching and recovery of coral reefs after marine heatwaves"
CORAL = (
    f"{CORAL_TITLE}\n\nCorals bleach when the sea stays too warm for weeks: the polyps lose the algae that feed them, "
    "and starve. Reefs recover within ten years where grazing fishes keep seaweed down.\n\n"
)
LAW = (
    '<html lang="de"><head><title>Besteuerung von Unternehmen und Steuerflucht</title></head><body><p>Die Besteuerung '
    "der Gewinne von Unternehmen richtet sich nach ihrem Sitz. Steuerflucht in Länder mit niedrigen Sätzen mindert die "
    "Einnahmen des Staates; das Steuerrecht begegnet ihr mit Regeln zur Hinzurechnung.</p></body></html>"
)
STARS = pdf(
    "Gamma-ray bursts from collapsing stars\nA burst begins when the core of a massive star collapses.",
    "Spectra\nThe spectrum of the afterglow tells the distance of the galaxy.",
    "Counts\nThe telescope saw forty bursts of gamma rays within a year.",
    title="Gamma-ray bursts from collapsing stars",
)
FORMULA_TITLE = '=HYPERLINK("http://example.org","sheep")'
FORMULA = (
    f"<html><head><title>{FORMULA_TITLE}</title></head><body><p>Sheep are bred for wool and for meat. Ewes lamb in "
    "spring on the pastures.</p></body></html>"
)

READABLE = ("coral.txt", "formula.html", "inner/law.html", "inner/stars.pdf")
UNREADABLE = {"broken.pdf": "damaged", "empty.txt": "empty"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, whatever the person who runs the tests has settled."""
    monkeypatch.setenv(HOME, str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of four documents in two folders, two files that cannot be read, and one that says nothing."""
    folder = tmp_path_factory.mktemp("papers")
    (folder / "inner").mkdir()
    (folder / "coral.txt").write_text(CORAL, encoding="utf-8")
    (folder / "formula.html").write_text(FORMULA, encoding="utf-8")
    (folder / "inner" / "law.html").write_text(LAW, encoding="utf-8")
    (folder / "inner" / "stars.pdf").write_bytes(STARS)
    (folder / "broken.pdf").write_bytes(STARS[:60])
    (folder / "empty.txt").write_bytes(b"")
    (folder / "untitled.txt").write_text("Untitled document\n", encoding="utf-8")
    (folder / ".hidden.txt").write_text(CORAL, encoding="utf-8")
    return folder


def environment(**more: str) -> dict[str, str]:
    """Return an environment in which another process finds what this one finds."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path)), **more}


def command(*arguments: str | Path) -> list[str]:
    """Return the command line of the program."""
    return [sys.executable, "-m", "classmark.cli", *map(str, arguments)]


@pytest.fixture(scope="session")
def run() -> Run:
    """Return a function that runs the program in a process of its own and waits for its end."""

    def run_to_the_end(
        *arguments: str | Path, stdin: bytes = b"", **variables: str
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            command(*arguments), input=stdin, capture_output=True, env=environment(**variables), timeout=60, check=False
        )

    return run_to_the_end


@pytest.fixture(scope="session")
def classifier() -> Iterator[Classifier]:
    classifier = open_builtin()
    yield classifier
    classifier.close()


class LastingReader(ReaderProcess):
    """A reader whose child outlives the command that used it."""

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def reader() -> Iterator[ReaderProcess]:
    reader = LastingReader()
    yield reader
    reader.close()


@pytest.fixture
def call_plainly(reader: ReaderProcess, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Return a function that runs the program within this process."""
    monkeypatch.setattr(classifying, "ReaderProcess", lambda: reader)

    def call_main(*arguments: str | Path) -> tuple[int, str, str]:
        argv: Sequence[Any] = [str(argument) for argument in arguments]
        try:
            code = cli.main(argv)
        except SystemExit as exit_:
            code = int(str(exit_.code))
        written = capsys.readouterr()
        return code, written.out, written.err

    return call_main


@pytest.fixture
def call(call_plainly: Call, classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Return a function that runs the program within this process, which need not load its model every time."""
    monkeypatch.setattr(Collection, "open", lambda *_: classifier)
    monkeypatch.setattr(classifier, "close", lambda: None)
    return call_plainly


def records(lines: str) -> list[dict[str, Any]]:
    assert lines.endswith("\n")
    return [json.loads(line) for line in lines[:-1].split("\n")]
