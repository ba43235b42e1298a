"""Measure how a ready model of newsgroups declines: texts that say nothing, posts and their subject lines.

    python -m recipes.declining --pack FOLDER --data DATA

FOLDER is a ready model with the twenty groups' names as ids, DATA holds ``20news_train.jsonl.gz``.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from classmark_models.pack import open_pack
from classmark_models.published.classifier import PublishedClassifier
from classmark_models.published.fingerprints import FINGERPRINTS, Fingerprints, null_texts, read_fingerprints
from recipes.tables import json_rows

SAMPLE = 1000
VARIANTS = """CONTENTS|Table of Contents|TITLE PAGE|Untitled 2|Document2|New Document (1)|Page 3 of 12|Page 17|Chapter 2
Chapter IV|Section 4.1|Volume 8, Number 2, pages 33-47|Vol. 45, no. 3|Issue Information|Front Matter|Back cover
This page is intentionally left blank.|List of Illustrations|Editorial|Preface to the second edition|Acknowledgments
404 Not Found|Please enable cookies to continue.|All rights reserved.|Copyright 2014. All rights reserved.
test|asdf jkl asdf|xxxx xxxx|1 2 3 4 5|- - - - -|Scanned document|Download PDF|No abstract available|[No title]|N/A|null
About the authors|Subject Index|Author Index""".replace("\n", "|").split("|")
"""Boilerplate that is like the texts of null_texts.txt and not among them."""


def read_posts(path: Path) -> list[tuple[str, str, str]]:
    """Return a sample of posts as (subject line, text without the headers, group), always the same."""
    posts = []
    for row in random.Random(1).sample(list(json_rows(path)), SAMPLE):
        header, _, body = row["text"].partition("\n\n")
        found = re.search(r"^Subject: *(?:re: *)*(.*)$", header, re.MULTILINE | re.IGNORECASE)
        posts.append((found[1] if found else "", body, row["label"]))
    return posts


def reason_of(sentence: str) -> str:
    """Return the first words of a reason, which tell of which kind it is."""
    return " ".join(sentence.split()[:5])


def report(name: str, classifier: PublishedClassifier, texts: Sequence[tuple[str, str]], groups: Sequence[str]) -> None:
    """Print how many texts, each (title, body), are declined and why; and how many answers are right, where known."""
    found = [classifier.predict(title, "", body) for title, body in texts]
    reasons = Counter(reason_of(each.declined) for each in found if each.declined)
    print(f"{name}: {len(texts)} texts, declined {sum(reasons.values()) / len(texts):.3f}")
    for reason, count in reasons.most_common():
        print(f"  {count / len(texts):.3f}  {reason} …")
    labels = classifier.vocabulary.labels(classifier.vocabulary.deepest)
    if groups:
        right = np.array(
            [labels[int(each.scores.argmax())].id == group for each, group in zip(found, groups, strict=True)]
        )
        for kind in sorted({reason_of(each.declined) for each in found}):
            chosen = np.array([reason_of(each.declined) == kind for each in found])
            print(f"  right of “{kind or 'answered'}”: {right[chosen].mean():.3f}")


def known_by_the_others(fingerprints: Fingerprints) -> float:
    """Return the share of texts that say nothing which the others tell to be such."""
    answers = fingerprints.answers
    others = [Fingerprints(np.delete(answers, place, axis=0), fingerprints.alike) for place in range(len(answers))]
    return float(np.mean([each.are_empty(answers[place][None])[0] for place, each in enumerate(others)]))


def main() -> None:
    """Print the figures of README.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--pack", type=Path, required=True, help="folder of a ready model")
    parser.add_argument("--data", type=Path, required=True, help="folder with 20news_train.jsonl.gz")
    arguments = parser.parse_args()
    pack = open_pack(arguments.pack)
    fingerprints = read_fingerprints(pack.file(FINGERPRINTS), pack.fact("outputs"))
    print(f"alike: {fingerprints.alike:.3f}; known by the others: {known_by_the_others(fingerprints):.3f}")
    classifier = PublishedClassifier(pack, workers=2)
    posts = read_posts(arguments.data / "20news_train.jsonl.gz")
    groups = [group for _, _, group in posts]
    report("texts that say nothing", classifier, [(text, "") for text in null_texts() if text], [])
    report("variants of them", classifier, [(text, "") for text in VARIANTS], [])
    report("subject lines", classifier, [(subject, "") for subject, _, _ in posts], groups)
    report("posts", classifier, [(subject, body) for subject, body, _ in posts], groups)
    classifier.close()


if __name__ == "__main__":
    main()
