"""A graph and its tokenizer, asked for their raw answers, whatever the model is for."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from classmark_models.errors import Interrupted, ModelDamaged
from classmark_models.selftest.golden import Logits
from classmark_models.tokens import TokenIds, Tokenizer


class Probe:
    """One graph, run as everywhere in Classmark: a row a run, without padding, one thread for each.

    ``mask`` is what stands for a masked word, "" where the tokenizer has no such thing. ``fills_masks`` tells whether
    the graph has an input ``masks`` and answers for those places alone.
    """

    def __init__(self, graph: Path, tokenizer: Path, limit: int) -> None:
        """Load them; ``limit`` counts the tokens of the longest row. Raises ModelDamaged."""
        self._tokenizer, self._limit = Tokenizer(tokenizer, "", limit), limit
        self.mask, self._mask = self._tokenizer.mask() or ("", -1)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_mem_pattern = False
        options.log_severity_level = 3
        try:
            self._runtime = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the runtime's errors share no narrower base
            raise ModelDamaged(f"The model file {graph} cannot be used: {error}") from error
        outputs = [output.name for output in self._runtime.get_outputs()]
        self._output = "logits" if "logits" in outputs else outputs[0]
        self._inputs = {given.name for given in self._runtime.get_inputs()}
        self.fills_masks = "masks" in self._inputs

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
            rows.append(self._answer(self._tokenizer.encode(text)))
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

    def _answer(self, ids: TokenIds) -> Logits:
        try:
            return np.asarray(self._run(ids), np.float32)
        except Exception as error:  # as above
            raise ModelDamaged(f"The model cannot answer: {error}") from error

    def _run(self, ids: TokenIds) -> Any:
        given: dict[str, npt.NDArray[np.int64]] = {"input_ids": ids[None]}
        # Graphs that others exported want to be told that nothing is padding, and that there is one text.
        usual = {"attention_mask": np.ones_like, "token_type_ids": np.zeros_like}
        given |= {name: fill(ids[None]) for name, fill in usual.items() if name in self._inputs}
        if self.fills_masks:
            places = np.flatnonzero(ids == self._mask)
            given["masks"] = places if len(places) else np.array([0])
        return self._runtime.run([self._output], given)[0]


def processors() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
