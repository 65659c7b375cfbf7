"""Makes a process that was started to run a compiled program what `python3 FILE ARGS` would be."""

import _signal
import builtins
import os
import sys

CODE = 205


def enter(namespace, name, mode):
    """The program's first act. Nothing of it is left on the stack."""
    before = sys.modules.keys() - {"entered"}
    from hooks import Hooks
    from told import tell

    path = os.path.join(os.getcwd(), name)
    # While our own folder is still where imports are looked for.
    hooks = Hooks(mode)
    os.close(CODE)
    sys.argv[0] = name
    if hasattr(sys, "orig_argv"):
        sys.orig_argv[:] = ["python3", *sys.argv]
    sys.path[:2] = [os.path.dirname(os.path.realpath(path))]
    add_own_packages()
    become(namespace, path)
    python_hook = sys.displayhook
    # Python's own hook stays for what a program evaluates by itself, as `code.interact` does: that is printed.
    vars(builtins)["<show>"] = lambda value: (hooks.show if sys.displayhook is python_hook else sys.displayhook)(value)

    def excepthook(kind, error, trace):
        tell(error, trace, path)
        sys.__excepthook__(kind, error, trace)

    sys.excepthook = excepthook
    hooks.hide(before)
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, [_signal.SIGINT])


def become(namespace, path):
    """What the main module of a file says of itself."""
    from _frozen_importlib_external import SourceFileLoader

    namespace.update(__loader__=SourceFileLoader("__main__", path), __file__=path, __cached__=None)


def add_own_packages():
    """What `pip install --user` has put there can be imported; it does not run by itself, as `.pth` files would."""
    import site

    folder = site.getusersitepackages()
    if os.path.isdir(folder) and folder not in sys.path:
        at = next((at for at, path in enumerate(sys.path) if path.endswith("-packages")), len(sys.path))
        sys.path.insert(at, folder)
    site.ENABLE_USER_SITE = True
