"""Write Keras and Flax files with the libraries that publishers used, and what their models answer.

Needs an environment of its own (Python 3.11, 1.9 GB), with nothing of Classmark in it:

    pip install tensorflow-cpu==2.15.1 transformers==4.35.2 h5py flax==0.7.5 jax==0.4.20 jaxlib==0.4.20 \
        numpy==1.26.4 ml-dtypes==0.3.2 scipy==1.11.4

``--small`` writes the folders of ``tests/models/fixtures/keras``; ``--full`` newsgroups-20, title-subjects-8 and bio-lm
in their published shapes and formats, for ``recipes.parity --answers``. Weights are random.
"""

from __future__ import annotations

import argparse
import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

CATALOGUE = Path(__file__).parents[1] / "classmark_models" / "catalogue"
CLASSIFIER, MASKED = "ForSequenceClassification", "ForMaskedLM"


@dataclass(frozen=True, slots=True)
class Case:
    """A model to write: transformers' class is library + family + task; ``spread`` is that of its random weights."""

    library: str
    family: str
    task: str
    options: dict[str, Any]
    lengths: tuple[int, ...]
    spread: float
    labels: tuple[str, ...] = field(default=())

    @property
    def rows(self) -> list[Any]:
        """Return token ids, free of those that stand for padding."""
        random = np.random.default_rng(1)
        return [random.integers(5, self.options["vocab_size"], length) for length in self.lengths]


def small_cases() -> dict[str, Case]:
    """Return models of all families and both tasks, in both formats."""
    common = {"vocab_size": 50, "max_position_embeddings": 24}
    bert = common | {"hidden_size": 12, "num_attention_heads": 3, "intermediate_size": 20}
    distilbert = common | {"dim": 12, "n_heads": 3, "hidden_dim": 20}
    roberta = bert | {"type_vocab_size": 1, "layer_norm_eps": 1e-5}
    cases = {}
    for library, shape in (("TF", "keras"), ("Flax", "flax")):
        for family, options in (("Bert", bert), ("DistilBert", distilbert), ("Roberta", roberta)):
            for task, name in ((CLASSIFIER, "classifier"), (MASKED, "masked")):
                layers = 2 if task == CLASSIFIER else 1
                sizes = options | {"n_layers" if family == "DistilBert" else "num_hidden_layers": layers}
                labels = tuple("abcde") if task == CLASSIFIER else ()
                cases[f"{shape}-{family.lower()}-{name}"] = Case(library, family, task, sizes, (1, 4, 11), 0.3, labels)
    return cases


def full_cases() -> dict[str, Case]:
    """Return three published models in their shapes; title-subjects-8 names its labels LABEL_0 to LABEL_7."""
    groups = tomllib.loads((CATALOGUE / "newsgroups-20.toml").read_text(encoding="utf-8"))["labels"]["names"]
    bio = {"vocab_size": 50_265, "max_position_embeddings": 514, "type_vocab_size": 1, "layer_norm_eps": 1e-5}
    lengths = (1, 2, 17, 128, 510)
    unnamed = tuple(f"LABEL_{index}" for index in range(8))
    return {
        "newsgroups-20": Case("TF", "DistilBert", CLASSIFIER, {"vocab_size": 30_522}, lengths, 0.05, tuple(groups)),
        "title-subjects-8": Case("TF", "Bert", CLASSIFIER, {"vocab_size": 119_547}, lengths, 0.05, unnamed),
        "bio-lm": Case("Flax", "Roberta", MASKED, bio, lengths[:-1], 0.05),
    }


def write(case: Case, folder: Path) -> None:
    """Write config.json, the weights and ``answers.npz``: ids, logits and embedding (mean, unit length) by number."""
    import transformers

    config = getattr(transformers, f"{case.family}Config")(**case.options, initializer_range=case.spread)
    if case.labels:
        config.id2label = dict(enumerate(case.labels))
        config.label2id = {label: index for index, label in enumerate(case.labels)}
    kind = getattr(transformers, f"{case.library}{case.family}{case.task}")
    reference = (_keras if case.library == "TF" else _flax)(kind, config)
    reference.save_pretrained(folder)
    answers = {}
    for index, ids in enumerate(case.rows):
        found = reference(ids[None], output_hidden_states=True)
        mean = np.asarray(found.hidden_states[-1])[0].mean(axis=0)
        answers[f"ids.{index}"] = ids
        answers[f"logits.{index}"] = np.asarray(found.logits)[0]
        answers[f"embedding.{index}"] = mean / np.linalg.norm(mean)
    np.savez_compressed(folder / "answers.npz", **answers)


def _keras(kind: Any, config: Any) -> Any:
    """Build a TensorFlow model; biases and norms, which begin as zeros and ones, become random as well."""
    import tensorflow

    tensorflow.keras.utils.set_random_seed(1)
    random = np.random.default_rng(2)
    reference = kind(config)
    reference(tensorflow.constant([[5]]))
    for weight in reference.weights:
        if weight.shape.rank == 1:
            weight.assign_add(random.normal(0, config.initializer_range, weight.shape))
    return reference


def _flax(kind: Any, config: Any) -> Any:
    import jax

    random = np.random.default_rng(2)
    reference = kind(config, seed=1)

    def vary(array: Any) -> Any:
        noise = random.normal(0, config.initializer_range, array.shape)
        return array + noise.astype("float32") if array.ndim == 1 else array

    reference.params = jax.tree_util.tree_map(vary, reference.params)
    return reference


def main() -> None:
    """Write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", type=Path, help="where to put the fixtures of the tests")
    parser.add_argument("--full", type=Path, help="where to put the models of full size (1.5 GB)")
    asked = parser.parse_args()
    for folder, cases in ((asked.small, small_cases), (asked.full, full_cases)):
        for name, case in cases().items() if folder else ():
            write(case, folder / name)
            size = sum(path.stat().st_size for path in (folder / name).iterdir())
            print(f"{name}: {size:,} bytes")


if __name__ == "__main__":
    main()
