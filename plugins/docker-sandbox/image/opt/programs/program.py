"""Runs a program that awaits at its top level in one event loop, in a process like that of `python3 FILE ARGS`.

An error goes up to Python itself, which prints it, runs exit handlers and chooses the exit code.
"""

import _ast
import _signal
import sys

from source import TOP_LEVEL_AWAIT, parse

CO_COROUTINE = 0x80
#: Of `from __future__`; a later part of the program is compiled with those of an earlier one.
FUTURES = 0x1FE0000


class Program:
    def __init__(self, namespace, before):
        _, mode, *argv = sys.argv
        from entered import become

        for name in [name for name in namespace if not name.startswith("__")]:
            del namespace[name]
        self.hooks, self.path = become(namespace, mode, argv, 1)
        sys.displayhook = self.hooks.show
        self.namespace = namespace
        self.runner = None
        self.hooks.hide(before)

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

    def parts(self):
        """The whole program; where it ends with an expression, that comes as a part of its own."""
        tree, last = parse(self.path)
        if last is not None:
            tree.body.pop()
        first = compile(tree, self.path, "exec", TOP_LEVEL_AWAIT, True)
        if last is None:
            return [first]
        flags = TOP_LEVEL_AWAIT | first.co_flags & FUTURES
        return [first, compile(_ast.Interactive([last]), self.path, "single", flags, True)]

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
