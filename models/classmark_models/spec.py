"""What is known of a published model before it is fetched: its entry in the catalogue, read from TOML."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classmark_models.errors import SpecInvalid

CATALOGUE = Path(__file__).parent / "catalogue"
BUILTIN_ID = "openalex-zero-shot"
"""The model that comes with Classmark."""
NO_LICENCE = "none stated"
TASKS = ("classification", "masked-words", "zero-shot")
OUTPUTS = ("logits", "log-probabilities")
HIERARCHIES = ("none", "dots", "openalex")
READINGS = ("name", "number: name")

_LARGEST_ENTRY = 1_000_000
_LARGEST_FILE = 64 << 30
_LONGEST_TEXT = 4_000
_LONGEST_LIST = 20_000
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}(/[A-Za-z0-9][A-Za-z0-9._-]{0,95})?")
_COMMIT = re.compile(r"[0-9a-f]{7,40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_STEP = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_OWN_NAME = re.compile(r".*\.(part|lock)|manifest\.json(\.new)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model. Sizes are bytes; ``about`` is a rounded one, ``size`` the exact one where it is known.

    ``commit`` may be a beginning of the full one, or empty when only the first fetch can tell it. An ``optional`` file
    is taken where the repo has it.
    """

    path: str
    repo: str
    commit: str
    size: int | None
    about: int | None
    sha256: str | None
    optional: bool


@dataclass(frozen=True, slots=True)
class PromptRule:
    """How title and abstract become one text; lengths in characters, 0 for no limit.

    ``both``, ``title`` and ``abstract`` are what is written when both are there or only the one. An abstract shorter
    than ``shortest_abstract`` counts as none, a longer one than ``longest_abstract`` is cut.
    """

    both: str
    title: str
    abstract: str
    shortest_abstract: int
    longest_abstract: int
    strip_title_markup: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """Where the model's word ends: its tokens, and documents for which it shall give no answer.

    A document with letters of ``skipped_scripts`` is skipped unless it has more than ``enough_latin`` Latin letters.
    """

    tokens: int
    skipped_scripts: tuple[str, ...]
    enough_latin: int
    skipped_titles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LabelRule:
    """How the model's outputs become subjects.

    ``names`` in the order of the outputs, empty when the model's own ``config.json`` gives them; ``reading`` says how
    each is read. ``id`` and ``uri`` are templates of ``{name}`` and ``{number}``, to which ``offset`` is added.
    ``never`` and ``weak`` are ids: those never proposed, and those known to be unreliable.
    """

    names: tuple[str, ...]
    reading: str
    offset: int
    id: str
    uri: str
    hierarchy: str
    never: tuple[str, ...]
    weak: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GoldenInput:
    """A text on which the converted model is compared with the published weights."""

    title: str
    abstract: str


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One published model; without ``files`` there is nothing to fetch."""

    id: str
    title: str
    task: str
    output: str
    repo: str
    commit: str
    scope: str
    languages: tuple[str, ...]
    licence: str
    files: tuple[ModelFile, ...]
    prompt: PromptRule
    limits: Limits
    labels: LabelRule
    golden: tuple[GoldenInput, ...]

    @property
    def approximate_size(self) -> int:
        """The bytes to fetch, as far as they are known before the hub is asked."""
        return sum(file.size or file.about or 0 for file in self.files)

    @property
    def licence_stated(self) -> bool:
        """Whether the publisher states a licence; if not, the person is told before the download."""
        return self.licence != NO_LICENCE


def check_id(text: str) -> str:
    """Return a model's id, which is also the name of its folder; SpecInvalid when it cannot be one."""
    if not _ID.fullmatch(text) or _DEVICE.fullmatch(text):
        raise SpecInvalid(f"{text!r} is no id of a model: use small letters, digits and hyphens.")
    return text


def check_path(text: str) -> str:
    """Return a relative path that means the same file on every system, below the folder it is joined to.

    Raises SpecInvalid on anything else, and on the names that a model folder keeps for itself.
    """
    steps = text.split("/")
    fine = len(steps) <= 4 and not _OWN_NAME.fullmatch(text)
    if not fine or any(not _STEP.fullmatch(s) or s.endswith(".") or _DEVICE.fullmatch(s) for s in steps):
        raise SpecInvalid(f"{text!r} is no name of a model's file.")
    return text


def read_catalogue(folder: Path = CATALOGUE) -> dict[str, ModelSpec]:
    """Read all entries of a catalogue, by id; SpecInvalid as for ``read_spec``."""
    return {path.stem: read_spec(path) for path in sorted(folder.glob("*.toml"))}


def read_spec(path: Path) -> ModelSpec:
    """Read the entry in ``<id>.toml``; SpecInvalid, which names the file and the fault, when it is none."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_ENTRY + 1)
        if len(content) > _LARGEST_ENTRY:
            raise SpecInvalid(f"it is larger than {_LARGEST_ENTRY:,} bytes.")
        spec = parse_spec(content.decode())
        if spec.id != path.stem:
            raise SpecInvalid(f"its id is {spec.id!r}, so its name must be {spec.id}.toml.")
    except (OSError, UnicodeDecodeError, SpecInvalid) as error:
        raise SpecInvalid(f"The catalogue entry {path} cannot be used: {error}") from error
    return spec


def parse_spec(text: str) -> ModelSpec:
    """Parse an entry of the catalogue (TOML 1.0); SpecInvalid when a key is missing, unknown, or has a wrong value."""
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SpecInvalid(f"it is no TOML: {error}") from error
    top = _Table(values, "")
    repo = top.text("repo", "", like=_REPO)
    commit = top.text("commit", "", like=_COMMIT)
    files = tuple(_file(table, repo, commit) for table in top.tables("files"))
    places = [file.path.casefold() for file in files]
    if len(set(places)) < len(places):
        raise SpecInvalid("two of its files have the same path.")
    if len({(file.repo, file.commit) for file in files}) > len({file.repo for file in files}):
        raise SpecInvalid("it wants two commits of one repo.")
    spec = ModelSpec(
        id=check_id(top.text("id")),
        title=top.text("title"),
        task=top.choice("task", TASKS),
        output=top.choice("output", OUTPUTS, "logits"),
        repo=repo,
        commit=commit,
        scope=top.text("scope"),
        languages=top.texts("languages", like=_LANGUAGE),
        licence=top.text("licence"),
        files=files,
        prompt=_prompt(top.table("prompt")),
        limits=_limits(top.table("limits")),
        labels=_labels(top.table("labels")),
        golden=tuple(_golden(table) for table in top.tables("golden")),
    )
    top.end()
    return spec


def _file(table: _Table, repo: str, commit: str) -> ModelFile:
    own = table.text("repo", "", like=_REPO)
    file = ModelFile(
        path=check_path(table.text("path")),
        repo=own or repo,
        commit=table.text("commit", "" if own else commit, like=_COMMIT),
        size=table.number("size", None, _LARGEST_FILE),
        about=table.number("about", None, _LARGEST_FILE),
        sha256=table.text("sha256", "", like=_SHA256) or None,
        optional=table.flag("optional"),
    )
    table.end()
    if not file.repo:
        raise SpecInvalid(f"{file.path} comes from no repo.")
    return file


def _prompt(table: _Table) -> PromptRule:
    rule = PromptRule(
        both=table.text("both", "{title}\n{abstract}"),
        title=table.text("title", "{title}"),
        abstract=table.text("abstract", "{abstract}"),
        shortest_abstract=table.number("shortest_abstract", 0, _LARGEST_ENTRY) or 0,
        longest_abstract=table.number("longest_abstract", 0, _LARGEST_ENTRY) or 0,
        strip_title_markup=table.flag("strip_title_markup"),
    )
    table.end()
    return rule


def _limits(table: _Table) -> Limits:
    limits = Limits(
        tokens=table.number("tokens", 512, 1 << 20) or 512,
        skipped_scripts=table.texts("skipped_scripts"),
        enough_latin=table.number("enough_latin", 0, _LARGEST_ENTRY) or 0,
        skipped_titles=table.texts("skipped_titles"),
    )
    table.end()
    return limits


def _labels(table: _Table) -> LabelRule:
    rule = LabelRule(
        names=table.texts("names"),
        reading=table.choice("reading", READINGS, "name"),
        offset=table.number("offset", 0, 1 << 31) or 0,
        id=table.text("id", "{name}"),
        uri=table.text("uri", ""),
        hierarchy=table.choice("hierarchy", HIERARCHIES, "none"),
        never=table.texts("never"),
        weak=table.texts("weak"),
    )
    table.end()
    return rule


def _golden(table: _Table) -> GoldenInput:
    golden = GoldenInput(table.text("title", ""), table.text("abstract", ""))
    table.end()
    return golden


class _Table:
    """A TOML table of which nobody has vouched; what is not asked for is a fault."""

    def __init__(self, values: Mapping[str, Any], place: str) -> None:
        self._left, self._place = dict(values), place

    def text(self, key: str, default: str | None = None, like: re.Pattern[str] | None = None) -> str:
        value = self._take(key, str, default)
        given = like is not None and value != default
        if len(value) > _LONGEST_TEXT or (given and like is not None and not like.fullmatch(value)):
            raise SpecInvalid(f"{self._place}{key} cannot be {value[:80]!r}.")
        return str(value)

    def choice(self, key: str, choices: tuple[str, ...], default: str | None = None) -> str:
        value = self.text(key, default)
        if value not in choices:
            raise SpecInvalid(f"{self._place}{key} is {value[:80]!r}, not one of {', '.join(choices)}.")
        return value

    def texts(self, key: str, like: re.Pattern[str] | None = None) -> tuple[str, ...]:
        values = self._take(key, list, [])
        if len(values) > _LONGEST_LIST:
            raise SpecInvalid(f"{self._place}{key} has more than {_LONGEST_LIST:,} entries.")
        return tuple(_Table({key: value}, self._place).text(key, like=like) for value in values)

    def number(self, key: str, default: int | None, most: int) -> int | None:
        value = self._take(key, int, default, optional=True)
        if value is not None and not 0 <= value <= most:
            raise SpecInvalid(f"{self._place}{key} is {value}, which is not between 0 and {most:,}.")
        return None if value is None else int(value)

    def flag(self, key: str) -> bool:
        return bool(self._take(key, bool, False))

    def table(self, key: str) -> _Table:
        return _Table(self._take(key, dict, {}), f"{self._place}{key}.")

    def tables(self, key: str) -> list[_Table]:
        values = self._take(key, list, [])
        if len(values) > 64 or not all(isinstance(value, dict) for value in values):
            raise SpecInvalid(f"{self._place}{key} is no list of at most 64 tables.")
        return [_Table(value, f"{key}[{i}].") for i, value in enumerate(values)]

    def end(self) -> None:
        if self._left:
            raise SpecInvalid(f"{self._place}{next(iter(self._left))!s:.80} is unknown.")

    def _take(self, key: str, kind: type, default: Any, *, optional: bool = False) -> Any:
        value = self._left.pop(key, default)
        if value is None and not optional:
            raise SpecInvalid(f"{self._place}{key} is missing.")
        # A truth value is a number to Python, not to TOML.
        if value is not None and type(value) is not kind:
            raise SpecInvalid(f"{self._place}{key} is no {kind.__name__}.")
        return value
