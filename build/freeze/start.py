"""Where a frozen program starts: both are this one, and go by the name that they were called by.

A process that was started as somebody's child serves its parent and ends; it loads nothing of what follows.
"""

import gc
import sys
from multiprocessing import freeze_support
from pathlib import Path

freeze_support()

# What is loaded is no garbage, and to look for some takes an eighth of the time. The window looks for it later on, in
# its own way (gui.jobs).
gc.disable()
if Path(sys.argv[0]).stem.lower() == "classmark-desktop":
    from classmark.gui.app import main
else:
    from classmark.cli import main

    gc.enable()

sys.exit(main())
