"""The window as a program: sealed once it is on its screen, which may be on another computer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("Xvfb") is None, reason="the seal of Linux; not installed: Xvfb"
)

_PROGRAM = """
import json, sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from classmark.gui import app
from classmark.gui.window import Window

def tell():
    [window] = [each for each in QApplication.topLevelWidgets() if isinstance(each, Window)]
    rows = window.review.results.rows
    if rows and window.is_at_rest:
        status = open("/proc/self/status").read()
        print(json.dumps({
            "rows": [row.word for row in rows], "chip": window.chip.text().strip(), "tip": window.chip.toolTip(),
            "filters": int(status.split("Seccomp:")[1].split()[0]), "platform": QApplication.platformName(),
        }))
        window.close()

if __name__ == "__main__":
    made = app.Window.show
    def show(window):
        made(window)
        window.clock = QTimer(window, interval=100)
        window.clock.timeout.connect(tell)
        window.clock.start()
    app.Window.show = show
    sys.argv[0] = "classmark-desktop"
    sys.exit(app.main())
"""


@pytest.mark.parametrize("screen", ["local", "on another computer"])
def test_window_is_sealed_and_works(screen: str, tmp_path: Path) -> None:

    document = tmp_path / "coral.txt"
    document.write_text("Coral reefs\n" + "Corals of the warm sea bleach when the ocean is too warm. " * 10)
    reading, writing = os.pipe()
    ways = ["-listen", "tcp", "-ac"] if screen != "local" else ["-nolisten", "tcp"]
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x800x24", *ways]
    with subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL) as server:
        try:
            os.close(writing)
            with os.fdopen(reading) as told:
                number = told.readline().strip()
            display = f":{number}" if screen == "local" else f"127.0.0.1:{number}"
            environment = {
                **{name: value for name, value in os.environ.items() if name != "WAYLAND_DISPLAY"},
                **{"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "CLASSMARK_HOME": str(tmp_path / "home")},
                "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path)),
            }
            program = tmp_path / "program.py"
            program.write_text(_PROGRAM)
            done = subprocess.run(
                [sys.executable, program, document], capture_output=True, text=True, timeout=120, env=environment
            )
        finally:
            server.terminate()
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["platform"], found["rows"], found["filters"]) == ("xcb", ["Ready"], 2)
    assert found["chip"] == "Offline · nothing leaves this computer"
    assert "Sealed: Linux refuses" in found["tip"]
    assert ("One network connection was open before" in found["tip"]) is (screen != "local")
