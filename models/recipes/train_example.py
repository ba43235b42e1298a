"""Fine-tune a small published encoder on newsgroups: a classifier that means something, to measure conversions on.

Needs ``torch`` and ``transformers`` beside the recipes' packages: an environment of its own.

    python -m recipes.train_example --base FOLDER --posts 20news_train.jsonl.gz --out DIR
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from classmark_models.tokens import Tokenizer
from recipes.tables import json_rows

LIMIT, BATCH, RATE = 128, 16, 1e-4


def read_posts(path: Path) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return the posts to learn from and those held out, a tenth by their ids' hashes, each (text, group)."""
    parts: tuple[list[tuple[str, str]], list[tuple[str, str]]] = [], []
    for post in json_rows(path):
        digest = hashlib.sha256(post["id"].encode()).digest()
        parts[digest[0] % 10 == 0].append((post["text"], post["label"]))
    return parts


def batches(rows: list[Any], random: np.random.Generator) -> list[list[int]]:
    """Return places of rows of like lengths, in random order."""
    order = sorted(range(len(rows)), key=lambda place: (len(rows[place]), random.random()))
    groups = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
    return [groups[place] for place in random.permutation(len(groups))]


def train(base: Path, posts: list[tuple[str, str]], out: Path, epochs: int) -> None:
    """Write config.json with the groups' names, model.safetensors and tokenizer.json."""
    import torch
    from transformers import BertForSequenceClassification

    torch.manual_seed(1)
    groups = sorted({group for _, group in posts})
    tokenizer = Tokenizer(base / "tokenizer.json", "", LIMIT)
    rows = [tokenizer.encode(text) for text, _ in posts]
    answers = torch.tensor([groups.index(group) for _, group in posts])
    learner = BertForSequenceClassification.from_pretrained(
        base, id2label=dict(enumerate(groups)), label2id={group: place for place, group in enumerate(groups)}
    ).train()
    optimizer = torch.optim.AdamW(learner.parameters(), lr=RATE, weight_decay=0.01)
    random = np.random.default_rng(1)
    steps = epochs * -(-len(rows) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=0.1)
    for epoch in range(epochs):
        losses = []
        for places in batches(rows, random):
            longest = max(len(rows[place]) for place in places)
            ids = torch.zeros(len(places), longest, dtype=torch.long)
            mask = torch.zeros_like(ids)
            for row, place in enumerate(places):
                ids[row, : len(rows[place])] = torch.from_numpy(rows[place])
                mask[row, : len(rows[place])] = 1
            with torch.autocast("cpu", torch.bfloat16):
                loss = learner(ids, attention_mask=mask, labels=answers[places]).loss
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(learner.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(float(loss.detach()))
            if len(losses) % 100 == 0:
                print(f"epoch {epoch + 1}, {len(losses)} batches, loss {np.mean(losses[-100:]):.3f}", flush=True)
    learner.save_pretrained(out)
    shutil.copyfile(base / "tokenizer.json", out / "tokenizer.json")


def main() -> None:
    """Train, and write the folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--base", type=Path, required=True, help="config.json, model.safetensors, tokenizer.json")
    parser.add_argument("--posts", type=Path, required=True, help="lines of JSON with id, text and label, gzipped")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=2)
    asked = parser.parse_args()
    learn, _ = read_posts(asked.posts)
    train(asked.base, learn, asked.out, asked.epochs)


if __name__ == "__main__":
    main()
