"""The window: it wires panels, actions and the review together, and decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QLineEdit, QMainWindow, QMessageBox, QPlainTextEdit, QStackedWidget, QVBoxLayout, QWidget

from classmark.core.documents import Document
from classmark.gui.actions import Actions
from classmark.gui.alerts import show_error
from classmark.gui.copying import Copying
from classmark.gui.desk import Desk
from classmark.gui.document_panel import DocumentPanel
from classmark.gui.drop_overlay import DropOverlay
from classmark.gui.engine import Engine, open_filler
from classmark.gui.evidence_finder import EvidenceFinder
from classmark.gui.exporting import Exporter
from classmark.gui.fill_dialog import FillDialog
from classmark.gui.finder import Finder
from classmark.gui.guide_help import GuideHelp
from classmark.gui.help_dialogs import AboutDialog
from classmark.gui.icons import Icons, app_icon
from classmark.gui.intake import Intake
from classmark.gui.jobs import Lane
from classmark.gui.memory import Memory
from classmark.gui.menus import LevelActions, add_themes
from classmark.gui.model_keeper import ModelKeeper
from classmark.gui.models_in_use import ModelsInUse
from classmark.gui.models_page import ModelsPage
from classmark.gui.notices import Notices
from classmark.gui.offline_chip import OfflineChip
from classmark.gui.progress_panel import ProgressPanel
from classmark.gui.results_view import ResultsView
from classmark.gui.review import Review
from classmark.gui.rows import Facet, Row, State
from classmark.gui.rule_bar import RuleBar
from classmark.gui.runner import Runner
from classmark.gui.subjects_panel import SubjectsPanel
from classmark.gui.theme import Theme
from classmark.gui.toolbar import Toolbar
from classmark.gui.welcome import Welcome
from classmark.gui.workbench import RunTask, run_here
from classmark.resources import asset
from classmark_models.classifier import Prediction
from classmark_models.decide import Rule, Subject
from classmark_models.labels import LEVELS

_FIRST_PAINT = 100
"""Milliseconds after which the engine is opened: the window should be there first, as loading holds the interpreter."""
_TICK = 1000
"""Milliseconds between two looks at the time left."""
_NOTICE = 6000
"""Milliseconds that a notice stays in the status bar."""


class Window(QMainWindow):
    """The one window of the program."""

    def __init__(
        self, open_engine: Callable[[], Engine], theme: Theme, memory: Memory, run_task: RunTask = run_here
    ) -> None:
        super().__init__()
        self._run_task = run_task
        self.setWindowTitle("Classmark")
        self.setWindowIcon(app_icon())
        self.setMinimumSize(900, 600)
        self.setAcceptDrops(True)
        self._theme, self._memory = theme, memory
        self._is_on_models = False
        self._icons = Icons(theme, self)
        self._errands = Lane("errands", self)
        self._runner = Runner(open_engine, memory.choice, Lane("compute", self), self)
        self.review = Review(self._runner, self._errands, self)
        self.review.results.set_rule(memory.rule)
        self._evidence = EvidenceFinder(self._errands, self)
        self._exporter = Exporter(self._errands, self)
        self.commands = Actions(self, self._icons)
        self._build()
        self._wire()
        self._fill_menus()
        self._on_work_changed()
        self.resize(QSize(1440, 900).boundedTo(self.screen().availableSize() * 0.94))
        if not memory.geometry.isEmpty():
            self.restoreGeometry(memory.geometry)
        QTimer.singleShot(_FIRST_PAINT, self, self._runner.open)
        QTimer.singleShot(_FIRST_PAINT, self, self.keeper.look)

    @property
    def engine(self) -> Engine | None:
        """The engine, once it is open."""
        return self._runner.engine

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing is counted, read or classified."""
        return not (self.review.is_counting or self._runner.busy)

    # Building

    def _build(self) -> None:
        do, icons = self.commands, self._icons
        intake = [do["open"], do["open_folder"], do["paste"], do["samples"]]
        self.toolbar = Toolbar(intake, do["models"], [do["undo"], do["retry_all"], do["export"]])
        self.rule_bar = RuleBar(LEVELS, self._memory.rule)
        self.finder = Finder(icons)
        self.list = ResultsView(self.review.results, self._theme)
        self.document = DocumentPanel(self._theme)
        self.subjects = SubjectsPanel(self._theme)
        self.subjects.tree.addActions([do["copy_subject"], do["copy_uri"], do["copy_id"], do["copy_all"]])
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.list.addActions([do["retry"], do["remove"], do["copy_subject"], do["copy_all"]])
        self.desk = Desk(_column(self.finder, self.list), self.document, self.subjects, self._memory)
        starts = [(do["open"], "open"), (do["open_folder"], "folder"), (do["samples"], "samples")]
        self.welcome = Welcome(self._theme, icons, starts, do["models"])
        self.progress = ProgressPanel(icons)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.welcome)
        self.pages.addWidget(self.desk)
        self.models_page = ModelsPage(self._theme, icons)
        self.pages.addWidget(self.models_page)
        self.notices = Notices(icons)
        self.setCentralWidget(_column(self.toolbar, self.notices, self.rule_bar, self.pages, self.progress))
        self.statusBar().setSizeGripEnabled(False)
        self.chip = OfflineChip(self._theme, icons)
        self.statusBar().addPermanentWidget(self.chip)
        self.overlay = DropOverlay(self._theme, self)
        self._in_use = ModelsInUse(self._runner, self.review, self.notices, self.rule_bar, self)
        self.keeper = ModelKeeper(
            self.models_page, self.notices, self._run_task, self._memory.choice, self._errands, self
        )
        self._intake = Intake(self, self.review, self.welcome, self.overlay, self._memory)
        self._copying = Copying(do, self.subjects, self.list, self)
        self.guide = GuideHelp(do["guide"], self._theme, icons, self._memory, self)
        panels = {"start": self.welcome, "many": self.desk, "checking": self.document, "answers": self.subjects}
        for page, part in (panels | {"choosing": self.rule_bar, "models": self.models_page}).items():
            self.guide.explain(part, page)
        for editor in (*self.findChildren(QPlainTextEdit), *self.findChildren(QLineEdit)):
            editor.setAcceptDrops(False)  # so that what is dropped on them reaches the window

    def _wire(self) -> None:
        results, review = self.review.results, self.review
        self._refresh = QTimer(self, interval=0, singleShot=True)
        self._refresh.timeout.connect(self._show_current)
        self._shown: object = None
        self._clock = QTimer(self, interval=_TICK)
        self._clock.timeout.connect(self._on_work_changed)
        review.counting.connect(self.progress.show_counting)
        review.changed.connect(self._on_work_changed)
        review.arrived.connect(lambda _: self._show_models(False))
        review.arrived.connect(self._on_arrived)
        review.skipped.connect(self._on_skipped)
        review.failed.connect(self._on_failed)
        results.counted.connect(self._on_counted)
        results.dataChanged.connect(lambda: self._refresh.start())
        self.rule_bar.changed.connect(self._on_rule_changed)
        self.finder.changed.connect(results.narrow)
        self.list.current_changed.connect(lambda _: self._refresh.start())
        self.subjects.chosen.connect(self._on_subject_chosen)
        self.document.corrected.connect(self._on_corrected)
        self._evidence.found.connect(self.document.show_evidence)
        self._evidence.failed.connect(self._on_failed)
        self.progress.paused.connect(review.pause)
        self.progress.resumed.connect(review.resume)
        self.progress.cancelled.connect(review.cancel)
        self._exporter.written.connect(self._on_written)
        self._exporter.failed.connect(self._on_failed)
        self._copying.copied.connect(lambda text: self.statusBar().showMessage(f"Copied: {text}", _NOTICE))
        self._in_use.changed.connect(self._on_models_changed)
        self._runner.failed.connect(self.keeper.on_released)
        self._intake.suitcases_given.connect(self.keeper.import_suitcases)
        for opener in (self._intake, self.chip):
            opener.dialog_opened.connect(self.guide.attach)
        self.keeper.chosen.connect(self._on_models_chosen)
        self.keeper.connected.connect(self.chip.show_connected)
        self.keeper.closed.connect(lambda why: self.commands.enable(("add_model",), not why))
        self.keeper.page_asked.connect(lambda: self._show_models(True))
        self.keeper.fill_asked.connect(self._on_fill)
        self.keeper.failed.connect(self._on_failed)
        self.models_page.left.connect(lambda: self._show_models(False))
        stack = review.undo_stack
        stack.canUndoChanged.connect(self.commands["undo"].setEnabled)
        stack.canRedoChanged.connect(self.commands["redo"].setEnabled)
        stack.undoTextChanged.connect(lambda text: self.commands["undo"].setText(f"&Undo: {text}" if text else "&Undo"))
        stack.redoTextChanged.connect(lambda text: self.commands["redo"].setText(f"&Redo: {text}" if text else "&Redo"))
        self.commands.enable(("undo", "redo"), False)
        slots: dict[str, Callable[[], object]] = {
            "open": self._intake.open_files,
            "open_folder": self._intake.open_folder,
            "paste": self._intake.paste,
            "samples": lambda: review.add([asset("samples")]),
            "export": self._on_export,
            "quit": self.close,
            "undo": stack.undo,
            "redo": stack.redo,
            "remove": lambda: review.remove(self.list.selected()),
            "clear": lambda: review.remove(results.rows),
            "find": self.finder.search.setFocus,
            "pause": lambda: review.resume() if review.is_paused else review.pause(),
            "cancel": review.cancel,
            "retry": lambda: review.retry(self.list.selected()),
            "retry_all": lambda: review.retry(row for row in results.rows if row.state is not State.STOPPED),
            "next": lambda: self._step(1),
            "previous": lambda: self._step(-1),
            "models": lambda: self._show_models(self.pages.currentWidget() is not self.models_page),
            "import_model": self.keeper.ask_for_suitcase,
            "add_model": self._on_add_model,
            "fill": self._on_fill,
            "shortcuts": lambda: self.guide.open("keyboard"),
            "connections": self.chip.click,
            "about": self._on_about,
        }
        for name, slot in slots.items():
            self.commands[name].triggered.connect(lambda _=False, slot=slot: slot())

    def _fill_menus(self) -> None:
        menus = self.commands.menus
        menus["File"].insertMenu(self.commands["paste"], self._intake.recent_menu)
        add_themes(menus["View"], self._theme, self._memory)
        menus["View"].addSeparator()
        levels = LevelActions(menus["View"], self.rule_bar)
        levels.show_levels(self.rule_bar.levels)
        self._in_use.tell((self.toolbar.models, self.welcome.models), levels)

    # Coming in

    def add_paths(self, paths: Sequence[Path]) -> None:
        """Add files, folders and suitcases, whoever names them."""
        self._intake.add_paths(paths)

    def use_models(self, names: Sequence[str]) -> None:
        """Give new documents to these models from now on, and remember it."""
        self.keeper.choose(tuple(names))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: D102 - Qt
        self._intake.offer(event)

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:  # noqa: D102 - Qt
        self.overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: D102 - Qt
        self._intake.take(event)

    # What the review tells

    def _on_work_changed(self) -> None:
        review = self.review
        progress = review.progress
        working = self._runner.busy and progress.total > progress.done
        if review.is_paused and progress.total > progress.done:
            self.progress.show_paused(progress.done, progress.total)
        elif working and self._runner.engine is None:
            self.progress.show_opening()
        elif working:
            self.progress.show_running(progress.done, progress.total, progress.name, progress.seconds_left)
        elif not review.is_counting:
            self.progress.hide()
        if working != self._clock.isActive():
            (self._clock.start if working else self._clock.stop)()  # the time left changes under a long document too
        self.commands.enable(("pause",), working or review.is_paused)
        self.commands.enable(("cancel",), working or review.is_paused or review.is_counting)
        self._on_counted()

    def _on_counted(self) -> None:
        results = self.review.results
        counts = results.counts()
        self.finder.show_counts(counts)
        there = counts[Facet.ALL] > 0
        page = self.desk if there else self.welcome
        self.pages.setCurrentWidget(self.models_page if self._is_on_models else page)
        for bar in (self.rule_bar, self.toolbar):
            bar.setVisible(there and not self._is_on_models)
        self.commands.enable(("remove", "clear", "find", "next", "previous"), there)
        self.commands.enable(("copy_subject", "copy_uri", "copy_id", "copy_all", "retry"), there)
        self.commands.enable(("export",), counts[Facet.READY] + counts[Facet.DECLINED] > 0)
        self.commands.enable(("retry_all",), counts[Facet.FAILED] > 0)
        self._refresh.start()

    def _on_arrived(self, rows: list[Row]) -> None:
        if self.list.current is None or len(rows) == 1:
            self.list.go_to(rows[0])
            self.list.setFocus()

    def _on_skipped(self, count: int) -> None:
        self.statusBar().showMessage(f"{count:,} already in the list", _NOTICE)

    def _on_failed(self, failure: BaseException) -> None:
        told = [box.text() for box in self.findChildren(QMessageBox) if box.isVisible()]
        if self.isVisible() and str(failure) not in told:
            self.guide.attach(show_error(failure, self), "problems")

    # What the person looks at

    def _show_current(self) -> None:
        row, results = self.list.current, self.review.results
        shown = (row, row.state, row.result, row.asked, results.rule, id(results.bylines)) if row else None
        if shown != self._shown:
            self._shown = shown
            self.document.show_row(row)
            self.subjects.show_row(row, results.bylines, results.rule)

    # Models

    def _show_models(self, shown: bool) -> None:
        if not shown and not self._is_on_models:
            return
        self._is_on_models = shown
        self._on_counted()
        if shown:
            self.keeper.look()
            self.models_page.take_focus()
        else:
            (self.list if self.review.results.rows else self.welcome.paste.title).setFocus()

    def _on_add_model(self) -> None:
        self._show_models(True)
        self.models_page.ask_for_repo()

    def _on_models_chosen(self, names: tuple[str, ...]) -> None:
        self._memory.choice = self.keeper.choice
        self._runner.choose(names)

    def _on_models_changed(self) -> None:
        self.keeper.on_released()
        self.keeper.show_refusals(self._runner.refusals)

    def _on_fill(self, name: str = "") -> None:
        found = self.keeper.filler(name)
        opener = partial(open_filler, found.spec.id) if found else None
        dialog = FillDialog(opener, found.spec.title if found else "", self._errands, self._theme, self)
        dialog.models_asked.connect(lambda: self._show_models(True))
        self.guide.attach(dialog, "models#fill-in-words")
        dialog.show()

    def _on_about(self) -> None:
        dialog = AboutDialog(self._in_use.bylines, self)
        self.guide.attach(dialog, "privacy")
        dialog.open()

    def _on_rule_changed(self, rule: Rule) -> None:
        self._memory.rule = rule
        self.review.results.set_rule(rule)

    def _on_subject_chosen(self, prediction: Prediction | None, subject: Subject | None) -> None:
        self._evidence.ask(self._runner.engine, self.list.current, prediction, subject)

    def _on_corrected(self, document: Document) -> None:
        if self.list.current is not None:
            self.review.correct(self.list.current, document)

    def _step(self, step: int) -> None:
        place = self.list.currentIndex().row() + step
        if 0 <= place < len(self.review.results.shown):
            self.list.go_to(self.review.results.shown[place])

    # Going out

    def _on_export(self) -> None:
        results = [row.result for row in self.review.results.shown if row.result is not None]
        if results:
            self._exporter.ask(results, self.review.results.rule)

    def _on_written(self, path: Path, count: int) -> None:
        documents = "document" if count == 1 else "documents"
        self.statusBar().showMessage(f"{count:,} {documents} written to {path}", _NOTICE)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: D102 - Qt
        self._memory.geometry = self.saveGeometry()
        self.hide()
        self.guide.close()
        self.keeper.close()
        self._runner.close()
        self._errands.close()
        event.accept()


def _column(*parts: QWidget) -> QWidget:
    column = QWidget()
    layout = QVBoxLayout(column)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    for part in parts:
        layout.addWidget(part, 1 if part is parts[-1] and len(parts) == 2 else 0)
    return column
