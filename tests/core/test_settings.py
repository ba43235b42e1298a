"""Settings: written, read again, and refused by name of the fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from classmark.core.paths import HOME, SETTINGS, config_folder
from classmark.core.settings import NEVER, Settings, read_settings, settle, write_settings
from classmark_models.errors import ClassmarkError, NewerFormat

RECORDED = Path(__file__).parents[1] / "fixtures" / "of_0_1_0"


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
        Settings(network=NEVER),
    ],
    ids=repr,
)
def test_what_is_written_is_read(settings: Settings) -> None:
    write_settings(settings)
    assert read_settings() == settings
    assert [path.name for path in config_folder().iterdir()] == [SETTINGS]


def test_folders_are_those_of_the_settings(tmp_path: Path) -> None:
    collection = Settings(models=str(tmp_path / "own"), shared=str(tmp_path / "shared")).collection()
    assert collection.ready.root == tmp_path / "own" / "ready"
    assert collection.ready.shared == (tmp_path / "shared" / "ready",)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("models =", "cannot be read"),
        ("models = 3", "'models' is no setting with a text"),
        ("network = 'sometimes'", "network: asked or never is wanted, not 'sometimes'"),
        ("format = 0", "'0' is no format"),
        ("format = 'one'", "'one' is no format"),
        ("format = true", "'True' is no format"),
        ("colour = 3", "'colour' is no setting with a text"),
        ("[models]", "'models' is no setting with a text"),
        ("\xff", "cannot be read"),
    ],
)
def test_faults_are_named(text: str, fault: str) -> None:
    config_folder().mkdir()
    (config_folder() / SETTINGS).write_bytes(text.encode("latin-1"))
    with pytest.raises(ClassmarkError, match=fault) as caught:
        read_settings()
    assert str(config_folder() / SETTINGS) in str(caught.value)


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_settings_of_0_1_0_open_and_get_a_number_when_written(ends: str) -> None:
    config_folder().mkdir()
    recorded = (RECORDED / "settings.toml").read_text(encoding="utf-8")
    (config_folder() / SETTINGS).write_bytes(recorded.replace("\n", ends).encode())
    settings = read_settings()
    assert settings == Settings(
        models="/home/ada/Modelle und mehr",
        shared="/srv/reading-room/models",
        hub="https://hub.example.org",
        exports="https://hub.example.org/our-library",
    )
    write_settings(settings)
    written = (config_folder() / SETTINGS).read_text(encoding="utf-8")
    assert written == f"format = 1\n{recorded}"
    assert read_settings() == settings


def test_settings_of_a_newer_format_are_refused_and_left_alone() -> None:
    config_folder().mkdir()
    newer = 'format = 2\nmodels = ["/a", "/b"]\n'
    (config_folder() / SETTINGS).write_text(newer)
    for attempt in (read_settings, lambda: write_settings(Settings())):
        with pytest.raises(NewerFormat, match="newer Classmark") as caught:
            attempt()
        assert str(config_folder() / SETTINGS) in str(caught.value)
    assert (config_folder() / SETTINGS).read_text() == newer
    assert [path.name for path in config_folder().iterdir()] == [SETTINGS]


def test_what_a_newer_version_of_the_same_format_settled_is_kept() -> None:
    config_folder().mkdir()
    (config_folder() / SETTINGS).write_text("format = 1\nhub = 'https://a.example'\n'the colour' = \"red \\\"\"\n")
    assert settle().unknown == ("the colour",)
    write_settings(Settings(shared="/srv/models"))
    assert (settle().unknown, settle().own) == (("the colour",), Settings(shared="/srv/models"))
    text = (config_folder() / SETTINGS).read_text()
    assert text == 'format = 1\nshared = "/srv/models"\n"the colour" = "red \\""\n'
