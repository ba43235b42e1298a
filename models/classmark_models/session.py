"""ONNX Runtime: token ids → embeddings, one unpadded row a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import onnxruntime

from classmark_models.errors import ModelDamaged
from classmark_models.tokens import TokenIds


class Encoder:
    """An encoder whose answer for a text depends on that text alone.

    Dynamic int8 takes one scale for a whole tensor, so rows of a batch would change each other: every run has one
    row, without padding. Several runs go on at once instead, one thread each, over one copy of the weights.
    """

    def __init__(self, path: Path, workers: int) -> None:
        """Load the graph; ModelDamaged when the runtime refuses it."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # Inputs differ in length at every run: a plan of the buffers would be made anew each time.
        options.enable_mem_pattern = False
        options.log_severity_level = 3
        try:
            self._runtime = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the runtime's errors share no narrower base
            raise ModelDamaged(f"The model file {path} cannot be used: {error}") from error
        self._workers = workers
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="encoder")

    def embed(self, ids: TokenIds) -> Any:
        """Return the unit vector of one text, float32, shape (width,)."""
        return self._runtime.run(None, {"input_ids": ids[None]})[0][0]

    def embed_all(self, rows: Iterable[TokenIds]) -> Iterator[Any]:
        """Yield the vector of each row, in order; rows are taken two a worker ahead."""
        waiting: list[Future[Any]] = []
        try:
            for ids in rows:
                waiting.append(self._pool.submit(self.embed, ids))
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
