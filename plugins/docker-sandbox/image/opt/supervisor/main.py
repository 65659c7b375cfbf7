"""Process 1 of a sandbox. Started as `python3 -I -S main.py`; everything else is imported from compiled files."""

import sys

sys.path.insert(0, sys.path[0] if sys.path[0].endswith("supervisor") else __file__.rpartition("/")[0])

import cgroup  # noqa: E402
import wire  # noqa: E402

# The host looks at it while the rest is imported.
outbox = wire.Outbox(1)
outbox.control(wire.READY, cgroup.limits())
outbox.flush()

from loop import Supervisor  # noqa: E402

Supervisor(outbox).run()
