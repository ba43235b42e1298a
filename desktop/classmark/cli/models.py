"""``classmark models``: what is there, and all that can be done with it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from classmark.cli.codes import CANCELLED, DONE, FAILED
from classmark.cli.commands import Commands, add, add_json
from classmark.cli.manners import agreed, check_somebody_is_there, listed, show_download
from classmark.cli.model_pages import READY, all_facts, state_in_words, summary, write_list, write_page
from classmark.cli.terminal import Steps, harmless, sized, write_json, write_table
from classmark.core.connections import journal
from classmark.core.settings import Settings, read_settings, settle
from classmark_models.collection import Collection, ModelState
from classmark_models.errors import ClassmarkError
from classmark_models.spec import BUILTIN_IDS
from classmark_models.workshop import Workshop

if TYPE_CHECKING:
    from classmark_models.prepare import Prepared

GOES_ON = "What has come so far is kept: `classmark models fetch` goes on from there."


def add_command(commands: Commands) -> None:
    """Add ``models``, with commands of its own, to the commands."""
    models = commands.add_parser(
        "models",
        help="see, fetch, convert, check, carry and remove models",
        description="The published models: what is here, and all that can be done with them. Only fetch, repair and "
        "add use the network, and only when you call them.",
    )
    own = models.add_subparsers(required=True, metavar="COMMAND")

    listing = add(own, "list", _list, "show all models", "Shows all models: what is ready, and what could be fetched.")
    info = add(own, "info", _info, "show all that is known of a model", "Shows all that is known of a model.")
    fetch = add(
        own,
        "fetch",
        _fetch,
        "fetch models, convert and test them",
        "Fetches published models, converts them for this computer, and proves that the result answers as the "
        "original does. What was begun is gone on with. Asks before anything is fetched. A token for models with "
        "restricted access is taken from HF_TOKEN, or from where huggingface's own tools keep it.",
        connects=True,
    )
    convert = add(
        own,
        "convert",
        _convert,
        "convert published files that are here",
        "Converts a model's published files that are here already: in FOLDER (config.json, tokenizer and weights as "
        "they were published), or fetched before with --keep.",
    )
    import_ = add(
        own,
        "import",
        _import,
        "take in models from suitcase files",
        "Takes in models from suitcases: files that export wrote, here or elsewhere. Each file in them is checked.",
    )
    export = add(
        own,
        "export",
        _export,
        "write models to carry or to publish",
        "Writes a ready model to one file, a suitcase, for a computer without a network; or models in the layout "
        "of a hub, from which other computers fetch them without converting anything (see the setting exports).",
    )
    verify = add(own, "verify", _verify, "check every file of models", "Compares each file of models with its sha256.")
    repair = add(
        own,
        "repair",
        _repair,
        "put damaged models right",
        "Checks models and puts right what is bad: fetches bad files alone, and converts again where need be.",
        connects=True,
    )
    remove = add(own, "remove", _remove, "remove models", "Removes all of a model from this computer. Asks before.")
    selftest = add(
        own,
        "selftest",
        _selftest,
        "prove models on this computer",
        "Compares the answers of models with those of the originals, and measures their speed on this computer.",
    )
    adding = add(
        own,
        "add",
        _add,
        "add a model of a hub to the catalogue",
        "Adds any BERT, DistilBERT, RoBERTa or XLM-RoBERTa that classifies or fills masks to the catalogue, by its "
        "name on the hub. Nothing but its description is fetched.",
        connects=True,
    )

    info.add_argument("name", metavar="ID", help="a model of the list")
    for command in (fetch, repair, remove):
        command.add_argument("names", nargs="+", metavar="ID", help="a model of the list")
    for command in (verify, selftest):
        command.add_argument("names", nargs="*", metavar="ID", help="a model of the list (default: all that are ready)")
    convert.add_argument("name", metavar="ID", help="a model of the list")
    convert.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="where its published files are")
    import_.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a file that ends in .classmark")
    export.usage = "classmark models export ID FILE\n       classmark models export --hub-layout DIR ID [ID ...]"
    export.add_argument("names", nargs="+", metavar="ID", help="a model that is ready")
    export.add_argument("file", nargs="?", metavar="FILE", help="the suitcase to write, or the folder for it")
    export.add_argument("--hub-layout", type=Path, metavar="DIR", help="write each model to DIR/ID, as hubs have them")
    adding.add_argument("repo", metavar="REPO", help="owner/name on the hub, owner/name@commit, or its address")
    adding.add_argument("--id", default="", metavar="ID", help="what to call it here (default: made from its name)")
    for command in (fetch, repair, adding):
        command.add_argument("--hub", metavar="URL", help="fetch from there (default: the setting hub)")
    for command in (fetch, repair):
        command.add_argument("--exports", metavar="URL", help="ask there first (default: the setting exports)")
    for command in (fetch, repair, remove):
        command.add_argument("-y", "--yes", action="store_true", help="do it without a question")
    fetch.add_argument("--keep", action="store_true", help="keep the published files after converting them")
    for command in (fetch, convert):
        command.add_argument(
            "--variant",
            metavar="NAME",
            help="int8, int8-reduced, int8-blocks or float32 (default: what suits this computer)",
        )
    for command in (listing, info, fetch, convert, import_, verify, selftest):
        add_json(command)


def _list(arguments: argparse.Namespace, _: argparse.ArgumentParser) -> int:
    collection = read_settings().collection()
    if arguments.json:
        write_json([summary(collection, spec) for spec in collection.specs().values()])
    else:
        write_list(collection)
    return DONE


def _info(arguments: argparse.Namespace, _: argparse.ArgumentParser) -> int:
    collection = read_settings().collection()
    spec = collection.spec(arguments.name)
    facts = all_facts(collection, spec)
    if arguments.json:
        write_json(facts)
    else:
        write_page(facts, state_in_words(spec, ModelState(facts["state"])))
    return DONE


def _fetch(arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    settings = _settings(arguments)
    collection = settings.collection()
    specs = [collection.spec(name) for name in dict.fromkeys(arguments.names)]
    there = [spec.id for spec in specs if collection.state(spec.id) in READY and not arguments.variant]
    wanted = [spec for spec in specs if spec.id not in there]
    for name in there:
        _say(f"{name} is ready already. `classmark models verify {name}` checks its files.")
    if wanted:
        check_somebody_is_there(arguments, parser)
    for spec in wanted:
        with _working(settings) as workshop:
            estimate = workshop.estimate(spec.id)
        show_download(spec, estimate)
    if wanted and not agreed(arguments, f"Fetch {listed([spec.id for spec in wanted])}?"):
        _say("Nothing was fetched.")
        return CANCELLED
    done = []
    for spec in wanted:
        with _working(settings, GOES_ON) as workshop:
            done.append(workshop.fetch(spec.id, keep=arguments.keep, variant=arguments.variant))
        _tell_of(done[-1], collection, arguments)
    if arguments.json:
        write_json([asdict(prepared) for prepared in done])
    return DONE


def _convert(arguments: argparse.Namespace, _: argparse.ArgumentParser) -> int:
    settings = read_settings()
    with _working(settings) as workshop:
        prepared = workshop.convert(arguments.name, arguments.folder, variant=arguments.variant)
    _tell_of(prepared, settings.collection(), arguments)
    if arguments.json:
        write_json(asdict(prepared))
    return DONE


def _import(arguments: argparse.Namespace, _: argparse.ArgumentParser) -> int:
    settings, done, code = read_settings(), [], DONE
    for file in arguments.files:
        with _working(settings) as workshop:
            name = workshop.import_suitcase(file)
        tested = settings.collection().selftest(name)
        done.append({"file": str(file), "id": name, "selftest": asdict(tested) if tested else None})
        if tested is None or not tested.passed:
            code = FAILED
        if not arguments.json:
            sys.stdout.write(f"{name} is here, from {file}. {tested.sentence if tested else ''}\n")
    if arguments.json:
        write_json(done)
    return code


def _export(arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    settings, names = read_settings(), arguments.names
    if arguments.hub_layout is None and len(names) != 2:
        parser.error("name one model and the file to write, or several with --hub-layout")
    with _working(settings) as workshop:
        if arguments.hub_layout is None:
            name, target = names[0], Path(names[1])
            target = target / f"{name}.classmark" if target.is_dir() else target
            written = [(name, workshop.export_suitcase(name, target))]
        else:
            unique = dict.fromkeys(names)
            written = [(name, workshop.export_hub_layout(name, arguments.hub_layout / name)) for name in unique]
    for name, place in written:
        size = (
            place.stat().st_size if place.is_file() else sum(f.stat().st_size for f in place.rglob("*") if f.is_file())
        )
        sys.stdout.write(f"{name} is in {place} ({sized(size)}).\n")
    return DONE


def _verify(arguments: argparse.Namespace, _: argparse.ArgumentParser) -> int:
    settings = read_settings()
    with _working(settings) as workshop:
        bad = {name: workshop.verify(name) for name in arguments.names or _ready(settings.collection())}
    if arguments.json:
        write_json(bad)
    else:
        write_table([(name, f"bad: {', '.join(files)}" if files else "whole") for name, files in bad.items()])
    broken = [name for name, files in bad.items() if files]
    if broken:
        _say(f"`classmark models repair {' '.join(broken)}` puts that right.")
    return FAILED if broken else DONE


def _repair(arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    settings = _settings(arguments)
    for name in dict.fromkeys(arguments.names):
        with _working(settings) as workshop:
            bad = workshop.verify(name)
        if not bad:
            sys.stdout.write(f"{name} is whole.\n")
            continue
        check_somebody_is_there(arguments, parser)
        if not agreed(arguments, f"{listed(bad)} of {name} must be fetched or made again. Repair it?"):
            _say(f"{name} was left as it is.")
            return CANCELLED
        with _working(settings, GOES_ON) as workshop:
            workshop.repair(name)
        sys.stdout.write(f"{name} is whole again. Put right: {', '.join(bad)}.\n")
    return DONE


def _remove(arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    check_somebody_is_there(arguments, parser)
    names = list(dict.fromkeys(arguments.names))
    if not agreed(arguments, f"Remove {listed(names)} from this computer?"):
        _say("Nothing was removed.")
        return CANCELLED
    with _working(read_settings()) as workshop:
        for name in names:
            workshop.remove(name)
            sys.stdout.write(f"{name} was removed.\n")
    return DONE


def _selftest(arguments: argparse.Namespace, _: argparse.ArgumentParser) -> int:
    settings = read_settings()
    names = arguments.names or [name for name in _ready(settings.collection()) if name not in BUILTIN_IDS]
    with _working(settings) as workshop:
        tests = {name: workshop.selftest(name) for name in dict.fromkeys(names)}
    if arguments.json:
        write_json({name: asdict(tested) for name, tested in tests.items()})
    elif tests:
        rows = [("MODEL", "", "TOP 1", "TOP 5", "GAP", "TOKENS/S", "AT ONCE", "WHAT IT MEANS")]
        for name, tested in tests.items():
            agreement = (f"{tested.top1:.1%}", f"{tested.top5:.1%}", f"{tested.gap:.4f}") if tested.compared else "---"
            speed = f"{tested.tokens_per_second:,.0f}"
            passed = "passed" if tested.passed else "failed"
            rows.append((name, passed, *agreement, speed, str(tested.workers), tested.sentence))
        write_table(rows)
    else:
        _say("No models are ready but the built-in ones. `classmark models list` shows what could be fetched.")
    return DONE if all(tested.passed for tested in tests.values()) else FAILED


def _add(arguments: argparse.Namespace, _: argparse.ArgumentParser) -> int:
    with _working(_settings(arguments)) as workshop:
        spec = workshop.add(arguments.repo, arguments.id)
    size = f", {sized(spec.approximate_size)}" if spec.approximate_size else ""
    sys.stdout.write(
        f"{harmless(spec.title)} is in the catalogue. `classmark models fetch {spec.id}` fetches it{size}.\n"
    )
    return DONE


def _settings(arguments: argparse.Namespace) -> Settings:
    """Return the settings, overruled by what was given now; ClassmarkError where IT has locked that."""
    settled = settle()
    options = {name: getattr(arguments, name, None) for name in ("hub", "exports")}
    given = {name: value.rstrip("/") for name, value in options.items() if value is not None}
    for name, value in given.items():
        if settled.is_locked(name) and value != getattr(settled.settings, name):
            raise ClassmarkError(f"--{name} cannot be used: your administrator has set {settled.in_force(name)}.")
    return replace(settled.settings, **given)


def _ready(collection: Collection) -> list[str]:
    """Return the models that are ready or were before they were damaged."""
    return [name for name in collection.specs() if collection.state(name) in (*READY, ModelState.DAMAGED)]


@contextmanager
def _working(settings: Settings, if_stopped: str = "") -> Iterator[Workshop]:
    """Show the steps of what is done inside, and say what a stop means for it."""
    steps = Steps(sys.stderr)
    try:
        yield Workshop(
            settings.collection(),
            journal(),
            hub=settings.hub,
            exports=settings.exports,
            may_fetch=settings.may_fetch,
            progress=steps.show,
        )
    except KeyboardInterrupt:
        steps.clear()
        _say(f"Stopped. {if_stopped}".strip())
        raise
    finally:
        steps.clear()


def _tell_of(prepared: Prepared, collection: Collection, arguments: argparse.Namespace) -> None:
    """Say that a model is ready, what it is like, and what the person should know."""
    size = summary(collection, collection.spec(prepared.id))["size"]
    if not arguments.json:
        sys.stdout.write(
            f"{prepared.id} is ready: {prepared.variant}, {sized(size)}, after {prepared.seconds:.0f} seconds. "
            f"{prepared.selftest.sentence}\n"
        )
        for note in prepared.notes:
            sys.stdout.write(f"  {note}\n")


def _say(text: str) -> None:
    """Tell the person something that is no result."""
    print(text, file=sys.stderr)  # noqa: T201
