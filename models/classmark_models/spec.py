"""What is known of a published model before it is fetched: its entry in the catalogue, read from TOML."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from classmark_models.errors import SpecInvalid
from classmark_models.toml_table import Table

CATALOGUE = Path(__file__).parent / "catalogue"
BUILTIN_ID = "openalex-zero-shot"
"""The model that comes with Classmark and is used when nobody has chosen another."""
BUILTIN_IDS = (BUILTIN_ID, "lcc", "ddc", "lcsh", "newsgroups", "spheres", "subjects-8")
"""All that come with Classmark; those after the first are there when the pack holds what they learnt."""
NO_LICENCE = "none stated"
TASKS = ("classification", "masked-words", "zero-shot", "trained")
OUTPUTS = ("logits", "log-probabilities", "independent")
"""What a classifier's logits mean: a softmax away from probabilities, exp away, or each a sigmoid away on its own."""
HIERARCHIES = ("none", "dots", "openalex", "listed")
READINGS = ("name", "number: name")

_FORMAT, _LARGEST_FORMAT = 1, 1_000_000
"""An entry without a number is of format 1, and none is written while there is no other."""
_LARGEST_ENTRY = 1_000_000
_LARGEST_FILE = 64 << 30
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
class BroaderLabel:
    """A subject above those of the model, which are its ``members`` by name."""

    name: str
    id: str
    uri: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LabelRule:
    """How the model's outputs become subjects.

    ``names`` in the order of the outputs, empty when the model's own ``config.json`` gives them; ``reading`` says how
    each is read. ``id`` and ``uri`` are templates of ``{name}`` and ``{number}``, to which ``offset`` is added.
    ``never`` and ``weak`` are ids: those never proposed, and those known to be unreliable. ``level`` is what the
    subjects are called, ``broader_level`` what the ``broader`` ones of a listed hierarchy are.
    """

    names: tuple[str, ...]
    reading: str
    offset: int
    id: str
    uri: str
    hierarchy: str
    never: tuple[str, ...]
    weak: tuple[str, ...]
    level: str = "subject"
    broader_level: str = "group"
    broader: tuple[BroaderLabel, ...] = ()


@dataclass(frozen=True, slots=True)
class DeclineRule:
    """When a classifier's answer should not be used.

    ``letters``: the least that a text must have. ``flatness``: the most entropy an answer may have, as a share of
    that of no knowledge at all. ``margin``: how much more probable the first subject of some level must be than the
    second. Sources of what is usual: models/README.md.
    """

    letters: int = 4
    flatness: float = 0.8
    margin: float = 0.02


@dataclass(frozen=True, slots=True)
class GoldenInput:
    """A text on which the converted model is compared with the published weights."""

    title: str
    abstract: str


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model; without ``files`` there is nothing to fetch. ``head`` names what a built-in one learnt."""

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
    decline: DeclineRule = DeclineRule()
    head: str = ""

    @property
    def is_builtin(self) -> bool:
        """Whether it comes with Classmark and stays with it."""
        return self.id in BUILTIN_IDS

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


def read_spec(path: Path, name: str = "") -> ModelSpec:
    """Read the entry of the model ``name``, by default of ``<id>.toml``; SpecInvalid with file and fault if none."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_ENTRY + 1)
        if len(content) > _LARGEST_ENTRY:
            raise SpecInvalid(f"it is larger than {_LARGEST_ENTRY:,} bytes.")
        spec = parse_spec(content.decode())
        if spec.id != (name or path.stem):
            raise SpecInvalid(f"its id is {spec.id!r}, not {name or path.stem!r}.")
    except (OSError, UnicodeDecodeError, SpecInvalid) as error:
        raise SpecInvalid(f"The catalogue entry {path} cannot be used: {error}") from error
    return spec


def parse_spec(text: str) -> ModelSpec:
    """Parse an entry of the catalogue (TOML 1.0); SpecInvalid when a key is missing, unknown, or has a wrong value."""
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SpecInvalid(f"it is no TOML: {error}") from error
    top = Table(values, "")
    if (top.number("format", 1, _LARGEST_FORMAT) or 1) > _FORMAT:
        raise SpecInvalid("it was written by a newer Classmark. Install that version again, or put the file elsewhere.")
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
        decline=_decline(top.table("decline")),
        head=top.text("head", "", like=_ID),
    )
    top.end()
    return spec


def _file(table: Table, repo: str, commit: str) -> ModelFile:
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


def _prompt(table: Table) -> PromptRule:
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


def _limits(table: Table) -> Limits:
    limits = Limits(
        tokens=table.number("tokens", 512, 1 << 20) or 512,
        skipped_scripts=table.texts("skipped_scripts"),
        enough_latin=table.number("enough_latin", 0, _LARGEST_ENTRY) or 0,
        skipped_titles=table.texts("skipped_titles"),
    )
    table.end()
    return limits


def _labels(table: Table) -> LabelRule:
    rule = LabelRule(
        names=table.texts("names"),
        reading=table.choice("reading", READINGS, "name"),
        offset=table.number("offset", 0, 1 << 31) or 0,
        id=table.text("id", "{name}"),
        uri=table.text("uri", ""),
        hierarchy=table.choice("hierarchy", HIERARCHIES, "none"),
        never=table.texts("never"),
        weak=table.texts("weak"),
        level=table.text("level", "subject"),
        broader_level=table.text("broader_level", "group"),
        broader=tuple(_broader(broader) for broader in table.tables("broader")),
    )
    table.end()
    return rule


def _broader(table: Table) -> BroaderLabel:
    name = table.text("name")
    broader = BroaderLabel(name, table.text("id", name), table.text("uri", ""), table.texts("members"))
    table.end()
    return broader


def _decline(table: Table) -> DeclineRule:
    usual = DeclineRule()
    rule = DeclineRule(
        letters=table.number("letters", usual.letters, _LARGEST_ENTRY) or 0,
        flatness=table.share("flatness", usual.flatness),
        margin=table.share("margin", usual.margin),
    )
    table.end()
    return rule


def _golden(table: Table) -> GoldenInput:
    golden = GoldenInput(table.text("title", ""), table.text("abstract", ""))
    table.end()
    return golden


def write_spec(spec: ModelSpec, path: Path) -> None:
    """Write an entry of the catalogue; SpecInvalid as for ``spec_text``."""
    path.write_text(spec_text(spec), encoding="utf-8", newline="\n")


def spec_text(spec: ModelSpec) -> str:
    """Return the entry (TOML 1.0) that ``parse_spec`` reads as an equal one; SpecInvalid when there is none."""
    lines = _lines("", spec)
    for file in spec.files:
        inherited = ("repo", "commit") if (file.repo, file.commit) == (spec.repo, spec.commit) else ()
        lines += _lines("[[files]]", file, inherited)
    lines += [*_lines("[prompt]", spec.prompt), *_lines("[limits]", spec.limits), *_lines("[labels]", spec.labels)]
    for broader in spec.labels.broader:
        lines += _lines("[[labels.broader]]", broader)
    lines += _lines("[decline]", spec.decline)
    for golden in spec.golden:
        lines += _lines("[[golden]]", golden)
    text = "\n".join(lines) + "\n"
    try:
        fits = len(text.encode()) <= _LARGEST_ENTRY and parse_spec(text) == spec
    except UnicodeEncodeError:
        fits = False
    if not fits:
        raise SpecInvalid(f"The entry {spec.id} cannot be written: it is too long, or holds half a character.")
    return text


def _lines(header: str, part: Any, left_out: tuple[str, ...] = ()) -> list[str]:
    """Return a table's header and the fields of a dataclass that are no tables themselves."""
    values = {each.name: getattr(part, each.name) for each in fields(part) if each.name not in left_out}
    written = {key: _value(value) for key, value in values.items()}
    return [*(["", header] if header else []), *(f"{key} = {value}" for key, value in written.items() if value)]


def _value(value: object) -> str:
    """Return a value as TOML; "" for None and for what is a table."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case str():
            # JSON's escapes are TOML's, but for the last of the control characters.
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case tuple() if all(isinstance(each, str) for each in value):
            return f"[{', '.join(map(_value, value))}]"
        case _:
            return ""
