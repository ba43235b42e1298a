"""The window of the user's guide: pages on the left, the page that is read on the right, the search above."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import (
    QCloseEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QShortcut,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QMessageBox, QSplitter, QToolButton, QVBoxLayout, QWidget

from classmark.core.guide import Hit, read_guide, words_of
from classmark.gui.guide_browser import GuideBrowser
from classmark.gui.guide_list import GuideList
from classmark.gui.icons import Icons, app_icon
from classmark.gui.memory import Memory
from classmark.gui.parts import label, mark
from classmark.gui.theme import UNIT, Theme

_ZOOMS = (0.8, 0.9, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0, 2.5)


@dataclass(slots=True)
class _Place:
    """Where the person was: a page, and how far it was scrolled."""

    page: str
    anchor: str = ""
    progress: float = 0.0


class GuideWindow(QWidget):
    """A window of its own, so that the guide can be read beside the work."""

    def __init__(self, folder: Path, theme: Theme, icons: Icons, memory: Memory) -> None:
        """Take the folder of the pages; OSError when one of them cannot be read."""
        super().__init__()
        self.setWindowTitle("Classmark guide")
        self.setWindowIcon(app_icon())
        self.setMinimumSize(480, 360)
        mark(self, "page")
        self._icons, self._memory = icons, memory
        self._guide = read_guide(folder)
        self._hits: tuple[Hit, ...] = ()
        self._past: list[_Place] = []
        self._future: list[_Place] = []
        zoom = memory.guide_zoom
        self._zoom = min(range(len(_ZOOMS)), key=lambda place: abs(_ZOOMS[place] - zoom))
        self.list = GuideList(self._guide, theme)
        self.browser = GuideBrowser(folder, theme, _ZOOMS[self._zoom])
        self.search = QLineEdit(placeholderText="Search the guide", clearButtonEnabled=True)
        self.found = label("", "muted")
        self._splitter = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False, handleWidth=1)
        self._build()
        self._wire()
        self.resize(QSize(1040, 760).boundedTo(self.screen().availableSize() * 0.9))
        if not memory.guide_geometry.isEmpty():
            self.restoreGeometry(memory.guide_geometry)

    @property
    def page(self) -> str:
        """The name of the page that is read."""
        return self.browser.page.name if self.browser.page else ""

    def open_page(self, target: str = "") -> None:
        """Come to the front, with a page (and a heading on it, after ``#``), or as it was left."""
        if target:
            self.search.clear()
        if target or not self.page:
            self.go_to(target or self._guide.pages[0].name)
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()
        self._find()

    def go_to(self, target: str) -> None:
        """Show a page as a link names it, and remember where the person was."""
        name, _, anchor = target.partition("#")
        name = name.removesuffix(".md") or self.page
        if name not in self._guide:
            return
        if name != self.page or anchor:
            if self.page:
                self._past.append(self._here())
            self._future.clear()
            self._show(_Place(name, anchor))

    # Building

    def _build(self) -> None:
        self.back = self._button("back", "Back (Alt+Left)", "Back")
        self.forward = self._button("forward", "Forward (Alt+Right)", "Forward")
        self.smaller = self._button("smaller", "Smaller text (Ctrl+-)", "Smaller text")
        self.larger = self._button("larger", "Larger text (Ctrl++)", "Larger text")
        self.search.setAccessibleName("Search the guide")
        self.search.setMaximumWidth(48 * UNIT)
        mark(self.search, "search")
        leading = self.search.addAction(self._icons.get("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self._icons.give(leading, "search", "muted")
        head = QFrame()
        mark(head, "rules")
        bar = QHBoxLayout(head)
        bar.setContentsMargins(UNIT, 6, UNIT, 6)
        bar.setSpacing(UNIT // 2)
        for part in (self.back, self.forward):
            bar.addWidget(part)
        bar.addSpacing(UNIT)
        bar.addWidget(self.search, 3)
        bar.addSpacing(UNIT)
        bar.addWidget(self.found)
        bar.addStretch(1)
        for part in (self.smaller, self.larger):
            bar.addWidget(part)
        self._splitter.addWidget(self.list)
        self._splitter.addWidget(self.browser)
        self.list.setMinimumWidth(18 * UNIT)
        self.browser.setMinimumWidth(32 * UNIT)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setSizes(self._memory.splits("guide") or [30 * UNIT, 100 * UNIT])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(head)
        layout.addWidget(self._splitter, 1)
        self.setTabOrder(self.search, self.list.rows)
        self.setTabOrder(self.list.rows, self.browser)

    def _button(self, icon: str, tip: str, name: str) -> QToolButton:
        made = QToolButton()
        mark(made, "quiet")
        made.setToolTip(tip)
        made.setAccessibleName(name)
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._icons.give(made, icon)
        return made

    def _wire(self) -> None:
        self.list.chosen.connect(self._on_chosen)
        self.browser.link_chosen.connect(self._on_link)
        self.search.textChanged.connect(self._on_search)
        for part in (self.search, self.browser.viewport(), self.list.rows.viewport()):
            part.installEventFilter(self)
        self._splitter.splitterMoved.connect(lambda: self._memory.keep_splits("guide", self._splitter.sizes()))
        self.back.clicked.connect(self._go_back)
        self.forward.clicked.connect(self._go_forward)
        self.smaller.clicked.connect(lambda: self._set_zoom(self._zoom - 1))
        self.larger.clicked.connect(lambda: self._set_zoom(self._zoom + 1))
        keys = QKeySequence.StandardKey
        for key, slot in (
            (keys.Back, self._go_back),
            (keys.Forward, self._go_forward),
            (keys.ZoomIn, lambda: self._set_zoom(self._zoom + 1)),
            (QKeySequence("Ctrl+="), lambda: self._set_zoom(self._zoom + 1)),
            (keys.ZoomOut, lambda: self._set_zoom(self._zoom - 1)),
            (QKeySequence("Ctrl+0"), lambda: self._set_zoom(_ZOOMS.index(1.0))),
            (keys.Find, self._find),
            (keys.Close, self.close),
        ):
            QShortcut(key, self, slot)

    # Where the person is

    def _here(self) -> _Place:
        return _Place(self.page, "", self.browser.progress)

    def _show(self, place: _Place) -> None:
        page = self._guide[place.page]
        self.browser.show_page(page, place.anchor, place.progress)
        self.list.select(page.name)
        self.setWindowTitle(f"{page.title} – Classmark guide")
        self.back.setEnabled(bool(self._past))
        self.forward.setEnabled(bool(self._future))
        self._show_found()

    def _go_back(self) -> None:
        if self._past:
            self._future.append(self._here())
            self._show(self._past.pop())

    def _go_forward(self) -> None:
        if self._future:
            self._past.append(self._here())
            self._show(self._future.pop())

    def _on_chosen(self, page: str, anchor: str) -> None:
        if self._hits:
            self.go_to(page)
            self._step(1)
        elif page != self.page:
            self.go_to(f"{page}#{anchor}" if anchor else page)

    def _on_link(self, target: str) -> None:
        if target.startswith(("http://", "https://")):
            self._show_outside(target)
        else:
            self.go_to(target)

    def _show_outside(self, address: str) -> None:
        """Show where a link leads that leaves the guide; nothing on the network is opened from here."""
        box = QMessageBox(self)
        box.setWindowTitle("Classmark guide")
        box.setText("This link leads to the internet. Classmark does not go there.")
        box.setInformativeText(address)
        copy = box.addButton("Copy the address", QMessageBox.ButtonRole.ActionRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Close))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(address))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    # The search

    def _find(self) -> None:
        self.search.setFocus()
        self.search.selectAll()

    def _on_search(self, query: str) -> None:
        words = words_of(query)
        self._hits = self._guide.search(query)
        if words:
            self.list.show_hits(self._hits, query)
        else:
            self.list.show_contents()
        self.browser.mark_words(words if self._hits else ())
        if self._hits and self.page != self._hits[0].page.name:
            self._show(_Place(self._hits[0].page.name))
        self.list.select(self.page)
        if self.browser.marks:
            self.browser.go_to_mark(0)
        self._show_found()

    def _step(self, step: int) -> None:
        """Go to the next marked place or the one before; behind the last one of a page to the next page found."""
        if not self._hits:
            return
        number = self.browser.current_mark + step
        if not 0 <= number < self.browser.marks and (self.browser.current_mark >= 0 or not self.browser.marks):
            names = [hit.page.name for hit in self._hits]
            place = names.index(self.page) if self.page in names else -1
            self._show(_Place(names[(place + step) % len(names)]))
            number = 0 if step > 0 else self.browser.marks - 1
        if self.browser.marks:
            self.browser.go_to_mark(max(0, number))
        self._show_found()

    def _show_found(self) -> None:
        marks, current = self.browser.marks, self.browser.current_mark
        pages = len(self._hits)
        on_pages = "on this page" if pages < 2 else f"here, {pages} pages in all"
        self.found.setText(f"{max(current, 0) + 1} of {marks} {on_pages}" if marks and self._hits else "")

    # Keys, size and end

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: D102 - Qt
        if isinstance(event, QMouseEvent) and event.type() is QEvent.Type.MouseButtonPress:
            return self._is_taken(event.button())
        if watched is self.search and isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._step(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
                return True
            if event.key() == Qt.Key.Key_Down:
                self.list.rows.setFocus()
                return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102 - Qt
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif self.search.text():
            self.search.clear()
        else:
            self.close()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: D102 - Qt
        self._memory.guide_geometry = self.saveGeometry()
        event.accept()

    def _is_taken(self, button: Qt.MouseButton) -> bool:
        """Go back or forward by the buttons that a mouse may have for it; tell whether it was one of them."""
        go = {Qt.MouseButton.BackButton: self._go_back, Qt.MouseButton.ForwardButton: self._go_forward}.get(button)
        if go is not None:
            go()
        return go is not None

    def _set_zoom(self, place: int) -> None:
        self._zoom = min(max(place, 0), len(_ZOOMS) - 1)
        self._memory.guide_zoom = _ZOOMS[self._zoom]
        self.browser.set_zoom(_ZOOMS[self._zoom])
        self.smaller.setEnabled(self._zoom > 0)
        self.larger.setEnabled(self._zoom < len(_ZOOMS) - 1)
