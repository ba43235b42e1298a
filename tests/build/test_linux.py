"""What Linux desktops and package managers are told, and the installation for one person."""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path
from tomllib import loads
from xml.etree import ElementTree

import pytest

from classmark.cli import parser
from classmark.core.readers import _BY_SUFFIX

ROOT = Path(__file__).parents[2]
LINUX = ROOT / "build" / "linux"
ID = "org.classmark.Classmark"
VERSION = loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
MIME_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "rtf": "application/rtf",
    "epub": "application/epub+zip",
    "html": "text/html",
    "htm": "text/html",
    "xhtml": "application/xhtml+xml",
    "xml": "application/xml",
    "md": "text/markdown",
    "markdown": "text/markdown",
    "txt": "text/plain",
    "text": "text/plain",
}
REFUSED = {"doc", "xlsx"}
"""Formats whose suffix is known so that it can be said why they are not read."""
BY_CONTENT = {"application/vnd.oasis.opendocument.presentation", "application/x-classmark-suitcase"}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="for Linux")

sys.path.insert(0, str(LINUX))


def entry() -> ConfigParser:
    read = ConfigParser(interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read_string((LINUX / f"{ID}.desktop").read_text(encoding="utf-8"))
    return read


def needs(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"not installed: {program}")


def run(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(
        list(map(str, command)), env={**os.environ, **environment}, text=True, capture_output=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# What desktops are told


def test_the_desktop_entry_is_valid() -> None:
    needs("desktop-file-validate")
    assert "error" not in run("desktop-file-validate", LINUX / f"{ID}.desktop")


def test_the_metadata_are_valid() -> None:
    needs("appstreamcli")
    run("appstreamcli", "validate", "--pedantic", "--no-net", LINUX / f"{ID}.metainfo.xml")


def test_the_metadata_tell_of_this_version() -> None:
    release = ElementTree.parse(LINUX / f"{ID}.metainfo.xml").find("releases/release")
    assert release is not None
    assert release.attrib["version"] == VERSION


def test_the_entry_names_what_is_read_and_nothing_else() -> None:
    assert set(MIME_TYPES) == set(_BY_SUFFIX) - REFUSED
    named = entry()["Desktop Entry"]["MimeType"].rstrip(";").split(";")
    assert sorted(named) == sorted({*MIME_TYPES.values(), *BY_CONTENT})


def test_the_entry_belongs_to_the_window() -> None:
    """Its id is the window's desktop file name, and its class the one that Qt makes of the program's name."""
    source = (ROOT / "desktop/classmark/gui/app.py").read_text(encoding="utf-8")
    assert f'DESKTOP_ID = "{ID}"' in source
    assert f'setApplicationName("{entry()["Desktop Entry"]["StartupWMClass"]}")' in source


def test_the_actions_of_the_entry_are_understood() -> None:
    pytest.importorskip("PySide6")
    from classmark.gui.arguments import FIRST_STEPS

    read = entry()
    named = read["Desktop Entry"]["Actions"].rstrip(";").split(";")
    assert sorted(named) == sorted(FIRST_STEPS)
    for name in named:
        assert read[f"Desktop Action {name}"]["Exec"] == f"classmark-desktop --begin {name}"


def test_a_suitcase_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    from tests.models.ready_packs import ready_pack

    from classmark_models.carry.suitcase import SUFFIX, write_suitcase

    (tmp_path / "model").mkdir()
    ready_pack(tmp_path / "model")
    case = tmp_path / f"any{SUFFIX}"
    write_suitcase(tmp_path / "model", case)
    space = "{http://www.freedesktop.org/standards/shared-mime-info}"
    kind = ElementTree.parse(LINUX / f"{ID}.mime.xml").getroot()[0]
    matches = list(kind.iter(f"{space}match"))
    assert len(matches) == 2
    for match in matches:
        value = match.attrib["value"].encode().decode("unicode_escape").encode("latin-1")
        assert case.read_bytes()[int(match.attrib["offset"]) :].startswith(value)
    glob = kind.find(f"{space}glob")
    assert glob is not None
    assert glob.attrib["pattern"] == f"*{SUFFIX}"


def test_icons_have_their_sizes(tmp_path: Path) -> None:
    pytest.importorskip("PySide6")
    from PySide6.QtGui import QImage
    from share import SIZES, write_icons  # type: ignore[import-not-found]

    write_icons(tmp_path)
    for size in SIZES:
        picture = QImage(str(tmp_path / f"{size}x{size}" / "apps" / f"{ID}.png"))
        assert (picture.width(), picture.height()) == (size, size)
        assert picture.pixelColor(0, 0).alpha() == 0
        assert picture.pixelColor(size // 2, size // 4).alpha() == 255
    assert (tmp_path / "scalable" / "apps" / f"{ID}.svg").read_bytes() == (ROOT / "assets/classmark.svg").read_bytes()


# Manual pages


def manual() -> str:
    from man_pages import command_line_page  # type: ignore[import-not-found]

    return str(command_line_page(parser(), VERSION, 0))


def test_the_manual_names_every_command_and_option(capsys: pytest.CaptureFixture[str]) -> None:
    page = manual()
    shown = page.replace("\\-", "-")
    commands = re.findall(r"^\.SS (.*)$", shown, re.MULTILINE)
    assert "classmark classify" in commands
    assert "classmark models fetch" in commands
    for command in commands:
        with pytest.raises(SystemExit):
            parser().parse_args([*command.split()[1:], "--help"])
        section = shown.split(f".SS {command}\n")[1].split("\n.S")[0]
        for option in re.findall(r"^  (?:-\w, )?(--[\w-]+)", capsys.readouterr().out, re.MULTILINE):
            assert option == "--help" or f"\\fB{option}\\fR" in section, (command, option)


def test_the_manual_is_set_without_complaint() -> None:
    needs("groff")
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-Kutf8"], input=manual(), text=True, capture_output=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_changelog_is_made_of_the_releases() -> None:
    from changelog import entries  # type: ignore[import-not-found]

    [first, *_] = entries(LINUX / f"{ID}.metainfo.xml", "Somebody <somebody@example.org>")
    assert first.startswith(f"classmark ({VERSION}) ")


# For one person


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """The archive as it lies unpacked, with small programs in the place of the real ones."""
    folder = tmp_path / "Ablage «1» & mehr" / f"classmark-{VERSION}-linux"
    (folder / "classmark" / "_internal").mkdir(parents=True)
    for name in ("classmark", "classmark-desktop"):
        program = folder / "classmark" / name
        program.write_text('#!/bin/sh\nprintf "%s\\n" "$0" "$@"\n', encoding="utf-8")
        program.chmod(0o755)
    for name in ("install", "uninstall"):
        shutil.copy(LINUX / name, folder / name)
    applications, icons = folder / "share/applications", folder / "share/icons/hicolor/16x16/apps"
    mime = folder / "share/mime/packages"
    for made in (applications, icons, mime):
        made.mkdir(parents=True)
    shutil.copy(LINUX / f"{ID}.desktop", applications)
    shutil.copy(LINUX / f"{ID}.mime.xml", mime / f"{ID}.xml")
    (icons / f"{ID}.png").write_bytes(b"picture")
    return folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / 'Bücher & "Regale" 100 % $HOME'
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    return folder


def everything(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def words_of(exec_line: str) -> list[str]:
    """Read a line as the Desktop Entry Specification says: first the string, then the quoted words of Exec."""
    text = exec_line.replace("\\\\", "\\")
    words = [quoted or plain for quoted, plain in re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', text)]
    return [re.sub(r"\\(.)", r"\1", word).replace("%%", "%") for word in words]


def test_installing_and_removing_leaves_nothing(unpacked: Path, home: Path) -> None:
    assert "PATH" in run(unpacked / "install")
    link = home / ".local/bin/classmark-desktop"
    assert run(link, "a b").splitlines() == [str(link), "a b"]
    read = ConfigParser(interpolation=None)
    read.read(home / f".local/share/applications/{ID}.desktop", encoding="utf-8")
    program = home / ".local/lib/classmark/classmark-desktop"
    assert words_of(read["Desktop Entry"]["Exec"]) == [str(program), "%F"]
    assert words_of(read["Desktop Action models"]["Exec"]) == [str(program), "--begin", "models"]
    assert (home / f".local/share/icons/hicolor/16x16/apps/{ID}.png").read_bytes() == b"picture"
    run(home / ".local/lib/classmark/uninstall", "--remove")
    assert everything(home) == []


def test_a_newer_version_takes_the_place_of_an_older(unpacked: Path, home: Path) -> None:
    old = unpacked / "share/icons/hicolor/16x16/apps/old.png"
    old.write_bytes(b"old")
    run(unpacked / "install")
    old.unlink()
    (unpacked / "classmark" / "_internal" / "new").write_text("new", encoding="utf-8")
    run(unpacked / "install")
    assert (home / ".local/lib/classmark/_internal/new").exists()
    assert not (home / ".local/share/icons/hicolor/16x16/apps/old.png").exists()
    run(home / ".local/lib/classmark/uninstall")
    assert everything(home) == []


def test_what_is_the_persons_stays(unpacked: Path, home: Path) -> None:
    """Models, unless they are given up in so many words; and what others have put into the same folders, always."""
    (home / ".local/share/Classmark/models").mkdir(parents=True)
    (home / ".local/share/Classmark/models/kept").write_text("model", encoding="utf-8")
    run(unpacked / "install")
    other = home / ".local/share/icons/hicolor/16x16/apps/other.png"
    other.write_bytes(b"other")
    assert "Kept" in run(home / ".local/lib/classmark/uninstall")
    assert other.exists()
    assert (home / ".local/share/Classmark/models/kept").exists()
    run(unpacked / "install")
    run(home / ".local/lib/classmark/uninstall", "--remove")
    assert other.exists()
    assert not (home / ".local/share/Classmark").exists()


def test_a_foreign_program_of_that_name_is_not_touched(unpacked: Path, home: Path) -> None:
    foreign = home / ".local/bin/classmark"
    foreign.parent.mkdir(parents=True)
    foreign.write_text("mine", encoding="utf-8")
    done = subprocess.run([unpacked / "install"], text=True, capture_output=True, timeout=60)
    assert done.returncode == 1
    assert "Move it away" in done.stderr
    assert everything(home) == [".local", ".local/bin", ".local/bin/classmark"]


def test_a_portable_folder_is_not_installed_as_one(unpacked: Path, home: Path) -> None:
    (unpacked / "classmark" / "portable").touch()
    (unpacked / "classmark" / "data").mkdir()
    run(unpacked / "install")
    installed = home / ".local/lib/classmark"
    assert not (installed / "portable").exists()
    assert not (installed / "data").exists()


# The Debian package


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A frozen folder of a program that does nothing."""
    pytest.importorskip("PySide6")
    folder = tmp_path / "dist"
    (folder / "classmark" / "_internal").mkdir(parents=True)
    shutil.copy(shutil.which("true") or "/bin/true", folder / "classmark" / "classmark")
    (folder / "classmark" / "classmark-desktop").symlink_to("classmark")
    (folder / "classmark" / "_internal" / "data").write_text("data", encoding="utf-8")
    (folder / "classmark" / "THIRD-PARTY-NOTICES.txt").write_text("Somebody made the data.", encoding="utf-8")
    return folder


def test_the_package_says_what_it_is_and_is_the_same_each_time(dist: Path) -> None:
    for program in ("dpkg-deb", "dpkg-shlibdeps"):
        needs(program)
    given = {"DIST": str(dist), "RELEASE_PYTHON": sys.executable, "PYTHONPATH": f"{ROOT}/desktop:{ROOT}/models"}
    run(LINUX / "deb", **given)
    [package] = dist.glob("*.deb")
    first = package.read_bytes()
    run(LINUX / "deb", **given)
    assert package.read_bytes() == first
    fields = dict(
        line.split(": ", 1) for line in run("dpkg-deb", "--field", package).splitlines() if not line.startswith(" ")
    )
    assert (fields["Package"], fields["Version"]) == ("classmark", VERSION)
    assert re.fullmatch(r"libc6 \(>= [\d.]+\)", fields["Depends"])
    listed = run("dpkg-deb", "--contents", package)
    assert "usr/bin/classmark -> ../lib/classmark/classmark\n" in listed
    assert {line.split()[1] for line in listed.splitlines()} == {"root/root"}
    names = {line.split()[5].removeprefix("./") for line in listed.splitlines()}
    stated = run("dpkg-deb", "--info", package, "md5sums")
    sums = {line.split("  ", 1)[1] for line in io.StringIO(stated).read().splitlines()}
    assert sums <= names
    run("dpkg-deb", "--extract", package, dist / "unpacked")
    assert "Somebody made the data." in (dist / "unpacked/usr/share/doc/classmark/copyright").read_text("utf-8")
    for name in ("applications/" + ID + ".desktop", "man/man1/classmark.1.gz", "doc/classmark/changelog.gz"):
        assert f"usr/share/{name}" in sums


# The AppImage


def given_to(dist: Path, folder: Path) -> dict[str, str]:
    """Return the environment in which stand-ins for the tools from outside are named: one copies, one runs."""
    tool, runtime = folder / "appimagetool", folder / "runtime"
    tool.write_text('#!/bin/sh\n[ "$1" = --runtime-file ] && [ -x "$3/AppRun" ] && cp "$2" "$4"\n', encoding="utf-8")
    shutil.copy(shutil.which("true") or "/bin/true", runtime)
    given = {"DIST": str(dist), "RELEASE_PYTHON": sys.executable, "PYTHONPATH": f"{ROOT}/desktop:{ROOT}/models"}
    for name, path in (("APPIMAGETOOL", tool), ("RUNTIME", runtime)):
        given |= {f"{name}_URL": path.as_uri(), f"{name}_SHA256": hashlib.sha256(path.read_bytes()).hexdigest()}
    return given


def test_the_folder_of_an_appimage_has_what_its_tool_asks_for(dist: Path, tmp_path: Path) -> None:
    needs("curl")
    given = given_to(dist, tmp_path)
    run(LINUX / "appimage", **given)
    folder = dist / "Classmark.AppDir"
    for name in (f"{ID}.desktop", f"{ID}.png", ".DirIcon", "AppRun", f"usr/share/metainfo/{ID}.metainfo.xml"):
        assert (folder / name).is_file()
    [image] = dist.glob("*.AppImage")
    assert VERSION in image.name


def test_a_tool_that_is_not_the_one_that_was_looked_at_is_refused(dist: Path, tmp_path: Path) -> None:
    needs("curl")
    given = given_to(dist, tmp_path) | {"RUNTIME_SHA256": "0" * 64}
    done = subprocess.run(
        [LINUX / "appimage"], env={**os.environ, **given}, text=True, capture_output=True, timeout=300
    )
    assert done.returncode == 1
    assert "does not have the sha256" in done.stderr
    assert not list(dist.glob("*.AppImage"))


@pytest.mark.parametrize(
    ("called", "words", "expected"),
    [
        ("Classmark.AppImage", ["a b.pdf"], ["classmark-desktop", "a b.pdf"]),
        ("Classmark.AppImage", ["--cli", "classify", "a b.pdf"], ["classmark", "classify", "a b.pdf"]),
        ("/home/reader/bin/classmark", ["classify"], ["classmark", "classify"]),
    ],
)
def test_an_appimage_is_the_window_or_the_command_line(
    unpacked: Path, called: str, words: list[str], expected: list[str]
) -> None:
    programs = unpacked / "usr/bin"
    programs.parent.mkdir()
    (unpacked / "classmark").rename(programs)
    shutil.copy(LINUX / "AppRun", unpacked)
    told = run(unpacked / "AppRun", *words, ARGV0=called).splitlines()
    assert [Path(told[0]).name, *told[1:]] == expected
