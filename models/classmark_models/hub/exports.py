"""Graphs that need no converting: where a hub has them, and what to fetch."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from classmark_models.errors import FetchError, HubFailed, SpecInvalid
from classmark_models.hub import PATIENT, Listing, Patience, Token, address, look
from classmark_models.journal import Cause
from classmark_models.pack import SPEC
from classmark_models.spec import ModelFile, ModelSpec, parse_spec
from classmark_models.vocab_files import tokenizer_files

GRAPHS = (
    "onnx/model_quantized.onnx",
    "onnx/model_int8.onnx",
    "model_quantized.onnx",
    "onnx/model.onnx",
    "model.onnx",
)
"""Where a repo has its graph, the best first."""
QUANTIZED = GRAPHS[:3]
DATA_ENDINGS = ("_data", ".data", "_data_1", "_data_2", "_data_3")
"""What follows a graph's name in those of the files that hold its weights."""
CONFIG, CARD = "config.json", "README.md"
OWN = "classmark/"
"""Where the layout has what only Classmark knows of."""
OWN_FILES = (SPEC, "labels.csv", "golden.json", "golden.npz", "null.npz")
OWN_ENTRY = OWN + SPEC
FACTS = "facts.json"
"""Beside OWN_FILES: what the manifest of the model stated."""
KEPT_FACTS = ("variant", "made_with", "agreement")
_LARGEST_ENTRY = 1_000_000


@dataclass(frozen=True, slots=True)
class Export:
    """A graph that a hub has: ``fetch`` takes ``spec``, ``endpoint`` and ``token``; ``graph`` is its path there."""

    spec: ModelSpec
    graph: str
    endpoint: str | None = None
    token: Token = field(default=None, repr=False)

    @property
    def ours(self) -> bool:
        """Whether Classmark made it."""
        return any(file.path == OWN_ENTRY for file in self.spec.files)


def find_export(
    spec: ModelSpec,
    *,
    exports: str = "",
    endpoint: str | None = None,
    token: Token = None,
    should_stop: Callable[[], bool] = lambda: False,
    patience: Patience = PATIENT,
    cause: Cause | None = None,
) -> Export | None:
    """Ask for a graph of a model: the library's own hub first, then the publisher for a quantized one; None if neither.

    ``exports`` is the address of the library's exports, ``https://hub.example.org/our-library``, where a model's repo
    has its id for a name; whatever is wrong there, the publisher is asked. The token goes there only if it is the same
    hub. Raises Interrupted, and FetchError when the publisher's hub cannot be asked.
    """
    graph = choose_graph([file.path for file in spec.files], GRAPHS)
    if graph:
        return Export(spec, graph, endpoint, token)
    if exports:
        place, library = _mirror(exports)
        own_token = token if place == address(endpoint) else False
        with suppress(FetchError):
            repo = f"{library}/{spec.id}"
            listing = look(
                repo, endpoint=place, token=own_token, should_stop=should_stop, patience=patience, cause=cause
            )
            if graph := choose_graph(listing.files, GRAPHS):
                return Export(export_spec(spec, listing, graph), graph, place, own_token)
    if spec.files and spec.repo and spec.task == "classification":
        listing = look(
            spec.repo,
            commit=spec.commit,
            endpoint=endpoint,
            token=token,
            should_stop=should_stop,
            patience=patience,
            cause=cause,
        )
        if graph := choose_graph(listing.files, QUANTIZED):
            return Export(export_spec(spec, listing, graph), graph, endpoint, token)
    return None


def choose_graph(names: Collection[str], wanted: Sequence[str]) -> str:
    """Return the first of the wanted graphs that is among the names of a repo's files, "" when none is."""
    return next((graph for graph in wanted if graph in names), "")


def export_spec(spec: ModelSpec, listing: Listing, graph: str) -> ModelSpec:
    """Return a model's spec with the files to fetch for a graph instead of those for converting.

    A tokenizer that the repo lacks stays as the spec has it.
    """
    tokens = tokenizer_files(listing.files)
    names = [graph, *(graph + ending for ending in DATA_ENDINGS), CONFIG, CARD, *tokens]
    if OWN_ENTRY in listing.files:
        names += [OWN + name for name in (*OWN_FILES, FACTS)]
    files = tuple(take(listing, name) for name in names if name in listing.files)
    others = () if tokens else tuple(file for file in spec.files if file.repo != spec.repo)
    return replace(spec, repo=listing.repo, commit=listing.commit, files=files + others)


def take(listing: Listing, path: str) -> ModelFile:
    """Return one of a repo's files as a spec names it, pinned."""
    offered = listing.files[path]
    return ModelFile(path, listing.repo, listing.commit, offered.size, None, offered.sha256, optional=False)


def own_entry(path: Path) -> ModelSpec:
    """Read the entry that Classmark wrote beside an export; SpecInvalid when it is none."""
    try:
        if path.stat().st_size > _LARGEST_ENTRY:
            raise SpecInvalid("it is too large.")
        return parse_spec(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, SpecInvalid) as error:
        raise SpecInvalid(f"The entry {path} cannot be used: {error}") from error


def _mirror(address: str) -> tuple[str, str]:
    """Split the address of a library's exports into that of the hub and the library's name there."""
    parts = urlsplit(address.rstrip("/"))
    above, _, library = parts.path.rpartition("/")
    if parts.scheme not in ("http", "https") or not parts.netloc or not library:
        raise HubFailed(
            f"{address} is no address of a library's exports. Write it as https://hub.example.org/our-library."
        )
    return f"{parts.scheme}://{parts.netloc}{above}", library
