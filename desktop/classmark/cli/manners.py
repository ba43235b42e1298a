"""What a person is asked or advised before something is done with models."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from classmark.cli.model_pages import NO_LICENCE_ADVICE
from classmark.cli.terminal import harmless, sized, write_table
from classmark_models.collection import Collection, ModelState
from classmark_models.errors import ModelMissing
from classmark_models.spec import NO_LICENCE, ModelSpec
from classmark_models.workshop import Estimate

_WAYS = {
    "export": "ready to be used, nothing is converted",
    "convert": "converted on this computer, then as a rule a quarter of that",
}


def check_somebody_is_there(arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """End the program where a question would find nobody; nothing has happened then."""
    if not arguments.yes and not (sys.stdin and sys.stdin.isatty() and sys.stderr and sys.stderr.isatty()):
        parser.error("there is no terminal to ask you on: add --yes if you mean it")


def show_download(spec: ModelSpec, estimate: Estimate) -> None:
    """Write what a download would be, on standard error."""
    licence = NO_LICENCE_ADVICE if estimate.licence == NO_LICENCE else estimate.licence
    print(f"{harmless(spec.title)} ({spec.id})", file=sys.stderr)  # noqa: T201
    rows = (
        ("to come", f"{sized(estimate.size)}, {_WAYS[estimate.way]}"),
        ("free", sized(estimate.free)),
        ("place", str(estimate.place)),
        ("source", estimate.source),
        ("licence", licence),
    )
    write_table([(f"  {name}", text) for name, text in rows], sys.stderr)


def agreed(arguments: argparse.Namespace, question: str) -> bool:
    """Ask a question unless the answer was given before; whatever is not yes is no."""
    if arguments.yes:
        return True
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().casefold() in ("y", "yes")


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence has them."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def check_ready(collection: Collection, name: str) -> None:
    """Raise ModelMissing, which says what command helps, unless a model is ready."""
    state, has_files = collection.state(name), bool(collection.spec(name).files)
    help_ = {
        ModelState.KNOWN: f"{name} is not on this computer. Fetch it with `classmark models fetch {name}`.",
        ModelState.BEGUN: f"{name} has come in part. Go on with `classmark models fetch {name}`.",
        ModelState.FETCHED: f"{name} is not converted yet. Do it with `classmark models convert {name}`.",
        ModelState.NEWER: f"A newer Classmark made {name}. Install that version again to use it; nothing was changed.",
        ModelState.DAMAGED: f"{name} is damaged. Put it right with `classmark models repair {name}`.",
    }
    if state is ModelState.KNOWN and not has_files:
        raise ModelMissing(
            f"{name} is not published. Where you have a folder of its weights, use `classmark models convert {name} "
            "FOLDER`; where somebody gave you a suitcase, `classmark models import FILE`."
        )
    if state in help_:
        raise ModelMissing(help_[state])
