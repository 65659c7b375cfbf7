"""Cells where the image has no IPython: the interpreter of Python's own library, without magics."""

import ast
import builtins
import code
import linecache
import sys

from . import display, streams
from .failures import exit_code, text_of
from .link import message_of
from .loop import Loop

CO_COROUTINE = 0x80
AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


class Shell(code.InteractiveInterpreter):
    def __init__(self, module):
        super().__init__(module.__dict__)
        sys.modules["__main__"] = module
        self.runner = Loop()
        self.count = 0
        self.failure = None

    def warm(self):
        pass

    def begin(self):
        self.runner.fit()
        builtins.display = display.display
        sys.displayhook = self.show

    def show(self, value):
        if value is not None:
            names = self.locals
            names["__"], names["___"], names["_"] = names.get("_"), names.get("__"), value
            display.publish(*display.bundle(value), count=self.count)

    def runcode(self, compiled):
        if compiled.co_flags & CO_COROUTINE:
            self.runner(eval(compiled, self.locals))
        else:
            exec(compiled, self.locals)

    def execute(self, source):
        """Runs a cell; returns the exit code, the error's report and whether it was interrupted."""
        self.count += 1
        name = "<cell %d>" % self.count
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        self.locals["__builtins__"] = builtins
        self.runner.begin_cell()
        try:
            tree = compile(source, name, "exec", ast.PyCF_ONLY_AST | AWAIT, True)
            last = tree.body[-1:]
            shown = bool(last) and isinstance(last[0], ast.Expr) and not source.rstrip().endswith(";")
            if shown:
                tree.body.pop()
            self.runcode(compile(tree, name, "exec", AWAIT, True))
            if shown:
                self.runcode(compile(ast.Interactive(last), name, "single", AWAIT, True))
            self.runner.settle()
            display.flush_figures(every=False)
            return 0, None, False
        except SystemExit as error:
            exit, words = exit_code(error.code)
            streams.complain(words)
            return exit, None, False
        except BaseException as error:
            streams.complain(text_of(error, error.__traceback__))
            interrupted = isinstance(error, KeyboardInterrupt)
            return 130 if interrupted else 1, message_of(error, error.__traceback__, name), interrupted
        finally:
            self.runner.active = False


def build(module):
    return Shell(module)
