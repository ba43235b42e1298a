"""A small window from which the files named on the command line can be dragged; told by its title."""

from __future__ import annotations

import sys

from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDrag, QMouseEvent
from PySide6.QtWidgets import QApplication, QLabel


class Source(QLabel):
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed: QPoint = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        moved = (event.position().toPoint() - self._pressed).manhattanLength()
        if moved >= QApplication.startDragDistance():
            mime = QMimeData()
            mime.setUrls([QUrl.fromLocalFile(path) for path in sys.argv[1:]])
            drag = QDrag(self)
            drag.setMimeData(mime)
            drag.exec(Qt.DropAction.CopyAction)


def main() -> None:
    application = QApplication([])
    source = Source("Drag from here")
    source.setWindowFlag(Qt.WindowType.FramelessWindowHint)
    source.setGeometry(20, 20, 200, 120)
    source.show()
    print("ready", flush=True)
    application.exec()


if __name__ == "__main__":
    main()
