"""Modules that are changed when they are imported. Libraries are not used here: a program has its own of any name."""

from _frozen_importlib_external import PathFinder


def around(spec, before=lambda module: None, after=lambda module: None):
    """The same module, with something done before and after its code runs."""
    if spec is not None and spec.loader is not None:
        execute = spec.loader.exec_module

        def exec_module(module):
            before(module)
            execute(module)
            after(module)

        spec.loader.exec_module = exec_module
    return spec


class Finder:
    """Calls back once, right after one of the modules was imported."""

    def __init__(self, fits):
        self.fits = fits

    def find_spec(self, name, path=None, target=None):
        fit = self.fits.pop(name, None)
        if fit is None:
            return None
        if name == "matplotlib":
            # It makes the folder of its settings.
            from .hooks import fonts

            fonts()
        return around(PathFinder.find_spec(name, path, target), after=fit)
