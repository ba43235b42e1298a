"""A published folder → a ready model, proven against the published weights."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from classmark_models.carry.staging import staged
from classmark_models.checkpoint import open_checkpoint
from classmark_models.collection import Collection
from classmark_models.convert import FLOAT32, LADDER, Precision, convert, first_rung, measure_ranges
from classmark_models.convert import variant as variant_of
from classmark_models.convert.architecture import read_config
from classmark_models.convert.heads import MASKED_WORDS
from classmark_models.errors import DiskFull, Interrupted, ModelDamaged, ModelUnsupported
from classmark_models.graph import Array, GraphBuilder
from classmark_models.pack import SPEC
from classmark_models.published.fingerprints import FINGERPRINTS, write_fingerprints
from classmark_models.published.labelling import LABELS, write_labels
from classmark_models.selftest import Progress, SelfTest, selftest
from classmark_models.selftest.golden import UNLIKE, Agreement, Logits, compare, golden_texts, is_sane, write_golden
from classmark_models.selftest.probe import Probe
from classmark_models.spec import ModelSpec, write_spec
from classmark_models.store import Receipt, Store, held_of, read_receipt, write_receipt, writing
from classmark_models.tokens import TOKENIZER, TokenIds, Tokenizer
from classmark_models.vocab_files import write_tokenizer
from classmark_models.word_pieces import write_word_pieces

GRAPH = "model.onnx"
CONFIG, README = "config.json", "README.md"
_FLOAT = LADDER[-1]
_BYTES_A_NUMBER = 6
"""Four in float32, and with room to spare one in the quantized graph."""
_SPARE = 64 << 20


@dataclass(frozen=True, slots=True)
class Prepared:
    """A model made ready; ``notes`` are sentences that the person should be told."""

    id: str
    variant: str
    selftest: SelfTest
    notes: tuple[str, ...]
    seconds: float


def prepare(
    spec: ModelSpec,
    published: Path,
    collection: Collection,
    *,
    variant: str | None = None,
    progress: Progress = lambda what, done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Prepared:
    """Convert the published files in a folder, prove the result, and put it among the ready models.

    ``variant`` is the first to be tried, by default the one for this processor; where it does not answer the golden
    texts as the published weights do, the next safer one is taken. Until the end, and after any error, the former
    model stays as it is.

    Raises Interrupted; StoreError, DiskFull; and ModelMissing, ModelDamaged, ModelUnsafe and ModelUnsupported with
    what is wrong with the published files.
    """
    began = time.perf_counter()
    first = variant or first_rung()
    variant_of(first)
    with staged(collection.ready, spec.id) as folder, writing(collection.ready.root):
        work = _Work(spec, published, folder, progress, should_stop)
        work.make_room(collection.ready)
        expected = work.reference()
        chosen, agreement, notes = work.choose(expected, first)
        work.complete(chosen, agreement)
        tested = selftest(folder, progress=progress, should_stop=should_stop)
    collection.record(spec.id, tested)
    return Prepared(spec.id, chosen, tested, notes, time.perf_counter() - began)


class _Work:
    """One preparation: its steps, in their order, in the folder that will be the model's."""

    def __init__(
        self, spec: ModelSpec, published: Path, folder: Path, progress: Progress, should_stop: Callable[[], bool]
    ) -> None:
        self._published, self._folder, self._progress, self._should_stop = published, folder, progress, should_stop
        self._architecture = read_config(published / CONFIG)
        tokens = min(spec.limits.tokens, self._architecture.max_tokens)
        self._spec = replace(spec, limits=replace(spec.limits, tokens=tokens))
        self._float = folder / "reference" / GRAPH
        self._texts: tuple[str, ...] = ()
        self._outputs = 0

    def make_room(self, store: Store) -> None:
        """Stop where the reference and the result cannot lie side by side; DiskFull."""
        checkpoint = open_checkpoint(self._published)
        needed = _BYTES_A_NUMBER * sum(math.prod(checkpoint.shape(name)) for name in checkpoint) + _SPARE
        if needed > store.free_space():
            raise DiskFull(
                f"Converting “{self._spec.title}” takes {needed / 1e6:,.0f} MB for a while, and "
                f"{store.free_space() / 1e6:,.0f} MB are free where {store.root} is. Make room, then try again."
            )

    def reference(self) -> Logits:
        """Write the float32 graph and what it answers to the golden texts, and return that."""
        write_tokenizer(self._published, self._folder / TOKENIZER)
        self._convert(_FLOAT, FLOAT32, self._float)
        probe = self._probe(self._float)
        self._texts = golden_texts(self._spec, probe.mask)
        expected = self._answers(probe)
        if not is_sane(expected):
            raise ModelDamaged(
                f"The weights in {self._published} cannot be used: the answers are no numbers, or always the same."
            )
        write_golden(self._folder, self._texts, expected)
        return expected

    def choose(self, expected: Logits, first: str) -> tuple[str, Agreement, tuple[str, ...]]:
        """Write the graph that is good enough; return its variant, how good it is, and what the person be told."""
        notes: list[str] = []
        ranges = {} if first == _FLOAT else measure_ranges(self._float, self._rows())
        for name in LADDER[LADDER.index(first) :]:
            agreement = self._try(name, variant_of(name, ranges), expected)
            if agreement.good or name == _FLOAT:
                break
            safer = LADDER[LADDER.index(name) + 1]
            notes.append(f"On this computer the variant {name} answers otherwise than the original: {safer} was taken.")
        shutil.rmtree(self._float.parent)
        return name, agreement, tuple(notes)

    def complete(self, variant: str, agreement: Agreement) -> None:
        """Write what else belongs to a ready model, its manifest last."""
        self._progress("Asking for the answers to texts that say nothing", 0, 0)
        if self._spec.task != MASKED_WORDS:
            write_labels(self._spec, self._architecture.label_names, self._folder / LABELS, self._outputs)
            graph, tokenizer = self._folder / GRAPH, self._folder / TOKENIZER
            write_word_pieces(tokenizer)
            write_fingerprints(self._spec, tokenizer, graph, self._folder / FINGERPRINTS, self._should_stop)
        write_spec(self._spec, self._folder / SPEC)
        for name in (CONFIG, README):
            if (self._published / name).exists():
                shutil.copyfile(self._published / name, self._folder / name)
        source = read_receipt(self._published)
        files = sorted(path.relative_to(self._folder).as_posix() for path in self._folder.rglob("*") if path.is_file())
        facts = {
            "name": self._spec.id,
            "task": self._spec.task,
            "variant": variant,
            "graph": GRAPH,
            "outputs": self._outputs,
            "origin": "converted",
            "made_with": f"Classmark {_version()}",
            "published": {name: name for name in (TOKENIZER, CONFIG, README) if (self._published / name).is_file()},
            "agreement": asdict(agreement),
        }
        held = {name: held_of(self._folder / name) for name in files}
        write_receipt(self._folder, Receipt(self._spec.id, source.commits if source else {}, held, facts))

    def _try(self, variant: str, precision: Precision, expected: Logits) -> Agreement:
        if variant == _FLOAT:
            for path in (self._float, self._float.with_name(f"{GRAPH}.data")):
                path.replace(self._folder / path.name)
        else:
            self._convert(variant, precision, self._folder / GRAPH)
        probe = self._probe(self._folder / GRAPH)
        found = self._answers(probe)
        return compare(expected, found) if is_sane(found) else UNLIKE

    def _convert(self, variant: str, precision: Precision, target: Path) -> None:
        done, total = 0, 6 * self._architecture.shape.layers

        def linears(builder: GraphBuilder, x: str, matrices: Mapping[str, tuple[Array, Array]]) -> Sequence[str]:
            nonlocal done
            done += len(matrices)
            self._go_on(f"Converting ({variant})", done, total)
            return precision.linears(builder, x, matrices)

        head = "spheres" if self._spec.output == "log-probabilities" else None
        head = MASKED_WORDS if self._spec.task == MASKED_WORDS else head
        converted = convert(self._published, target, replace(precision, linears=linears), head=head)
        if converted.task != self._spec.task:
            raise ModelUnsupported(
                f"{self._published}: the weights are made for {converted.task}, not for {self._spec.task}."
            )
        self._outputs = converted.labels

    def _probe(self, graph: Path) -> Probe:
        return Probe(graph, self._folder / TOKENIZER, self._spec.limits.tokens)

    def _rows(self) -> Iterator[TokenIds]:
        """Yield the golden texts for measuring how large the numbers within the model grow."""
        tokenizer = Tokenizer(self._folder / TOKENIZER, "", self._spec.limits.tokens)
        for done, text in enumerate(self._texts):
            self._go_on("Measuring the numbers within", done, len(self._texts))
            yield tokenizer.encode(text)

    def _go_on(self, what: str, done: int, total: int) -> None:
        if self._should_stop():
            raise Interrupted("Stopped.")
        self._progress(what, done, total)

    def _answers(self, probe: Probe) -> Logits:
        def told(done: int, total: int) -> None:
            self._progress("Reading the golden texts", done, total)

        return probe.answers(self._texts, told, self._should_stop)


def _version() -> str:
    try:
        return version("classmark")
    except PackageNotFoundError:
        return "from source"
