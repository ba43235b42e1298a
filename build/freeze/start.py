"""Where a frozen program starts: both are this one, and go by the name that they were called by.

A process that was started as somebody's child serves its parent and ends; it loads nothing of what follows.
"""

import sys
from multiprocessing import freeze_support
from pathlib import Path

freeze_support()

if Path(sys.argv[0]).stem == "classmark-desktop":
    from classmark.gui.app import main
else:
    from classmark.cli import main

sys.exit(main())
