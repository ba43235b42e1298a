"""Embed the library records with the built-in encoder; go on where a former run stopped.

python -m recipes.embed --data DATA --out DIR
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from classmark_models.pack import BUILTIN, open_pack
from classmark_models.session import Encoder
from classmark_models.tokens import Tokenizer
from recipes.corpora import KINDS, WIDTH, places, read_records

CHUNK = 2000


def main() -> None:
    """Write, for each kind of text, ``KIND_ids.npy``, ``KIND.f16`` and, as its progress, ``KIND.done``."""
    parser = argparse.ArgumentParser(description="Embed the library records with the built-in encoder.")
    parser.add_argument("--data", type=Path, required=True, help="the folder with loc_books.csv.gz")
    parser.add_argument("--out", type=Path, required=True, help="the folder for the embeddings")
    options = parser.parse_args()
    pack = open_pack(BUILTIN)
    encoder = Encoder(pack.file("encoder.onnx"), workers=2)
    tokenizer = Tokenizer(pack.file("tokenizer.json"), pack.facts["prompt"], pack.facts["max_tokens"])
    records = read_records(options.data)
    options.out.mkdir(parents=True, exist_ok=True)
    for kind in KINDS:
        ids = np.array(places(records, kind), np.int32)
        np.save(options.out / f"{kind}_ids.npy", ids)
        path, done = options.out / f"{kind}.f16", options.out / f"{kind}.done"
        start = int(done.read_text()) if path.exists() and done.exists() else 0
        mapped = np.memmap(path, np.float16, "r+" if path.exists() else "w+", shape=(len(ids), WIDTH))
        for first in range(start, len(ids), CHUNK):
            chunk = ids[first : first + CHUNK]
            texts = [records[place].text(kind) for place in chunk]
            vectors = encoder.embed_all(tokenizer.encode(text) for text in texts)
            mapped[first : first + len(chunk)] = np.stack(list(vectors))
            mapped.flush()
            done.write_text(str(first + len(chunk)))
            print(f"{kind}: {first + len(chunk):,} of {len(ids):,}", flush=True)


if __name__ == "__main__":
    main()
