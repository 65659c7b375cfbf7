"""A Python interpreter of a sandbox, started on its own. Descriptors 203 and 204 lead to process 1."""

import sys

sys.path[0] = __file__.rpartition("/")[0]

from sluice_worker.session import serve  # noqa: E402

serve(203, 204)
