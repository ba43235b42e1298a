"""Turn the net of library records into the head that ships: 8 bits, calibrated, with its subjects and thresholds.

python -m recipes.library_pack --data DATA --embeddings DIR --net DIR/net.npz
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

from classmark_models.labels import Vocabulary, read_vocabulary
from classmark_models.metrics import risk_coverage
from classmark_models.pack import BUILTIN
from classmark_models.trained_head import Output, TrainedHead, to_int8, write_head
from recipes.corpora import part, read_records
from recipes.library_heads import Answers, Floats, Places, Texts, read_answers, read_texts

HEADS = BUILTIN / "heads"
NAMES = ("lcc", "ddc", "lcsh")
RIGHT, DECLINED = 0.905, 0.02
_Row = tuple[str, str, str, str, str]
_LOC = "http://id.loc.gov/authorities/classification/"
_HEADING = "https://id.loc.gov/authorities/subjects/label/"
_COUNTED, _KNOTS, _BEYOND = 5, 40, 30.0


def read_net(path: Path) -> TrainedHead:
    """Return the net as a head in 8 bits, not calibrated."""
    with np.load(path, allow_pickle=False) as net:
        table = net["table"]
        scale = float(np.abs(table).max() / 127)
        bag = np.rint(table / scale).astype(np.int8)
        one = np.ones(1, np.float32)
        layers = {name: Output(*to_int8(net[f"{name}.w"]), net[f"{name}.b"], one) for name in NAMES}
        return TrainedHead(net["centre"], bag, scale, net["w1"].astype(np.float16), net["b1"], layers)


def hidden(head: TrainedHead, texts: Texts, rows: Places) -> Floats:
    """Return what the outputs read of some texts, shape (texts, hidden + bag)."""
    return head.hidden(texts.embeddings[rows].astype(np.float32), head.bags(texts.bags(rows)))


def temperature(logits: Floats, answers: Places) -> Floats:
    """Return the temperature under which the right answers are likeliest, float32, shape (1,)."""
    tried = np.geomspace(0.5, 3, 60)
    return np.array([min(tried, key=lambda each: _surprise(logits / each, answers))], np.float32)


def rising(logits: Floats, right: npt.NDArray[np.bool_]) -> Floats:
    """Return knots, float32, shape (2, knots): logits, and those of the share that is right there, both rising.

    Groups of equally many right ones, pooled until their shares rise (Zadrozny and Elkan 2002); beyond the first and
    the last the logits go on as they are, so that no two differing logits become one.
    """
    order = np.argsort(logits, kind="stable")
    steps = np.cumsum(right[order])
    groups = np.searchsorted(steps, np.linspace(0, steps[-1], _KNOTS + 1)[1:-1])
    pools: list[tuple[float, int, int]] = []
    for group in np.split(order, groups):
        if len(group):
            pools.append((float(logits[group].sum()), int(right[group].sum()), len(group)))
        while len(pools) > 1 and _rate(pools[-2]) >= _rate(pools[-1]):
            one, other = pools.pop(), pools.pop()
            pools.append((one[0] + other[0], one[1] + other[1], one[2] + other[2]))
    middle = np.array([total / count for total, _, count in pools])
    share = np.array([_rate(pool) for pool in pools])
    meant = np.log(share / (1 - share))
    return np.array(
        [
            [middle[0] - _BEYOND, *middle, middle[-1] + _BEYOND],
            [meant[0] - _BEYOND, *meant, meant[-1] + _BEYOND],
        ],
        np.float32,
    )


def proposals(logits: Floats, answers: Sequence[Sequence[int]], count: int) -> tuple[Places, npt.NDArray[np.bool_]]:
    """Return the best headings of each row, best first, and whether each is right, shape (rows, count)."""
    best = np.argpartition(-logits, count, axis=1)[:, :count]
    best = np.take_along_axis(best, np.argsort(-np.take_along_axis(logits, best, 1), axis=1, kind="stable"), 1)
    return best, np.array([np.isin(row, of) for row, of in zip(best, answers, strict=True)])


def write_pack(net: Path, texts: Texts, answers: Answers, rows: Places) -> None:
    """Write ``library.npz``, ``library.json`` and the subjects, calibrated on ``rows``, the development texts.

    Headings are calibrated on the five best of records that have one of them: what is proposed is what has to be true.
    """
    head = read_net(net)
    HEADS.mkdir(exist_ok=True)
    _write_rows(HEADS / "labels_lcc.csv", lcc_rows(answers.subclasses))
    _write_rows(HEADS / "labels_ddc.csv", ddc_rows())
    _write_rows(
        HEADS / "labels_lcsh.csv",
        [("heading", name, _HEADING + quote(name, safe=""), name, "") for name in answers.headings],
    )
    read, records = hidden(head, texts, rows), texts.record[rows]
    facts: dict[str, dict[str, object]] = {}
    layers = dict(head.layers)
    for name, right in (("lcc", answers.lcc[records]), ("ddc", answers.dewey[records])):
        known = right >= 0
        logits = head.logits(name, read[known])
        layers[name] = Output(*_stored(head.layers[name]), temperature(logits, right[known]))
        chances = _chances(layers[name].calibrated(logits))
        facts[name] = _thresholds(read_vocabulary(HEADS / f"labels_{name}.csv", name), chances, right[known])
    known = np.array([bool(answers.lcsh[record]) for record in records])
    logits = head.logits("lcsh", read[known])
    best, hits = proposals(logits, [answers.lcsh[record] for record in records[known]], _COUNTED)
    shown = np.take_along_axis(logits, best, 1)
    layers["lcsh"] = Output(*_stored(head.layers["lcsh"]), rising(shown.ravel(), hits.ravel()))
    likely = (1 / (1 + np.exp(-layers["lcsh"].calibrated(shown)))).astype(np.float32)
    sure = risk_coverage(likely.ravel().astype(np.float64), hits.ravel()).at_least(RIGHT)
    if sure is None:
        raise ValueError("no threshold makes nine of ten headings right")
    facts["lcsh"] = {"least": _low(likely[:, 0]), "sure": {"heading": _rounded(sure[0])}}
    write_head(HEADS / "library.npz", TrainedHead(head.centre, head.bag, head.bag_scale, head.w1, head.b1, layers))
    (HEADS / "library.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def lcc_rows(subclasses: Iterable[str]) -> list[_Row]:
    """Return the classes and some subclasses of the outline with their captions (``lcc.txt``), as in labels.csv.

    A class as a whole is its letter; its first subclass, called by the same letter, has a dot in ``lcc.txt``.
    """
    captions = _captions("lcc.txt")
    wanted = [(name, captions[name if len(name) > 1 else f"{name}."]) for name in subclasses]
    classes = sorted({name[0] for name, _ in wanted})
    return [
        *(("class", name, _LOC + name, f"{name} {captions[name]}", "") for name in classes),
        *(("subclass", name, _LOC + name, f"{name} {caption}", name[0]) for name, caption in wanted),
    ]


def ddc_rows() -> list[_Row]:
    """Return all Dewey numbers of three digits with captions (``ddc.txt``), the broader one's where none is known."""
    captions, rows = _captions("ddc.txt"), list[_Row]()
    for digits, level in enumerate(("class", "division", "section"), 1):
        for number in range(10**digits):
            place = f"{number:0{digits}}"
            caption = next(captions[start] for start in (place, place[:-1], place[0]) if start in captions)
            parent = place[:-1].ljust(3, "0") if digits > 1 else ""
            rows.append((level, place.ljust(3, "0"), "", f"{place.ljust(3, '0')} {caption}", parent))
    return rows


def _captions(name: str) -> dict[str, str]:
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    return {notation: caption for notation, _, caption in (line.partition(" ") for line in lines)}


def _write_rows(path: Path, rows: Iterable[_Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("level", "id", "uri", "name", "parent"))
        writer.writerows(rows)


def _thresholds(vocabulary: Vocabulary, chances: Floats, right: Places) -> dict[str, object]:
    """Return from which probability on nine of ten are right at each level, and when to decline."""
    sure: dict[str, float] = {}
    for level in vocabulary.levels:
        rolled, ancestors = vocabulary.roll_up(chances, level), vocabulary.ancestor_of_each(level)
        best = rolled.argmax(axis=1)
        found = risk_coverage(rolled.max(axis=1).astype(np.float64), best == ancestors[right]).at_least(RIGHT)
        if found is not None:
            sure[level] = _rounded(found[0])
    broadest = vocabulary.roll_up(chances, vocabulary.levels[0]).max(axis=1)
    return {"least": _low(broadest), "sure": sure}


def _rate(pool: tuple[float, int, int]) -> float:
    return (pool[1] + 0.5) / (pool[2] + 1)


def _stored(layer: Output) -> tuple[npt.NDArray[np.int8], Floats, Floats]:
    return layer.w, layer.scale, layer.b


def _chances(logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def _surprise(logits: Floats, answers: Places) -> float:
    chances = _chances(logits)[np.arange(len(answers)), answers]
    return float(-np.log(np.maximum(chances, 1e-9)).mean())


def _low(best: Floats) -> float:
    return round(float(np.quantile(best, DECLINED)), 3)


def _rounded(threshold: float) -> float:
    return math.ceil(threshold * 1000) / 1000


def main() -> None:
    """Write the head, its facts and its subjects into the pack."""
    parser = argparse.ArgumentParser(description="Write the head of library records.")
    parser.add_argument("--data", type=Path, required=True, help="the folder with loc_books.csv.gz")
    parser.add_argument("--embeddings", type=Path, required=True, help="the folder that recipes.embed has filled")
    parser.add_argument("--net", type=Path, required=True, help="what recipes.library_heads has learnt")
    options = parser.parse_args()
    records = read_records(options.data)
    parts = [part(record.id) for record in records]
    answers, texts = read_answers(records, parts), read_texts(records, options.embeddings)
    rows = np.flatnonzero(np.array([of == "development" for of in parts])[texts.record])
    write_pack(options.net, texts, answers, rows)


if __name__ == "__main__":
    main()
