"""A graph and its tokenizer, asked for their raw answers, whatever the model is for."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from classmark_models.errors import Interrupted
from classmark_models.selftest.golden import Logits
from classmark_models.session import Graph
from classmark_models.tokens import TokenIds, Tokenizer


class Probe:
    """One graph, run as everywhere in Classmark: a row a run, without padding, one thread for each.

    ``mask`` is what stands for a masked word, "" where the tokenizer has no such thing. ``fills_masks`` tells whether
    the graph has an input ``masks`` and answers for those places alone.
    """

    def __init__(self, graph: Path, tokenizer: Path, limit: int) -> None:
        """Load them; ``limit`` counts the tokens of the longest row. Raises ModelDamaged, ModelUnsupported."""
        self._tokenizer, self._limit = Tokenizer(tokenizer, "", limit), limit
        self.mask, self._mask = self._tokenizer.mask() or ("", -1)
        self._graph = Graph(graph, workers=1, prefer="logits")
        self.fills_masks = "masks" in self._graph.inputs

    def answers(
        self,
        texts: Sequence[str],
        progress: Callable[[int, int], None] = lambda done, total: None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Logits:
        """Return the answers to texts, shape (texts, outputs), or (masks in all texts, words).

        Raises Interrupted when ``should_stop``, asked at each text, returns True; ModelDamaged when the graph cannot
        answer.
        """
        rows = []
        for done, text in enumerate(texts):
            if should_stop():
                raise Interrupted("Stopped.")
            progress(done, len(texts))
            rows.append(np.asarray(self._run(self._tokenizer.encode(text)), np.float32))
        return np.concatenate(rows)

    def throughput(self, text: str, workers: int, seconds: float) -> float:
        """Return the tokens per second of full windows of a text, ``workers`` of them at once, in about so long."""
        ids = self._tokenizer.encode(text)
        ids = np.concatenate([np.resize(ids[:-1], self._limit - 1), ids[-1:]])
        self._run(ids)
        began = time.perf_counter()
        self._run(ids)
        each = max(1, round(seconds / (time.perf_counter() - began)))
        with ThreadPoolExecutor(workers) as pool:
            began = time.perf_counter()
            list(pool.map(self._run, [ids] * (each * workers)))
            return len(ids) * each * workers / (time.perf_counter() - began)

    def _run(self, ids: TokenIds) -> Any:
        """Return the answers to a row: one, or one for each mask, and for the first place where there is none."""
        places = np.flatnonzero(ids == self._mask)
        (answer,) = self._graph.answer(ids, places if len(places) else np.array([0]))
        return answer if self.fills_masks else answer[None]


def processors() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
