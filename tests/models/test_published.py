"""A ready model reads documents as its publisher did, and says why where it should not be heeded."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.models.ready_packs import NAMES, TOKENS, ready_pack, seal, tiny_masked_spec, tiny_spec, words

from classmark_models.classifier import Prediction
from classmark_models.collection import Collection
from classmark_models.errors import Interrupted, ModelDamaged, ModelMissing, ModelUnsupported
from classmark_models.pack import Pack, open_pack
from classmark_models.published.classifier import KEPT, PublishedClassifier
from classmark_models.published.prompts import compose
from classmark_models.session import Graph
from classmark_models.spec import ModelSpec, write_spec
from classmark_models.tokens import Tokenizer

PROMPT = """
[prompt]
both = "title: {title} abstract: {abstract}"
title = "title: {title}"
abstract = "title: none abstract: {abstract} ."
shortest_abstract = 10
longest_abstract = 60
strip_title_markup = true
"""
TITLE, ABSTRACT, BODY = "The <i>ship</i> on the sea", words(14, seed=1), words(400, seed=2)

Opened = Callable[[ModelSpec], PublishedClassifier]


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return ready_pack(tmp_path_factory.mktemp("tiny") / "tiny", tiny_spec(more=PROMPT))


@pytest.fixture
def opened(pack: Pack, tmp_path: Path) -> Iterator[Opened]:
    """Open the tiny model as if its entry had said other things from the start."""
    classifiers: list[PublishedClassifier] = []

    def open_with(spec: ModelSpec, workers: int = 1) -> PublishedClassifier:
        folder = tmp_path / f"{len(classifiers)}"
        shutil.copytree(pack.folder, folder)
        write_spec(replace(spec, limits=replace(spec.limits, tokens=TOKENS)), folder / "model.toml")
        seal(
            folder, spec.id, {key: value for key, value in pack.facts.items() if key not in ("id", "files", "commits")}
        )
        classifiers.append(PublishedClassifier(open_pack(folder), workers))
        return classifiers[-1]

    yield open_with
    for classifier in classifiers:
        classifier.close()


def sure(spec: ModelSpec) -> ModelSpec:
    """Let nothing be too flat or too narrow for a model whose weights were drawn by lot."""
    return replace(spec, decline=replace(spec.decline, flatness=1.0, margin=0.0))


def expected_row(pack: Pack, prompt: str) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    graph = Graph(pack.file("model.onnx"), 1, ("logits",))
    try:
        ids = Tokenizer(pack.file("tokenizer.json"), "", TOKENS).encode(prompt)
        return np.asarray(graph.answer(ids)[0])
    finally:
        graph.close()


@pytest.mark.parametrize(
    ("title", "abstract", "prompt"),
    [
        (TITLE, ABSTRACT, f"title: The ship on the sea abstract: {ABSTRACT[:60]}"),
        (TITLE, "", "title: The ship on the sea"),
        (TITLE, "too short", "title: The ship on the sea"),
        ("", ABSTRACT, f"title: none abstract: {ABSTRACT[:60]} ."),
    ],
)
def test_head_is_the_publishers_prompt(title: str, abstract: str, prompt: str, pack: Pack, opened: Opened) -> None:
    spec = sure(tiny_spec(more=PROMPT))
    assert compose(spec.prompt, title, abstract) == prompt
    found = opened(spec).predict(title, abstract, "")
    powers = np.exp(expected_row(pack, prompt).astype(np.float64))
    np.testing.assert_allclose(found.scores, powers / powers.sum(), rtol=1e-5)
    (window,) = found.windows
    assert (window.part, window.weight, window.best) == ("head", 1, int(found.scores.argmax()))
    read = "\n".join(part for part in (title, abstract) if part)[window.start : window.end]
    assert read == (f"{title}\n{abstract[:60]}" if len(abstract) > 10 and title else title or abstract[:60])


@pytest.mark.parametrize(
    ("output", "of"),
    [
        ("logits", lambda row: np.exp(row) / np.exp(row).sum()),
        ("log-probabilities", lambda row: np.exp(np.minimum(row, 0))),
        ("independent", lambda row: 1 / (1 + np.exp(-row))),
    ],
)
def test_outputs_become_probabilities(output: str, of: Callable[..., object], pack: Pack, opened: Opened) -> None:
    spec = replace(sure(tiny_spec(more=PROMPT)), output=output)
    found = opened(spec).predict("Bees in the garden", "", "")
    expected = of(expected_row(pack, "title: Bees in the garden").astype(np.float64))
    np.testing.assert_allclose(found.scores, np.asarray(expected), rtol=1e-5)


def test_body_is_read_whole_in_the_prompts_form_for_abstracts(pack: Pack, opened: Opened) -> None:
    found = opened(sure(tiny_spec(more=PROMPT))).predict(TITLE, ABSTRACT, BODY)
    head, *body = found.windows
    assert (head.part, {window.part for window in body}) == ("head", {"body"})
    assert head.weight == pytest.approx(0.5)
    assert sum(window.weight for window in found.windows) == pytest.approx(1)
    assert len(body) > 8
    read = " ".join(BODY[window.start : window.end] for window in body)
    assert read.split() == BODY.split()
    first = expected_row(pack, f"title: none abstract: {BODY[body[0].start : body[0].end]} .")
    assert body[0].best == int(first.argmax())
    assert body[0].score == pytest.approx(float(np.exp(first).max() / np.exp(first).sum()), rel=1e-5)


def test_title_alone_weighs_a_quarter(opened: Opened) -> None:
    found = opened(sure(tiny_spec(more=PROMPT))).predict(TITLE, "", BODY)
    assert found.windows[0].weight == pytest.approx(0.25)


def test_model_of_titles_reads_no_body(opened: Opened) -> None:
    classifier = opened(sure(tiny_spec(more='[prompt]\nboth = "{title}"')))
    assert [window.part for window in classifier.predict(TITLE, "", BODY).windows] == ["head"]
    assert {window.part for window in classifier.predict("", "", BODY).windows} == {"body"}


def same(left: Prediction, right: Prediction) -> bool:
    return (
        left.scores.tobytes() == right.scores.tobytes()
        and left.windows == right.windows
        and left.traces.tobytes() == right.traces.tobytes()
    )


def test_answer_does_not_depend_on_company(pack: Pack, opened: Opened) -> None:
    classifiers = [PublishedClassifier(pack, workers) for workers in (1, 2, 4)]
    alone = classifiers[0].predict(TITLE, ABSTRACT, BODY)
    for classifier in classifiers:
        for seed in range(3):
            classifier.predict(words(5, seed), "", words(60, seed))
            assert same(classifier.predict(TITLE, ABSTRACT, BODY), alone)
        classifier.close()


def test_windows_tell_their_scores_again(pack: Pack) -> None:
    classifier = PublishedClassifier(pack, 2)
    found = classifier.predict(TITLE, ABSTRACT, BODY)
    scores = classifier.window_scores(found)
    assert scores.dtype == np.float32
    assert scores.shape == (len(found.windows), len(NAMES))
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-5)
    assert [(int(row.argmax()), float(row.max())) for row in scores] == [(w.best, w.score) for w in found.windows]
    weights = np.array([window.weight for window in found.windows])
    np.testing.assert_allclose(weights @ scores, found.scores, rtol=1e-5)
    assert classifier.window_scores(classifier.predict("", "", "")).shape == (0, len(NAMES))
    classifier.close()


def test_traces_keep_the_best_of_many_labels(tmp_path: Path) -> None:
    names = tuple(f"{number}: Topic" for number in range(300, 300 + 2 * KEPT))
    labels = 'reading = "number: name"\nid = "T{number}"\nnever = ["T300", "T302"]'
    pack = ready_pack(tmp_path, tiny_spec(labels=labels), names, labels=len(names))
    classifier = PublishedClassifier(pack, 1)
    found = classifier.predict("", "", BODY)
    assert len(found.scores) == 2 * KEPT - 2
    assert {label.id for label in classifier.vocabulary.labels("subject")}.isdisjoint({"T300", "T302"})
    assert found.traces.nbytes == len(found.windows) * KEPT * 5
    row = classifier.window_scores(found)[0]
    assert np.count_nonzero(row) == KEPT
    assert row[found.windows[0].best] == np.float32(found.windows[0].score)
    logits = expected_row(pack, BODY[found.windows[0].start : found.windows[0].end]).astype(np.float64)
    powers = np.exp(logits - logits.max())
    probabilities = np.delete(powers / powers.sum(), [0, 2])
    assert row[row > 0].tolist() == pytest.approx(probabilities[row > 0].tolist(), rel=1e-4)
    classifier.close()


SKIP = '[limits]\nskipped_scripts = ["Cyrillic", "CJK"]\nenough_latin = 20\nskipped_titles = ["Frontmatter"]\n'
CYRILLIC = "Ледник потерял одиннадцать метров льда"
PLAIN_TITLE = "The bees of the old garden and the river"


@pytest.mark.parametrize(
    ("more", "title", "abstract", "body", "language", "reason"),
    [
        ("", "x", " ", "1 2 3", "", "too little text"),
        ("", "", "", "", "", "too little text"),
        (SKIP, "Frontmatter", "", BODY, "", "The title “Frontmatter” is that of a part"),
        (SKIP, " frontMATTER ", "", "", "", "The title “frontMATTER”"),
        (SKIP, CYRILLIC, "", "", "", "It is written in Cyrillic letters, which this model cannot read"),
        (SKIP, CYRILLIC, CYRILLIC, CYRILLIC, "ru", "It is written in Cyrillic letters"),
        (SKIP, "冰川失去了冰", "", "", "", "It is written in Chinese characters"),
        (SKIP, f"{CYRILLIC} abcdefghij abcdefghij", "", "", "", "It is written in Cyrillic letters"),
        (SKIP, f"{CYRILLIC} abcdefghij abcdefghijk", "", "", "", ""),
        (SKIP, CYRILLIC, "", BODY, "", ""),
        ('languages = ["en"]', PLAIN_TITLE, "", "", "de", "It is in German; this model reads English."),
        (
            'languages = ["en", "zh", "fr"]',
            PLAIN_TITLE,
            "",
            "",
            "xx",
            "“xx”; this model reads English, Chinese and French",
        ),
        ('languages = ["en"]', PLAIN_TITLE, "", "", "", ""),
        ('languages = ["en"]', PLAIN_TITLE, "", "", "en", ""),
        ('languages = ["mul"]', PLAIN_TITLE, "", "", "de", ""),
        ("", PLAIN_TITLE, "", "", "de", ""),
        (PROMPT, "Table of contents", "", "", "", "the same answer as blank pages"),
        (PROMPT, "Contents", "", "Page 1 of 10\n", "", "the same answer as blank pages"),
        (PROMPT, "Contents", "", BODY, "", ""),
    ],
)
def test_declining(more: str, title: str, abstract: str, body: str, language: str, reason: str, opened: Opened) -> None:
    found = opened(sure(tiny_spec(more=more))).predict(title, abstract, body, language=language)
    assert reason in found.declined
    assert bool(found.declined) == bool(reason)
    assert bool(found.windows) == bool(found.scores.any())


def test_doubtful_answers_are_declined_with_their_scores(opened: Opened) -> None:
    spec = tiny_spec()
    answer = opened(sure(spec)).predict(PLAIN_TITLE, "", "")
    first, second = (NAMES[place] for place in np.argsort(-answer.scores)[:2])
    for rule, reason in (
        (replace(spec.decline, flatness=0.01, margin=0), "No subject stands out"),
        (replace(spec.decline, flatness=1, margin=1), f"almost equally well: “{first}” and “{second}”."),
    ):
        found = opened(replace(spec, decline=rule)).predict(PLAIN_TITLE, "", "")
        assert reason in found.declined
        assert same(found, answer)
    weak = replace(sure(spec), labels=replace(spec.labels, weak=(first,)))
    assert (
        f"“{first}”, is one that this model is known to give wrongly"
        in opened(weak).predict(PLAIN_TITLE, "", "").declined
    )
    independent = replace(spec, output="independent", decline=replace(spec.decline, flatness=0.01, margin=1))
    assert not opened(independent).predict(PLAIN_TITLE, "", "").declined


def test_a_broader_subject_that_is_sure_is_enough(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """comp.graphics and comp.windows.x may fit equally well: that it is comp is known all the same."""
    classifier = opened(replace(tiny_spec(), decline=replace(tiny_spec().decline, flatness=1, margin=0.3)))
    scores = np.array([0.45, 0.44, 0.05, 0.03, 0.02, 0.01], np.float32)
    assert not classifier._doubt(False, scores)
    assert "almost equally well" in classifier._doubt(False, scores[[0, 2, 1, 3, 4, 5]])


def test_letters_of_skipped_scripts_go_from_titles(opened: Opened) -> None:
    classifier = opened(sure(tiny_spec(more=SKIP)))
    mixed = classifier.predict("The bees of the old garden (Пчёлы)", "", "")
    assert same(mixed, classifier.predict("The bees of the old garden (Пчёлы сад)", "", "")) is False
    assert mixed.scores.tobytes() == classifier.predict("The bees of the old garden ()", "", "").scores.tobytes()


def test_windows_of_skipped_scripts_are_left_out(opened: Opened) -> None:
    body = f"{BODY}\n\n{(CYRILLIC + '. ') * 30}\n\n{BODY}"
    windows = opened(sure(tiny_spec(more=SKIP))).predict("", "", body).windows
    read = "".join(body[window.start : window.end] for window in windows)
    assert sum(letter > "\u0400" for letter in read) < 0.2 * sum(letter > "\u0400" for letter in body)
    assert sum(letter < "\u0400" for letter in read) > 0.9 * 2 * len(BODY) * 0.9


def test_stopping(pack: Pack) -> None:
    classifier = PublishedClassifier(pack, 2)
    asked = iter([False, False, True])
    with pytest.raises(Interrupted):
        classifier.predict(TITLE, ABSTRACT, BODY, lambda: next(asked))
    assert classifier.predict(TITLE, ABSTRACT, "").windows
    classifier.close()


@pytest.mark.parametrize(
    ("file", "content", "error"),
    [
        ("labels.csv", b"", ModelDamaged),
        ("labels.csv", b"level,id,uri,name,parent\nsubject,a,,a,\n", ModelDamaged),
        ("labels.csv", b"level,id,uri,name,parent,output\nsubject,a,,a,,0\nsubject,b,,b,,0\n", ModelDamaged),
        ("labels.csv", b"level,id,uri,name,parent,output\nsubject,a,,a,,6\n", ModelDamaged),
        ("labels.csv", b"level,id,uri,name,parent,output\nsubject,a,,a,,x\n", ModelDamaged),
        ("labels.csv", b"\xff\xff", ModelDamaged),
        ("null.npz", b"PK", ModelDamaged),
        ("pieces.json", b"{}", ModelDamaged),
        ("pieces.npz", b"PK", ModelDamaged),
        ("model.onnx", b"", ModelDamaged),
        ("model.toml", None, ModelMissing),
        ("labels.csv", None, ModelMissing),
    ],
)
def test_damaged_packs_are_refused(
    file: str, content: bytes | None, error: type[Exception], pack: Pack, tmp_path: Path
) -> None:
    folder = tmp_path / "tiny"
    shutil.copytree(pack.folder, folder)
    if content is None:
        (folder / file).unlink()
    else:
        (folder / file).write_bytes(content)
        seal(folder, "tiny", {key: value for key, value in pack.facts.items() if key not in ("id", "files", "commits")})
    with pytest.raises(error):
        PublishedClassifier(open_pack(folder), 1)


def test_graph_of_another_number_of_outputs_is_found_out(pack: Pack, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    shutil.copytree(pack.folder, folder)
    (folder / "null.npz").unlink()
    facts = {key: value for key, value in pack.facts.items() if key not in ("id", "files", "commits")}
    seal(folder, "tiny", {**facts, "outputs": 7})
    classifier = PublishedClassifier(open_pack(folder), 1)
    with pytest.raises(ModelDamaged, match="“Tiny” does not answer with 7 numbers"):
        classifier.predict(TITLE, "", "")
    classifier.close()


def test_export_without_fingerprints_declines_no_answer(pack: Pack, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    shutil.copytree(pack.folder, folder)
    (folder / "null.npz").unlink()
    seal(folder, "tiny", {key: value for key, value in pack.facts.items() if key not in ("id", "files", "commits")})
    classifier = PublishedClassifier(open_pack(folder), 1)
    assert "blank pages" not in classifier.predict("Table of contents", "", "").declined
    classifier.close()


def test_collection_opens_what_is_ready(tmp_path: Path) -> None:
    collection = Collection(tmp_path)
    ready_pack(collection.ready.folder("tiny"))
    ready_pack(collection.ready.folder("tiny-masks"), tiny_masked_spec())
    classifier = collection.open("tiny")
    assert (classifier.name, classifier.title, classifier.scope) == ("tiny", "Tiny", "Nothing at all.")
    assert classifier.vocabulary.levels == ("hierarchy", "branch", "newsgroup")
    classifier.close()
    words_of = collection.open_fill_mask("tiny-masks")
    assert words_of.title == "Tiny"
    words_of.close()
    with pytest.raises(ModelUnsupported, match="tells no subjects"):
        collection.open("tiny-masks")
    with pytest.raises(ModelUnsupported, match="fills no masks"):
        collection.open_fill_mask("tiny")
    with pytest.raises(ModelMissing):
        collection.open_fill_mask("bio-lm")
