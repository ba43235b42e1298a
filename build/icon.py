"""Draw the program's icon as other systems want it, and a picture for the side of an installer.

    python build/icon.py classmark.ico classmark.icns side.bmp

Needs PySide6. Sources of the formats: https://learn.microsoft.com/previous-versions/ms997538(v=msdn.10) for Windows;
for macOS https://en.wikipedia.org/wiki/Apple_Icon_Image_format, as Apple has none.
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
ICO_SIZES = (16, 20, 24, 32, 40, 48, 64, 256)
ICNS_SIZES = {
    b"icp4": 16, b"icp5": 32, b"ic11": 32, b"ic12": 64, b"ic07": 128,
    b"ic08": 256, b"ic13": 256, b"ic09": 512, b"ic14": 512, b"ic10": 1024,
}  # fmt: skip
"""Pixels by kind; those from ic11 on, but for ic07 to ic09, are half as large on the screen."""
ASSETS = Path(__file__).parents[1] / "assets"
SMALL = 24
"""Pixels up to which a bolder drawing is taken, as in the window (classmark.gui.icons)."""


def renderer(size: int) -> QSvgRenderer:
    """Return what draws the icon in ``size`` by ``size`` pixels."""
    return QSvgRenderer(str(ASSETS / ("classmark-small.svg" if size <= SMALL else "classmark.svg")))


def draw(size: int) -> bytes:
    """Return a PNG of ``size`` by ``size`` pixels."""
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    renderer(size).render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def draw_side() -> QImage:
    """Return the picture at the side of the installer's last page: the icon on a light ground."""
    image = QImage(*SIDE, QImage.Format.Format_RGB888)
    image.fill(QColor("#e8edfc"))
    painter = QPainter(image)
    width = SIDE[0] // 2
    renderer(width).render(painter, QRectF((SIDE[0] - width) / 2, SIDE[1] / 2 - width, width, width))
    painter.end()
    return image


def ico() -> bytes:
    """Return the icon for Windows: a PNG for each size."""
    pictures = [draw(size) for size in ICO_SIZES]
    header, place = struct.pack("<HHH", 0, 1, len(pictures)), 6 + 16 * len(pictures)
    entries = b""
    for size, picture in zip(ICO_SIZES, pictures, strict=True):
        entries += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(picture), place)
        place += len(picture)
    return header + entries + b"".join(pictures)


def icns() -> bytes:
    """Return the icon for macOS: a PNG for each kind."""
    parts = [(kind, draw(size)) for kind, size in ICNS_SIZES.items()]
    body = b"".join(kind + struct.pack(">I", 8 + len(picture)) + picture for kind, picture in parts)
    return b"icns" + struct.pack(">I", 8 + len(body)) + body


def main() -> None:
    """Write the files that are named, each by its suffix."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QGuiApplication(sys.argv[:1])
    for path in map(Path, sys.argv[1:]):
        match path.suffix:
            case ".ico":
                path.write_bytes(ico())
            case ".icns":
                path.write_bytes(icns())
            case ".bmp":
                draw_side().save(str(path))
            case _:
                sys.exit(f"{path}: an icon is an .ico or an .icns, the picture a .bmp.")
    del application


if __name__ == "__main__":
    main()
