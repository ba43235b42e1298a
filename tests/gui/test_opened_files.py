from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QUrl
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

from classmark.gui.opened_files import OpenedFiles


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (QUrl.fromLocalFile("/a folder/über.pdf"), [Path("/a folder/über.pdf")]),
        (QUrl("https://example.org/a.pdf"), []),
    ],
)
def test_files_are_told_and_links_are_left(url: QUrl, expected: list[Path], qapp: QApplication) -> None:
    told: list[Path] = []
    opened_files = OpenedFiles(qapp)
    opened_files.opened.connect(told.append)
    qapp.installEventFilter(opened_files)
    QCoreApplication.sendEvent(qapp, QFileOpenEvent(url))
    qapp.removeEventFilter(opened_files)
    assert told == expected
