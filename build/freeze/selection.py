"""What of all that PyInstaller gathers goes into the frozen folder, and why the rest does not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath

PLUGINS = {
    "qxcb": "windows under X11",
    "qwayland": "windows under Wayland",
    "xdg-shell": "windows under Wayland",
    "adwaita": "frames of windows where Wayland leaves them to the program",
    "bradient": "the same, plainer",
    "qwindows": "windows of Windows",
    "qmodernwindowsstyle": "its look",
    "qcocoa": "windows of macOS",
    "qmacstyle": "its look",
    "qoffscreen": "the self-test, which needs no screen",
    "qxdgdesktopportal": "the desktop's own file dialogs",
    "composeplatforminputcontextplugin": "accents typed with dead keys",
    "ibusplatforminputcontextplugin": "writing Chinese and the like",
    "qsvgicon": "icons",
    "qsvg": "drawings",
    "qjpeg": "photographs; PNG needs no plugin",
}
"""The plugins of Qt that stay, by name, and what each is for."""

UNWANTED_MODULES = {
    "hf_xet": "a way of fetching that classmark_models.hub does not go",
    "huggingface_hub.cli": "a program of its own",
    "click": "reads the words of that program",
    "fsspec": "a file system on a hub",
    "numpy.f2py": "builds packages",
    "numpy.fft": "imported by nothing else",
    "numpy.polynomial": "imported by nothing else",
    "numpy.testing": "tests",
    "onnx.backend.test": "tests",
    "onnx.reference": "another runtime, for tests",
    "unittest": "tests",
    "doctest": "tests",
    "pdb": "for developers",
    "pydoc": "for developers",
    "sqlite3": "a database",
    "readline": "for Python's console; it is GPL",
    "tkinter": "another toolkit",
    "PySide6.QtDBus": "gathered with QtCore; the plugins that need it call the C++ library",
    "PySide6.QtNetwork": "gathered with QtCore; nothing here may open a socket",
}
"""Modules of Python that nothing in Classmark calls, and what they are."""

_OF_PYTHON = re.compile(r"libpython3|lib(crypto|ssl|ffi|bz2)\.so")
"""Called by Python's own modules, under names that differ between Linux systems."""
_OF_THE_WINDOW = re.compile(r"libxcb-(cursor|icccm|image|keysyms|render-util|util)\.so")
"""Small, and on few desktops unless something that is made with Qt is installed."""

_FOR_OTHER_LANGUAGES = re.compile(r"(lib)?onnxruntime[.\d]*\.(so|dll|dylib)")
_SOFTWARE_OPENGL = re.compile(r"opengl32sw\.dll|d3dcompiler_.*\.dll", re.IGNORECASE)
_OF_QT = re.compile(r"(lib)?Qt6|Qt\w+$|libicu")


def other_modules(owners: Mapping[str, Sequence[str]], lock: str) -> list[str]:
    """Return the modules that belong to no package of a lock file: what is there to make releases with.

    Packages try whether others are there, and PyInstaller would gather those. ``owners``: packages by their modules.
    """
    locked = {_canonical(name) for name in re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)} | {"classmark"}
    return sorted(module for module, names in owners.items() if not locked & {_canonical(name) for name in names})


def why_not(name: str) -> str:
    """Say why the file of this name in the folder, with ``/`` in it, is left out; "" when it is not."""
    path = PurePosixPath(name)
    if "PySide6" in path.parts and "plugins" in path.parts and path.stem.removeprefix("lib") not in PLUGINS:
        return "a plugin of Qt without a use here"
    if "PySide6" in path.parts and "translations" in path.parts:
        return "translations of Qt to languages that Classmark does not speak"
    if ".dist-info" in name and path.name != "METADATA":
        return "tells how a package was installed where this was built"
    if path.suffix in (".c", ".h", ".pxd", ".pyi", ".pyx"):
        return "source code"
    if _FOR_OTHER_LANGUAGES.match(path.name):
        return "ONNX Runtime for other languages: Python's module holds all of it"
    if _SOFTWARE_OPENGL.match(path.name):
        return "OpenGL, which the window does not draw with"
    return ""


def is_foreign(name: str) -> bool:
    """Tell whether a library, by its name in the folder, is one of the Linux system where it was built.

    What packages bring along lies in their folders; at the top there are those of the system alone. They may need a
    newer glibc than Qt does, and would take the place of those that the user's system has.
    """
    return "/" not in name and not (_OF_PYTHON.match(name) or _OF_THE_WINDOW.match(name))


def is_spare(name: str) -> bool:
    """Tell whether a library is wanted only when something that stays needs it: those of Qt, and of the window."""
    path = PurePosixPath(name)
    return bool("PySide6" in path.parts and _OF_QT.match(path.name)) or bool(_OF_THE_WINDOW.match(name))


def reached(roots: Iterable[str], needs: Callable[[str], Iterable[str]]) -> set[str]:
    """Return all that the roots need, directly or through others."""
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        new = set(needs(waiting.pop())) - found
        found |= new
        waiting += new
    return found


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
