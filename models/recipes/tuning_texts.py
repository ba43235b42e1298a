"""What the encoder is tuned on: token ids of texts, and for each the words that belong to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from recipes import lcc
from recipes.corpora import KINDS, Record
from recipes.library_heads import Answers, Places
from recipes.topics import Topic

LONGEST, LONGEST_WORDS, CHUNK = 160, 20, 20_000

Batch = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]


@dataclass(frozen=True)
class Ids:
    """Token ids of many texts in one array: those of text i are ``ids[starts[i] : starts[i + 1]]``."""

    ids: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, tokenizer: Tokenizer, prompt: str, texts: Sequence[str], longest: int) -> Ids:
        """Return the ids of texts behind a prompt, no more than ``longest`` of each."""
        tokenizer.enable_truncation(longest)
        found = list[npt.NDArray[np.int32]]()
        for first in range(0, len(texts), CHUNK):
            chunk = [prompt + text for text in texts[first : first + CHUNK]]
            found += [np.array(each.ids, np.int32) for each in tokenizer.encode_batch_fast(chunk)]
        return cls(np.concatenate(found), np.cumsum([0, *map(len, found)]))

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """The number of tokens of each text."""
        return np.diff(self.starts)

    def padded(self, rows: Iterable[int]) -> Batch:
        """Return the ids of some texts, (rows, longest), with zeros behind, and their lengths."""
        each = [self.ids[self.starts[row] : self.starts[row + 1]] for row in rows]
        lengths = np.array([len(ids) for ids in each], np.int64)
        batch = np.zeros((len(each), lengths.max()), np.int64)
        for row, ids in zip(batch, each, strict=True):
            row[: len(ids)] = ids
        return batch, lengths


@dataclass(frozen=True)
class Texts:
    """Texts of records or topics; ``choices`` are the places of each one's words among ``words``."""

    record: Places
    tokens: Ids
    choices: list[tuple[int, ...]]
    words: Ids

    def pairs(self, rows: Places, random: np.random.Generator) -> tuple[Batch, npt.NDArray[np.bool_], Places]:
        """Choose one of the words of each text that has any.

        Returns the chosen words' tokens; which of them belong also to which other text, (chosen, chosen); and the
        places of the texts among ``rows``.
        """
        having = np.array([place for place, row in enumerate(rows) if self.choices[row]], np.intp)
        of = [self.choices[rows[place]] for place in having]
        chosen = np.array([each[random.integers(len(each))] for each in of], np.intp)
        same = np.array([np.isin(chosen, each) for each in of])
        return self.words.padded(chosen), same, having


def library_texts(records: Sequence[Record], learnt: Iterable[int], answers: Answers, reader: Reader) -> Texts:
    """Return titles, titles in their own script, and titles with summaries of some records.

    Their words: the headings, the caption of the subclass, and the title in the other script.
    """
    words, captions = _Words(), lcc.captions("lcc.txt")
    rows, texts, choices = list[int](), list[str](), list[tuple[int, ...]]()
    for place in learnt:
        record = records[place]
        told = [words.place(heading) for heading in record.headings]
        if answers.lcc[place] >= 0:
            subclass = answers.ranges[answers.lcc[place]][0]
            told.append(words.place(captions[subclass if len(subclass) > 1 else f"{subclass}."]))
        for kind in KINDS:
            if text := record.text(kind):
                other = record.original if kind == "a" else record.title if kind == "o" else ""
                rows.append(place)
                texts.append(text)
                choices.append((*told, words.place(other)) if other else tuple(told))
    return Texts(np.array(rows, np.intp), reader(texts), choices, reader(words.texts, LONGEST_WORDS))


def topic_texts(topics: Sequence[Topic], reader: Reader) -> Texts:
    """Return names, keywords and summaries of the topics; the words of each are the other two."""
    views = [view for topic in topics for view in (topic["topic_name"], topic["keywords"], topic["summary"])]
    tokens = reader(views)
    others = [tuple(row - row % 3 + each for each in range(3) if each != row % 3) for row in range(len(views))]
    return Texts(np.arange(len(views)) // 3, tokens, others, tokens)


class Reader:
    """Texts → token ids, behind the encoder's prompt."""

    def __init__(self, tokenizer: Tokenizer, prompt: str) -> None:
        self._tokenizer, self._prompt = tokenizer, prompt

    def __call__(self, texts: Sequence[str], longest: int = LONGEST) -> Ids:
        """Return the ids of texts."""
        return Ids.of(self._tokenizer, self._prompt, texts, longest)


class _Words:
    """Words, each once."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def place(self, text: str) -> int:
        return self._places.setdefault(text, len(self._places))

    @property
    def texts(self) -> list[str]:
        return list(self._places)
