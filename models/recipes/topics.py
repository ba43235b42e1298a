"""Write the built-in vocabulary and its vectors: the OpenAlex topics, zero-shot.

What is written: ids, names, parents and URIs (labels.csv) and vectors made from names, keywords and summaries
(vectors.npz). ``development.py`` and ``measure.py`` are where the choices below come from; README.md tells them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classmark_models.labels import LEVELS
from classmark_models.session import Encoder
from classmark_models.tokens import Tokenizer
from classmark_models.zero_shot_head import ZeroShotHead

Floats = npt.NDArray[np.float64]
Topic = dict[str, str]

URIS = {"domain": "domains/", "field": "fields/", "subfield": "subfields/", "topic": "T"}
TEMPERATURE = 0.04
SUBFIELD_SHARE, FIELD_SHARE = 0.25, 0.1
"""How much of its subfield's and its field's mean vector is added to each topic's."""


def read_topics(path: Path) -> list[Topic]:
    """Read the taxonomy table, with names that were decoded as Mac Roman put right."""
    with path.open(encoding="utf-8", newline="") as file:
        return [{key: _repaired(value) for key, value in row.items()} for row in csv.DictReader(file)]


def _repaired(text: str) -> str:
    try:
        return text.encode("mac_roman").decode("utf-8")
    except UnicodeError:
        return text


def write_labels(topics: Iterable[Topic], path: Path) -> None:
    """Write labels.csv: level, id, uri, name, parent; broader labels first, in order of their ids."""
    rows: dict[str, dict[str, tuple[str, str]]] = {level: {} for level in LEVELS}
    for topic in topics:
        parent = ""
        for level in LEVELS:
            rows[level][topic[f"{level}_id"]] = (topic[f"{level}_name"], parent)
            parent = topic[f"{level}_id"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["level", "id", "uri", "name", "parent"])
        for level in LEVELS:
            for key, (name, parent) in sorted(rows[level].items(), key=lambda item: int(item[0])):
                identifier = f"T{key}" if level == "topic" else key
                writer.writerow([level, identifier, f"https://openalex.org/{URIS[level]}{key}", name, parent])


def embed(encoder: Encoder, tokenizer: Tokenizer, texts: Iterable[str]) -> Floats:
    """Return one row per text, shape (texts, width)."""
    return np.stack(list(encoder.embed_all(tokenizer.encode(text) for text in texts))).astype(np.float64)


def unit(rows: Floats) -> Floats:
    """Return the rows at length 1."""
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def _of_group(vectors: Floats, groups: Sequence[str]) -> Floats:
    """Return, for each row, the unit mean vector of its group."""
    names, index = np.unique(np.array(groups), return_inverse=True)
    sums = np.zeros((len(names), vectors.shape[1]))
    np.add.at(sums, index, vectors)
    return np.asarray(unit(sums)[index])


def sources_of(topics: Sequence[Topic]) -> dict[str, list[str]]:
    """Return the texts that are embedded for each topic, by kind."""
    return {
        "name": [topic["topic_name"] for topic in topics],
        "keywords": [topic["keywords"].replace("; ", ", ") for topic in topics],
        "summary": [topic["summary"] for topic in topics],
    }


def combine(
    parts: Mapping[str, Floats],
    topics: Sequence[Topic],
    subfield_share: float = SUBFIELD_SHARE,
    field_share: float = FIELD_SHARE,
) -> Floats:
    """Return one vector per topic: the mean of its centred parts, with a share of its subfield's and field's."""
    vectors = unit(np.sum([unit(part - part.mean(axis=0)) for part in parts.values()], axis=0))
    subfields = _of_group(vectors, [topic["subfield_id"] for topic in topics])
    fields = _of_group(vectors, [topic["field_id"] for topic in topics])
    return np.asarray(vectors + subfield_share * subfields + field_share * fields)


def make_head(
    encoder: Encoder, tokenizer: Tokenizer, topics: Sequence[Topic], null_texts: Iterable[str]
) -> ZeroShotHead:
    """Embed the topics and the texts that say nothing; ``topics`` in the order of labels.csv."""
    parts = {name: embed(encoder, tokenizer, texts) for name, texts in sources_of(topics).items()}
    vectors = combine(parts, topics)
    # Documents are short like names or dense like lists of keywords: the centre between these two is the one from
    # which documents of all languages and lengths are told apart best.
    center = (parts["name"].mean(axis=0) + parts["keywords"].mean(axis=0)) / 2
    null = unit(embed(encoder, tokenizer, null_texts) - center)
    return ZeroShotHead(*(array.astype(np.float32) for array in (center, vectors / TEMPERATURE, null)))


def write_head(head: ZeroShotHead, path: Path) -> None:
    """Write vectors.npz; the label and null vectors in float16."""
    np.savez(path, center=head.center, labels=head.labels.astype(np.float16), null=head.null.astype(np.float16))
