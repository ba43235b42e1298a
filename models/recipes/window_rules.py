"""The ways to make one answer of the windows of a book, and what each gets right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import product
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from classmark_models.labels import Vocabulary, read_vocabulary
from classmark_models.metrics import Figure, mean
from classmark_models.ngrams import NgramIds
from classmark_models.pack import BUILTIN, open_pack
from classmark_models.trained_head import Floats, TrainedHead
from classmark_models.windows import ABSTRACT_WEIGHT, TITLE_WEIGHT
from classmark_models.zero_shot_head import entropy, read_head

Order = Callable[[int], list[int]]
"""The order in which so many windows are read; the first ``FIRST`` are the beginning, the others spread."""
Way = Literal["inputs", "probabilities", "logits", "most"]
Weights = npt.NDArray[np.float64]
TASKS = ("LCC class", "LCC subclass", "Dewey hundreds", "OpenAlex field", "best heading")
TODAY = "today"
TITLE, CONTENTS, REST = 0, 1, 2
FIRST = 8
"""The windows of the body that are read in any case; the rest lie as evenly as their number allows."""
HEADS = BUILTIN / "heads"


@dataclass(frozen=True, eq=False)
class Book:
    """What the encoder sees of a book. Rows: its title, title with contents, windows of the head, windows of the body.

    ``places`` are those of the body's windows among the ``count`` that it has; ``letters``, ``embeddings`` and
    ``ngrams`` have a row each.
    """

    has_abstract: bool
    has_contents: bool
    heads: int
    places: npt.NDArray[np.intp]
    count: int
    letters: npt.NDArray[np.int64]
    embeddings: Floats
    ngrams: Sequence[NgramIds]

    @property
    def read(self) -> str:
        """How many windows of the body were read, in words."""
        return f"{len(self.places)} of {self.count}"

    @cached_property
    def stands(self) -> Weights:
        """For how many windows of the body each that was read stands, shape (windows read,)."""
        return stands(self.places, self.count)


def stands(places: npt.NDArray[np.intp], count: int) -> Weights:
    """Return for how many of ``count`` windows each of some stands, shape as given: those that are nearest to it."""
    middles = (places[1:] + places[:-1]) / 2
    return np.diff(np.concatenate([[-0.5], middles, [count - 0.5]])) if len(places) else np.zeros(0)


def write_book(path: Path, book: Book) -> None:
    """Keep a book in a file."""
    facts = np.array([book.has_abstract, book.has_contents, book.heads, book.count], np.int64)
    starts = np.cumsum([0, *map(len, book.ngrams)])
    np.savez(
        path,
        allow_pickle=False,
        facts=facts,
        places=book.places,
        letters=book.letters,
        embeddings=book.embeddings.astype(np.float16),
        ngrams=np.concatenate(book.ngrams),
        starts=starts,
    )


def read_book(path: Path) -> Book:
    """Return the book in a file."""
    with np.load(path, allow_pickle=False) as file:
        abstract, contents, heads, count = file["facts"].tolist()
        ngrams = np.split(file["ngrams"], file["starts"][1:-1])
        embeddings = file["embeddings"].astype(np.float32)
        return Book(bool(abstract), bool(contents), heads, file["places"], count, file["letters"], embeddings, ngrams)


@dataclass(frozen=True, eq=False)
class Seen:
    """A book with the probabilities that each row gives: of LCC, Dewey, headings and fields."""

    book: Book
    empty: npt.NDArray[np.bool_]
    rows: Floats
    chances: Sequence[Floats]

    @property
    def body(self) -> slice:
        """The rows of the body."""
        return slice(REST + self.book.heads, None)


@dataclass(frozen=True)
class Rule:
    """A way to weigh rows, and what is then averaged; ``certain``: rows that are sure count more."""

    name: str
    weigh: Callable[[Seen], Weights]
    way: Way = "inputs"
    certain: float = 0.0


@dataclass(frozen=True, eq=False)
class Judged:
    """What each rule gets right of a book: shape (rules, tasks), and what it gives the right LCC class."""

    work: str
    right: npt.NDArray[np.float64]
    chance: npt.NDArray[np.float64]
    has_contents: bool


def weights(
    seen: Seen, *, head: float = -1.0, contents: float = 0.0, body: Weights | None = None, letters: bool = True
) -> Weights:
    """Return weights that add up to 1: of the head and of the contents as given, the rest for the body.

    The head's are today's when ``head`` is not given. ``body``: how much each window of it counts besides its letters.
    """
    book, found = seen.book, np.zeros(len(seen.rows))
    counted = book.letters * ~seen.empty if letters else 1.0 * ~seen.empty
    inner = counted[seen.body] * book.stands * (1 if body is None else body)
    if not inner.any():
        inner = book.stands.copy()
    if head < 0:
        head = ABSTRACT_WEIGHT if book.has_abstract else TITLE_WEIGHT
    front = counted[REST : REST + book.heads] * 1.0
    if book.heads and not front.any():
        front = np.ones(book.heads)
    if not book.heads:
        head = 0.0
    if not book.has_contents:
        contents = 0.0
    if len(inner):
        found[seen.body] = max(1 - head - contents, 0.0) * inner / inner.sum()
    if book.heads:
        found[REST : REST + book.heads] = head * front / front.sum()
    found[CONTENTS] = contents
    return np.asarray(found / found.sum()) if found.any() else _one(seen, TITLE)


def _one(seen: Seen, place: int) -> Weights:
    return np.asarray(np.arange(len(seen.rows)) == place, np.float64)


def _first(count: int) -> Callable[[Seen], Weights]:
    return lambda seen: weights(seen, body=(seen.book.places < count) / seen.book.stands)


def _between(low: float, high: float) -> Callable[[Seen], Weights]:
    def weigh(seen: Seen) -> Weights:
        at = (seen.book.places + 0.5) / max(seen.book.count, 1)
        kept = (at >= low) & (at <= high)
        return weights(seen, body=kept.astype(np.float64) if kept.any() else None)

    return weigh


def _falling(speed: float) -> Callable[[Seen], Weights]:
    return lambda seen: weights(seen, body=np.exp(-speed * seen.book.places / max(seen.book.count, 1)))


def _spread(most: int, order: Order) -> Callable[[Seen], Weights]:
    """Return what weighs the beginning and windows spread over the rest, as if no others had been read."""

    def weigh(seen: Seen) -> Weights:
        ordered = order(seen.book.count)
        kept = np.isin(seen.book.places, [*ordered[:1], *ordered[FIRST : FIRST + most - 1]])
        body = np.zeros(len(kept))
        body[kept] = stands(seen.book.places[kept], seen.book.count)
        return weights(seen, body=body / seen.book.stands)

    return weigh


_WAYS: dict[Way, str] = {"inputs": "", "logits": ", logits"}


def rules(order: Order) -> list[Rule]:
    """Return the rules that are compared, today's first; ``order`` as in ``whole_books.order_of``."""
    found = [
        Rule(TODAY, weights),
        Rule("title alone", lambda seen: _one(seen, TITLE)),
        Rule("title and contents alone", lambda seen: _one(seen, CONTENTS if seen.book.has_contents else TITLE)),
        Rule(
            "first window alone", lambda seen: _one(seen, REST + seen.book.heads) if seen.book.count else weights(seen)
        ),
    ]
    found += [Rule(f"title and the first {count} windows", _first(count)) for count in (1, 2, 4, 8)]
    ways: dict[Way, str] = {"probabilities": "probabilities", "logits": "logits", "most": "the most of each"}
    found += [Rule(f"today's weights, {words}", weights, way) for way, words in ways.items()]
    for share, way in product((0.0, 0.1, 0.25, 0.5, 0.75, 0.9), _WAYS):
        found.append(Rule(f"head {share:g}{_WAYS[way]}", partial(weights, head=share), way))
    for (share, contents), way in product(((0.25, 0.25), (0.4, 0.3), (0.5, 0.25)), _WAYS):
        name = f"head {share:g}, contents {contents:g}{_WAYS[way]}"
        found.append(Rule(name, partial(weights, head=share, contents=contents), way))
    found += [
        Rule("windows count alike", partial(weights, letters=False)),
        Rule("without the last tenth", _between(0, 0.9)),
        Rule("without first and last tenth", _between(0.1, 0.9)),
        Rule("the first third", _between(0, 1 / 3)),
        Rule("falling weights (to 1/20)", _falling(3)),
        Rule("sure windows count more", weights, "inputs", 2.0),
        Rule("sure windows count more, probabilities", weights, "probabilities", 2.0),
        Rule("sure windows count more, logits", weights, "logits", 2.0),
    ]
    return found + [Rule(f"{count} windows, spread", _spread(count, order)) for count in (2, 4, 8, 16, 32, 64)]


class Judge:
    """The classifiers of the pack, asked for the answer of each rule."""

    def __init__(self, compared: Sequence[Rule]) -> None:
        pack = open_pack(BUILTIN)
        self.rules = compared
        self._head = TrainedHead.read(HEADS / "library.npz")
        self._zero_shot = read_head(pack.file("vectors.npz"))
        self._limit = float(pack.fact("decline")["null_cosine"])
        self._lcc, self._ddc, self._lcsh = (
            read_vocabulary(HEADS / f"labels_{name}.csv", name) for name in ("lcc", "ddc", "lcsh")
        )
        self._topics = read_vocabulary(pack.file("labels.csv"), "topics")

    def book(
        self,
        book: Book,
        work: str,
        lcc: Iterable[str],
        ddc: Iterable[str],
        field: Iterable[str],
        heading: Iterable[str],
    ) -> Judged:
        """Return what each rule gets right, by what is right as in ``classes.csv``."""
        wanted = [
            _accepted(self._lcc, "class", {name[0] for name in lcc}),
            _accepted(self._lcc, "subclass", set(lcc)),
            _accepted(self._ddc, "class", {f"{digit}00" for digit in ddc}),
            np.array([label.name in set(field) for label in self._topics.labels("field")]),
            np.array([any(part in label.name.lower() for part in heading) for label in self._lcsh.labels("heading")]),
        ]
        seen = self.seen(book)
        right, chance = np.zeros((len(self.rules), len(TASKS))), np.zeros(len(self.rules))
        for place, rule in enumerate(self.rules):
            answers = self.answers(seen, rule)
            right[place] = [accepted[scores.argmax()] for scores, accepted in zip(answers, wanted, strict=True)]
            chance[place] = answers[0][wanted[0]].sum()
        return Judged(work, right, chance, book.has_contents)

    def seen(self, book: Book) -> Seen:
        """Return what the classifiers see of a book."""
        bags, lengths = self._head.bags(book.ngrams), self._head.lengths(book.ngrams)
        rows = np.concatenate([book.embeddings, bags, lengths[:, None]], axis=1)
        empty = self._zero_shot.emptiness(book.embeddings) > self._limit
        return Seen(book, empty, rows, self._chances(rows))

    def _chances(self, rows: Floats) -> list[Floats]:
        """Return what rows of embedding, bag and length give: LCC, Dewey, headings, fields; a row each."""
        width = len(self._head.centre)
        hidden = self._head.hidden(rows[:, :width], rows[:, width:-1])
        found = []
        for name in ("lcc", "ddc", "lcsh"):
            logits = self._head.logits(name, hidden)
            found.append(self._head.probabilities(name, logits, rows[:, -1], independent=name == "lcsh"))
        return [*found, self._topics.roll_up(self._zero_shot.scores(rows[:, :width]), "field")]

    def answers(self, seen: Seen, rule: Rule) -> list[Floats]:
        """Return the probabilities of the five tasks, for one book by one rule."""
        weight = rule.weigh(seen)
        if rule.certain:
            doubt = entropy(seen.chances[0]) / np.log(seen.chances[0].shape[1])
            weight = weight * np.maximum(1 - doubt, 0.01) ** rule.certain
            weight = weight / weight.sum()
        if rule.way == "inputs":
            lcc, ddc, lcsh, field = (scores[0] for scores in self._chances(self._combined(seen.rows, weight)))
        else:
            lcc, ddc, lcsh, field = (_pooled(scores, weight, rule.way) for scores in seen.chances)
        return [
            self._lcc.roll_up(lcc, "class"),
            self._lcc.roll_up(lcc, "subclass"),
            self._ddc.roll_up(ddc, "class"),
            field,
            lcsh,
        ]

    def _combined(self, rows: Floats, weight: Weights) -> Floats:
        """Return the row of a document, as ``TrainedClassifier`` makes it, shape (1, width + bag + 1)."""
        width = len(self._head.centre)
        row = weight @ rows
        lengths = np.linalg.norm(rows[:, :width], axis=1)
        row[:width] *= (weight @ lengths) / max(float(np.linalg.norm(row[:width])), 1e-6)
        return np.asarray(row[None], np.float32)


def _pooled(scores: Floats, weight: Weights, way: Way) -> Floats:
    """Return the probabilities of a book from those of its rows; logits are taken as logarithms."""
    kept = scores[weight > 0]
    if way == "most":
        most = kept.max(axis=0)
        return np.asarray(most / most.sum(), np.float32)
    if way == "logits":
        powers = np.exp(weight[weight > 0] @ np.log(np.maximum(kept, 1e-9)))
        return np.asarray(powers / powers.sum(), np.float32)
    return np.asarray(weight[weight > 0] @ kept, np.float32)


def _accepted(vocabulary: Vocabulary, level: str, ids: set[str]) -> npt.NDArray[np.bool_]:
    return np.array([label.id in ids for label in vocabulary.labels(level)])


def report(compared: Sequence[Rule], judged: Sequence[Judged]) -> Iterator[str]:
    """Yield a line for each rule, and what choosing by the other books would get.

    Every work counts once, however many of its editions there are. ``all`` is the mean over the tasks, ``beside today``
    its gap to today's rule with the 95 % interval of 1,000 resamples of the works; ``lost`` and ``won``: books whose
    LCC class the title alone tells and the rule does not, and the other way round.
    """
    works = sorted({each.work for each in judged})
    share = np.array([[each.work == work for each in judged] for work in works], np.float64)
    share /= share.sum(axis=1, keepdims=True)
    right = np.einsum("wb,brt->rwt", share, np.array([each.right for each in judged]))
    surprise = (share @ -np.log(np.clip([each.chance for each in judged], 1e-6, 1 - 1e-9))).mean(axis=0)
    title = next(place for place, rule in enumerate(compared) if rule.name == "title alone")
    letter = np.array([each.right[:, 0] for each in judged])
    yield f"{len(judged)} books, {len(works)} works; {sum(each.has_contents for each in judged)} with contents"
    yield f"| rule | {' | '.join(TASKS)} | all | beside today | surprise | lost | won |"
    for place, rule in enumerate(compared):
        all_tasks = right[place].mean(axis=1)
        gap = mean(np.round(all_tasks - right[0].mean(axis=1), 9))
        tasks = " | ".join(f"{value:.3f}" for value in right[place].mean(axis=0))
        lost, won = ((letter[:, one] > letter[:, other]).sum() for one, other in ((title, place), (place, title)))
        rest = f"{all_tasks.mean():.3f} | {_signed(gap)} | {surprise[place]:.2f} | {lost} | {won}"
        yield f"| {rule.name} | {tasks} | {rest} |"
    by_rule = right.mean(axis=2)
    chosen = [int((by_rule.sum(axis=1) - by_rule[:, work]).argmax()) for work in range(len(works))]
    gap = mean(np.round(by_rule[chosen, range(len(works))] - by_rule[0], 9))
    names = sorted({compared[place].name for place in chosen})
    yield f"chosen by the other works ({', '.join(names)}): {_signed(gap)} beside today"


def _signed(gap: Figure) -> str:
    return f"{gap.value:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}]"
