"""Measure the zero-shot answers: the pack itself, and the ways that were weighed against it.

    python -m recipes.measure --data DATA [--part test] [--ways]

Accuracy is that of the best field; a field is right when the class of the document's library or archive accepts it
(``development.py``). "Balanced" is the mean over sets of accepted fields, so that history does not outvote chemistry.
``--ways`` computes every alternative that README.md reports; they are compared on the development part only.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classmark_models.field_blend import read_field_blend
from classmark_models.labels import Scores, Vocabulary, read_vocabulary
from classmark_models.metrics import macro
from classmark_models.ngrams import bag_ids
from classmark_models.pack import BUILTIN, Pack, open_pack
from classmark_models.reading_desk import ReadingDesk
from classmark_models.session import Encoder
from classmark_models.tokens import Tokenizer, count_letters
from classmark_models.zero_shot_head import ZeroShotHead, entropy, read_head
from recipes.development import Row, rows
from recipes.results import OURS, Result, by_language, languages_table, table
from recipes.topics import FIELD_SHARE, SUBFIELD_SHARE, Floats, Topic, combine, embed, read_topics, sources_of, unit

MIN_GROUP = 12
GROUPS = ("library titles", "arXiv abstracts", "Chinese abstracts")
TEMPERATURES = (0.02, 0.025, 0.03, 0.035, 0.04, 0.05, 0.06)


@dataclass(frozen=True)
class Sample:
    """Documents as embeddings, with the fields that are right for each, shape (documents, fields)."""

    rows: Sequence[Row]
    embeddings: Floats
    accepted: npt.NDArray[np.bool_]

    def of(self, group: str) -> npt.NDArray[np.bool_]:
        """Return which rows are of one group."""
        return np.array([row.group == group for row in self.rows])


class Measure:
    """The encoder at work on the development rows."""

    def __init__(self, pack: Pack, data: Path, is_test: bool) -> None:
        self.vocabulary: Vocabulary = read_vocabulary(pack.file("labels.csv"), "OpenAlex topics")
        self.encoder = Encoder(pack.file("encoder.onnx"), workers=2)
        self.tokenizer = Tokenizer(pack.file("tokenizer.json"), pack.facts["prompt"], pack.facts["max_tokens"])
        documents = list(rows(data, is_test))
        fields = [label.id for label in self.vocabulary.labels("field")]
        accepted = np.array([[field in row.fields for field in fields] for row in documents])
        texts = [f"{row.title}\n{row.abstract}".strip() for row in documents]
        self.sample = Sample(documents, self.embed(texts), accepted)
        self.ngrams = list(map(bag_ids, texts))
        self.blend = read_field_blend(pack, self.vocabulary, ReadingDesk(pack.folder))

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return one embedding per text."""
        return embed(self.encoder, self.tokenizer, texts)

    def scores(self, head: ZeroShotHead) -> Scores:
        """Return the probabilities of the topics, with what the pack has learnt of fields, (documents, topics)."""
        embeddings = self.sample.embeddings.astype(np.float32)
        scores = head.scores(embeddings)
        if self.blend is None:
            return scores
        learnt = self.blend.head
        hidden = learnt.hidden(embeddings, learnt.bags(self.ngrams))
        return self.blend.topics(scores, hidden, learnt.lengths(self.ngrams))

    def fields(self, scores: Scores) -> Floats:
        """Return the probabilities of the fields, shape (documents, fields)."""
        return self.vocabulary.roll_up(scores, "field").astype(np.float64)

    def report(self, name: str, probabilities: Floats) -> None:
        """Print one line of figures."""
        sample = self.sample
        right = sample.accepted[np.arange(len(probabilities)), probabilities.argmax(axis=1)]
        surprise = -np.log(np.maximum((probabilities * sample.accepted).sum(axis=1), 1e-9))
        cells = [f"{name:44}"]
        for group in GROUPS:
            mask = sample.of(group)
            balanced = np.mean(list(_by_answer(sample, right, mask)))
            cells.append(f"{right[mask].mean():.3f} {balanced:.3f} {surprise[mask].mean():.3f}")
        print(" | ".join(cells), flush=True)

    def results(self, head: ZeroShotHead) -> Iterator[Result]:
        """Yield the figures of fields and domains: the pack's, and those without what was learnt of fields."""
        sample = self.sample
        languages = np.array([row.language for row in sample.rows])
        answers = np.unique([" ".join(sorted(row.fields)) for row in sample.rows], return_inverse=True)[1]
        domain_of = np.array([label.parent for label in self.vocabulary.labels("field")])
        domains = np.eye(domain_of.max() + 1)[domain_of]
        alone = head.scores(sample.embeddings.astype(np.float32))
        for by, scores in ((OURS, self.scores(head)), ("zero-shot alone", alone)):
            fields = self.fields(scores)
            for level, chances, accepted in (
                ("field", fields, sample.accepted),
                ("domain", fields @ domains, sample.accepted @ domains > 0),
            ):
                hits = accepted[np.arange(len(chances)), chances.argmax(axis=1)]
                for group in GROUPS:
                    task, mask = f"OpenAlex {level}", sample.of(group)
                    yield replace(Result.accuracy(task, group, hits[mask], chances[mask].max(axis=1)), by=by)
                    counts = np.bincount(answers[mask])
                    enough = counts >= MIN_GROUP
                    right = np.bincount(answers[mask], hits[mask]).astype(np.intp)
                    yield Result.of(task, group, by, "mean of classes", macro(right[enough], counts[enough]))
                    if group == GROUPS[0]:
                        yield from by_language(task, group, by, languages[mask], hits[mask])


def _by_answer(sample: Sample, right: npt.NDArray[np.bool_], mask: npt.NDArray[np.bool_]) -> Iterator[float]:
    answers = np.array([" ".join(sorted(row.fields)) for row in sample.rows])
    for answer in set(answers[mask]):
        chosen = mask & (answers == answer)
        if chosen.sum() >= MIN_GROUP:
            yield float(right[chosen].mean())


def report_pack(measure: Measure, head: ZeroShotHead, limits: dict[str, float]) -> None:
    """Print the pack's own figures, by language, by length and by confidence, and what it declines."""
    blank, flat = limits["null_cosine"], limits["entropy"]
    sample, probabilities = measure.sample, measure.fields(measure.scores(head))
    print(f"{'accuracy, balanced, surprise':44} | library titles      | arXiv abstracts     | Chinese abstracts")
    measure.report("the pack", probabilities)
    alike = measure.fields(head.scores(sample.embeddings.astype(np.float32)))
    measure.report("  without what was learnt of fields", alike)
    results = list(measure.results(head))
    print("\n".join(["", *table(results), "", *languages_table(results)]))
    right = sample.accepted[np.arange(len(probabilities)), probabilities.argmax(axis=1)]
    library = sample.of("library titles")
    letters = np.array([count_letters(row.title) for row in sample.rows])
    print("\nlibrary titles by letters:", end="")
    for low, high in ((0, 6), (6, 10), (10, 20), (20, 40), (40, 80), (80, 10_000)):
        mask = library & (letters >= low) & (letters < high)
        print(f" {low}–{high}: {right[mask].mean() if mask.any() else float('nan'):.3f} ({mask.sum()})", end="")
    best = probabilities.max(axis=1)
    print("\nall by probability of the best field:", end="")
    for floor in (0.0, 0.3, 0.5, 0.7, 0.9):
        mask = (best >= floor) & (best < floor + 0.2 + 0.1 * (floor == 0))
        print(f" {floor:.1f}: {right[mask].mean():.3f} ({mask.sum()})", end="")
    empty = head.emptiness(sample.embeddings.astype(np.float32))
    spread = entropy(head.scores(sample.embeddings.astype(np.float32)))
    print("\ndocuments declined though they say something: ", end="")
    print(f"as boilerplate {(empty > blank).mean():.4f}, as flat {(spread > flat).mean():.4f}, ", end="")
    print(f"accuracy of the flat {right[spread > flat].mean():.3f}")
    likeness = head.null @ head.null.T - 2 * np.eye(len(head.null))
    null_scores = np.exp(head.null @ head.labels.T)
    null_scores /= null_scores.sum(axis=1, keepdims=True)
    caught = (likeness.max(axis=1) > blank) | (entropy(null_scores) > flat)
    print(f"texts that say nothing, each against the others: {caught.mean():.3f} of {len(caught)} declined")


def report_ways(measure: Measure, topics: Sequence[Topic]) -> None:
    """Print a line for each way that was weighed, at the temperature that surprises least."""
    parts = {name: measure.embed(texts) for name, texts in sources_of(topics).items()}
    means = {name: part.mean(axis=0) for name, part in parts.items()}
    parts["name in its field"] = measure.embed(
        [f"{t['topic_name']} ({t['subfield_name']}, {t['field_name']})" for t in topics]
    )
    parts["all in one text"] = measure.embed([f"{t['topic_name']}. {t['summary']} {t['keywords']}" for t in topics])
    documents = measure.sample.embeddings
    usual = ("name", "keywords", "summary")
    center = (means["name"] + means["keywords"]) / 2
    flat = (0.0, 0.0)

    def way(
        name: str,
        chosen: Sequence[str],
        origin: Floats,
        shares: tuple[float, float] = (SUBFIELD_SHARE, FIELD_SHARE),
        lexical: Floats | float = 0.0,
    ) -> None:
        vectors = combine({part: parts[part] for part in chosen}, topics, *shares)
        likeness = unit(documents - origin) @ vectors.T + lexical
        best = min((_surprise(measure, likeness / t), t) for t in TEMPERATURES)
        measure.report(f"{name}, T {best[1]}", _fields(measure, likeness / best[1]))

    def raw(name: str) -> None:
        likeness = documents @ parts[name].T
        best = min((_surprise(measure, likeness / t), t) for t in (0.005, 0.01, 0.015, 0.02))
        measure.report(f"{name}, plain cosine, T {best[1]}", _fields(measure, likeness / best[1]))

    for name in parts:
        raw(name)
    for name in parts:
        way(f"{name}, centred", [name], center, flat)
    way("name + keywords + summary", usual, center, flat)
    way("  + name in its field", [*usual, "name in its field"], center, flat)
    way("  + all in one text", [*usual, "all in one text"], center, flat)
    for subfield, field in ((0.25, 0.0), (0.0, 0.25), (0.25, 0.1), (0.25, 0.25), (0.5, 0.5)):
        way(f"  subfield {subfield}, field {field}", usual, center, (subfield, field))
    way("  centre: names", usual, means["name"])
    way("  centre: keywords", usual, means["keywords"])
    way("  centre: summaries", usual, means["summary"])
    way("  centre: the documents themselves", usual, documents.mean(axis=0))
    way("  centre: documents of each language", usual, _language_means(measure))
    for share in (0.1, 0.2, 0.4):
        lexical = share * _lexical(measure, [topic["topic_name"] for topic in topics])
        way(f"  lexical part {share}, words of names", usual, center, lexical=lexical)


def _language_means(measure: Measure) -> Floats:
    languages = np.array([row.language for row in measure.sample.rows])
    means = np.zeros_like(measure.sample.embeddings)
    for language in set(languages):
        means[languages == language] = measure.sample.embeddings[languages == language].mean(axis=0)
    return means


def _lexical(measure: Measure, names: Sequence[str]) -> Floats:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(sublinear_tf=True, stop_words="english", ngram_range=(1, 2))
    labels = vectorizer.fit_transform(names)
    texts = vectorizer.transform([f"{row.title} {row.abstract}" for row in measure.sample.rows])
    return np.asarray((texts @ labels.T).toarray())


def _fields(measure: Measure, logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    return measure.vocabulary.roll_up(probabilities, "field").astype(np.float64)


def _surprise(measure: Measure, logits: Floats) -> float:
    surprise = -np.log(np.maximum((_fields(measure, logits) * measure.sample.accepted).sum(axis=1), 1e-9))
    groups = ("library titles", "arXiv abstracts")
    return float(sum(surprise[measure.sample.of(group)].mean() for group in groups))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--part", choices=["development", "test"], default="development")
    parser.add_argument("--ways", action="store_true")
    arguments = parser.parse_args()
    if arguments.ways and arguments.part == "test":
        parser.error("choices are made on the development part")
    pack = open_pack(BUILTIN)
    measure = Measure(pack, arguments.data, arguments.part == "test")
    report_pack(measure, read_head(pack.file("vectors.npz")), pack.facts["decline"])
    if arguments.ways:
        table = read_topics(arguments.data / "openalex_topics.csv")
        report_ways(measure, sorted(table, key=lambda topic: int(topic["topic_id"])))
    measure.encoder.close()


if __name__ == "__main__":
    main()
