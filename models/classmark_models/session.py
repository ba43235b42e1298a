"""ONNX Runtime: token ids → what a graph answers, one unpadded row a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classmark_models.errors import ModelDamaged, ModelUnsupported
from classmark_models.tokens import TokenIds

Places = npt.NDArray[np.int64]
SLOW_FUSIONS = ["SkipLayerNormFusion"]
"""What the runtime would join, in exports from elsewhere, to an operator slower than the two it replaces."""
_NO_PLACES: Places = np.zeros(0, np.int64)
_TYPES = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}
_INPUTS: dict[str, Callable[[TokenIds, Places], npt.NDArray[Any]]] = {
    "input_ids": lambda ids, masks: ids[None],
    "attention_mask": lambda ids, masks: np.ones((1, len(ids)), np.int64),
    "token_type_ids": lambda ids, masks: np.zeros((1, len(ids)), np.int64),
    "position_ids": lambda ids, masks: np.arange(len(ids))[None],
    "masks": lambda ids, masks: masks,
}
"""What each input of a graph is given for a row of ids; ``masks`` are the places of masked tokens in it."""


class Graph:
    """A graph whose answer to a row of token ids depends on that row alone.

    Dynamic int8 takes one scale for a whole tensor, so rows of a batch would change each other: every run has one
    row, without padding. Several runs go on at once instead, one thread each, over one copy of the weights.
    """

    def __init__(self, path: Path, workers: int, outputs: Sequence[str] = (), prefer: str = "") -> None:
        """Load the graph; ``outputs`` are the names of those that are answered, by default the preferred or first.

        Raises ModelDamaged when the runtime refuses the file, ModelUnsupported when it takes or gives other things.
        """
        from classmark_models.runtime import onnxruntime  # not before: the window is to be there first

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # Inputs differ in length at every run: a plan of the buffers would be made anew each time.
        options.enable_mem_pattern = False
        options.log_severity_level = 3
        try:
            self._runtime = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"], disabled_optimizers=SLOW_FUSIONS
            )
        except Exception as error:  # the runtime's errors share no narrower base
            raise ModelDamaged(f"The model file {path} cannot be used: {error}") from error
        self.inputs: dict[str, Any] = {each.name: _TYPES.get(each.type) for each in self._runtime.get_inputs()}
        odd = [name for name, kind in self.inputs.items() if name not in _INPUTS or kind is None]
        if odd or "input_ids" not in self.inputs:
            raise ModelUnsupported(
                f"{path} is no model of texts that Classmark can use: it takes {', '.join(odd or self.inputs)}."
            )
        given = {each.name: each.shape for each in self._runtime.get_outputs()}
        self.outputs = tuple(outputs) or ((prefer,) if prefer in given else tuple(given)[:1])
        missing = [name for name in self.outputs if name not in given]
        if missing:
            raise ModelUnsupported(f"{path} gives {', '.join(given)}, not {', '.join(missing)}.")
        self._path = path
        self._workers = workers
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="graph")

    def answer(self, ids: TokenIds, masks: Places = _NO_PLACES) -> tuple[Any, ...]:
        """Return the chosen outputs for one row, each without the dimension of the row where it has one.

        ``masks`` are the places of masked tokens, for a graph that asks for them. ModelDamaged when it fails.
        """
        given = {name: _INPUTS[name](ids, masks).astype(kind, copy=False) for name, kind in self.inputs.items()}
        try:
            answers = self._runtime.run(self.outputs, given)
        except Exception as error:  # as above
            raise ModelDamaged(f"The model {self._path} cannot read {len(ids)} tokens: {error}") from error
        return tuple(answer if "masks" in self.inputs else answer[0] for answer in answers)

    def answer_all(self, rows: Iterable[TokenIds]) -> Iterator[tuple[Any, ...]]:
        """Yield the answer to each row, in order; rows are taken two a worker ahead."""
        waiting: list[Future[tuple[Any, ...]]] = []
        try:
            for ids in rows:
                waiting.append(self._pool.submit(self.answer, ids))
                if len(waiting) > 2 * self._workers:
                    yield waiting.pop(0).result()
            while waiting:
                yield waiting.pop(0).result()
        finally:
            for future in waiting:
                future.cancel()

    def close(self) -> None:
        """Let the worker threads end."""
        self._pool.shutdown(cancel_futures=True)


class Encoder(Graph):
    """A graph whose first output is the unit vector of a text."""

    def embed(self, ids: TokenIds) -> Any:
        """Return the unit vector of one text, float32, shape (width,)."""
        return self.answer(ids)[0]

    def embed_all(self, rows: Iterable[TokenIds]) -> Iterator[Any]:
        """Yield the vector of each row, in order; rows are taken two a worker ahead."""
        for (vector,) in self.answer_all(rows):
            yield vector
