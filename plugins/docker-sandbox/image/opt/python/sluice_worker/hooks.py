"""What a notebook has and a bare interpreter has not: questions that are answered, pictures without a screen."""

import builtins
import os
import shutil
import sys
from importlib.machinery import PathFinder

FONTS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "matplotlib")
BACKEND = "module://sluice_worker.figures"


def install(link):
    def read_line(prompt="", /):
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        return answered(link.ask(str(prompt), False))

    def read_secret(prompt="Password: ", stream=None, **_):
        return answered(link.ask(str(prompt), True))

    def fit_getpass(module):
        module.getpass = read_secret

    builtins.input = read_line
    fits = {"matplotlib": fit_matplotlib, "matplotlib.backend_bases": fit_shows, "getpass": fit_getpass}
    for name in list(fits):
        if name in sys.modules:
            fits.pop(name)(sys.modules[name])
    sys.meta_path.insert(0, Finder(fits))


def answered(answer):
    if answer is None:
        raise EOFError("EOF when reading a line")
    return answer


def fit_matplotlib(module):
    fonts()
    if not os.environ.get("MPLBACKEND"):
        module.rcParams["backend"] = BACKEND


def fit_shows(module):
    """`show()` of a backend without windows shows the figures too: `matplotlib.use("Agg")` is written by habit."""

    def show(self):
        from .figures import show

        show(self.canvas.figure)

    module.FigureManagerBase.show = show


def fonts():
    """The image's font list saves matplotlib from searching for fonts at its first use."""
    target = os.environ.get("MPLCONFIGDIR")
    if target and os.path.isdir(FONTS) and not os.path.exists(target):
        try:
            shutil.copytree(FONTS, target)
        except OSError:
            pass


class Finder:
    """Calls back once, right after one of the modules was imported."""

    def __init__(self, fits):
        self.fits = fits

    def find_spec(self, name, path=None, target=None):
        if name not in self.fits:
            return None
        fit = self.fits.pop(name)
        if name == "matplotlib":
            fonts()
        spec = PathFinder.find_spec(name, path, target)
        if spec and spec.loader:
            execute = spec.loader.exec_module

            def exec_module(module):
                execute(module)
                fit(module)

            spec.loader.exec_module = exec_module
        return spec
