"""What happens to the models: what a person asks on their cards, the work on it, the choice of those in use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from classmark.core.holdings import Holding, look
from classmark.core.settings import Settings, Settled, read_settings, settle, write_settings
from classmark.core.workshop_process import Outcome, Task
from classmark.gui.engine import Refusals
from classmark.gui.intake import SUITCASE
from classmark.gui.jobs import Lane
from classmark.gui.models_page import ModelsPage
from classmark.gui.notices import Notices
from classmark.gui.standing import Act, Standing
from classmark.gui.workbench import RunTask, Work, Workbench
from classmark_models.collection import ModelState
from classmark_models.errors import ClassmarkError
from classmark_models.spec import BUILTIN_ID
from classmark_models.workshop import Estimate

_CHANGING = {"fetch", "convert", "repair", "remove"}
"""What touches the files of a model, so that it must not be in use meanwhile."""
_CONNECTING = {"fetch", "repair"}
_METHODS = {
    Act.DOWNLOAD: "fetch",
    Act.GO_ON: "fetch",
    Act.CONVERT: "convert",
    Act.REPAIR: "repair",
    Act.SELFTEST: "selftest",
    Act.VERIFY: "verify",
    Act.REALLY_REMOVE: "remove",
}


class ModelKeeper(QObject):
    """Keeps the page, the work and the choice in step."""

    chosen = Signal(tuple)
    """The ids of the models that shall be used from now on."""
    connected = Signal(bool)
    """Whether a hub is being asked."""
    closed = Signal(str)
    """Why nothing can be fetched; empty where it can."""
    page_asked = Signal()
    fill_asked = Signal(str)
    failed = Signal(object)

    def __init__(
        self,
        page: ModelsPage,
        notices: Notices,
        run_task: RunTask,
        choice: Sequence[str],
        errands: Lane,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._window, self._page, self._notices, self._run_task = parent, page, notices, run_task
        self._errands = errands
        self._lanes = Lane("workshop", self), Lane("questions", self)
        self.bench = Workbench(run_task, self._lanes[0], self)
        self.standings: dict[str, Standing] = {}
        self._choice = tuple(choice)
        self._after_release: list[Task] = []
        self._questions = 0
        page.asked.connect(self._on_asked)
        page.use_asked.connect(self.use)
        page.import_asked.connect(self.ask_for_suitcase)
        page.add_asked.connect(self._on_add_asked)
        page.settings_saved.connect(self._on_settings_saved)
        self.closed.connect(page.show_closed)
        self.bench.changed.connect(self._on_work_changed)
        self.bench.ended.connect(self._on_work_ended)
        self.bench.failed.connect(self._on_work_failed)

    @property
    def choice(self) -> tuple[str, ...]:
        """The ids of the models that the person has put to use."""
        return self._choice

    def look(self, then: Callable[[], object] = lambda: None) -> None:
        """Look at what is there by now, beside the window, then do something."""
        if self._page.settings.isHidden():
            self._show_settings()
        job = self._errands.start(lambda _stop: iter([_look()]))
        job.yielded.connect(lambda found: self._on_looked(*found[0]))
        job.finished.connect(then)
        job.failed.connect(lambda failure: self._page.show_fault(str(failure)))

    def filler(self, name: str = "") -> Holding | None:
        """Return a ready model that fills in words, the named one if it is; None where there is none."""
        found = [each.holding for each in self.standings.values() if each.holding.is_ready]
        fillers = [holding for holding in found if not holding.is_classifier]
        return next((each for each in fillers if each.spec.id == name), fillers[0] if fillers else None)

    def close(self) -> None:
        """Stop all work and wait for its end."""
        for lane in self._lanes:
            lane.close()

    # The choice

    def use(self, name: str, used: bool = True) -> None:
        """Use a model from now on, or put it away; without any other the built-in one is used."""
        others = tuple(each for each in self._choice if each != name)
        self.choose((*others, name) if used else others or (BUILTIN_ID,))

    def show_refusals(self, refusals: Refusals) -> None:
        """Tell which of the models in use cannot be opened."""
        for name, error in refusals.items():
            if name in self.standings:
                self.standings[name].fault = str(error)
        if refusals:
            title = " and ".join(self._title(name) for name in refusals)
            self._notices.about("refusals").tell(
                f"{title} cannot be used: {next(iter(refusals.values()))}", "See the models", self.page_asked.emit
            )
        else:
            self._notices.about("refusals").hide()
        self._page.refresh(self.standings)

    def on_released(self) -> None:
        """Begin what waited for a model to be let go."""
        waiting, self._after_release = self._after_release, []
        for task in waiting:
            self.bench.start(task)

    def choose(self, names: tuple[str, ...]) -> None:
        """Use these models from now on."""
        self._choice = names
        for name, standing in self.standings.items():
            standing.used = name in names
        self._page.refresh(self.standings)
        self.chosen.emit(names)

    # Coming in

    def ask_for_suitcase(self) -> None:
        """Ask which suitcases shall be taken in."""
        names, _ = QFileDialog.getOpenFileNames(self._window, "Import suitcases", "", f"Suitcases (*{SUITCASE})")
        self.import_suitcases([Path(name) for name in names])

    def import_suitcases(self, paths: Sequence[Path]) -> None:
        """Take in suitcases, one after the other."""
        for path in paths:
            self.bench.start(Task("import_suitcase", paths={"path": path}))

    def _on_add_asked(self, repo: str) -> None:
        self._page.adding.tell("Asking the hub…", is_waiting=True)

        def on_added(name: object) -> None:
            self.look(lambda: on_there(str(name)))

        def on_there(name: str) -> None:
            self._page.adding.tell(f"{self._title(name)} is in the list now. Get it there.")
            self._page.go_to(name)

        self._ask(Task("add", {"repo": repo}), on_added, lambda failure: self._page.adding.tell(str(failure)))

    def _ask(
        self, task: Task, on_answer: Callable[[object], object], on_failure: Callable[[BaseException], object]
    ) -> None:
        """Ask the hub something, beside the work."""
        job = self._lanes[1].start(lambda stop: self._run_task(task, stop))
        self._questions += 1
        self._tell_connected()
        job.finished.connect(self._on_answered)
        job.failed.connect(self._on_answered)
        job.yielded.connect(lambda items: [on_answer(item.value) for item in items if isinstance(item, Outcome)])
        job.failed.connect(on_failure)

    def _on_answered(self) -> None:
        self._questions -= 1
        self._tell_connected()

    def _tell_connected(self) -> None:
        """Tell whether a hub is being asked."""
        fetching = any(work.task.method in _CONNECTING and work.step is not None for work in self.bench.works)
        self.connected.emit(fetching or self._questions > 0)

    # What a card asks

    def _on_asked(self, name: str, act: Act) -> None:
        standing = self.standings[name]
        standing.fault = standing.note = ""
        standing.estimate, standing.is_leaving, standing.is_asking = None, act is Act.REMOVE, act is Act.GET
        match act:
            case Act.GET:
                self._ask_estimate(name)
            case Act.PAUSE | Act.CANCEL if standing.work is not None:
                self.bench.stop(standing.work, drop=act is Act.CANCEL)
            case Act.DISCARD:
                self._discard(name)
            case Act.FILL:
                self.fill_asked.emit(name)
            case Act.EXPORT_SUITCASE | Act.EXPORT_HUB | Act.CONVERT_FOLDER:
                if (task := self._ask_place(name, act)) is not None:
                    self._start(task)
            case _ if act in _METHODS:
                self._start(Task(_METHODS[act], {"name": name}))
        self._page.refresh(self.standings)

    def _ask_estimate(self, name: str) -> None:
        def on_estimate(estimate: object) -> None:
            standing = self.standings.get(name)
            if standing is not None and standing.is_asking and isinstance(estimate, Estimate):
                standing.is_asking, standing.estimate = False, estimate
                self._page.refresh(self.standings)

        def on_failure(failure: BaseException) -> None:
            standing = self.standings.get(name)
            if standing is not None and standing.is_asking:
                standing.is_asking, standing.fault = False, str(failure)
                self._page.refresh(self.standings)

        self._ask(Task("estimate", {"name": name}), on_estimate, on_failure)

    def _ask_place(self, name: str, act: Act) -> Task | None:
        if act is Act.EXPORT_SUITCASE:
            place, _ = QFileDialog.getSaveFileName(
                self._window, "Export as suitcase", f"{name}{SUITCASE}", f"Suitcases (*{SUITCASE})"
            )
            path = Path(place) if place.endswith(SUITCASE) else Path(f"{place}{SUITCASE}")
            return Task("export_suitcase", {"name": name}, {"path": path}) if place else None
        titles = {Act.EXPORT_HUB: "Export in hub layout", Act.CONVERT_FOLDER: "Folder with the published files"}
        place = QFileDialog.getExistingDirectory(self._window, titles[act])
        if not place:
            return None
        if act is Act.EXPORT_HUB:
            return Task("export_hub_layout", {"name": name}, {"folder": Path(place) / name})
        return Task("convert", {"name": name}, {"folder": Path(place)})

    def _start(self, task: Task) -> None:
        """Begin a task; a model in use that it changes is let go first."""
        if task.method not in _CHANGING or task.name not in self._choice:
            self.bench.start(task)
            return
        self._after_release.append(task)
        if task.method == "remove":
            self.use(task.name, used=False)
        else:
            self.chosen.emit(tuple(name for name in self._choice if name != task.name) or (BUILTIN_ID,))

    def _discard(self, name: str) -> None:
        """Remove what was begun of a download, unless it is whole."""

        def work(_stop: object) -> Iterator[object]:
            collection = read_settings().collection()
            if collection.state(name) is ModelState.BEGUN:
                collection.published.remove(name)
            return iter(())

        job = self._errands.start(work)
        job.finished.connect(self.look)
        job.failed.connect(lambda failure: self._tell_fault(name, failure))

    # What the work tells

    def _on_looked(self, settled: Settled, holdings: Sequence[Holding]) -> None:
        if settled.policy.faults:
            self._notices.about("policy").tell(" ".join(settled.policy.faults))
        self.closed.emit(settled.why_closed)
        works = {work.task.name: work for work in self.bench.works if work.task.name}
        before, self.standings = self.standings, {}
        for holding in holdings:
            name = holding.spec.id
            standing = before.get(name) or Standing(holding)
            standing.holding, standing.used, standing.work = holding, name in self._choice, works.get(name)
            standing.may_fetch = settled.settings.may_fetch
            self.standings[name] = standing
        self._page.show_standings(self.standings)

    def _on_work_changed(self, work: Work) -> None:
        self._tell_connected()
        if work.task.method == "import_suitcase":
            self._tell_import(work)
        elif work.task.name in self.standings:
            self.standings[work.task.name].work = work
            self._page.refresh(self.standings)

    def _on_work_ended(self, work: Work) -> None:
        self._tell_connected()
        task, value = work.task, work.outcome.value if work.outcome else None
        if task.method == "import_suitcase":
            notice = self._notices.about(str(task.paths["path"]))
            notice.hide()
            if isinstance(value, str):
                self.look(lambda: self._tell_imported(str(task.paths["path"]), value))
            return
        if (standing := self.standings.get(task.name)) is not None:
            standing.work = None
            standing.note, standing.fault = _said(task.method, value) if work.outcome else ("", "")
        self._take_back(task)
        if work.is_dropped and task.method == "fetch":
            self._discard(task.name)
        else:
            self.look()

    def _on_work_failed(self, work: Work, failure: BaseException) -> None:
        self._tell_connected()
        if not isinstance(failure, ClassmarkError):
            self.failed.emit(failure)
        if work.task.method == "import_suitcase":
            path = work.task.paths["path"]
            self._notices.about(str(path)).tell(f"{path.name} was not taken in: {failure}")
            return
        if (standing := self.standings.get(work.task.name)) is not None:
            standing.work = None
        self._tell_fault(work.task.name, failure)
        self._take_back(work.task)
        self.look()

    def _take_back(self, task: Task) -> None:
        """Use a model again that was let go for the work on it."""
        if task.method in _CHANGING and task.name in self._choice:
            self.chosen.emit(self._choice)

    def _tell_fault(self, name: str, failure: BaseException) -> None:
        if (standing := self.standings.get(name)) is not None:
            standing.fault = str(failure)
            self._page.refresh(self.standings)

    def _tell_import(self, work: Work) -> None:
        path = work.task.paths["path"]
        doing = work.step.what if work.step else "waits for its turn"
        total = work.step.total if work.step else 0
        done = round(1000 * work.step.done / total) if work.step and total else 0
        text = f"Stopping… {path.name}" if work.is_stopping else f"Taking in {path.name} · {doing}"
        notice = self._notices.about(str(path))
        notice.tell(text, "Cancel", lambda: self.bench.stop(work), (done, 1000 if total else 0))

    def _tell_imported(self, topic: str, name: str) -> None:
        notice, standing = self._notices.about(topic), self.standings.get(name)

        def use() -> None:
            notice.hide()
            self.use(name)

        text = f"{self._title(name)} is ready to use."
        if standing is not None and not standing.holding.is_classifier:
            notice.tell(text, "Fill in words…", lambda: self.fill_asked.emit(name))
        elif name in self._choice:
            notice.tell(text)
            self.chosen.emit(self._choice)
        else:
            notice.tell(text, "Use it", use)

    def _title(self, name: str) -> str:
        return self.standings[name].holding.spec.title if name in self.standings else name

    # Settings

    def _show_settings(self) -> None:
        with suppress(ClassmarkError):  # told by ``look``
            self._page.settings.show_settled(settle())

    def _on_settings_saved(self, settings: Settings) -> None:
        try:
            write_settings(settings)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            self._page.settings.tell(f"The settings cannot be written ({reason}).")
            return
        except ClassmarkError as error:
            self._page.settings.tell(str(error))
            return
        self._show_settings()
        self._page.settings.tell("Saved.")
        self.look(lambda: self.chosen.emit(self._choice))


def _look() -> tuple[Settled, Sequence[Holding]]:
    settled = settle()
    return settled, look(settled.settings.collection())


def _said(method: str, value: object) -> tuple[str, str]:
    """Return what the person is told of a finished work: a note, and a fault."""
    sentences = tuple(map(str, value)) if isinstance(value, tuple) else ()
    match method:
        case "verify" if sentences:
            return "", f"Not as it should be: {', '.join(sentences)}. Repair the model."
        case "verify":
            return "Every file is as it should be.", ""
        case "repair":
            return (f"Put right: {', '.join(sentences)}." if sentences else "There was nothing to repair."), ""
        case "export_suitcase" | "export_hub_layout":
            return f"Written to {value}", ""
        case "fetch" | "convert":
            return " ".join(sentences) or "It is ready to use.", ""
        case _:
            return "", ""
