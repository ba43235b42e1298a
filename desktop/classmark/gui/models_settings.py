"""The small pane for the settings of models: where they lie, where they come from, and who has settled it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QFileDialog, QFrame, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from classmark.core.paths import config_folder, is_portable
from classmark.core.setting import Kind
from classmark.core.settings import ASKED, DECLARED, NEVER, Origin, Settings, Settled
from classmark.gui.parts import button, label, mark
from classmark.gui.theme import UNIT

_TEXTS = {
    "models": ("Models folder", "Models are written here"),
    "shared": ("Shared folder", "Models that others keep, only read, as on a reading room's server"),
    "hub": ("Hub", "Where published models come from"),
    "exports": ("Exports", "A hub and an organisation on it that keep models made ready by Classmark; asked first"),
}
_NEVER = ("Never fetch anything", "Models then come in as suitcases only, or are converted from files that are here")
_NONE = {"shared": "none", "exports": "none, as https://hub.example.org/our-library"}
_LOCKED = "Set by your administrator"


class ModelsSettings(QFrame):
    """Shows the settings; ``saved`` tells others what the person has settled."""

    saved = Signal(Settings)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark(self, "card")
        self._settled: Settled | None = None
        self.fields: dict[str, QLineEdit] = {}
        self.locks = {name: label(_LOCKED, "muted") for name in (*_TEXTS, "network")}
        self._choosers: dict[str, QWidget] = {}
        self.never = QCheckBox(_NEVER[0])
        mark(self.never, "setting")
        self.never.setToolTip(_NEVER[1])
        self.never.setAccessibleDescription(_NEVER[1])
        self.kept = label("", "muted", wrap=True)
        self.answer = label("", "muted", wrap=True)
        self.save = button("Save", "primary")
        close = button("Close", "quiet")
        self.save.clicked.connect(self._on_save)
        close.clicked.connect(self.hide)
        buttons = QHBoxLayout()
        buttons.setSpacing(UNIT)
        buttons.addWidget(self.answer, 1)
        buttons.addStretch(0)
        buttons.addWidget(close)
        buttons.addWidget(self.save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * UNIT, 2 * UNIT, 2 * UNIT, 2 * UNIT)
        layout.setSpacing(UNIT)
        layout.addWidget(label("Where models lie and come from", "heading"))
        layout.addLayout(self._grid())
        layout.addWidget(self.kept)
        layout.addLayout(buttons)
        for lock in self.locks.values():
            lock.setContentsMargins(0, 0, 0, UNIT // 2)
        for each in (self.kept, self.answer, *self.locks.values()):
            each.hide()

    def show_settled(self, settled: Settled) -> None:
        """Fill the fields with what the person has settled, and show what holds where they have not."""
        self._settled = settled
        for name, field in self.fields.items():
            locked = settled.is_locked(name)
            field.setText(settled.in_force(name) if locked else getattr(settled.own, name))
            field.setPlaceholderText(_without(name, settled))
            field.setReadOnly(locked)
            field.setAccessibleDescription(f"{_TEXTS[name][1]}. {_LOCKED if locked else ''}".strip())
            self.locks[name].setVisible(locked)
            if name in self._choosers:
                self._choosers[name].setEnabled(not locked)
        self.never.setChecked(not settled.settings.may_fetch)
        self.never.setEnabled(settled.origins["network"] not in (Origin.LOCKED, Origin.ENVIRONMENT))
        self.locks["network"].setText(settled.why_closed or _LOCKED)
        self.locks["network"].setHidden(self.never.isEnabled())
        self.kept.setText(f"Portable: everything is kept in {config_folder()}.")
        self.kept.setVisible(is_portable())

    def tell(self, text: str) -> None:
        """Say what became of saving."""
        self.answer.setText(text)
        self.answer.setVisible(bool(text))

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(UNIT)
        grid.setVerticalSpacing(6)
        for number, (name, (text, tip)) in enumerate(_TEXTS.items()):
            row = 2 * number
            field = QLineEdit()
            field.setToolTip(tip)
            field.setAccessibleName(text)
            self.fields[name] = field
            caption = label(text)
            caption.setToolTip(tip)
            caption.setBuddy(field)
            grid.addWidget(caption, row, 0)
            grid.addWidget(field, row, 1)
            grid.addWidget(self.locks[name], row + 1, 1)
            if DECLARED[name].kind is Kind.FOLDER:
                choose = button("Choose…")
                choose.setAccessibleName(f"Choose the {text.lower()}")
                choose.clicked.connect(lambda _=False, name=name: self._on_choose(name))
                grid.addWidget(choose, row, 2)
                self._choosers[name] = choose
        row = 2 * len(_TEXTS)
        grid.addWidget(label("Network"), row, 0)
        grid.addWidget(self.never, row, 1)
        grid.addWidget(self.locks["network"], row + 1, 1)
        return grid

    def _on_choose(self, name: str) -> None:
        if folder := QFileDialog.getExistingDirectory(self, _TEXTS[name][0], self.fields[name].text()):
            self.fields[name].setText(folder)

    def _on_save(self) -> None:
        if self._settled is None:
            return
        given = {}
        for name, field in self.fields.items():
            own = getattr(self._settled.own, name)
            given[name] = own if self._settled.is_locked(name) else field.text().strip()
            if fault := DECLARED[name].fault(given[name]):
                self.tell(f"{_TEXTS[name][0]}: {fault}.")
                field.setFocus()
                return
        is_changed = self.never.isEnabled() and self.never.isChecked() is self._settled.settings.may_fetch
        network = (NEVER if self.never.isChecked() else ASKED) if is_changed else self._settled.own.network
        self.saved.emit(Settings(**given, network=network))


def _without(name: str, settled: Settled) -> str:
    """Return what an empty field means."""
    value, origin = settled.otherwise(name)
    by = ", your administrator's choice" if origin is Origin.POLICY else ""
    return f"{value}{by}" if value else _NONE.get(name, "")
