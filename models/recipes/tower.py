"""The built-in encoder as a net that learns: the graph of ``recipes.encoder`` in PyTorch. Needs ``torch``."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from recipes.wheel_file import EncoderFile

Array = npt.NDArray[np.float32]

_JOINED = "qkv"


class Layer(torch.nn.Module):
    """One layer of BERT (Devlin et al. 2019): attention and feed-forward part, each with a norm behind its sum."""

    def __init__(self, width: int, heads: int, inner: int, epsilon: float) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = torch.nn.Linear(width, 3 * width)
        self.o = torch.nn.Linear(width, width)
        self.up = torch.nn.Linear(width, inner)
        self.down = torch.nn.Linear(inner, width)
        self.n1 = torch.nn.LayerNorm(width, eps=epsilon)
        self.n2 = torch.nn.LayerNorm(width, eps=epsilon)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """Return what the layer makes of hidden states, (rows, tokens, width)."""
        rows, tokens, width = x.shape
        parts = self.qkv(x).view(rows, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], attn_mask=mask)
        x = self.n1(x + self.o(attended.transpose(1, 2).reshape(rows, tokens, width)))
        y: torch.Tensor = self.n2(x + self.down(functional.gelu(self.up(x))))
        return y


class Tower(torch.nn.Module):
    """Token ids → embedding of unit length. The word table and the positions stay as they are."""

    def __init__(self, source: EncoderFile, weights: Mapping[str, Array]) -> None:
        """Take the weights that ``recipes.encoder.weights_of`` names."""
        super().__init__()
        self.words = source.matrix("emb.word").astype(np.float16)
        self.positions = torch.from_numpy(np.array(weights["positions"], np.float32))
        self.norm = torch.nn.LayerNorm(source.width, eps=source.epsilon)
        self.layers = torch.nn.ModuleList(
            Layer(source.width, source.heads, source.feed_forward, source.epsilon) for _ in range(source.layers)
        )
        self._fill(self.norm, weights["norm.w"], weights["norm.b"])
        for place, layer in enumerate(self.layers):
            for name in ("o", "up", "down", "n1", "n2"):
                self._fill(getattr(layer, name), weights[f"l{place}.{name}.w"], weights[f"l{place}.{name}.b"])
            joined = [np.concatenate([weights[f"l{place}.{name}.{part}"] for name in _JOINED]) for part in "wb"]
            self._fill(layer.qkv, *joined)

    def forward(self, ids: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64], still: int = 0) -> torch.Tensor:
        """Return the embeddings, (rows, width), of padded rows of ids; the first ``still`` layers do not learn."""
        known = torch.from_numpy(np.arange(ids.shape[1])[None] < lengths[:, None])
        mask = None if bool(known.all()) else known[:, None, None, :]
        x = torch.from_numpy(self.words[ids].astype(np.float32)) + self.positions[: ids.shape[1]]
        with torch.autocast("cpu", torch.bfloat16):
            for place, layer in enumerate(self.layers):
                with torch.set_grad_enabled(torch.is_grad_enabled() and place >= still):
                    x = layer(self.norm(x) if place == 0 else x, mask)
        summed = (x.float() * known[..., None]).sum(1)
        return functional.normalize(summed, dim=1)

    def weights(self) -> dict[str, Array]:
        """Return what the layers have learnt, float32, under the names that the graph reads."""
        found: dict[str, Array] = {}
        for place, layer in enumerate(self.layers):
            for name in ("o", "up", "down", "n1", "n2"):
                for part, of in (("w", "weight"), ("b", "bias")):
                    found[f"l{place}.{name}.{part}"] = getattr(getattr(layer, name), of).detach().numpy().copy()
            for part, tensor in (("w", layer.qkv.weight), ("b", layer.qkv.bias)):
                for name, rows in zip(_JOINED, np.split(tensor.detach().numpy(), 3), strict=True):
                    found[f"l{place}.{name}.{part}"] = rows.copy()
        return found

    @staticmethod
    def _fill(module: torch.nn.Module, weight: Array, bias: Array) -> None:
        module.weight.data = torch.from_numpy(np.array(weight, np.float32))
        module.bias.data = torch.from_numpy(np.array(bias, np.float32))
