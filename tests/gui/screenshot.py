"""Makes the pictures of the README and of the guide: the real window, the built-in model, real documents.

Usage: python -m tests.gui.screenshot [SCENE …] [--into FOLDER] [--dark]. All scenes, to their places in assets/, when
none is named. Needs no screen: QT_QPA_PLATFORM=offscreen will do.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication, QLabel, QSplitter
from tests.core.files import pdf
from tests.gui.stage import Stage

from classmark.core.paths import HOME
from classmark.gui.connections_dialog import ConnectionsDialog
from classmark.gui.parts import ElidedLabel
from classmark.gui.rows import State
from classmark.gui.theme import Theme, ThemeMode
from classmark.resources import asset

_LONG, _SHORT = "en-ocean-acidification.md", "en-library-cataloguing.txt"
_RECIPE = (
    "Pancakes\n\n250 g flour, 3 eggs, 500 ml milk, a pinch of salt. Whisk the flour with the eggs and the milk. "
    "Let the batter rest for 20 minutes. Fry thin pancakes in a little butter over medium heat until golden on both "
    "sides. Serve with sugar and lemon."
)


def overview(theme: Theme, folder: Path, file: Path) -> None:
    """The picture of the README."""
    stage = Stage(theme, folder, (1440, 900))
    stage.add(asset("samples"))
    stage.look_at(_LONG)
    strip = stage.window.document.strip
    stage.wait(lambda: len(strip.pieces) > 1)
    strip.choose(max(strip.pieces[1:], key=lambda piece: piece.score))
    stage.wait(lambda: True)
    stage.save(file)
    stage.close()


def start(theme: Theme, folder: Path, file: Path) -> None:
    """The window when it is empty."""
    stage = Stage(theme, folder, (1000, 640))
    stage.save(file)
    stage.close()


def first(theme: Theme, folder: Path, file: Path) -> None:
    """The samples, just classified."""
    stage = Stage(theme, folder, (1000, 720))
    stage.add(asset("samples"))
    stage.look_at(_SHORT)
    stage.save(file)
    stage.close()


def subjects(theme: Theme, folder: Path, file: Path) -> None:
    """The tree of one document."""
    stage = Stage(theme, folder, (1300, 820))
    stage.add(asset("samples") / _LONG)
    stage.save(file, stage.window.subjects)
    stage.close()


def declined(theme: Theme, folder: Path, file: Path) -> None:
    """A row and a panel without subjects."""
    stage = Stage(theme, folder, (1000, 620))
    kitchen = folder / "kitchen"
    kitchen.mkdir()
    (kitchen / "pancakes.txt").write_text(_RECIPE, encoding="utf-8")
    stage.add(kitchen)
    stage.save(file, stage.window.desk)
    stage.close()


def correcting(theme: Theme, folder: Path, file: Path) -> None:
    """A title that was corrected."""
    stage = Stage(theme, folder, (1300, 820))
    stage.add(asset("samples") / _SHORT)
    title = stage.window.document.title
    title.setText("Subject headings in small public libraries: what is copied and what is changed")
    title.textEdited.emit(title.text())
    title.setFocus()
    stage.wait(lambda: stage.window.document.is_edited)
    stage.save(file, stage.window.document, height=240)
    stage.close()


def evidence(theme: Theme, folder: Path, file: Path) -> None:
    """The strip, with a part of the text marked."""
    stage = Stage(theme, folder, (1300, 1000))
    stage.add(asset("samples") / _LONG)
    stage.look_at(_LONG)
    strip = stage.window.document.strip
    stage.wait(lambda: len(strip.pieces) > 1)
    strip.choose(strip.pieces[-1])
    stage.wait(lambda: bool(stage.window.document.body.highlighted))
    stage.save(file, stage.window.document.evidence, stage.window.document.body)
    stage.close()


def rule(theme: Theme, folder: Path, file: Path) -> None:
    """The bar above the list."""
    stage = Stage(theme, folder, (940, 640))
    stage.add(asset("samples") / _SHORT)
    stage.save(file, stage.window.rule_bar)
    stage.close()


def many(theme: Theme, folder: Path, file: Path) -> None:
    """Work that rests, with files that could not be read."""
    theses = folder / "theses"
    theses.mkdir()
    (theses / "annual-report.pdf").write_bytes(pdf("Locked\nwords", title="Locked", locked=True))
    (theses / "canteen.txt").write_text(_RECIPE, encoding="utf-8")
    (theses / "catalogue.mrc").write_bytes(b"00714cam a2200205 a 4500001001300000")
    (theses / "dissertation-1987.pdf").write_bytes(pdf("picture", "picture"))
    (theses / "download.pdf").write_bytes(pdf("Torn")[:90])
    for source in sorted(asset("samples").iterdir()):
        (theses / source.name).write_bytes(source.read_bytes())
    stage = Stage(theme, folder, (1000, 1000))
    rows = stage.window.review.results
    stage.window.review.pause()
    stage.window.add_paths([theses])
    stage.wait(lambda: len(rows.rows) == 11)

    def pause_soon() -> None:
        if not stage.window.review.is_paused and 8 <= sum(
            row.state not in {State.WAITING, State.WORKING} for row in rows.rows
        ):
            stage.window.review.pause()

    stage.window.review.changed.connect(pause_soon)
    stage.window.review.resume()
    stage.wait(lambda: stage.window.review.is_paused and not stage.window.progress.isHidden())
    stage.look_at(_SHORT)
    stage.window.desk.findChildren(QSplitter)[0].setSizes([690, 160])
    stage.wait(lambda: stage.window.list.height() > 500)
    stage.save(file, stage.window.finder, stage.window.list, stage.window.progress)
    stage.close()


def models(theme: Theme, folder: Path, file: Path) -> None:
    """The Models page."""
    stage = Stage(theme, folder, (1000, 640))
    page = stage.window.models_page
    stage.window.commands["models"].trigger()
    stage.wait(lambda: bool(page.cards))
    for card in page.cards.values():
        for place in card.findChildren(ElidedLabel):
            place.hide()  # where this checkout lies is of no use to readers
    stage.wait(lambda: True)
    stage.save(file, page)
    stage.close()


def side_by_side(theme: Theme, folder: Path, file: Path) -> None:
    """Three classifiers."""
    stage = Stage(theme, folder, (1000, 760), ("openalex-zero-shot", "lcc", "ddc"))
    stage.add(asset("samples"))
    stage.look_at(_SHORT)
    stage.save(file, stage.window.desk)
    stage.close()


def chip(theme: Theme, folder: Path, file: Path) -> None:
    """What stands at the foot of the window."""
    stage = Stage(theme, folder, (940, 640))
    stage.save(file, stage.window.chip, margin=4)
    stage.close()


def connections(theme: Theme, folder: Path, file: Path) -> None:
    """The dialog behind the chip."""
    stage = Stage(theme, folder)
    stage.window.chip.click()
    [dialog] = stage.window.findChildren(ConnectionsDialog)
    for place in dialog.findChildren(QLabel):
        if place.text().startswith("The journal lies in"):
            place.hide()  # a folder made for this picture
    dialog.resize(760, 360)
    stage.wait(dialog.isVisible)
    stage.save(file, dialog)
    stage.close()


SCENES: dict[str, Callable[[Theme, Path, Path], None]] = {
    "start": start,
    "first": first,
    "subjects": subjects,
    "declined": declined,
    "correcting": correcting,
    "evidence": evidence,
    "rule": rule,
    "many": many,
    "models": models,
    "side-by-side": side_by_side,
    "chip": chip,
    "connections": connections,
}
"""The pictures of the guide, by the names of their files."""


def main() -> int:
    options = _options()
    os.environ["QT_SCALE_FACTOR"] = "2"  # pictures stay sharp on dense screens
    application = QApplication([])
    theme = Theme(application, ThemeMode.DARK if options.dark else ThemeMode.LIGHT)
    pictures = options.into or asset("guide/pictures")
    every = {name: (scene, pictures / f"{name}.png") for name, scene in SCENES.items()}
    every["overview"] = overview, options.into / "screenshot.png" if options.into else asset("screenshot.png")
    for name in options.scenes:
        scene, file = every[name]
        with tempfile.TemporaryDirectory() as folder:
            os.environ[HOME] = folder
            scene(theme, Path(folder), file)
        print(f"{file}  {file.stat().st_size:,} bytes")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    known = [*SCENES, "overview"]
    parser.add_argument("scenes", nargs="*", default=known, choices=[*known, known], metavar="SCENE")
    parser.add_argument("--into", type=Path, metavar="FOLDER", help="write there instead of assets/")
    parser.add_argument("--dark", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
