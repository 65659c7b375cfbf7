"""What `pip install --user` has put there can be imported; it does not run by itself, as `.pth` files would."""

import os
import sys


def add_own(missing=False):
    """`missing`: also a folder that is not there yet."""
    import site

    if os.environ.get("PYTHONNOUSERSITE"):
        return
    folder = site.getusersitepackages()
    if folder not in sys.path and (missing or os.path.isdir(folder)):
        at = next((at for at, path in enumerate(sys.path) if path.endswith("-packages")), len(sys.path))
        sys.path.insert(at, folder)
    site.ENABLE_USER_SITE = True
