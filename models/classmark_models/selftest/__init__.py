"""Whether a ready model answers here as the published one does, how fast it is, and with how many windows at once."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from classmark_models.errors import Interrupted, ModelDamaged
from classmark_models.pack import BUILTIN_GRAPH, MANIFEST, SPEC, open_pack
from classmark_models.selftest.golden import Agreement, compare, golden_texts, is_sane, read_golden
from classmark_models.selftest.probe import Probe, processors
from classmark_models.spec import BUILTIN_ID, read_catalogue, read_spec
from classmark_models.store import writing

PAGE_TOKENS = 500
_MOST_WORKERS = 16
SECONDS_A_TRY = 1.0
_NEARLY_AS_FAST = 0.95
_LARGEST_RECORD = 1 << 16
_KINDS = {"bool": bool, "int": int, "float": float, "str": str}

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much; 0 in all where that is not known."""


@dataclass(frozen=True, slots=True)
class SelfTest:
    """What a self-test found; ``compared`` texts (or masks), 0 when the model brings no reference answers.

    ``top1`` and ``top5``, shares, and ``gap``, of probabilities, are those of ``golden.Agreement``.
    ``seconds_per_page``: what a page of 500 tokens takes when ``workers`` windows go on at once, the best number here.
    ``when``: ISO 8601. ``sentence`` is for the person.
    """

    passed: bool
    compared: int
    top1: float
    top5: float
    gap: float
    tokens_per_second: float
    seconds_per_page: float
    workers: int
    when: str
    sentence: str


def selftest(
    folder: Path,
    *,
    progress: Progress = lambda what, done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> SelfTest:
    """Compare a pack with its reference answers, and measure its speed here; takes some seconds.

    A model passes when its answers are finite, not the same for all texts, and as near to the reference as
    ``Agreement.good`` asks. Raises Interrupted, ModelMissing, ModelDamaged, SpecInvalid.
    """
    pack = open_pack(folder)
    name = pack.fact("name")
    spec = read_catalogue()[name] if name == BUILTIN_ID else read_spec(folder / SPEC, name)
    probe = Probe(pack.file(pack.facts.get("graph", BUILTIN_GRAPH)), pack.file("tokenizer.json"), spec.limits.tokens)
    golden = read_golden(folder)
    texts = golden[0] if golden else golden_texts(spec, probe.mask)
    comparing = "Comparing with the original" if golden else "Trying the model"
    found = probe.answers(texts, lambda done, total: progress(comparing, done, total), should_stop)
    if golden and golden[1].shape != found.shape:
        raise ModelDamaged(f"The reference answers in {folder} belong to another model. Repair or convert it again.")
    sane = is_sane(found)
    agreement = compare(golden[1], found) if golden and sane else None
    speeds: dict[int, float] = {}
    tries = _numbers_of_workers()
    for done, workers in enumerate(tries):
        if should_stop():
            raise Interrupted("Stopped.")
        progress("Measuring the speed", done, len(tries))
        speeds[workers] = probe.throughput(max(texts, key=len), workers, SECONDS_A_TRY)
    best = max(speeds.values())
    workers = next(workers for workers, speed in speeds.items() if speed >= _NEARLY_AS_FAST * best)
    page = PAGE_TOKENS / speeds[workers]
    return SelfTest(
        passed=sane and (agreement is None or agreement.good),
        compared=agreement.compared if agreement else 0,
        top1=agreement.top1 if agreement else 0.0,
        top5=agreement.top5 if agreement else 0.0,
        gap=agreement.gap if agreement else 0.0,
        tokens_per_second=speeds[workers],
        seconds_per_page=page,
        workers=workers,
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        sentence=f"{_judgement(sane, agreement)} A page takes {page:.2g} seconds on this computer.",
    )


def write_record(path: Path, folder: Path, tested: SelfTest) -> None:
    """Keep a self-test of the pack in ``folder``, with what tells whether it still holds; StoreError."""
    facts = {"computer": computer(), "pack": _digest(folder), "selftest": asdict(tested)}
    with writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(facts, ensure_ascii=False, indent=1), encoding="utf-8")
        draft.replace(path)


def read_record(path: Path, folder: Path) -> SelfTest | None:
    """Return the self-test of the pack in ``folder``; None unless it was made on this computer with this very pack."""
    try:
        if path.stat().st_size > _LARGEST_RECORD:
            return None
        facts = json.loads(path.read_text(encoding="utf-8"))
        if facts["computer"] != computer() or facts["pack"] != _digest(folder):
            return None
        tested = SelfTest(**facts["selftest"])
        whole = all(type(getattr(tested, field.name)) is _KINDS[str(field.type)] for field in fields(SelfTest))
        return tested if whole and 0 < tested.workers <= _MOST_WORKERS else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


@cache
def computer() -> str:
    """Return a fingerprint of what speed and int8 answers depend on: the processor, their number, the runtime."""
    from classmark_models.runtime import onnxruntime

    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        told = sorted({line for line in lines if line.startswith(("model name", "flags", "CPU part", "Features"))})
    except OSError:
        told = []
    facts = [platform.machine(), platform.processor(), *told, str(processors()), onnxruntime.__version__]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]


def _digest(folder: Path) -> str:
    return hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()


def _numbers_of_workers() -> list[int]:
    most = min(processors(), _MOST_WORKERS)
    return sorted({number for number in (1, 2, 4, 8) if number < most} | {most})


def _judgement(sane: bool, agreement: Agreement | None) -> str:
    if not sane:
        return "Its answers are no numbers, or the same for all texts: it cannot be used on this computer."
    if agreement is None:
        return "It answers sensibly, but brings no answers of the original to compare with."
    same = round(agreement.top1 * agreement.compared)
    first = f"{same} of {agreement.compared} best answers are those of the original, and"
    if agreement.good:
        return f"{first} no probability differs by more than {agreement.gap:.1%}."
    return f"Only {first} probabilities differ by up to {agreement.gap:.1%}: it should not be used on this computer."
