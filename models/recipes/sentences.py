"""Measure zero-shot topics of sentences in many languages: SIB-200, of which nothing is learnt.

    python -m recipes.sentences --data DATA

Seven topics, each told by ten phrases in English (``sentence_topics.txt``); a sentence is of the topic whose phrases
are like it, by the log of the mean of exp(cosine / ``HEAT``). Directions are taken from the mean of ``sentences.txt``,
which has nothing to do with the set. Told of the sixty languages of which XLM-R, the encoder's ancestor, read most
(CC-100; Conneau et al. 2020), and of all in the encoder's list.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classmark_models.metrics import share
from classmark_models.pack import BUILTIN, open_pack
from classmark_models.session import Encoder
from classmark_models.tokens import Tokenizer
from recipes.encoder import LIMIT, PROMPT
from recipes.scope_rows import group_of
from recipes.tables import json_rows
from recipes.topics import Floats, embed, unit

HEAT = 0.05
"""With four phrases a topic, 0.1 and 0.2 were worse by 0.003 and 0.009, the mean of the phrases' vectors by 0.02."""
LEAST = 0.6
SIXTY = (
    "eng rus ind vie pes ukr swe tha jpn deu ron hun bul fra fin kor spa nob por zho ell dan pol heb ita nld arb slk "
    "hin hrv tur ces lit tam cat slv kat srp lvs zsm ben mal azj kaz est urd hye als mkd tel bel npi sin kan khk tgl "
    "glg isl mar eus"
).split()
_HERE = Path(__file__).parent


def phrases() -> tuple[list[str], npt.NDArray[np.intp], list[str]]:
    """Return the topics, the topic of each phrase, and the phrases."""
    lines = [line.split("\t") for line in (_HERE / "sentence_topics.txt").read_text(encoding="utf-8").splitlines()]
    topics = list(dict.fromkeys(topic for topic, _ in lines))
    return topics, np.array([topics.index(topic) for topic, _ in lines]), [phrase for _, phrase in lines]


def likeness(sentences: Floats, said: Floats, of: npt.NDArray[np.intp], topics: int) -> Floats:
    """Return how like each sentence is to each topic, shape (sentences, topics)."""
    powers = np.exp(sentences @ said.T / HEAT)
    return np.asarray(np.log(np.stack([powers[:, of == topic].mean(axis=1) for topic in range(topics)], axis=1)))


def main() -> None:
    """Print the share that is right, by language."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, required=True, help="the folder with sib200_dev.jsonl.gz")
    options = parser.parse_args()
    rows = [row for row in json_rows(options.data / "sib200_dev.jsonl.gz") if group_of(row["lang"]) == "read"]
    topics, of, said = phrases()
    pack = open_pack(BUILTIN)
    tokenizer = Tokenizer(pack.file("tokenizer.json"), PROMPT, LIMIT)
    encoder = Encoder(pack.file("encoder.onnx"), workers=2)

    own = (_HERE / "sentences.txt").read_text(encoding="utf-8").splitlines()
    read, meant, neutral = (embed(encoder, tokenizer, texts) for texts in ([row["text"] for row in rows], said, own))
    encoder.close()
    best = likeness(unit(read - neutral.mean(axis=0)), unit(meant - meant.mean(axis=0)), of, len(topics)).argmax(axis=1)
    right = np.array([topics[place] == row["label"] for place, row in zip(best, rows, strict=True)])
    languages = np.array([row["lang"] for row in rows])
    for name, names in (("sixty languages", SIXTY), ("all in the list", sorted({each[:3] for each in languages}))):
        chosen = np.isin([each[:3] for each in languages], names)
        shares = {each: float(right[languages == each].mean()) for each in np.unique(languages[chosen])}
        figure = share(int(right[chosen].sum()), int(chosen.sum()))
        few = " ".join(each for each, value in shares.items() if value < LEAST) or "none"
        print(f"{name}: {figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}], below {LEAST}: {few}")
        print(" ".join(f"{each} {value:.2f}" for each, value in sorted(shares.items(), key=lambda one: -one[1])))


if __name__ == "__main__":
    main()
