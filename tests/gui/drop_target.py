"""The real window over the toy engine, in a process of its own; writes what happens as JSON lines."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtWidgets import QApplication

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.gui.fakes import FakeEngine

from classmark.gui.memory import Memory
from classmark.gui.theme import Theme
from classmark.gui.window import Window


def say(**facts: object) -> None:
    print(json.dumps(facts), flush=True)


def main() -> None:
    folder, picture = Path(sys.argv[1]), sys.argv[2]
    application = QApplication([])
    memory = Memory(folder / "window.ini")
    memory.choice = ("toy",)
    window = Window(FakeEngine, Theme(application), memory)
    window.setGeometry(300, 60, 940, 640)
    window.show()
    seen: set[str] = set()

    def look() -> None:
        if window.engine is not None and window.windowHandle().isExposed() and "ready" not in seen:
            seen.add("ready")
            middle = window.mapToGlobal(QPoint(window.width() // 2, window.height() // 2))
            editor = window.welcome.paste.text
            on_editor = editor.mapToGlobal(editor.rect().center())
            say(event="ready", x=middle.x(), y=middle.y(), editor=[on_editor.x(), on_editor.y()])
        if window.overlay.isVisible() and "overlay" not in seen:
            seen.add("overlay")
            say(event="overlay")
            window.grab().save(picture)
        rows = window.review.results.rows
        if rows and window.is_at_rest and "rows" not in seen:
            seen.add("rows")
            say(event="rows", rows={row.name: row.word for row in rows}, overlay=window.overlay.isVisible())
            window.close()

    timer = QTimer(interval=20)
    timer.timeout.connect(look)
    timer.start()
    QTimer.singleShot(60_000, application.quit)  # so that nobody waits for ever
    application.exec()


if __name__ == "__main__":
    main()
