"""A program that awaits at its top level, which Python itself refuses. Started by `python.py`."""

import sys

before = set(sys.modules)

from program import Program  # noqa: E402

Program(globals(), before).run()
