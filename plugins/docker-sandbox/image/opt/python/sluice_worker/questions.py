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
        if sys.stdin is not stdin:
            # The code has put something else there, to be read.
            return python(prompt)
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        return answered(prompt, False)

    def read_secret(prompt="Password: ", stream=None, **_):
        return answered(prompt, True)

    def fit_getpass(module):
        module.getpass = read_secret

    builtins.input = read_line
    return fit_getpass
