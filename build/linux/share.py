"""Writes the folder ``share`` that a Linux desktop looks into: entry, metadata, icons, MIME type, manual pages.

Usage: share.py FOLDER VERSION. The time of the manual pages is taken from SOURCE_DATE_EPOCH.
"""

from __future__ import annotations

import gzip
import os
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from man_pages import command_line_page, window_page
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from classmark import cli
from classmark.gui import arguments
from classmark.gui.app import DESKTOP_ID
from classmark.gui.icons import app_drawing

SIZES = (16, 22, 24, 32, 48, 64, 96, 128, 256, 512)
HERE = Path(__file__).parent


def main() -> None:
    """Write all of it."""
    share, version = Path(sys.argv[1]), sys.argv[2]
    epoch = int(os.environ["SOURCE_DATE_EPOCH"])
    places = {
        "desktop": share / "applications" / f"{DESKTOP_ID}.desktop",
        "metainfo.xml": share / "metainfo" / f"{DESKTOP_ID}.metainfo.xml",
        "mime.xml": share / "mime" / "packages" / f"{DESKTOP_ID}.xml",
    }
    for suffix, place in places.items():
        place.parent.mkdir(parents=True)
        shutil.copyfile(HERE / f"{DESKTOP_ID}.{suffix}", place)
    write_icons(share / "icons" / "hicolor")
    write_man_pages(share / "man" / "man1", version, epoch)


def write_icons(folder: Path) -> None:
    """Write the icon as a drawing and in all sizes in which themes hold pictures."""
    drawing = folder / "scalable" / "apps" / f"{DESKTOP_ID}.svg"
    drawing.parent.mkdir(parents=True)
    shutil.copyfile(app_drawing(max(SIZES)), drawing)
    for size in SIZES:
        renderer = QSvgRenderer(str(app_drawing(size)))
        picture = QImage(size, size, QImage.Format.Format_ARGB32)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        renderer.render(painter, QRectF(0, 0, size, size))
        painter.end()
        place = folder / f"{size}x{size}" / "apps" / f"{DESKTOP_ID}.png"
        place.parent.mkdir(parents=True)
        if not picture.save(str(place)):
            raise OSError(f"{place} could not be written.")


def write_man_pages(folder: Path, version: str, epoch: int) -> None:
    """Write both manual pages, packed without name and time, so that the same text gives the same bytes."""
    folder.mkdir(parents=True)
    pages = {
        "classmark.1": command_line_page(cli.parser(), version, epoch),
        "classmark-desktop.1": window_page(arguments.parser(), version, epoch),
    }
    for name, page in pages.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(page.encode(), mtime=0))


if __name__ == "__main__":
    main()
