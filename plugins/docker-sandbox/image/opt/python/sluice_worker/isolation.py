"""What runs cells has builtins of its own, since code may replace everybody's. Imported before all that it is for."""

import builtins
import sys
from importlib.machinery import PathFinder

from .imports import around

OWN = {"sluice_worker", "IPython", "traitlets"}
#: What those run for each cell.
OWN |= {"ast", "asyncio", "codeop", "contextlib", "inspect", "json", "linecache", "re", "selectors", "threading"}
OWN |= {"tokenize", "traceback"}
private = dict(vars(builtins))


class Own:
    """Finds modules as ever, and gives ours their builtins before their code runs."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in OWN:
            return around(PathFinder.find_spec(name, path, target), before=keep)


def keep(module):
    module.__dict__["__builtins__"] = private


sys.meta_path.insert(0, Own)
