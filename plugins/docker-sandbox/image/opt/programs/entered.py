"""Makes a process that was started to run a compiled program what `python3 FILE ARGS` would be."""

import _signal
import builtins
import os
import sys

CODE = 205


def enter(namespace, name, mode):
    """The program's first act. Nothing of it is left on the stack."""
    before = sys.modules.keys() - {"entered"}
    os.close(CODE)
    hooks, path = become(namespace, mode, [name, *sys.argv[1:]], 2)
    python_hook = sys.displayhook
    # Python's own hook stays for what a program evaluates by itself, as `code.interact` does: that is printed.
    vars(builtins)["<show>"] = lambda value: (hooks.show if sys.displayhook is python_hook else sys.displayhook)(value)

    def excepthook(kind, error, trace):
        hooks.tell(error, trace, path)
        sys.__excepthook__(kind, error, trace)

    sys.excepthook = excepthook
    hooks.hide(before)
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, [_signal.SIGINT])


def become(namespace, mode, argv, ours):
    """What the main module of a file says of itself; as many folders as are `ours` leave the path. Returns the hooks."""
    from _frozen_importlib_external import SourceFileLoader

    from hooks import Hooks, add_own

    # While our own folder is still where imports are looked for.
    hooks = Hooks(mode)
    path = os.path.join(os.getcwd(), argv[0])
    sys.argv[:] = argv
    if hasattr(sys, "orig_argv"):
        sys.orig_argv[:] = ["python3", *argv]
    sys.path[:ours] = [os.path.dirname(os.path.realpath(path))]
    add_own()
    namespace.update(__loader__=SourceFileLoader("__main__", path), __file__=path, __cached__=None)
    return hooks, path
