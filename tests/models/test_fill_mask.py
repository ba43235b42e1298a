"""Words for masks: the most probable of all that the model knows, or a sentence that says what is wrong."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from tests.models.ready_packs import PIECES, TOKENS, ready_pack, seal, tiny_masked_spec, words

from classmark_models.errors import ClassmarkError, ModelDamaged
from classmark_models.pack import Pack, open_pack
from classmark_models.published.fill_mask import MOST_MASKS, FillMask
from classmark_models.session import Graph
from classmark_models.tokens import Tokenizer

TEXT = "the <mask> of the garden and <mask>"


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return ready_pack(tmp_path_factory.mktemp("masks"), tiny_masked_spec())


@pytest.fixture(scope="module")
def filler(pack: Pack) -> Iterator[FillMask]:
    filler = FillMask(pack)
    yield filler
    filler.close()


def test_words_are_the_most_probable_of_all(filler: FillMask, pack: Pack) -> None:
    ids = Tokenizer(pack.file("tokenizer.json"), "", TOKENS).encode(TEXT.replace("<mask>", "[MASK]"))
    assert [PIECES[token] for token in ids] == "[CLS] the [MASK] of the garden and [MASK] [SEP]".split()
    graph = Graph(pack.file("model.onnx"), 1, ("logits",))
    logits = graph.answer(ids, np.array([2, 7]))[0].astype(np.float64)
    graph.close()
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected = powers / powers.sum(axis=1, keepdims=True)
    found = filler.fill(TEXT, top=len(PIECES))
    assert len(found) == 2
    for candidates, row in zip(found, expected, strict=True):
        assert [each.probability for each in candidates] == pytest.approx(sorted(row, reverse=True))
        assert sum(each.probability for each in candidates) == pytest.approx(1)
        assert [each.word for each in candidates][:5] == [PIECES[token] for token in np.argsort(-row)[:5]]
    assert filler.fill(TEXT, top=3) == tuple(candidates[:3] for candidates in found)
    assert len(filler.fill(TEXT)[0]) == 10


@pytest.mark.parametrize("text", ["the [MASK] of", "the <mask> of", " the [MASK]  of "])
def test_masks_are_written_in_either_way(text: str, filler: FillMask) -> None:
    assert filler.fill(text) == filler.fill("the [MASK] of")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("the queen of the hive", "nothing to fill in: write <mask>"),
        ("", "nothing to fill in"),
        ("<MASK>", "nothing to fill in"),
        ("<mask>" * (MOST_MASKS + 1), f"{MOST_MASKS + 1} masks; {MOST_MASKS} are filled at once"),
        (f"<mask> {words(TOKENS - 3)}x", "too long: this model reads 48 tokens"),
        ("bees " * 100_000 + "<mask>", "too long"),
    ],
)
def test_texts_that_cannot_be_filled(text: str, fault: str, filler: FillMask) -> None:
    with pytest.raises(ClassmarkError, match=fault):
        filler.fill(text)


def test_longest_text_fits(filler: FillMask) -> None:
    assert len(filler.fill("<mask> " + "bees " * (TOKENS - 3))) == 1
    assert len(filler.fill("<mask> " * MOST_MASKS)) == MOST_MASKS


def test_export_that_scores_every_token(pack: Pack, tmp_path: Path) -> None:
    """An export of others gives the scores of all words at all places."""
    folder = tmp_path / "pack"
    shutil.copytree(pack.folder, folder)
    table = np.random.default_rng(1).normal(size=(len(PIECES), len(PIECES))).astype(np.float32)
    given = [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["b", "t"])]
    gives = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["b", "t", len(PIECES)])]
    node = helper.make_node("Gather", ["table", "input_ids"], ["logits"], axis=0)
    weights = [onnx.numpy_helper.from_array(table, "table")]
    model = helper.make_model(helper.make_graph([node], "g", given, gives, weights), ir_version=9)
    model.opset_import[0].version = 17
    onnx.save(model, str(folder / "model.onnx"))
    seal(
        folder, "tiny-masks", {key: value for key, value in pack.facts.items() if key not in ("id", "files", "commits")}
    )
    filler = FillMask(open_pack(folder))
    row = table[PIECES.index("[MASK]")]
    assert filler.fill(TEXT, top=1)[1][0].word == PIECES[int(row.argmax())]
    filler.close()


def test_tokenizer_without_a_mask_is_refused(pack: Pack, tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(pack.folder, folder)
    path = folder / "tokenizer.json"
    facts = json.loads(path.read_text(encoding="utf-8"))
    facts["added_tokens"] = [token for token in facts["added_tokens"] if token["content"] != "[MASK]"]
    path.write_text(json.dumps(facts), encoding="utf-8")
    seal(
        folder, "tiny-masks", {key: value for key, value in pack.facts.items() if key not in ("id", "files", "commits")}
    )
    with pytest.raises(ModelDamaged, match="no token for a masked word"):
        FillMask(open_pack(folder))
