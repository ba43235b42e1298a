"""Turn the net of library records into the head that ships: 8 bits, calibrated, with its subjects and thresholds.

python -m recipes.library_pack --data DATA --embeddings DIR --net DIR/net.npz
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

from classmark_models.labels import Vocabulary, read_vocabulary
from classmark_models.pack import BUILTIN
from classmark_models.trained_head import TrainedHead, quantized, write_head
from recipes import development, lcc
from recipes.calibration import Kinds, fit_each_alone, fit_one_of_many, softmax, sure_from, thresholds
from recipes.corpora import part, read_records
from recipes.field_weights import Labelled, fit
from recipes.library_heads import Answers, Floats, Places, Texts, read_answers, read_texts, rows_of

HEADS = BUILTIN / "heads"
NAMES = ("lcc", "ddc", "lcsh", "fields")
DECLINED = 0.015
_HEADING = "https://id.loc.gov/authorities/subjects/label/"
_COUNTED = 5


def read_net(path: Path) -> TrainedHead:
    """Return the net as a head in 8 bits, not calibrated."""
    with np.load(path, allow_pickle=False) as net:
        outputs = {name: (net[f"{name}.w"], net[f"{name}.b"]) for name in NAMES}
        return quantized(net["centre"], net["table"], net["w1"], net["b1"], outputs)


def hidden(head: TrainedHead, texts: Texts, rows: Places) -> Floats:
    """Return what the outputs read of some texts, shape (texts, hidden + bag)."""
    return head.hidden(texts.embeddings[rows].astype(np.float32), head.bags(texts.bags(rows)))


def lengths(texts: Texts, rows: Places) -> Floats:
    """Return the lengths of some texts, as ``TrainedHead.lengths``."""
    return np.log(np.diff(texts.starts)[rows]).astype(np.float32)


def proposals(logits: Floats, answers: Sequence[Sequence[int]], count: int) -> tuple[Places, npt.NDArray[np.bool_]]:
    """Return the best headings of each row, best first, and whether each is right, shape (rows, count)."""
    best = np.argpartition(-logits, count, axis=1)[:, :count]
    best = np.take_along_axis(best, np.argsort(-np.take_along_axis(logits, best, 1), axis=1, kind="stable"), 1)
    return best, np.array([np.isin(row, of) for row, of in zip(best, answers, strict=True)])


def write_pack(net: Path, texts: Texts, answers: Answers, rows: Places, papers: Labelled) -> None:
    """Write ``library.npz``, ``library.json`` and the subjects, calibrated on ``rows``, the development texts.

    Headings are calibrated on the five best of records that have one of them: what is proposed is what has to be true.
    Fields are calibrated on ``papers`` too.
    """
    head = read_net(net)
    HEADS.mkdir(exist_ok=True)
    _write_rows(HEADS / "labels_lcc.csv", lcc.rows(answers.ranges))
    _write_rows(HEADS / "labels_ddc.csv", ddc_rows())
    _write_rows(
        HEADS / "labels_lcsh.csv",
        [("heading", name, _HEADING + quote(name, safe=""), name, "") for name in answers.headings],
    )
    read, long, records = hidden(head, texts, rows), lengths(texts, rows), texts.record[rows]
    kinds, facts = texts.kind[rows], dict[str, dict[str, object]]()
    layers = dict(head.layers)
    for name, right in (("lcc", answers.lcc[records]), ("ddc", answers.dewey[records])):
        known = right >= 0
        logits, own = head.logits(name, read[known]), right[known]
        shares = np.eye(logits.shape[1], dtype=np.float32)[own]
        layers[name] = replace(layers[name], calibration=fit_one_of_many(logits, long[known], shares))
        chances = softmax(layers[name].calibrated(logits, long[known]))
        facts[name] = _facts(read_vocabulary(HEADS / f"labels_{name}.csv", name), chances, own, kinds[known])
    known = np.array([bool(answers.lcsh[record]) for record in records])
    logits = head.logits("lcsh", read[known])
    best, hits = proposals(logits, [answers.lcsh[record] for record in records[known]], _COUNTED)
    layers["lcsh"] = replace(layers["lcsh"], calibration=fit_each_alone(logits, long[known], best, hits))
    head = replace(head, layers=layers)
    likely = np.take_along_axis(head.probabilities("lcsh", logits, long[known], independent=True), best, 1)
    sure = sure_from(likely.ravel(), hits.ravel(), np.repeat(kinds[known], _COUNTED))
    facts["lcsh"] = {"least": _low(likely[:, 0]), "sure": {} if sure is None else {"heading": sure}}
    classed = rows[answers.fields[records].any(axis=1)]
    books = Labelled(texts.embeddings[classed], texts.bags(classed), answers.fields[texts.record[classed]] > 0)
    calibration, likeness = fit(head, BUILTIN, (books, papers))
    head = replace(head, layers=layers | {"fields": replace(layers["fields"], calibration=calibration)})
    facts["fields"] = {"likeness": likeness}
    write_head(HEADS / "library.npz", head)
    (HEADS / "library.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def ddc_rows() -> list[lcc.Row]:
    """Return all Dewey numbers of three digits with captions (``ddc.txt``), the broader one's where none is known."""
    captions, rows = lcc.captions("ddc.txt"), list[lcc.Row]()
    for digits, level in enumerate(("class", "division", "section"), 1):
        for number in range(10**digits):
            place = f"{number:0{digits}}"
            caption = next(captions[start] for start in (place, place[:-1], place[0]) if start in captions)
            parent = place[:-1].ljust(3, "0") if digits > 1 else ""
            rows.append((level, place.ljust(3, "0"), "", f"{place.ljust(3, '0')} {caption}", parent))
    return rows


def _write_rows(path: Path, rows: Iterable[lcc.Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("level", "id", "uri", "name", "parent"))
        writer.writerows(rows)


def _facts(vocabulary: Vocabulary, chances: Floats, right: Places, kinds: Kinds) -> dict[str, object]:
    """Return from which probability on each level is sure, and when to decline."""
    levels = {}
    for level in vocabulary.levels:
        rolled, ancestors = vocabulary.roll_up(chances, level), vocabulary.ancestor_of_each(level)
        levels[level] = rolled.max(axis=1), rolled.argmax(axis=1) == ancestors[right]
    return {"least": _low(levels[vocabulary.levels[0]][0]), "sure": thresholds(levels, kinds)}


def _low(best: Floats) -> float:
    return round(float(np.quantile(best, DECLINED)), 3)


def main() -> None:
    """Write the head, its facts and its subjects into the pack."""
    parser = argparse.ArgumentParser(description="Write the head of library records.")
    parser.add_argument("--data", type=Path, required=True, help="the folder with loc_books.csv.gz")
    parser.add_argument("--embeddings", type=Path, required=True, help="the folder that recipes.embed has filled")
    parser.add_argument("--net", type=Path, required=True, help="what recipes.library_heads has learnt")
    options = parser.parse_args()
    records = read_records(options.data)
    parts = [part(record.id) for record in records]
    answers, texts = read_answers(records, parts, options.data), read_texts(records, options.data, options.embeddings)
    papers = [row for row in development.rows(options.data, test=False) if row.group == "arXiv abstracts"]
    labelled = Labelled.of(papers, answers.fields_in_order, options.embeddings)
    write_pack(options.net, texts, answers, rows_of("development", texts, parts), labelled)


if __name__ == "__main__":
    main()
