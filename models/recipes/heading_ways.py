"""Compare the ways to propose subject headings: the net, likeness to the headings' words, neighbours, and blends.

    python -m recipes.heading_ways --data DATA --embeddings EMBEDDINGS --net NET/net.npz

On English titles of the development part that have a heading. A heading's *likeness* is the cosine of its words'
embedding to the title's, both centred. *Neighbours* are the hundred nearest training texts; each speaks for its own
headings with exp(cosine / ``NEAR``). What is blended is logits, plus so many times the likeness or the logarithm of
what the neighbours say.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classmark_models.metrics import Figure, f1_at, mean, ndcg_at
from recipes.corpora import part, read_records
from recipes.encoder import LIMIT
from recipes.library_heads import Answers, Floats, Places, Texts, read_answers, read_texts, rows_of
from recipes.library_pack import hidden, proposals, read_net
from recipes.small_heads import embed

NEIGHBOURS, NEAR, AT_ONCE = 100, 0.07, 500
FLOOR = 0.003
"""What is added to the neighbours' shares, so that a heading of none is not impossible."""
RARE, SHOWN = 30, 10


def directions(embeddings: npt.NDArray[np.floating], centre: Floats) -> Floats:
    """Return unit vectors from a centre, shape as given."""
    shifted = embeddings.astype(np.float32) - centre
    return np.asarray(shifted / np.linalg.norm(shifted, axis=1, keepdims=True), np.float32)


def neighbours(asked: Floats, known: Floats, headings: Sequence[Sequence[int]], count: int) -> Floats:
    """Return which share of the neighbours speaks for each of ``count`` headings, shape (asked, count)."""
    shares = np.zeros((len(asked), count), np.float32)
    for first in range(0, len(asked), AT_ONCE):
        likeness = asked[first : first + AT_ONCE] @ known.T
        nearest = np.argpartition(-likeness, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
        for row, places in enumerate(nearest):
            for place, weight in zip(places, np.exp((likeness[row, places] - 1) / NEAR), strict=True):
                shares[first + row, headings[place]] += weight
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), np.float32)


def report(name: str, scores: Floats, right: Sequence[Sequence[int]], is_rare: npt.NDArray[np.bool_]) -> None:
    """Print a line of figures; ``is_rare`` tells of each heading whether few training records have it."""
    best, hits = proposals(scores, right, SHOWN)
    wanted, proposed = np.array(list(map(len, right))), np.full(len(right), SHOWN)
    rare = [len(set(row[:5]) & {each for each in of if is_rare[each]}) for row, of in zip(best, right, strict=True)]
    found = sum(rare) / sum(int(is_rare[of].sum()) for of in map(list, right))
    figures = (
        mean(f1_at(5, hits, proposed, wanted)),
        mean(ndcg_at(SHOWN, hits, wanted)),
        mean(hits[:, 0].astype(np.float64)),
    )
    print(f"| {name} | {' | '.join(map(_cell, figures))} | {found:.3f} |", flush=True)


def _cell(figure: Figure) -> str:
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"


def compare(texts: Texts, answers: Answers, net: Path, asked: Places, known: Places, cache: Path) -> None:
    """Print the table: ``asked`` are texts of the development part, ``known`` those of the training part."""
    head = read_net(net)
    right = [answers.lcsh[place] for place in texts.record[asked]]
    own = [answers.lcsh[place] for place in texts.record[known]]
    is_rare = np.bincount([each for of in own for each in of], minlength=len(answers.headings)) < RARE
    logits = head.logits("lcsh", hidden(head, texts, asked))
    words = embed(answers.headings, LIMIT, cache)
    titles = texts.embeddings[asked].astype(np.float32)
    likeness = directions(titles, titles.mean(axis=0)) @ directions(words, words.mean(axis=0)).T
    said = neighbours(
        directions(titles, head.centre), directions(texts.embeddings[known], head.centre), own, len(answers.headings)
    )
    print(f"{len(asked):,} titles; rare are headings of fewer than {RARE} training texts\n")
    print("| way | F1@5 | nDCG@10 | P@1 | rare ones found among five |\n|---|---|---|---|---|")
    report("the net", logits, right, is_rare)
    report("likeness", likeness, right, is_rare)
    report("neighbours", said, right, is_rare)
    for weight in (1.0, 2.0, 4.0, 8.0):
        report(f"net + {weight} · likeness", logits + weight * likeness, right, is_rare)
    for weight in (0.25, 0.5, 0.75, 1.0):
        report(f"net + {weight} · log neighbours", logits + weight * np.log(said + FLOOR), right, is_rare)
    for weight in (2.0, 4.0):
        both = logits + 0.75 * np.log(said + FLOOR) + weight * likeness
        report(f"net + 0.75 · log neighbours + {weight} · likeness", both, right, is_rare)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, required=True, help="the folder with loc_books.csv.gz")
    parser.add_argument("--embeddings", type=Path, required=True, help="the folder that recipes.embed has filled")
    parser.add_argument("--net", type=Path, required=True, help="what recipes.library_heads wrote")
    options = parser.parse_args()
    records = read_records(options.data)
    parts = [part(record.id) for record in records]
    answers = read_answers(records, parts, options.data)
    texts = read_texts(records, options.data, options.embeddings)
    has_heading = np.array([bool(places) for places in answers.lcsh])
    english = np.array([record.language == "eng" for record in records] + [False])
    asked = rows_of("development", texts, parts)
    asked = asked[(texts.kind[asked] == "a") & has_heading[texts.record[asked]] & english[texts.record[asked]]]
    known = rows_of("training", texts, parts)
    compare(texts, answers, options.net, asked, known[has_heading[texts.record[known]]], options.embeddings)


if __name__ == "__main__":
    main()
