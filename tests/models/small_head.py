"""A small head with random weights, all sizes different, and the same in plain numpy."""

from __future__ import annotations

import math

import numpy as np

from classmark_models.trained_head import Floats, Output, TrainedHead, to_int8

HIDDEN, BAG = 12, 5
CALIBRATION = np.array([[-0.6, 0.05, -0.03], [0.2, -0.1, 0.04]], np.float32)


def small_head(outputs: dict[str, int], width: int = 384, seed: int = 3) -> TrainedHead:
    """Return a head with so many labels for each output."""
    random = np.random.default_rng(seed)

    def array(*shape: int, scale: float = 1.0) -> Floats:
        return np.asarray(scale * random.normal(size=shape), np.float32)

    layers = {
        name: Output(*to_int8(array(labels, HIDDEN + BAG)), array(labels), CALIBRATION)
        for name, labels in outputs.items()
    }
    table = random.integers(-127, 128, (1 << 10, BAG)).astype(np.int8)
    w1 = array(HIDDEN, width + BAG, scale=0.1).astype(np.float16)
    return TrainedHead(array(width, scale=0.04), table, 0.0125, w1, array(HIDDEN), layers)


def plain_logits(head: TrainedHead, name: str, embedding: Floats, ngrams: list[int]) -> Floats:
    """Return the logits of one text by the formula, in float64 and without any cleverness."""
    table = head.bag.astype(np.float64) * head.bag_scale
    bag = 8 * np.mean([table[ngram % len(table)] for ngram in ngrams], axis=0)
    inner = head.w1.astype(np.float64) @ np.concatenate([(embedding - head.centre) * 8.0, bag]) + head.b1
    z = np.concatenate([[x * (1 + math.erf(x / math.sqrt(2))) / 2 for x in inner], bag])
    layer = head.layers[name]
    return np.asarray((layer.w * layer.scale[:, None].astype(np.float64)) @ z + layer.b)


def plain_calibrated(logits: Floats, ngrams: float) -> Floats:
    """Return the logits of one text as ``CALIBRATION`` wants them, by the formula; ``ngrams`` is their number."""
    known = [1, math.log(ngrams), math.log(sum(math.exp(logit) for logit in logits.tolist()))]
    slope, shift = (sum(a * b for a, b in zip(row, known, strict=True)) for row in CALIBRATION.tolist())
    return np.asarray(logits.astype(np.float64) * math.exp(slope) + shift)
