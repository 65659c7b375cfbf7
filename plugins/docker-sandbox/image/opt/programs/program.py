"""Makes the present process what `python3 FILE ARGS` would be, and runs the file's own text in it.

The text is compiled as it stands. What differs from Python: a last expression goes to `sys.displayhook`, and `await` may
stand at the top level. An error goes up to Python itself, which prints it, runs exit handlers and chooses the exit code.
"""

import _ast
import _signal
import os
import sys

CO_COROUTINE = 0x80
ONLY_AST, TOP_LEVEL_AWAIT = 0x400, 0x2000
#: Of `from __future__`; a later part of the program is compiled with those of an earlier one.
FUTURES = 0x1FE0000
OURS = os.path.dirname(os.path.abspath(__file__)) + "/"


class Program:
    def __init__(self, namespace):
        _, mode, name, *args = sys.argv
        from hooks import Hooks

        self.path = os.path.join(os.getcwd(), name)
        sys.argv[:] = [name, *args]
        if hasattr(sys, "orig_argv"):
            sys.orig_argv[:] = [sys.orig_argv[0], name, *args]
        sys.path[0] = os.path.dirname(os.path.realpath(self.path))
        add_own_packages()
        self.become(namespace)
        self.namespace = namespace
        self.runner = None
        self.hooks = Hooks(mode, namespace)
        for module in ("hooks", "program"):
            sys.modules.pop(module, None)

    def become(self, namespace):
        """The names that the main module of a file has, and no other."""
        loader = type(namespace["__loader__"])("__main__", self.path)
        kept = ("__name__", "__doc__", "__package__", "__spec__", "__annotations__", "__builtins__")
        for name in [name for name in namespace if name not in kept]:
            del namespace[name]
        namespace.update(__doc__=None, __loader__=loader, __file__=self.path, __cached__=None)

    def run(self):
        try:
            _signal.pthread_sigmask(_signal.SIG_UNBLOCK, [_signal.SIGINT])
            for code in self.parts():
                if code.co_flags & CO_COROUTINE:
                    self.loop().run(eval(code, self.namespace))
                else:
                    exec(code, self.namespace)
        except SystemExit:
            raise
        except BaseException:
            self.hand_over()
            raise
        finally:
            if self.runner is not None:
                self.runner.close()
            self.hooks.finish()

    def parts(self):
        """The whole program; where it ends with an expression, that comes as a part of its own."""
        with open(self.path, "rb") as file:
            source = file.read()
        tree = compile(source, self.path, "exec", ONLY_AST | TOP_LEVEL_AWAIT, True)
        last = tree.body[-1:]
        only_docstring = len(tree.body) == 1 and type(getattr(last[0], "value", None)) is _ast.Constant
        if not last or type(last[0]) is not _ast.Expr or silenced(source, last[0]):
            return [compile(tree, self.path, "exec", TOP_LEVEL_AWAIT, True)]
        if only_docstring and isinstance(last[0].value.value, str):
            self.namespace["__doc__"] = last[0].value.value
        tree.body.pop()
        first = compile(tree, self.path, "exec", TOP_LEVEL_AWAIT, True)
        flags = TOP_LEVEL_AWAIT | first.co_flags & FUTURES
        return [first, compile(_ast.Interactive(last), self.path, "single", flags, True)]

    def loop(self):
        """One loop for all parts, made as `asyncio.run` makes it."""
        if self.runner is None:
            import asyncio

            self.runner = asyncio.Runner()
        return self.runner

    def hand_over(self):
        """Python calls this hook once, when the error has reached it: with our own frames taken off."""
        hook = sys.excepthook

        def told(kind, error, trace):
            sys.excepthook = hook
            while trace is not None and trace.tb_frame.f_code.co_filename != self.path:
                trace = trace.tb_next
            error.__traceback__ = trace
            self.hooks.tell(error, trace, self.path)
            try:
                hook(kind, error, trace)
            except BaseException as failure:
                if failure.__traceback__ is not None:
                    failure.__traceback__ = failure.__traceback__.tb_next
                raise

        sys.excepthook = told


def add_own_packages():
    """What `pip install --user` has put there can be imported; it does not run by itself, as `.pth` files would."""
    import site

    folder = site.getusersitepackages()
    if os.path.isdir(folder) and folder not in sys.path:
        at = next((at for at, path in enumerate(sys.path) if path.endswith("-packages")), len(sys.path))
        sys.path.insert(at, folder)
    site.ENABLE_USER_SITE = True


def silenced(source, last):
    """As in IPython, a semicolon behind the last expression hides its value."""
    lines = source.splitlines()
    return lines[last.end_lineno - 1][last.end_col_offset :].lstrip().startswith(b";")
