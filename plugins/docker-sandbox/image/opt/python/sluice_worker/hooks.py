"""What a notebook has and a bare interpreter has not: questions that are answered, pictures without a screen."""

import os
import sys

from . import questions
from .imports import Finder

FONTS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "matplotlib")
BACKEND = "module://sluice_worker.figures"


def install(link):
    fits = {"matplotlib": fit_cells, "matplotlib.backend_bases": fit_shows, "getpass": questions.install(link)}
    for name in list(fits):
        if name in sys.modules:
            fits.pop(name)(sys.modules[name])
    sys.meta_path.insert(0, Finder(fits))


def fit_matplotlib(module):
    fonts()
    if not os.environ.get("MPLBACKEND"):
        module.rcParams["backend"] = BACKEND


def fit_cells(module):
    """Figures of a cell come without `show()`, until `ioff()`."""
    fit_matplotlib(module)
    module.interactive(True)


def fit_shows(module):
    """`show()` of a backend without windows shows the figures too: `matplotlib.use("Agg")` is written by habit."""

    def show(self):
        from .figures import display

        display.display(self.canvas.figure)

    module.FigureManagerBase.show = show


def fonts():
    """The image's font list saves matplotlib from searching for fonts at its first use."""
    target = os.environ.get("MPLCONFIGDIR")
    try:
        if target and os.path.isdir(FONTS) and not os.path.exists(target):
            from shutil import copytree

            copytree(FONTS, target)
    except OSError:
        pass
