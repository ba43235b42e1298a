"""The names of published weights (Hugging Face transformers) → those that ``graph.add_encoder`` reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from classmark_models.checkpoint import Checkpoint
from classmark_models.convert.architecture import Architecture
from classmark_models.errors import ModelDamaged, ModelUnsupported
from classmark_models.graph import Array

BERT = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "o": "attention.output.dense",
    "n1": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "down": "output.dense",
    "n2": "output.LayerNorm",
}
"""Our names of what a layer of BERT has → the published ones."""
_DISTILBERT = {
    "q": "attention.q_lin",
    "k": "attention.k_lin",
    "v": "attention.v_lin",
    "o": "attention.out_lin",
    "n1": "sa_layer_norm",
    "up": "ffn.lin1",
    "down": "ffn.lin2",
    "n2": "output_layer_norm",
}
_LAYERS = {"bert": ("encoder.layer", BERT), "roberta": ("encoder.layer", BERT)} | {
    "distilbert": ("transformer.layer", _DISTILBERT)
}
_PARTS = {"w": "weight", "b": "bias"}
_OLD_PARTS = {"weight": "gamma", "bias": "beta"}
_WORDS = "embeddings.word_embeddings.weight"


class EncoderWeights(Mapping[str, Array]):
    """An encoder's weights under the graph's names, float32; each is read whenever it is asked for.

    ``prefix`` is what stands before the encoder's names, found by its table of words: "", "bert.", "module.roberta." …;
    ``published`` holds the published names of its layers.
    """

    def __init__(self, checkpoint: Checkpoint, architecture: Architecture) -> None:
        """Find the encoder; ModelUnsupported unless there is exactly one, ModelDamaged when it has too many layers."""
        self.checkpoint = checkpoint
        self.architecture = architecture
        found = [name.removesuffix(_WORDS) for name in checkpoint if name.endswith(_WORDS)]
        if len(found) != 1:
            raise ModelUnsupported(
                f"{checkpoint.path} holds {len(found)} encoders ({_WORDS}). Classmark can convert files with one."
            )
        self.prefix = found[0]
        self._published = dict(self._names())
        self.published = frozenset(self._published.values())
        beyond = f"{self.prefix}{_LAYERS[architecture.family][0]}.{architecture.shape.layers}."
        if any(name.startswith(beyond) for name in checkpoint):
            raise ModelDamaged(f"{checkpoint.path} has more layers than config.json states.")

    def __getitem__(self, name: str) -> Array:
        """Return one weight; ModelDamaged when it is missing or not of the shape that config.json implies."""
        shape = self.architecture.shape
        if name == "positions":
            architecture = self.architecture
            rows = architecture.first_position + architecture.max_tokens
            table = self.read(f"{self.prefix}embeddings.position_embeddings.weight", (rows, shape.width))
            table = table[architecture.first_position :]
            if architecture.token_types:
                types = (architecture.token_types, shape.width)
                table = table + self.read(f"{self.prefix}embeddings.token_type_embeddings.weight", types)[0]
            return table
        wide, inner = shape.width, self.architecture.inner
        sizes: dict[str, tuple[int, ...]] = {"up.w": (inner, wide), "up.b": (inner,), "down.w": (wide, inner)}
        part = name.partition(".")[2] if name.startswith("l") else name
        square = (wide, wide) if part in ("q.w", "k.w", "v.w", "o.w") else (wide,)
        return self.read(self._published[name], sizes.get(part, square))

    def __iter__(self) -> Iterator[str]:
        yield "positions"
        yield from self._published

    def __len__(self) -> int:
        return 1 + len(self._published)

    def words(self) -> Array:
        """Return the table of word vectors, shape (vocabulary, width)."""
        return self.read(f"{self.prefix}{_WORDS}", (self.architecture.vocabulary, self.architecture.shape.width))

    def read(self, name: str, shape: tuple[int, ...]) -> Array:
        """Return a tensor by its published name; ModelDamaged unless it is there in that shape."""
        stem, _, part = name.rpartition(".")
        if name not in self.checkpoint and stem.lower().endswith("norm"):
            old = f"{stem}.{_OLD_PARTS[part]}"
            name = old if old in self.checkpoint else name
        if name not in self.checkpoint:
            raise ModelDamaged(f"{self.checkpoint.path} lacks the tensor {name}.")
        if self.checkpoint.shape(name) != shape:
            found = list(self.checkpoint.shape(name))
            raise ModelDamaged(f"{self.checkpoint.path}: the tensor {name} has shape {found} instead of {list(shape)}.")
        return self.checkpoint[name]

    def _names(self) -> Iterator[tuple[str, str]]:
        layers, keys = _LAYERS[self.architecture.family]
        for ours, theirs in _PARTS.items():
            yield f"norm.{ours}", f"{self.prefix}embeddings.LayerNorm.{theirs}"
            for index in range(self.architecture.shape.layers):
                for key, name in keys.items():
                    yield f"l{index}.{key}.{ours}", f"{self.prefix}{layers}.{index}.{name}.{theirs}"
