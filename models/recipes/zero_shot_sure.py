"""Find from where on zero-shot answers are sure, and write it into the pack.

python -m recipes.zero_shot_sure --data DATA

Fields and domains only: of topics and subfields no right answers are known. A domain is right that holds an accepted
field. The Chinese abstracts are left out, as they are for measuring alone.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from classmark_models.metrics import share
from classmark_models.pack import BUILTIN, open_pack
from classmark_models.zero_shot import SURE
from classmark_models.zero_shot_head import read_head
from recipes.calibration import thresholds
from recipes.measure import Measure

GROUPS = ("library titles", "arXiv abstracts")


def main() -> None:
    """Write the thresholds of the development part, and print what they give there."""
    parser = argparse.ArgumentParser(description="Find from where on zero-shot answers are sure.")
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    pack = open_pack(BUILTIN)
    head = read_head(BUILTIN / "vectors.npz")
    measure = Measure(pack, options.data, is_test=False)
    sample, vocabulary = measure.sample, measure.vocabulary
    chosen = np.logical_or.reduce([sample.of(group) for group in GROUPS])
    kinds = np.array([row.group for row in sample.rows])[chosen]
    scores = measure.scores(head)[chosen]
    accepted = {"field": sample.accepted[chosen]}
    domain_of = np.array([label.parent for label in vocabulary.labels("field")])
    domains = range(len(vocabulary.labels("domain")))
    accepted["domain"] = np.stack([accepted["field"][:, domain_of == place].any(axis=1) for place in domains], axis=1)
    levels = {}
    for level in ("domain", "field"):
        rolled = vocabulary.roll_up(scores, level)
        levels[level] = rolled.max(axis=1), accepted[level][np.arange(len(rolled)), rolled.argmax(axis=1)]
    sure = thresholds(levels, kinds)
    for level, mark in sure.items():
        confidences, right = levels[level]
        for kind in GROUPS:
            answered = (confidences >= mark) & (kinds == kind)
            figure = share(int(right[answered].sum()), int(answered.sum()))
            print(
                f"{level}, from {mark} on, {kind}: {figure.value:.3f} ({figure.low:.3f}–{figure.high:.3f}) right, ",
                end="",
            )
            print(f"of {answered.sum() / (kinds == kind).sum():.3f}")
    facts = {pack.fact("name"): {"sure": sure}}
    (BUILTIN / SURE).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
