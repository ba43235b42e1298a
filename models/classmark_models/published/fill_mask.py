"""Words for the masked places of a text, by a model that was taught to guess them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classmark_models.errors import ClassmarkError, ModelDamaged
from classmark_models.pack import SPEC, Pack
from classmark_models.session import Graph
from classmark_models.spec import read_spec
from classmark_models.tokens import Tokenizer

MASKS = ("<mask>", "[MASK]")
"""How people write a masked word, whatever the model's own token for it is."""
MOST_MASKS = 20


@dataclass(frozen=True, slots=True)
class Candidate:
    """A word for a masked place, with its probability among all words that the model knows."""

    word: str
    probability: float


class FillMask:
    """A ready model that fills masks."""

    def __init__(self, pack: Pack, workers: int = 1) -> None:
        """Load a pack; raises ModelMissing, ModelDamaged, ModelUnsupported, SpecInvalid."""
        spec = read_spec(pack.file(SPEC), pack.fact("id"))
        self.name, self.title, self.scope = spec.id, spec.title, spec.scope
        for name in pack.fact("files"):
            pack.file(name)
        path = pack.file("tokenizer.json")
        self._limit = spec.limits.tokens
        # Room for one token more, to tell a text that is too long from one that just fits.
        self._tokenizer = Tokenizer(path, "", self._limit + 1)
        mask = self._tokenizer.mask()
        if mask is None:
            raise ModelDamaged(f"The tokenizer file {path} has no token for a masked word.")
        self._mask, self._mask_id = mask
        self._graph = Graph(pack.file(pack.fact("graph")), workers, ("logits",))

    def close(self) -> None:
        """Let the worker threads end."""
        self._graph.close()

    def fill(self, text: str, top: int = 10) -> tuple[tuple[Candidate, ...], ...]:
        """Return the ``top`` most probable words for each mask of a text, in order, most probable first.

        A mask is written ``<mask>``, ``[MASK]`` or as the model's own token. ClassmarkError when the text has none,
        too many, or is too long.
        """
        for mask in MASKS:
            text = text.replace(mask, self._mask)
        ids = self._tokenizer.encode(text)
        if len(ids) > self._limit:
            raise ClassmarkError(f"The text is too long: this model reads {self._limit} tokens at once. Shorten it.")
        places = np.flatnonzero(ids == self._mask_id)
        if not len(places):
            raise ClassmarkError(f"There is nothing to fill in: write {MASKS[0]} where a word is missing.")
        if len(places) > MOST_MASKS:
            raise ClassmarkError(f"The text has {len(places)} masks; {MOST_MASKS} are filled at once. Take some away.")
        (logits,) = self._graph.answer(ids, places)
        at_masks = logits if "masks" in self._graph.inputs else logits[places]
        return tuple(self._candidates(row, top) for row in _softmax(np.asarray(at_masks, np.float64)))

    def _candidates(self, probabilities: npt.NDArray[np.float64], top: int) -> tuple[Candidate, ...]:
        best = np.argsort(-probabilities, kind="stable")[:top]
        return tuple(Candidate(self._tokenizer.word(int(token)), float(probabilities[token])) for token in best)


def _softmax(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
