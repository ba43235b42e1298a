"""Settings: written, read again, and refused by name of the fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from classmark.core.paths import HOME, config_folder
from classmark.core.settings import FILE, Settings, read_settings, write_settings
from classmark_models.errors import ClassmarkError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(HOME, str(tmp_path / "home"))
    return tmp_path / "home"


def test_without_a_file_nothing_is_settled(home: Path) -> None:
    assert read_settings() == Settings()
    assert read_settings().collection().root == home / "models"
    assert not home.exists()


@pytest.mark.parametrize(
    "settings",
    [
        Settings(),
        Settings(models='C:\\Users\\"Ada"\\models', shared="/srv/models"),
        Settings(hub="http://127.0.0.1:8000", exports="https://hub.example.org/our-library"),
        Settings(models="/models/Каталог/目录"),
    ],
    ids=repr,
)
def test_what_is_written_is_read(settings: Settings) -> None:
    write_settings(settings)
    assert read_settings() == settings
    assert [path.name for path in config_folder().iterdir()] == [FILE]


def test_folders_are_those_of_the_settings(tmp_path: Path) -> None:
    collection = Settings(models=str(tmp_path / "own"), shared=str(tmp_path / "shared")).collection()
    assert collection.ready.root == tmp_path / "own" / "ready"
    assert collection.ready.shared == (tmp_path / "shared" / "ready",)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("models =", "cannot be read"),
        ("models = 3", "'models' is no setting with a text"),
        ("colour = 'red'", "'colour' is no setting"),
        ("[models]", "'models' is no setting with a text"),
        ("\xff", "cannot be read"),
    ],
)
def test_faults_are_named(text: str, fault: str) -> None:
    config_folder().mkdir()
    (config_folder() / FILE).write_bytes(text.encode("latin-1"))
    with pytest.raises(ClassmarkError, match=fault) as caught:
        read_settings()
    assert str(config_folder() / FILE) in str(caught.value)
