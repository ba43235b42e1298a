"""A model's outputs → the subjects they stand for: the table labels.csv of a ready model."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

from classmark_models.errors import ModelDamaged, ModelUnsupported
from classmark_models.labels import LEVELS, columns, read_vocabulary
from classmark_models.pack import BUILTIN
from classmark_models.spec import LabelRule, ModelSpec

LABELS = "labels.csv"
_NAMELESS = re.compile(r"label[ _-]?\d+", re.IGNORECASE)
_NUMBER_AND_NAME = re.compile(r"\s*(\d{1,9})\s*:\s*(.*\S)\s*", re.DOTALL)
_DOTTED_LEVELS = ("hierarchy", "branch")


class Row(NamedTuple):
    """A row of labels.csv; ``output`` is the place among the model's outputs, None above the deepest level."""

    level: str
    id: str
    uri: str
    name: str
    parent: str = ""
    output: int | None = None


def label_table(spec: ModelSpec, published_names: Sequence[str], outputs: int | None = None) -> tuple[Row, ...]:
    """Return the subjects of a model, broader ones first, in the order of its outputs.

    ``published_names`` are those of its ``config.json``, empty where there are none; ``outputs`` is their number
    where the graph has told it. Subjects that are never proposed have no row. ModelUnsupported, with the reason, when
    names, counts and hierarchy do not agree.
    """
    names = _names(spec, published_names)
    if outputs is not None and len(names) != outputs:
        raise ModelUnsupported(f"{spec.id} gives {outputs:,} answers, but {len(names):,} names are known for them.")
    rows = tuple(row for row in _rows(spec, names) if row.id not in spec.labels.never)
    if not rows:
        raise ModelUnsupported(f"{spec.id} has no subjects that may be proposed.")
    if len({row.id for row in rows}) < len(rows):
        raise ModelUnsupported(f"Two subjects of {spec.id} have the same id. Write other names into its entry.")
    match spec.labels.hierarchy:
        case "dots":
            rows = _dotted(rows)
        case "openalex":
            rows = _in_openalex(spec, rows)
        case "listed":
            rows = _listed(spec, rows)
    if any(row.level == rows[-1].level and row.output is None for row in rows):
        raise ModelUnsupported(f"Two levels of {spec.id} are called {rows[-1].level!r}. Rename one in its entry.")
    return rows


def write_labels(
    spec: ModelSpec, published_names: Sequence[str], path: Path, outputs: int | None = None
) -> tuple[Row, ...]:
    """Write labels.csv and return its rows; arguments and errors as for ``label_table``."""
    rows = label_table(spec, published_names, outputs)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Row._fields)
        writer.writerows(rows)
    return rows


def read_outputs(path: Path, outputs: int) -> npt.NDArray[np.intp]:
    """Read, for each subject of the deepest level of labels.csv, the place of its output among ``outputs``.

    Raises ModelDamaged when the file tells none, or one twice.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(columns(file, ("level", "output")))
        places = [int(output) for level, output in rows if level == rows[-1][0]]
    except (OSError, KeyError, IndexError, ValueError, TypeError, csv.Error) as error:
        raise ModelDamaged(f"The subjects in {path} cannot be read: {error!r}.") from error
    if len(set(places)) < len(places) or not all(0 <= place < outputs for place in places):
        raise ModelDamaged(f"The subjects in {path} are not those of a model of {outputs:,} outputs.")
    return np.array(places, np.intp)


def _names(spec: ModelSpec, published: Sequence[str]) -> Sequence[str]:
    """Return the names in the order of the outputs, spelled as in the catalogue where that lists them."""
    listed = spec.labels.names
    if published and listed and len(published) != len(listed):
        raise ModelUnsupported(
            f"{spec.id} was published with {len(published):,} names, but its entry lists {len(listed):,}."
        )
    if not published or all(_NAMELESS.fullmatch(name.strip()) for name in published):
        if not listed:
            raise ModelUnsupported(f"{spec.id} was published without names for its subjects. List them in its entry.")
        return listed
    if not listed:
        return published
    spelled = {_folded(name): name for name in listed}
    other = next((name for name in published if _folded(name) not in spelled), None)
    if other is not None:
        raise ModelUnsupported(
            f"{spec.id} was published with the subject {other[:80]!r}, which its entry does not list."
        )
    return [spelled[_folded(name)] for name in published]


def _folded(name: str) -> str:
    return " ".join(name.casefold().replace("_", " ").split())


def _rows(spec: ModelSpec, names: Sequence[str]) -> Iterable[Row]:
    """Yield a row for each output, without a parent yet."""
    rule = spec.labels
    for output, text in enumerate(names):
        number, name = "", " ".join(text.split())
        if rule.reading == "number: name":
            found = _NUMBER_AND_NAME.fullmatch(text)
            if not found:
                raise ModelUnsupported(
                    f"Output {output} of {spec.id} is called {text[:80]!r}, which is no number: name."
                )
            number, name = str(int(found[1]) + rule.offset), " ".join(found[2].split())
        if not name:
            raise ModelUnsupported(f"Output {output} of {spec.id} has no name. List all names in its entry.")
        yield Row(rule.level, _fill(rule.id, name, number), _fill(rule.uri, quote(name), number), name, output=output)


def _fill(template: str, name: str, number: str) -> str:
    return template.replace("{number}", number).replace("{name}", name)


def _dotted(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Put each subject below its first part (``comp``) and its first two (``comp.sys``)."""
    above: dict[str, dict[str, Row]] = {level: {} for level in _DOTTED_LEVELS}
    deepest = []
    for row in rows:
        parent = ""
        for depth, level in enumerate(_DOTTED_LEVELS, 1):
            name = ".".join(row.name.split(".")[:depth])
            above[level].setdefault(name, Row(level, name, "", name, parent))
            parent = name
        deepest.append(row._replace(parent=parent))
    return (*(row for level in above.values() for row in level.values()), *deepest)


def _in_openalex(spec: ModelSpec, rows: Sequence[Row]) -> tuple[Row, ...]:
    """Give topics their names and places of today, joined by id; names stand twice and change."""
    today = read_vocabulary(BUILTIN / "labels.csv", "OpenAlex topics")
    topics = {label.id: place for place, label in enumerate(today.labels(today.deepest))}
    used: dict[str, set[int]] = {level: set() for level in LEVELS[:-1]}
    deepest = []
    for row in rows:
        if row.id not in topics:
            raise ModelUnsupported(f"{spec.id} knows a topic {row.id} ({row.name[:80]}) that OpenAlex does not have.")
        path = today.path(today.deepest, topics[row.id])
        for level, place in path[:-1]:
            used[level].add(place)
        label, parent = today.labels(today.deepest)[path[-1][1]], today.labels(path[-2][0])[path[-2][1]]
        deepest.append(Row(label.level, label.id, label.uri, label.name, parent.id, row.output))
    broader = []
    for above, level in zip((None, *LEVELS), LEVELS[:-1], strict=False):
        for place in sorted(used[level]):
            label = today.labels(level)[place]
            parent_id = "" if above is None or label.parent is None else today.labels(above)[label.parent].id
            broader.append(Row(level, label.id, label.uri, label.name, parent_id))
    return (*broader, *deepest)


def _listed(spec: ModelSpec, rows: Sequence[Row]) -> tuple[Row, ...]:
    """Put each subject below the broader one that counts it among its members."""
    rule: LabelRule = spec.labels
    members = [name for broader in rule.broader for name in broader.members]
    homes = {name: broader.id for broader in rule.broader for name in broader.members}
    known = {row.name for row in rows}
    if len(homes) < len(members) or not known <= homes.keys():
        odd = next((name for name in members if members.count(name) > 1), None) or min(known - homes.keys())
        raise ModelUnsupported(f"The entry of {spec.id} must put {odd[:80]!r} below one broader subject.")
    used = {homes[name] for name in known}
    broader_rows = [
        Row(rule.broader_level, broader.id, broader.uri, broader.name) for broader in rule.broader if broader.id in used
    ]
    if len(broader_rows) > len(used):
        raise ModelUnsupported(f"Two broader subjects of {spec.id} have the same id.")
    return (*broader_rows, *(row._replace(parent=homes[row.name]) for row in rows))
