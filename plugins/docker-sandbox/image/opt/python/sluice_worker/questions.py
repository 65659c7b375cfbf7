"""`input()` and `getpass` ask whoever started the run. Libraries are not used here: a program has its own of any name."""

import builtins
import sys


def install(link):
    """Returns what is to be done to `getpass` when it is there."""
    python, stdin = builtins.input, sys.stdin

    def answered(prompt, secret):
        answer = link.ask(str(prompt), secret)
        if answer is None:
            raise EOFError("EOF when reading a line")
        return answer

    def read_line(prompt="", /):
        if link.is_copy() or getattr(sys, "stdin", None) is not stdin or not hasattr(sys, "stdout"):
            # The code has put something else there, to be read, or takes it away. A process that it forked has its own.
            return python(prompt)
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        return answered(prompt, False)

    def fit_getpass(module):
        own = module.getpass

        def read_secret(prompt="Password: ", stream=None, **more):
            return own(prompt, stream, **more) if link.is_copy() else answered(prompt, True)

        module.getpass = read_secret

    builtins.input = read_line
    return fit_getpass
