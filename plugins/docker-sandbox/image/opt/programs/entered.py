"""Makes a process that was started to run a compiled program what `python3 FILE ARGS` would be."""

import _signal
import builtins
import os
import sys

CODE = 205
OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def enter(namespace, name, mode, code):
    """The program's first act. Nothing of it is left on the stack, but for a program that awaits: that is run here."""
    from _frozen_importlib_external import SourceFileLoader

    before = sys.modules.keys() - {"entered"}
    # While our own folder is still where imports are looked for.
    from hooks import Hooks, add_own

    hooks = Hooks(mode)
    os.close(CODE)
    path = os.path.join(os.getcwd(), name)
    sys.argv[0] = name
    if hasattr(sys, "orig_argv"):
        sys.orig_argv[:] = ["python3", *sys.argv]
    # Our own folder, and the one that Python takes for the program's.
    safe = getattr(sys.flags, "safe_path", False)
    sys.path[: 2 - safe] = [] if safe else [os.path.dirname(os.path.realpath(path))]
    add_own()
    namespace.update(__loader__=SourceFileLoader("__main__", path), __file__=path, __cached__=None)
    # Beside the display hook, which is for what a program evaluates by itself, as `code.interact` does: that is printed.
    vars(builtins)["<show>"] = hooks.show
    vars(builtins)["<run>"] = lambda awaiting: run(awaiting, namespace)

    def excepthook(*given):
        try:
            _, error, trace = given
            hooks.tell(error, trace, path)
            shorten(trace)
        except Exception:
            # The code itself may call it, with anything.
            pass
        sys.__excepthook__(*given)

    sys.excepthook = excepthook
    hooks.hide(before)
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, [_signal.SIGINT])
    if code is not None:
        run(code, namespace)


def shorten(trace):
    """Takes off the frames of ours that asked a question."""
    last = trace
    while trace is not None:
        if not trace.tb_frame.f_code.co_filename.startswith(OURS):
            last = trace
        trace = trace.tb_next
    if last is not None:
        last.tb_next = None


def run(code, namespace):
    import asyncio

    try:
        with asyncio.Runner() as runner:
            runner.run(eval(code, namespace))
    except SystemExit:
        raise
    except BaseException:
        hook = sys.excepthook

        def told(kind, error, trace):
            """Python calls it once, when the error has reached it: with the frames of the loop taken off."""
            sys.excepthook = hook
            while trace is not None and trace.tb_frame.f_code is not code:
                trace = trace.tb_next
            error.__traceback__ = trace
            try:
                hook(kind, error, trace)
            except BaseException as failure:
                if failure.__traceback__ is not None:
                    failure.__traceback__ = failure.__traceback__.tb_next
                raise

        sys.excepthook = told
        raise
