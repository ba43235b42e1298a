"""Golden texts: what the published weights answer to them, and how near another graph of the same model comes."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import numpy as np
import numpy.typing as npt

from classmark_models.errors import ModelDamaged
from classmark_models.published.prompts import compose
from classmark_models.spec import GoldenInput, ModelSpec

Logits = npt.NDArray[np.float32]
"""A graph's answers, float32, shape (texts, outputs); (masks, words) of a model that fills masks."""

TEXTS, ANSWERS = "golden.json", "golden.npz"
NEARLY_AS_LIKELY, NEAR = 0.75, 0.02
LEAST_TOP1, LEAST_TOP5, LARGEST_GAP, LEAST_LIKENESS = 0.95, 0.9, 0.3, 0.99
_OWN_TEXTS = Path(__file__).with_name("golden_texts.toml")
_ENOUGH = 8
_LARGEST = 64 << 20
_WORDS_TO_MASK = 4
MASKS = ("<mask>", "[MASK]")
"""What stands for a masked word in the tokenizers of RoBERTa and of BERT."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How near answers come to the reference; ``compared`` is the number of texts, or masks.

    ``top1``: the share of texts with the same best label; ``top5``: the mean share of the five best that are the same.
    In both a label also counts that the reference finds three quarters as likely as its own, or within 0.02: between
    these it is unsure itself. ``gap``: the largest difference of any label's probability. ``likeness``: the mean
    correlation of the logits, which tells of faults even where all labels are nearly equally likely.
    """

    compared: int
    top1: float
    top5: float
    gap: float
    likeness: float

    @property
    def good(self) -> bool:
        """Whether the answers may stand for the reference."""
        near = self.gap <= LARGEST_GAP and self.likeness >= LEAST_LIKENESS
        return near and self.top1 >= LEAST_TOP1 and self.top5 >= LEAST_TOP5


UNLIKE = Agreement(0, 0.0, 0.0, 1.0, 0.0)
"""What is said of answers that are none."""


def golden_texts(spec: ModelSpec, mask: str) -> tuple[str, ...]:
    """Return the spec's own golden texts, then those of Classmark in the model's languages, as the tokenizer gets them.

    The last of them is as long as a window. A model that fills masks gets a ``mask`` in each.
    """
    entries = tomllib.loads(_OWN_TEXTS.read_text(encoding="utf-8"))["text"]
    spoken = [entry for entry in entries if entry["language"] in spec.languages]
    own = [
        GoldenInput(e.get("title", ""), e.get("abstract", "")) for e in (spoken if len(spoken) >= _ENOUGH else entries)
    ]
    long = GoldenInput(own[0].title, "\n".join(f"{text.title} {text.abstract}" for text in own))
    texts = [compose(spec.prompt, text.title, text.abstract) for text in (*spec.golden, *own, long)]
    if spec.task == "masked-words":
        texts = [_masked(text, mask) for text in texts if len(text.split()) >= _WORDS_TO_MASK]
    return tuple(texts)


def compare(reference: Logits, found: Logits) -> Agreement:
    """Compare answers with the reference, row by row; both may be logits or log-probabilities."""
    expected, got = _probabilities(reference), _probabilities(found)
    rows, count = np.arange(len(expected)), min(5, expected.shape[1])
    best = np.sort(expected, axis=1)[:, ::-1]
    chosen = np.argsort(-got, axis=1)[:, :count]
    of_chosen = expected[rows[:, None], chosen]
    return Agreement(
        len(expected),
        float((of_chosen[:, 0] >= _enough(best[:, 0])).mean()),
        float((of_chosen >= _enough(best[:, count - 1 : count])).mean()),
        float(np.abs(expected - got).max()),
        float(_correlations(reference, found).mean()),
    )


def is_sane(logits: Logits) -> bool:
    """Tell whether answers are finite and not the same for every text."""
    return bool(np.isfinite(logits).all() and (len(logits) < 2 or np.ptp(logits, axis=0).max() > 0))


def write_golden(folder: Path, texts: Sequence[str], logits: Logits) -> None:
    """Write golden texts, as they go into the tokenizer, and the float32 graph's answers into a pack."""
    (folder / TEXTS).write_text(json.dumps({"texts": list(texts)}, ensure_ascii=False, indent=1), encoding="utf-8")
    with (folder / ANSWERS).open("wb") as file:
        np.savez(file, logits=logits)


def read_golden(folder: Path) -> tuple[tuple[str, ...], Logits] | None:
    """Read golden texts and answers of a pack; None when it has none, ModelDamaged when they cannot be read."""
    texts, answers = folder / TEXTS, folder / ANSWERS
    if not texts.exists() or not answers.exists():
        return None
    try:
        if texts.stat().st_size > _LARGEST or answers.stat().st_size > _LARGEST:
            raise ValueError("too large")
        stated = json.loads(texts.read_text(encoding="utf-8"))["texts"]
        with ZipFile(answers) as archive:
            if sum(member.file_size for member in archive.infolist()) > _LARGEST:
                raise ValueError("too large")
        with answers.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            logits = np.asarray(arrays["logits"])
        if not stated or not all(isinstance(text, str) for text in stated):
            raise ValueError("there are no texts")
        if logits.dtype != np.float32 or logits.ndim != 2 or not logits.size or not np.isfinite(logits).all():
            raise ValueError("they are no rows of numbers")
    except (OSError, ValueError, KeyError, TypeError, EOFError, RecursionError, MemoryError, BadZipFile) as error:
        raise ModelDamaged(f"The reference answers in {folder} cannot be read: {error}. Repair the model.") from error
    return tuple(stated), logits


def _masked(text: str, mask: str) -> str:
    """Put a mask in the place of the tenth word or the middle one, unless there are masks: those become ``mask``."""
    if any(given in text for given in MASKS):
        return re.sub("|".join(map(re.escape, MASKS)), mask, text)
    words = text.split(" ")
    words[min(9, len(words) // 2)] = mask
    return " ".join(words)


def _enough(likely: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the probability from which on a label counts as well as one that is so likely."""
    return np.minimum(NEARLY_AS_LIKELY * likely, likely - NEAR)


def _probabilities(logits: Logits) -> npt.NDArray[np.float64]:
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _correlations(left: Logits, right: Logits) -> npt.NDArray[np.float64]:
    a, b = (rows - rows.mean(axis=1, keepdims=True) for rows in (left.astype(np.float64), right.astype(np.float64)))
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.asarray((a * b).sum(axis=1) / np.maximum(lengths, np.finfo(np.float64).tiny))
