"""Where somebody answers: `input()`, `getpass` and standard input ask through process 1."""

import builtins
import io
import os
import sys

from hooks import CONTROL, around
from told import quoted, send


class Asking:
    def __init__(self, hooks):
        import _thread

        self.hooks = hooks
        self.lock = _thread.allocate_lock()
        builtins.input = self.read_line
        sys.stdin = io.TextIOWrapper(io.BufferedReader(Lines(self)), encoding="utf-8", errors="surrogateescape")

    def ask(self, prompt, secret=False):
        """A line from whoever started the run; None at the end of file, and for a forked process."""
        with self.lock:
            if not send("i", ('{"prompt": %s, "secret": %s}' % (quoted(prompt), str(secret).lower())).encode()):
                return None
            header = exactly(5)
            answer = header and exactly(int.from_bytes(header[:4], "big"))
        return answer[1:].decode("utf-8", "replace") if answer and answer.startswith(b"+") else None

    def read_line(self, prompt="", /):
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        answer = self.ask(str(prompt))
        if answer is None:
            raise EOFError("EOF when reading a line")
        return answer

    def fit_getpass(self, spec):
        def read_secret(prompt="Password: ", stream=None, **_):
            answer = self.ask(str(prompt), True)
            if answer is None:
                raise EOFError("EOF when reading a line")
            return answer

        def fit(module):
            module.getpass = read_secret

        return around(spec, after=fit)


class Lines(io.RawIOBase):
    """Standard input as lines that are asked for."""

    def __init__(self, asking):
        self.asking = asking
        self.rest = b""
        self.over = False

    def readable(self):
        return True

    def fileno(self):
        return 0

    def readinto(self, buffer):
        if not self.rest and not self.over:
            line = self.asking.ask("")
            self.over = line is None
            self.rest = b"" if line is None else line.encode("utf-8", "surrogateescape") + b"\n"
        size = min(len(buffer), len(self.rest))
        buffer[:size] = self.rest[:size]
        self.rest = self.rest[size:]
        return size


def exactly(size):
    data = b""
    while len(data) < size:
        try:
            piece = os.read(CONTROL, size - len(data))
        except OSError:
            return None
        if not piece:
            return None
        data += piece
    return data
