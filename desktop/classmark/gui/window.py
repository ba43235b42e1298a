"""The window: it wires panels, actions and the review together, and decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QSize, Qt, QTimer
from PySide6.QtGui import (
    QActionGroup,
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QKeySequence,
)
from PySide6.QtWidgets import (
    QFileDialog,
    QLineEdit,
    QMainWindow,
    QMenu,
    QMessageBox,
    QPlainTextEdit,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from classmark.core.documents import Document
from classmark.gui.actions import Actions
from classmark.gui.alerts import show_error
from classmark.gui.desk import Desk
from classmark.gui.document_panel import DocumentPanel
from classmark.gui.drop_overlay import DropOverlay
from classmark.gui.engine import Engine
from classmark.gui.evidence_finder import EvidenceFinder
from classmark.gui.exporting import Exporter
from classmark.gui.finder import Finder
from classmark.gui.help_dialogs import AboutDialog, ShortcutsDialog
from classmark.gui.icons import Icons, app_icon
from classmark.gui.jobs import Lane
from classmark.gui.memory import Memory
from classmark.gui.offline_chip import OfflineChip
from classmark.gui.paste_dialog import PasteDialog
from classmark.gui.progress_panel import ProgressPanel
from classmark.gui.results_view import ResultsView
from classmark.gui.review import Review
from classmark.gui.rows import Facet, Row, State
from classmark.gui.rule_bar import RuleBar
from classmark.gui.runner import Runner
from classmark.gui.subjects_panel import SubjectsPanel
from classmark.gui.theme import Theme, ThemeMode
from classmark.gui.toolbar import Toolbar
from classmark.gui.welcome import Welcome
from classmark.resources import asset
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

    def __init__(self, open_engine: Callable[[], Engine], theme: Theme, memory: Memory) -> None:
        super().__init__()
        self.setWindowTitle("Classmark")
        self.setWindowIcon(app_icon())
        self.setMinimumSize(900, 600)
        self.setAcceptDrops(True)
        self._theme, self._memory = theme, memory
        self._icons = Icons(theme, self)
        self._errands = Lane("errands", self)
        self._runner = Runner(open_engine, Lane("compute", self), self)
        self.review = Review(self._runner, self._errands, self)
        self.review.results.set_rule(memory.rule)
        self._evidence = EvidenceFinder(self._errands, self)
        self._exporter = Exporter(self._errands, self)
        self.commands = Actions(self, self._icons)
        self._build()
        self._wire()
        self._fill_menus()
        self._on_work_changed()
        self._show_recent()
        self.resize(QSize(1440, 900).boundedTo(self.screen().availableSize() * 0.94))
        if not memory.geometry.isEmpty():
            self.restoreGeometry(memory.geometry)
        QTimer.singleShot(_FIRST_PAINT, self, self._runner.open)

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
        self.toolbar = Toolbar(intake, [do["undo"], do["retry_all"], do["export"]])
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
        self.welcome = Welcome(self._theme, icons, starts)
        self.progress = ProgressPanel(icons)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.welcome)
        self.pages.addWidget(self.desk)
        self.setCentralWidget(_column(self.toolbar, self.rule_bar, self.pages, self.progress))
        self.statusBar().setSizeGripEnabled(False)
        self.statusBar().addPermanentWidget(OfflineChip(self._theme, icons))
        self.overlay = DropOverlay(self._theme, self)
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
        self.welcome.paste.submitted.connect(review.add_text)
        self.welcome.recent_chosen.connect(lambda path: self.add_paths([path]))
        self.progress.paused.connect(review.pause)
        self.progress.resumed.connect(review.resume)
        self.progress.cancelled.connect(review.cancel)
        self._exporter.written.connect(self._on_written)
        self._exporter.failed.connect(self._on_failed)
        stack = review.undo_stack
        stack.canUndoChanged.connect(self.commands["undo"].setEnabled)
        stack.canRedoChanged.connect(self.commands["redo"].setEnabled)
        stack.undoTextChanged.connect(lambda text: self.commands["undo"].setText(f"&Undo: {text}" if text else "&Undo"))
        stack.redoTextChanged.connect(lambda text: self.commands["redo"].setText(f"&Redo: {text}" if text else "&Redo"))
        self.commands.enable(("undo", "redo"), False)
        slots: dict[str, Callable[[], object]] = {
            "open": self._on_open,
            "open_folder": self._on_open_folder,
            "paste": self._on_paste,
            "samples": lambda: review.add([asset("samples")]),
            "export": self._on_export,
            "quit": self.close,
            "undo": stack.undo,
            "redo": stack.redo,
            "copy_subject": lambda: self._copy(lambda subject: subject.label.name),
            "copy_uri": lambda: self._copy(lambda subject: subject.label.uri),
            "copy_id": lambda: self._copy(lambda subject: subject.label.id),
            "copy_all": self._on_copy_all,
            "remove": lambda: review.remove(self.list.selected()),
            "clear": lambda: review.remove(results.rows),
            "find": self.finder.search.setFocus,
            "pause": lambda: review.resume() if review.is_paused else review.pause(),
            "cancel": review.cancel,
            "retry": lambda: review.retry(self.list.selected()),
            "retry_all": lambda: review.retry(row for row in results.rows if row.state is not State.STOPPED),
            "next": lambda: self._step(1),
            "previous": lambda: self._step(-1),
            "shortcuts": lambda: ShortcutsDialog(self).open(),
            "about": lambda: AboutDialog(self._runner.engine, self).open(),
        }
        for name, slot in slots.items():
            self.commands[name].triggered.connect(lambda _=False, slot=slot: slot())

    def _fill_menus(self) -> None:
        menu = self.commands.menus["View"]
        self._recent_menu = QMenu("Open &recent", self)
        self.commands.menus["File"].insertMenu(self.commands["paste"], self._recent_menu)
        themes = menu.addMenu("&Theme")
        group = QActionGroup(self)
        for mode, text in zip(ThemeMode, ("Follow the &system", "&Light", "&Dark"), strict=True):
            action = themes.addAction(text)
            action.setCheckable(True)
            action.setChecked(mode is self._theme.mode)
            action.triggered.connect(lambda _=False, mode=mode: self._on_theme_chosen(mode))
            group.addAction(action)
        menu.addSeparator()
        for number, level in enumerate(LEVELS):
            action = menu.addAction(f"Subjects by {level}")
            action.setShortcut(QKeySequence(f"Ctrl+{number + 1}"))
            action.triggered.connect(lambda _=False, number=number: self.rule_bar.level.setCurrentIndex(number))

    # Coming in

    def add_paths(self, paths: Sequence[Path]) -> None:
        """Add files and folders, whoever names them."""
        if paths:
            self._memory.add_recent(paths)
            self._show_recent()
            self.review.add(paths)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: D102 - Qt
        if _local_paths(event.mimeData()) or event.mimeData().hasText():
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.overlay.appear()

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:  # noqa: D102 - Qt
        self.overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: D102 - Qt
        self.overlay.hide()
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self._take_in(event.mimeData())

    def _take_in(self, mime: QMimeData) -> None:
        if paths := _local_paths(mime):
            self.add_paths(paths)
        elif mime.hasText() and self.pages.currentWidget() is self.welcome:
            self.welcome.paste.text.setPlainText(mime.text())
            self.welcome.paste.text.setFocus()
        else:
            dialog = PasteDialog(mime.text() if mime.hasText() else "", self)
            dialog.submitted.connect(self.review.add_text)
            dialog.open()

    def _on_open(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, "Open files")
        self.add_paths([Path(name) for name in names])

    def _on_open_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Open a folder with everything in it")
        self.add_paths([Path(name)] if name else [])

    def _on_paste(self) -> None:
        self._take_in(QGuiApplication.clipboard().mimeData())

    def _show_recent(self) -> None:
        paths = self._memory.recent
        self.welcome.show_recent(paths)
        self._recent_menu.clear()
        for path in paths:
            action = self._recent_menu.addAction(str(path).replace("&", "&&"))
            action.triggered.connect(lambda _=False, path=path: self.add_paths([path]))
        self._recent_menu.addSeparator()
        self._recent_menu.addAction("&Clear this menu", self._on_clear_recent)
        self._recent_menu.setEnabled(bool(paths))

    def _on_clear_recent(self) -> None:
        self._memory.clear_recent()
        self._show_recent()

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
        self.pages.setCurrentWidget(self.desk if there else self.welcome)
        self.rule_bar.setVisible(there)
        self.toolbar.setVisible(there)
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
            show_error(failure, self)

    # What the person looks at

    def _show_current(self) -> None:
        row, results = self.list.current, self.review.results
        shown = (row, row.state, row.result, row.asked, results.rule) if row else None
        if shown != self._shown:
            self._shown = shown
            self.document.show_row(row)
            engine = self._runner.engine
            self.subjects.show_row(row, engine.vocabulary if engine else None, results.rule)
            if engine is not None:
                self.subjects.show_origin(engine.name, engine.scope)

    def _on_rule_changed(self, rule: Rule) -> None:
        self._memory.rule = rule
        self.review.results.set_rule(rule)

    def _on_subject_chosen(self, subject: Subject | None) -> None:
        self._evidence.ask(self._runner.engine, self.list.current, subject)

    def _on_corrected(self, document: Document) -> None:
        if self.list.current is not None:
            self.review.correct(self.list.current, document)

    def _step(self, step: int) -> None:
        place = self.list.currentIndex().row() + step
        if 0 <= place < len(self.review.results.shown):
            self.list.go_to(self.review.results.shown[place])

    def _on_theme_chosen(self, mode: ThemeMode) -> None:
        self._memory.theme = mode
        self._theme.set_mode(mode)

    # Going out

    def _copy(self, text_of: Callable[[Subject], str]) -> None:
        if (subject := self.subjects.current) is not None:
            self._to_clipboard(text_of(subject))

    def _on_copy_all(self) -> None:
        if self.list.current is not None:
            self._to_clipboard("\n".join(subject.label.name for subject in self.list.current.subjects))

    def _to_clipboard(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.statusBar().showMessage(f"Copied: {text.splitlines()[0] if text else ''}", _NOTICE)

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


def _local_paths(mime: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
