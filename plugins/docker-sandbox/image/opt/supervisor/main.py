"""Process 1 of a sandbox. Started as `python3 -I -S main.py`; everything else is imported from compiled files."""

import sys

sys.path.insert(0, sys.path[0] if sys.path[0].endswith("supervisor") else __file__.rpartition("/")[0])

from loop import Supervisor  # noqa: E402

Supervisor().run()
