"""Where things lie: in the folders that the system has for them, or all in one folder of the person's choosing."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryFile

import platformdirs

from classmark_models.errors import ClassmarkError

HOME = "CLASSMARK_HOME"
"""The environment variable that moves everything Classmark keeps into one folder."""
MARKERS = ("portable.txt", "portable")
"""Either of them beside the program makes it portable; the first is what Windows makes of a new text file."""
SETTINGS, WINDOW_MEMORY, POLICY = "settings.toml", "window.ini", "policy.toml"
PORTABLE_DATA = "data"
"""The folder beside a portable program that holds everything it keeps; no update of the program replaces it."""


def data_folder() -> Path:
    """Return the folder of what Classmark keeps; it need not exist."""
    return own_folder() or Path(platformdirs.user_data_dir("Classmark", appauthor=False))


def config_folder() -> Path:
    """Return the folder of the settings; it need not exist."""
    return own_folder() or Path(platformdirs.user_config_dir("Classmark", appauthor=False))


def own_folder() -> Path | None:
    """Return the one folder of everything, by CLASSMARK_HOME or else by being portable; None where the system's are."""
    if home := os.environ.get(HOME):
        return Path(home)
    marker = portable_marker()
    return marker.parent / PORTABLE_DATA if marker else None


def is_portable() -> bool:
    """Tell whether everything is kept beside the program."""
    return not os.environ.get(HOME) and portable_marker() is not None


def portable_marker() -> Path | None:
    """Return the file beside the program that makes it portable; None where there is none."""
    folder = program_folder()
    return next((folder / name for name in MARKERS if (folder / name).is_file()), None) if folder else None


def program_folder() -> Path | None:
    """Return the folder in which a person finds the program, or the top of a checkout; None of a Python package.

    That of a bundle of macOS or of an AppImage is the folder that holds the bundle or the image.
    """
    if getattr(sys, "frozen", False):
        program = Path(sys.executable).resolve()
        image, mount = os.environ.get("APPIMAGE", ""), os.environ.get("APPDIR", "")
        # A terminal that is itself an AppImage leaves its own variables to all that is started in it.
        if image and mount and program.is_relative_to(Path(mount).resolve()):
            return Path(image).parent
        bundle = next((folder for folder in program.parents if folder.suffix == ".app"), None)
        return bundle.parent if bundle else program.parent
    top = Path(__file__).resolve().parents[3]
    return top if (top / "pyproject.toml").is_file() else None


def policy_files() -> tuple[Path, ...]:
    """Return where IT may settle things for all who use this computer, or this portable program, the stronger first.

    No environment variable moves the first: what is locked there shall hold for the person who sets variables.
    """
    marker = portable_marker()
    return (_machine_folder() / POLICY, *((marker.parent / POLICY,) if marker else ()))


def check_portable() -> None:
    """See that a portable program can write beside itself; ClassmarkError when it cannot.

    To keep things elsewhere would leave traces where the person wanted none, so it does not start then.
    """
    marker = portable_marker()
    if marker is None or not is_portable():
        return
    folder = marker.parent / PORTABLE_DATA
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ClassmarkError(
            f"This Classmark is portable and keeps everything in {folder}, which cannot be written to "
            f"({error.strerror or error}). Copy it to where you may write, or set {HOME} to a folder of yours, or "
            f"remove {marker} to keep things where this system wants them."
        ) from error


def _machine_folder() -> Path:
    if sys.platform == "win32":
        from platformdirs.windows import get_win_folder_via_ctypes

        return Path(get_win_folder_via_ctypes("CSIDL_COMMON_APPDATA")) / "Classmark"
    if sys.platform == "darwin":
        return Path("/Library/Application Support/Classmark")
    return Path("/etc/classmark")
