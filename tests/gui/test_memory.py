"""What the window remembers: of 0.1.0, of nonsense, and of a version that is newer."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from classmark.gui.memory import FORMAT, Memory
from classmark.gui.theme import ThemeMode
from classmark_models.decide import Rule
from classmark_models.errors import NewerFormat

RECORDED = Path(__file__).parents[1] / "fixtures" / "of_0_1_0" / "window.ini"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return Path(shutil.copy(RECORDED, tmp_path))


def _written(path: Path) -> list[str]:
    """Return the file's lines, once Qt has written them."""
    return path.read_text(encoding="utf-8").splitlines()


def test_the_memory_of_0_1_0_opens_and_gets_a_number_when_written(path: Path) -> None:
    memory = Memory(path)
    assert memory.theme is ThemeMode.DARK
    assert memory.rule == Rule(level="field", top=3, threshold=0.25, cumulative=None, only_sure=True)
    assert memory.choice == ("openalex-zero-shot", "tiny")
    assert memory.splits("desk") == [400, 500, 380]
    assert memory.geometry.size() > 40
    assert Path("/tmp") in memory.recent
    del memory
    assert path.read_bytes() == RECORDED.read_bytes()
    memory = Memory(path)
    memory.theme = ThemeMode.LIGHT
    memory._settings.sync()
    assert f"format={FORMAT}" in _written(path)
    assert Memory(path).choice == ("openalex-zero-shot", "tiny")


@pytest.mark.parametrize("number", ["one", "", "0", "-3", "2²"])
def test_a_number_that_is_none_is_forgiven(number: str, path: Path) -> None:
    path.write_text(
        path.read_text(encoding="utf-8").replace("[General]", f"[General]\nformat={number}"), encoding="utf-8"
    )
    assert Memory(path).theme is ThemeMode.DARK


def test_a_newer_memory_is_refused_and_left_alone(path: Path) -> None:
    path.write_text(f"[General]\nformat={FORMAT + 1}\n\n[window]\ntheme=sepia\n", encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(NewerFormat, match="newer Classmark") as caught:
        Memory(path)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == before
