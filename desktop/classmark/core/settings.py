"""The settings: each declared once, and whose word holds for it: the person's, their IT's, or nobody's."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from classmark.core.paths import HOME, SETTINGS, config_folder, data_folder
from classmark.core.policy import Policy, read_policy
from classmark.core.setting import Kind, Setting
from classmark.core.toml_file import read_toml
from classmark_models.collection import Collection
from classmark_models.errors import ClassmarkError
from classmark_models.formats import check_format
from classmark_models.reading_desk import ReadingDesk

FORMAT = 1
"""A setting that an older Classmark must not overlook raises it; one that it may overlook does not."""
ASKED, NEVER = "asked", "never"
_OFFLINE = "HF_HUB_OFFLINE"


def _declared(kind: Kind, meaning: str, default: str = "", choices: tuple[str, ...] = (), variable: str = "") -> Any:
    facts = {"kind": kind, "meaning": meaning, "default": default, "choices": choices, "variable": variable}
    return field(default="", metadata=facts)


@dataclass(frozen=True, slots=True)
class Settings:
    """The value of each setting, a text; empty where nobody has settled it and the system or the hub decides."""

    models: str = _declared(Kind.FOLDER, "the folder to which models are written")
    shared: str = _declared(Kind.FOLDER, "a folder of models that is only read, as on a reading room's server")
    hub: str = _declared(
        Kind.ADDRESS, "the address that published models come from", "https://huggingface.co", variable="HF_ENDPOINT"
    )
    exports: str = _declared(
        Kind.ADDRESS,
        "a hub and an organisation on it that keep converted models, asked first, as in "
        "https://hub.example.org/our-library",
    )
    network: str = _declared(
        Kind.CHOICE,
        "asked: a model is fetched when a person asks for it; never: nothing is",
        ASKED,
        (ASKED, NEVER),
        _OFFLINE,
    )

    def collection(self, desk: ReadingDesk | None = None) -> Collection:
        """Return the models that are in reach; ``desk`` as for ``Collection``."""
        root = Path(self.models) if self.models else data_folder() / "models"
        return Collection(root, (Path(self.shared),) if self.shared else (), desk)

    @property
    def may_fetch(self) -> bool:
        """Whether a hub may be asked when a person wants it."""
        return self.network != NEVER


DECLARED: Mapping[str, Setting] = {each.name: Setting(each.name, **each.metadata) for each in fields(Settings)}
"""All settings by name."""
NAMES = tuple(DECLARED)


class Origin(StrEnum):
    """Whose word a value is, the weakest first."""

    DEFAULT = "default"
    POLICY = "policy"
    ENVIRONMENT = "environment"
    OWN = "yours"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class Settled:
    """What holds, whose word each value is, what the person said themselves, and what IT said.

    ``unknown``: the names in the person's file that only a newer Classmark knows; they are kept there.
    """

    settings: Settings
    origins: Mapping[str, Origin]
    own: Settings
    policy: Policy
    unknown: tuple[str, ...] = ()

    def in_force(self, name: str) -> str:
        """Return what a setting comes to at this moment, for a person to read; empty where there is no such thing."""
        return _comes_to(name, getattr(self.settings, name))

    def otherwise(self, name: str) -> tuple[str, Origin]:
        """Return what a setting would come to had the person not settled it, and whose word that is."""
        value, origin = _holding(DECLARED[name], "", self.policy)
        return _comes_to(name, value), origin

    def is_locked(self, name: str) -> bool:
        """Tell whether only IT can change it."""
        return self.origins[name] is Origin.LOCKED

    @property
    def why_closed(self) -> str:
        """Why nothing is fetched, a sentence; empty where a person may fetch."""
        if self.settings.may_fetch:
            return ""
        if self.policy.is_closed:
            return "Nothing is fetched here, as what your administrator has settled cannot be read."
        return {
            Origin.LOCKED: "Nothing is fetched here: your administrator has settled it so.",
            Origin.POLICY: "Nothing is fetched here: your administrator has settled it so. The settings can change it.",
            Origin.ENVIRONMENT: f"Nothing is fetched here, as {_OFFLINE} is set.",
        }.get(self.origins["network"], "Nothing is fetched here: your settings say so.")


def read_settings() -> Settings:
    """Return what holds; errors as for ``settle``."""
    return settle().settings


def settle() -> Settled:
    """Read all that is settled: by IT, by the person, by the environment.

    Raises ClassmarkError, which names the person's file and its fault, and NewerFormat; IT's faults are in the policy.
    """
    policy = read_policy(DECLARED)
    own, unknown = _read_own()
    values: dict[str, str] = {}
    origins: dict[str, Origin] = {}
    for name, setting in DECLARED.items():
        values[name], origins[name] = _holding(setting, own.get(name, ""), policy)
    return Settled(Settings(**values), origins, Settings(**own), policy, tuple(unknown))


def is_closed_for_good() -> bool:
    """Tell whether IT lets nothing be fetched, whatever the person settles."""
    policy = read_policy(DECLARED)
    return policy.is_closed or policy.locked.get("network") == NEVER


def write_settings(own: Settings) -> None:
    """Write what the person has settled, in one step; what is not settled, or not known here, stays as it is.

    Raises OSError when the folder cannot be written to, and as ``settle``, before anything is changed.
    """
    _, unknown = _read_own()
    path = config_folder() / SETTINGS
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{SETTINGS}.new")
    stated = {name: value for name in NAMES if (value := getattr(own, name))}
    lines = [f"{_key(name)} = {json.dumps(value)}\n" for name, value in (stated | unknown).items()]
    draft.write_text(f"format = {FORMAT}\n{''.join(lines)}", encoding="utf-8")
    draft.replace(path)


def _comes_to(name: str, value: str) -> str:
    """Return what stands for a value that is empty, too."""
    setting = DECLARED[name]
    said = os.environ.get(setting.variable, "") if setting.kind is Kind.ADDRESS else ""
    return value or (str(data_folder() / "models") if name == "models" else said or setting.default)


def _holding(setting: Setting, own: str, policy: Policy) -> tuple[str, Origin]:
    """Return what holds for a setting, and whose word it is."""
    name, variable = setting.name, os.environ.get(setting.variable, "")
    if name == "network" and policy.is_closed:
        return NEVER, Origin.LOCKED
    if name in policy.locked:
        return policy.locked[name] or setting.default, Origin.LOCKED
    if name == "network" and variable.upper() in ("1", "ON", "YES", "TRUE"):
        return NEVER, Origin.ENVIRONMENT  # huggingface_hub would refuse, whatever we said
    if own:
        return own, Origin.OWN
    if variable and setting.kind is Kind.ADDRESS:
        return "", Origin.ENVIRONMENT
    if name in policy.defaults:
        return policy.defaults[name], Origin.POLICY
    if name == "models" and os.environ.get(HOME):
        return "", Origin.ENVIRONMENT
    return "", Origin.DEFAULT


def _read_own() -> tuple[dict[str, str], dict[str, str]]:
    """Return the person's values, and those that only a newer Classmark of the same format knows."""
    path = config_folder() / SETTINGS
    try:
        values, _ = read_toml(path)
        check_format(values.pop("format", None), FORMAT, path)
    except FileNotFoundError:
        return {}, {}
    except (OSError, ValueError) as error:
        raise ClassmarkError(f"The settings in {path} cannot be read: {error}. Mend or remove the file.") from error
    for name, value in values.items():
        if not isinstance(value, str):
            raise ClassmarkError(f"{path}: {name!r} is no setting with a text; there are {', '.join(NAMES)}.")
        if name in NAMES and DECLARED[name].kind is Kind.CHOICE and (fault := DECLARED[name].fault(value)):
            raise ClassmarkError(f"{path}: {name}: {fault}.")
    own = {name: value for name, value in values.items() if name in NAMES}
    return own, {name: value for name, value in values.items() if name not in NAMES}


def _key(name: str) -> str:
    """Write a name of which nobody has vouched so that TOML reads it again."""
    return name if name in NAMES else json.dumps(name)
