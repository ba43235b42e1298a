"""Draw the program's icon as Windows wants it, one .ico with a PNG for each size, and the installer's picture.

    python build/windows/icon.py FOLDER        # FOLDER/classmark.ico and FOLDER/side.bmp

Needs PySide6. Source of the format: https://learn.microsoft.com/previous-versions/ms997538(v=msdn.10).
"""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QRectF
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

SIDE = (328, 628)
"""Pixels of the picture, twice those that it is shown at where nothing is enlarged."""
SIZES = (16, 20, 24, 32, 40, 48, 64, 256)
SOURCE = Path(__file__).parents[2] / "assets" / "classmark.svg"


def draw(renderer: QSvgRenderer, size: int) -> bytes:
    """Return a PNG of ``size`` by ``size`` pixels."""
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def draw_side(renderer: QSvgRenderer) -> QImage:
    """Return the picture at the side of the installer's last page: the icon on a light ground."""
    image = QImage(*SIDE, QImage.Format.Format_RGB888)
    image.fill(QColor("#e8edfc"))
    painter = QPainter(image)
    width = SIDE[0] // 2
    renderer.render(painter, QRectF((SIDE[0] - width) / 2, SIDE[1] / 2 - width, width, width))
    painter.end()
    return image


def icon(pictures: dict[int, bytes]) -> bytes:
    """Return an .ico file of PNGs by their size in pixels."""
    header, place = struct.pack("<HHH", 0, 1, len(pictures)), 6 + 16 * len(pictures)
    entries = b""
    for size, picture in pictures.items():
        entries += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(picture), place)
        place += len(picture)
    return header + entries + b"".join(pictures.values())


def main() -> None:
    """Write both into the folder that is named."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QGuiApplication(sys.argv[:1])
    folder, renderer = Path(sys.argv[1]), QSvgRenderer(str(SOURCE))
    (folder / "classmark.ico").write_bytes(icon({size: draw(renderer, size) for size in SIZES}))
    draw_side(renderer).save(str(folder / "side.bmp"))
    del application


if __name__ == "__main__":
    main()
