"""A published model behind its prompt: documents → windows → the graph's answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classmark_models.published.prompts import compose
from classmark_models.session import Graph
from classmark_models.spec import ModelSpec
from classmark_models.tokens import Span, TokenIds, Tokenizer

Logits = npt.NDArray[np.float32]
"""What a classifier's graph answers, float32, shape (outputs,) or (rows, outputs)."""


class Reader:
    """Reads documents as the model's publisher had them read: one prompt for title and abstract, bodies in windows."""

    def __init__(self, spec: ModelSpec, tokenizer: Path, graph: Path, workers: int) -> None:
        """Load them; raises ModelDamaged, ModelUnsupported."""
        self._rule = spec.prompt
        before, _, after = self._rule.abstract.partition("{abstract}")
        self._head = Tokenizer(tokenizer, "", spec.limits.tokens)
        self._body = self._head.with_prompt(before, after)
        self._graph = Graph(graph, workers, ("logits",))

    @property
    def reads_abstracts(self) -> bool:
        """Whether the model reads more than the title of a document that has one."""
        return "{abstract}" in self._rule.both

    def head(self, title: str, abstract: str) -> Span | None:
        """Return the window of title and abstract, None when there is nothing to classify in them.

        ``end`` counts the characters of title, line end and abstract that the model reads.
        """
        prompt = compose(self._rule, title, abstract)
        if not prompt:
            return None
        span = self._head.span(prompt)
        parts = [part for part in (title, abstract) if part]
        if len(parts) == 2 and compose(self._rule, title, "") == prompt:
            return Span(span.ids, 0, len(title))
        longest = self._rule.longest_abstract or len(abstract)
        unread = len(prompt) - span.end + max(0, len(abstract) - longest)
        return Span(span.ids, 0, max(1, len("\n".join(parts)) - unread))

    def windows(self, body: str) -> Iterator[Span]:
        """Cut a body into windows, each dressed as an abstract without a title; those too short for one go."""
        for span in self._body.windows(body):
            if span.end - span.start >= self._rule.shortest_abstract:
                yield span

    def prompted(self, prompt: str) -> TokenIds:
        """Return the ids of a prompt that is composed already."""
        return self._head.encode(prompt)

    def dressed(self, text: str) -> TokenIds:
        """Return the ids of a text as a window of a body."""
        return self._body.encode(text)

    def answer_all(self, rows: Iterable[TokenIds]) -> Iterator[Logits]:
        """Yield the logits of each row, in order."""
        for (logits,) in self._graph.answer_all(rows):
            yield np.asarray(logits, np.float32)

    def close(self) -> None:
        """Let the worker threads end."""
        self._graph.close()
