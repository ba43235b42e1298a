"""A model's answers to texts that say nothing, by which documents that it did not read are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from classmark_models.arrays import map_arrays, write_arrays
from classmark_models.errors import Interrupted, ModelDamaged
from classmark_models.published.reader import Logits, Reader
from classmark_models.published.scope import is_mostly_foreign
from classmark_models.selftest.golden import golden_texts
from classmark_models.spec import ModelSpec

FINGERPRINTS = "null.npz"
ALIKE = 0.2
"""How near an answer must be to one of these, as a share of how near the nearest quarter of real texts come."""
_TEXTS = Path(__file__).with_name("null_texts.txt")
_BLOCK = 16
"""Known answers that are compared at once: so many stay near the processor, and copies of all would take megabytes."""


def null_texts() -> tuple[str, ...]:
    """Return blank and boilerplate texts, the empty one last."""
    return (*_TEXTS.read_text(encoding="utf-8").splitlines(), "")


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprints:
    """The answers to texts that say nothing, shape (texts, outputs), and how near is ``alike``.

    The distance is the root mean square of the gaps between logits, each answer's taken from their mean, for a softmax
    does not see that.
    """

    answers: npt.NDArray[np.floating[Any]]
    alike: float

    def distance(self, logits: Logits) -> npt.NDArray[np.float32]:
        """Return how far answers are from the nearest of these, shape (rows,)."""
        asked, nearest = _centred(logits), np.full(len(logits), np.inf, np.float32)
        for start in range(0, len(self.answers), _BLOCK):
            known = _centred(self.answers[start : start + _BLOCK].astype(np.float32))
            gaps = [((known - row) ** 2).mean(axis=1).min() for row in asked]
            nearest = np.minimum(nearest, np.sqrt(gaps, dtype=np.float32))
        return nearest

    def are_empty(self, logits: Logits) -> npt.NDArray[np.bool_]:
        """Tell which answers are those that texts without meaning get, shape (rows,)."""
        return np.asarray(self.distance(logits) <= self.alike)


def write_fingerprints(
    spec: ModelSpec, tokenizer: Path, graph: Path, path: Path, should_stop: Callable[[], bool] = lambda: False
) -> None:
    """Ask a model what it says of texts that say nothing, as titles and as windows of a body, and write that.

    The golden texts, which do say something, tell how near to these an answer must be to be the same.

    Raises ModelDamaged, ModelUnsupported; Interrupted when ``should_stop``, asked at each text, returns True.
    """
    reader = Reader(spec, tokenizer, graph, workers=1)
    try:
        texts = null_texts()
        heads = [span.ids for text in texts if (span := reader.head(text, ""))]
        rows = {ids.tobytes(): ids for ids in [*heads, *(reader.dressed(text) for text in texts)]}
        real = [
            reader.prompted(text)
            for text in golden_texts(spec, "")
            if text and not is_mostly_foreign(spec.limits, text)
        ]
        answers = []
        for answer in reader.answer_all([*rows.values(), *real]):
            if should_stop():
                raise Interrupted("Stopped.")
            answers.append(answer)
    finally:
        reader.close()
    known = np.stack(answers[: len(rows)]).astype(np.float16)
    distances = Fingerprints(known, 0).distance(np.stack(answers[len(rows) :]))
    write_arrays(path, {"answers": known, "alike": np.array(ALIKE * np.quantile(distances, 0.25), np.float32)})


def read_fingerprints(path: Path, outputs: int) -> Fingerprints:
    """Read what ``write_fingerprints`` wrote for a model of so many outputs; ModelDamaged when it is something else."""
    try:
        arrays = map_arrays(path)
        answers, alike = arrays["answers"], float(arrays["alike"])
        if not 0 <= alike < np.inf or answers.shape[1:] != (outputs,) or not np.isfinite(answers).all():
            raise ValueError(f"it holds no answers of {outputs} numbers")
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, BadZipFile) as error:
        raise ModelDamaged(f"The answers to blank texts in {path} cannot be read: {error}") from error
    return Fingerprints(answers, alike)


def _centred(logits: Logits) -> Logits:
    return np.asarray(logits - logits.mean(axis=-1, keepdims=True), np.float32)
