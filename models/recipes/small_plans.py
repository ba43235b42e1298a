"""The small classifiers: what each learns from, how large it is, and how it is taught."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from classmark_models.spec import read_catalogue
from recipes.corpora import KINDS
from recipes.small_corpora import SPHERES, Row, newsgroups, spheres, subjects
from recipes.small_subjects import SUBJECTS

CATALOGUE = read_catalogue()
NEWSGROUPS = CATALOGUE["newsgroups-20"].labels.names


@dataclass(frozen=True)
class Plan:
    """What is learnt, and how: sizes of the head, rounds, the shares of what is left out while learning.

    ``title``: what it is called in tables; ``head``: what the head's files are called; ``entry``: the published model
    with the same subjects. ``balance``: a row counts by the number of rows with its label, to the power of minus this.
    ``whole``: n-grams of the whole text are looked up, not only of its beginning. ``window``: so many tokens of it the
    encoder reads. ``taught``: the kinds of rows that are learnt from, by default all.
    """

    name: str
    title: str
    head: str
    entry: str
    labels: tuple[str, ...]
    rows: Callable[[Path], Iterator[Row]]
    kinds: tuple[str, ...]
    bits: int
    bag: int
    hidden: int
    epochs: int
    balance: float
    kept_ngrams: float = 0.5
    kept_bags: float = 0.85
    dropped: float = 0.25
    decay: float = 0.02
    rate: float = 2e-3
    bag_rate: float = 1e-3
    batch: int = 256
    whole: bool = False
    taught: tuple[str, ...] = ()
    window: int = 512


PLANS = {
    plan.name: plan
    for plan in (
        Plan(
            "newsgroups",
            "20 Newsgroups",
            "newsgroups",
            "newsgroups-20",
            NEWSGROUPS,
            newsgroups,
            ("post", "bare post"),
            18,
            32,
            128,
            12,
            0.0,
            bag_rate=5e-2,
            batch=128,
            kept_ngrams=0.3,
            kept_bags=1.0,
            whole=True,
            window=192,
            taught=("post",),
        ),
        Plan(
            "spheres",
            "arXiv spheres",
            "spheres",
            "arxiv-spheres",
            tuple(SPHERES.values()),
            spheres,
            ("title", "title and abstract"),
            16,
            16,
            64,
            8,
            0.5,
            dropped=0.4,
        ),
        Plan(
            "subjects-8",
            "eight subjects",
            "subjects",
            "title-subjects-8",
            SUBJECTS,
            subjects,
            KINDS,
            17,
            16,
            128,
            5,
            0.25,
        ),
    )
}
