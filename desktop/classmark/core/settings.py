"""What the person or their IT has settled, read from one file: where models lie, and where they may come from."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path

from classmark.core.paths import config_folder, data_folder
from classmark_models.collection import Collection
from classmark_models.errors import ClassmarkError
from classmark_models.reading_desk import ReadingDesk

FILE = "settings.toml"
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Settings:
    """Each setting is a text; folders that are empty are where the system wants such things.

    ``models``: the folder to which models are written. ``shared``: a folder of models that is only read, as on a
    reading room's server. ``hub``: where published models come from, HF_ENDPOINT or huggingface.co when empty.
    ``exports``: a hub and an organisation on it that keep exports of Classmark's own making
    (``https://hub.example.org/our-library``), asked first when it is not empty.
    """

    models: str = ""
    shared: str = ""
    hub: str = ""
    exports: str = ""

    def collection(self, desk: ReadingDesk | None = None) -> Collection:
        """Return the models that are in reach; ``desk`` as for ``Collection``."""
        root = Path(self.models) if self.models else data_folder() / "models"
        return Collection(root, (Path(self.shared),) if self.shared else (), desk)


NAMES = tuple(field.name for field in fields(Settings))


def read_settings() -> Settings:
    """Read the settings; ClassmarkError, which names the file and the fault, when it cannot be understood."""
    path = config_folder() / FILE
    try:
        with path.open("rb") as file:
            values = tomllib.loads(file.read(_LARGEST).decode())
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError, RecursionError) as error:
        raise ClassmarkError(f"The settings in {path} cannot be read: {error}. Mend or remove the file.") from error
    for name, value in values.items():
        if name not in NAMES or not isinstance(value, str):
            raise ClassmarkError(f"{path}: {name!r} is no setting with a text; there are {', '.join(NAMES)}.")
    return replace(Settings(), **values)


def write_settings(settings: Settings) -> None:
    """Write the settings in one step; OSError when the folder cannot be written to."""
    path = config_folder() / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{FILE}.new")
    lines = [f"{name} = {json.dumps(getattr(settings, name))}\n" for name in NAMES if getattr(settings, name)]
    draft.write_text("".join(lines), encoding="utf-8")
    draft.replace(path)
