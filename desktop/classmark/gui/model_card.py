"""One model on the Models page: what it is, how it stands, what can be done with it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from classmark.gui.icons import Icons
from classmark.gui.parts import ElidedLabel, button, label, mark
from classmark.gui.standing import Act, Standing
from classmark.gui.theme import UNIT, Theme

_PRIMARY = {Act.DOWNLOAD}
_DANGER = {Act.REALLY_REMOVE}
_PIXELS = QSize(18, 18)


class ModelCard(QFrame):
    """Shows a standing; ``asked`` tells what the person wants of the model, ``use_asked`` whether to use it."""

    asked = Signal(str, Act)
    use_asked = Signal(str, bool)
    moved = Signal(int)
    """The person goes on to the next card, or back: 1 or -1."""

    def __init__(self, theme: Theme, icons: Icons, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark(self, "model")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._theme, self._icons, self._name = theme, icons, name
        self.standing: Standing | None = None
        self.title = label("", "title", wrap=True)
        self._state, self._sign = label(""), QLabel()
        self._scope = label("", "muted", wrap=True)
        self._facts = label("", wrap=True)
        self._licence, self._licence_sign = label("", wrap=True), QLabel()
        self._measured = label("", "muted", wrap=True)
        self._place = ElidedLabel("muted")
        self.message = label("", wrap=True)
        self._message_sign = QLabel()
        self.bar = QProgressBar(textVisible=False)
        self.use = QCheckBox("Use")
        self.buttons: dict[Act, QPushButton] = {}
        self._acts = QHBoxLayout()
        self._shown: tuple[Act, ...] = ()
        self.menu_button = QToolButton(popupMode=QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(self.menu_button)
        self._build()
        self.use.toggled.connect(lambda used: self.use_asked.emit(self._name, used))
        theme.changed.connect(self._paint_signs)

    def show_standing(self, standing: Standing, *, is_only: bool) -> None:
        """Show how the model stands; the only one in use cannot be put away."""
        self.standing = standing
        holding, spec = standing.holding, standing.holding.spec
        self.title.setText(spec.title)
        self._scope.setText(spec.scope)
        self._facts.setText(f"{standing.facts} · {spec.licence}" if spec.licence_stated else standing.facts)
        self._licence.setText("" if spec.licence_stated else _NO_LICENCE)
        self._licence.setHidden(spec.licence_stated)
        for part, text in ((self._measured, standing.measured), (self._place, standing.holding.folder)):
            part.setVisible(bool(text))
        self._measured.setText(standing.measured)
        self._place.show_text(str(holding.folder or ""))
        self._show_use(standing, is_only)
        self._show_message(standing)
        self._show_buttons(standing)
        word = standing.word[0]
        self._state.setText(word)
        self._paint_signs()
        self.setAccessibleName(f"{spec.title}: {word}{', in use' if standing.used else ''}")
        said = (spec.scope, self._facts.text(), self._licence.text(), standing.measured, self.message.text())
        self.setAccessibleDescription(" ".join(part for part in said if part))

    @property
    def stops(self) -> list[QWidget]:
        """What the tab key reaches, in order."""
        return [self, self.use, *(self.buttons[act] for act in self._shown), self.menu_button]

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102 - Qt
        match event.key():
            case Qt.Key.Key_Down | Qt.Key.Key_Up:
                self.moved.emit(1 if event.key() == Qt.Key.Key_Down else -1)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if self.standing is not None:
                if self.standing.buttons:
                    self.asked.emit(self._name, self.standing.buttons[0])
                elif self.use.isVisible() and self.use.isEnabled():
                    self.use.toggle()
            case Qt.Key.Key_Menu | Qt.Key.Key_F10 if self.menu_button.isVisible():
                self.menu_button.showMenu()
            case _:
                super().keyPressEvent(event)

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self.title, 1)
        head.addWidget(self._sign)
        head.addWidget(self._state)
        licence = QHBoxLayout()
        licence.setSpacing(6)
        licence.addWidget(self._licence_sign)
        licence.addWidget(self._licence, 1)
        message = QHBoxLayout()
        message.setSpacing(6)
        message.addWidget(self._message_sign, 0, Qt.AlignmentFlag.AlignTop)
        message.addWidget(self.message, 1)
        told = QWidget()
        said = QVBoxLayout(told)
        said.setContentsMargins(0, 0, 0, 0)
        said.setSpacing(6)
        said.addLayout(message)
        said.addWidget(self.bar)
        self.bar.setAccessibleName("Progress")
        self._acts.setSpacing(UNIT)
        row = QHBoxLayout()
        row.setSpacing(UNIT)
        row.addWidget(self.use)
        row.addSpacing(UNIT // 2)
        row.addWidget(told, 1)
        row.addLayout(self._acts)
        self.menu_button.setText("More")
        self.menu_button.setToolTip("More that can be done with this model")
        mark(self.menu_button, "quiet")
        self._icons.give(self.menu_button, "more")
        self.menu_button.setMenu(self.menu)
        row.addWidget(self.menu_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * UNIT, UNIT + 4, 2 * UNIT, UNIT + 4)
        layout.setSpacing(6)
        layout.addLayout(head)
        for part in (self._scope, self._facts):
            layout.addWidget(part)
        layout.addLayout(licence)
        layout.addWidget(self._measured)
        layout.addWidget(self._place)
        layout.addLayout(row)

    def _show_use(self, standing: Standing, is_only: bool) -> None:
        blocker = QSignalBlocker(self.use)
        self.use.setChecked(standing.used)
        self.use.setText("In use" if standing.used else "Use")
        del blocker
        is_usable = standing.holding.is_ready and standing.holding.is_classifier and not standing.is_leaving
        self.use.setVisible(is_usable or standing.used)
        self.use.setEnabled(not (standing.used and is_only and standing.holding.is_ready))
        self.use.setAccessibleName(f"Use {standing.holding.spec.title}")
        only = "At least one model must be in use. Use another one first, then put this one away."
        self.use.setToolTip(only if standing.used and is_only else "New documents are given to this model")

    def _show_message(self, standing: Standing) -> None:
        doing, done, total = standing.progress
        text = doing or standing.fault or standing.question or standing.note
        self.message.setText(text)
        self.message.setVisible(bool(text))
        self.bar.setVisible(bool(doing))
        self.bar.setRange(0, total)
        self.bar.setValue(done)

    def _show_buttons(self, standing: Standing) -> None:
        if standing.buttons != self._shown:
            self._shown = standing.buttons
            had_focus = any(made.hasFocus() for made in self.buttons.values())
            for made in self.buttons.values():
                self._acts.removeWidget(made)
                made.hide()
            for act in self._shown:
                if act not in self.buttons:
                    self.buttons[act] = self._button(act)
                self._acts.addWidget(self.buttons[act])
                self.buttons[act].show()
            if had_focus:
                self.setFocus()
        if [action.text() for action in self.menu.actions()] != [str(act) for act in standing.more]:
            self.menu.clear()
            for act in standing.more:
                self.menu.addAction(str(act), partial(self.asked.emit, self._name, act))
        self.menu_button.setVisible(bool(standing.more))
        self.menu_button.setAccessibleName(f"More that can be done with {standing.holding.spec.title}")

    def _button(self, act: Act) -> QPushButton:
        made = button(str(act), "primary" if act in _PRIMARY else "danger" if act in _DANGER else "")
        made.clicked.connect(lambda: self.asked.emit(self._name, act))
        return made

    def _paint_signs(self) -> None:
        if self.standing is None:
            return
        _, icon, token = self.standing.word
        faulty = bool(self.standing.fault or not self.standing.has_room) and self.standing.work is None
        unlicensed = not self.standing.holding.spec.licence_stated
        for sign, shown, name, color in (
            (self._sign, True, icon, token),
            (self._licence_sign, unlicensed, "alert", "possible"),
            (self._message_sign, faulty, "alert", "bad"),
        ):
            sign.setVisible(shown)
            sign.setPixmap(self._icons.get(name, color).pixmap(_PIXELS, self.devicePixelRatioF()))


_NO_LICENCE = "No licence stated: ask its publisher before you build on what it says."
