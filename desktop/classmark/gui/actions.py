"""Everything that can be done in the window, with its name, icon and key: the table behind menus, buttons and help."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from classmark.gui.icons import Icons


@dataclass(frozen=True, slots=True)
class Entry:
    """One action; ``short`` is the text on a button."""

    name: str
    menu: str
    text: str
    keys: str = ""
    icon: str = ""
    short: str = ""
    tip: str = ""
    tint: str = "text"


TABLE = (
    Entry("open", "File", "&Open files…", "Ctrl+O", "open", "Open files", "Open one or more documents"),
    Entry(
        "open_folder", "File", "Open &folder…", "Ctrl+Shift+O", "folder", "Open folder", "Open a folder with all in it"
    ),
    Entry(
        "paste", "File", "&Paste text or files…", "Ctrl+V", "paste", "Paste", "Paste a title and an abstract, or files"
    ),
    Entry("samples", "File", "Try the &samples", "Ctrl+T", "samples", "Try samples", "Short texts in five languages"),
    Entry("", "File", ""),
    Entry(
        "export", "File", "&Export…", "Ctrl+E", "export", "Export", "Write the listed subjects to a file", "on_accent"
    ),
    Entry("", "File", ""),
    Entry("quit", "File", "&Quit", "Ctrl+Q", "quit"),
    Entry("undo", "Edit", "&Undo", "Ctrl+Z", "undo"),
    Entry("redo", "Edit", "&Redo", "Ctrl+Shift+Z", "redo"),
    Entry("", "Edit", ""),
    Entry("copy_subject", "Edit", "&Copy subject", "Ctrl+C", "copy", tip="Copy the selected subject's name"),
    Entry("copy_uri", "Edit", "Copy subject's U&RI", "Ctrl+Shift+C"),
    Entry("copy_id", "Edit", "Copy subject's &id"),
    Entry("copy_all", "Edit", "Copy &all its subjects", "Ctrl+Alt+C", tip="Copy all proposed subjects, one to a line"),
    Entry("", "Edit", ""),
    Entry("remove", "Edit", "Re&move from the list", "Del", "remove"),
    Entry("clear", "Edit", "C&lear the list", "Ctrl+Shift+Del"),
    Entry("", "Edit", ""),
    Entry("find", "Edit", "&Find in the list", "Ctrl+F", "search"),
    Entry("pause", "Work", "&Pause or resume", "Ctrl+P", "pause"),
    Entry("cancel", "Work", "&Cancel", "Ctrl+.", "close"),
    Entry("", "Work", ""),
    Entry("retry", "Work", "&Retry", "F5", "retry", tip="Read the selected failed documents again"),
    Entry(
        "retry_all",
        "Work",
        "Retry &all failed",
        "Shift+F5",
        "retry",
        short="Retry failed",
        tip="Read all failed documents again",
    ),
    Entry("", "Work", ""),
    Entry("next", "Work", "&Next document", "Ctrl+Down"),
    Entry("previous", "Work", "Pre&vious document", "Ctrl+Up"),
    Entry("models", "Models", "&Models…", "Ctrl+M", "models", "Models", "Which models there are, and which are in use"),
    Entry("", "Models", ""),
    Entry("import_model", "Models", "&Import a suitcase…", "", "suitcase"),
    Entry("add_model", "Models", "&Add a model from the hub…", "", "add"),
    Entry("", "Models", ""),
    Entry("fill", "Models", "&Fill in words…", "", "words", tip="Let a model guess masked words"),
    Entry("guide", "Help", "&Guide", "F1", "help", tip="Read how it works, and about what you look at"),
    Entry("shortcuts", "Help", "&Keyboard", "Ctrl+F1", "keyboard", tip="All keys, in the guide"),
    Entry(
        "connections", "Help", "&Connections…", "", "offline", tip="Every connection there was, and what forbids more"
    ),
    Entry("about", "Help", "&About Classmark", "", "info"),
)

MORE_KEYS = (
    ("Level of the subjects: the broadest, the next, and so on", ("Ctrl+1", "Ctrl+2")),
    ("Classify what is pasted, or a corrected title or abstract", ("Ctrl+Return",)),
    ("Take the corrections back", ("Esc",)),
    ("Walk along the evidence", ("Left", "Right")),
    ("Walk along the cards of the Models page", ("Up", "Down")),
    ("Do the first thing that a card offers", ("Return",)),
    ("Open what else a card offers", ("Menu", "F10")),
    ("From the Models page back to the documents", ("Esc",)),
    ("In the guide: search", ("Ctrl+F",)),
    ("In the guide: next or previous place found", ("Return", "Shift+Return")),
    ("In the guide: back and forward", ("Alt+Left", "Alt+Right")),
    ("In the guide: larger, smaller, usual text", ("Ctrl++", "Ctrl+-", "Ctrl+0")),
    ("In the guide: end the search, then close", ("Esc",)),
)
"""What keys do that belong to one part of a window."""

MENUS = ("File", "Edit", "Work", "View", "Models", "Help")


class Actions:
    """The actions of the table as attributes of a dictionary, and the menus made of them."""

    def __init__(self, window: QMainWindow, icons: Icons) -> None:
        self._made: dict[str, QAction] = {}
        self.menus: dict[str, QMenu] = {name: window.menuBar().addMenu(f"&{name}") for name in MENUS}
        for entry in TABLE:
            if not entry.name:
                self.menus[entry.menu].addSeparator()
                continue
            action = QAction(entry.text, window)
            action.setIconText(f" {entry.short or entry.text.replace('&', '').rstrip('…')}")  # apart from its icon
            keys = QKeySequence(entry.keys)
            action.setShortcut(keys)
            shown = f" ({keys.toString(QKeySequence.SequenceFormat.NativeText)})" if entry.keys else ""
            action.setToolTip(f"{entry.tip or action.iconText().strip()}{shown}")
            if entry.icon:
                icons.give(action, entry.icon, entry.tint)
            self.menus[entry.menu].addAction(action)
            self._made[entry.name] = action

    def __getitem__(self, name: str) -> QAction:
        return self._made[name]

    def enable(self, names: Iterable[str], enabled: bool) -> None:
        """Allow or forbid several actions."""
        for name in names:
            self._made[name].setEnabled(enabled)
