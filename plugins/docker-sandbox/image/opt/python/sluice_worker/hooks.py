"""What a notebook has and a bare interpreter has not, fitted when it is first wanted."""

import builtins
import importlib.machinery
import os
import shutil
import sys

FONTS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "matplotlib")


def install(link, namespace):
    def read_line(prompt="", /):
        sys.stdout.flush()
        answer = link.ask(str(prompt), False)
        if answer is None:
            raise EOFError("EOF when reading a line")
        return answer

    def read_secret(prompt="Password: ", stream=None, **_):
        answer = link.ask(str(prompt), True)
        if answer is None:
            raise EOFError("EOF when reading a line")
        return answer

    def get_ipython():
        from . import shell

        return shell.get(namespace)

    def fit_matplotlib(module):
        fonts()
        if not os.environ.get("MPLBACKEND"):
            module.rcParams["backend"] = "module://sluice_worker.figures"

    def fit_getpass(module):
        module.getpass = read_secret

    def fit_ipython(module):
        get_ipython()

    builtins.input = read_line
    builtins.get_ipython = get_ipython
    fits = {"matplotlib": fit_matplotlib, "getpass": fit_getpass, "IPython": fit_ipython}
    for name in list(fits):
        if name in sys.modules and name != "IPython":
            fits.pop(name)(sys.modules[name])
    sys.meta_path.insert(0, Finder(fits))
    if "matplotlib.pyplot" in sys.modules:
        # It was told of another backend while it was preloaded.
        sys.modules["matplotlib.pyplot"].switch_backend("module://sluice_worker.figures")


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
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec and spec.loader:
            execute = spec.loader.exec_module

            def exec_module(module):
                execute(module)
                fit(module)

            spec.loader.exec_module = exec_module
        return spec
