"""The dialog that tells what this program is."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, qVersion
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from classmark.core.paths import config_folder, is_portable
from classmark.gui.alerts import app_version
from classmark.gui.icons import app_icon
from classmark.gui.licences_dialog import LicencesDialog
from classmark.gui.painting import bold
from classmark.gui.parts import label
from classmark.gui.rows import Byline
from classmark.gui.theme import UNIT

_LICENCE = (
    "Licence: Apache 2.0. Built on Qt, ONNX Runtime, PDFium and others.\n\n"
    f"Qt and PySide6 {qVersion()}, © The Qt Company Ltd. and others, are used under the GNU LGPL 3, "
    "and can be replaced by copies you changed: see Licences."
)


class AboutDialog(QDialog):
    """Says what the program is, its version, its licence and what it is built on."""

    def __init__(self, bylines: Sequence[Byline], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("About Classmark")
        picture = QLabel(alignment=Qt.AlignmentFlag.AlignTop)
        picture.setPixmap(app_icon().pixmap(QSize(64, 64), self.devicePixelRatioF()))
        name = QLabel("Classmark")
        font = bold(name.font())
        font.setPointSizeF(max(font.pointSizeF(), 1.0) * 1.5)
        name.setFont(font)
        text = QLabel(
            "Tells librarians what documents are about. Everything happens on this computer: "
            "no document and no word of it leaves it."
        )
        text.setWordWrap(True)
        text.setMinimumWidth(46 * UNIT)
        said = "\n\n".join(f"Classifier: {byline.title}\n{byline.scope}" for byline in bylines)
        classifiers = said or "The classifier is not open yet."
        kept = f"\n\nPortable: everything is kept in {config_folder()}" if is_portable() else ""
        facts = label(f"{classifiers}\n\n{_LICENCE}{kept}", "muted", wrap=True)
        facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        words = QVBoxLayout()
        words.setSpacing(UNIT)
        for part in (name, label(f"Version {app_version()}", "muted"), text, facts):
            words.addWidget(part)
        words.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(3 * UNIT)
        row.addWidget(picture)
        row.addLayout(words, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * UNIT, 3 * UNIT, 3 * UNIT, 2 * UNIT)
        layout.setSpacing(2 * UNIT)
        layout.addLayout(row)
        box = _close_button(self)
        self.licences = box.addButton("Licences…", QDialogButtonBox.ButtonRole.ActionRole)
        self.licences.setAutoDefault(False)
        self.licences.clicked.connect(lambda: LicencesDialog(self).open())
        layout.addWidget(box)


def _close_button(dialog: QDialog) -> QDialogButtonBox:
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    box.rejected.connect(dialog.reject)
    return box
