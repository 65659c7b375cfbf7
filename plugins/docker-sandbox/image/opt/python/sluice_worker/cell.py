"""Compiles and runs one piece of code as IPython would: last value shown, top-level await, magics when needed."""

import ast
import builtins
import io
import json
import linecache
import os
import sys

OURS = os.path.dirname(os.path.abspath(__file__))
CO_COROUTINE = 0x80
MOST_SOURCES = 500
FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


class Failure:
    """What ended the code, with our own frames taken off."""

    def __init__(self, error, filename):
        self.error = error
        self.filename = filename
        self.interrupted = isinstance(error, KeyboardInterrupt)

    def tell(self, link):
        """Prints as Python does, reports in words, and returns the exit code."""
        error = self.error
        if isinstance(error, SystemExit):
            return self._exit_code(error.code)
        trace = strip(error)
        try:
            sys.stdout.flush()
        except Exception:
            pass
        # In one piece, whatever else writes meanwhile.
        stderr, sys.stderr = sys.stderr, io.StringIO()
        try:
            sys.excepthook(type(error), error, trace)
        except BaseException:
            sys.__excepthook__(type(error), error, trace)
        finally:
            text, sys.stderr = sys.stderr.getvalue(), stderr
        try:
            sys.stderr.write(text)
        except Exception:
            pass
        message = {"name": type(error).__name__, "message": text_of(error)}
        line = self._line(error, trace)
        if line:
            message["line"] = line
        link.send("e", json.dumps(message).encode())
        return 130 if self.interrupted else 1

    def _exit_code(self, code):
        if code is None:
            return 0
        if isinstance(code, int):
            return code & 0xFF
        try:
            print(code, file=sys.stderr)
        except Exception:
            pass
        return 1

    def _line(self, error, trace):
        if isinstance(error, SyntaxError) and error.filename == self.filename:
            return error.lineno
        line = None
        while trace:
            if trace.tb_frame.f_code.co_filename == self.filename:
                line = trace.tb_lineno
            trace = trace.tb_next
        return line


def text_of(error):
    try:
        return str(error)[:4000]
    except Exception:
        return ""


def strip(error):
    """The traceback from the first frame that is not ours; chained errors too."""
    seen = set()
    pending = [error]
    while pending:
        one = pending.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        trace = one.__traceback__
        while trace and trace.tb_frame.f_code.co_filename.startswith(OURS):
            trace = trace.tb_next
        one.__traceback__ = trace
        pending += [one.__cause__, one.__context__]
    return error.__traceback__


class Cell:
    def __init__(self, namespace):
        self.namespace = namespace
        self.loop = None
        self.sources = []

    def run(self, code, filename):
        """None, or the failure that ended it. Never raises what the code raised."""
        try:
            source = code.decode("utf-8-sig")
            tree, source = self.parse(source, filename)
            self.remember(filename, source)
            last = []
            if tree.body and isinstance(tree.body[-1], ast.Expr) and not silenced(source):
                last = [tree.body.pop()]
            if tree.body:
                self.execute(compile(tree, filename, "exec", FLAGS, True))
            if last:
                self.execute(compile(ast.Interactive(last), filename, "single", FLAGS, True))
        except BaseException as error:
            return Failure(error, filename)
        return None

    def remember(self, filename, source):
        """For tracebacks, also of functions that earlier cells defined."""
        linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
        self.sources.append(filename)
        if len(self.sources) > MOST_SOURCES:
            linecache.cache.pop(self.sources.pop(0), None)

    def execute(self, compiled):
        if compiled.co_flags & CO_COROUTINE:
            result = self.event_loop().run_until_complete(eval(compiled, self.namespace))
            return result
        return exec(compiled, self.namespace)

    def event_loop(self):
        import asyncio

        if self.loop is None or self.loop.is_closed():
            self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        return self.loop

    def parse(self, source, filename):
        try:
            return compile(source, filename, "exec", FLAGS | ast.PyCF_ONLY_AST, True), source
        except SyntaxError as error:
            transformed = self.magic(source)
            if transformed is None:
                self.remember(filename, source)
                raise error.with_traceback(None)
        return compile(transformed, filename, "exec", FLAGS | ast.PyCF_ONLY_AST, True), transformed

    def magic(self, source):
        """The source with magics and `!commands` as Python, where it has any and IPython is there."""
        if not any(mark in source for mark in "%!?"):
            return None
        shell = getattr(builtins, "get_ipython")()
        if shell is None:
            return None
        transformed = shell.transform_cell(source)
        return None if transformed.strip() == source.strip() else transformed


def silenced(source):
    """As in IPython, a semicolon at the end hides the last value."""
    stripped = source.rstrip()
    if stripped.endswith(";"):
        return True
    if "#" not in stripped.rpartition("\n")[2]:
        return False
    import tokenize

    last = None
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type not in (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER, tokenize.DEDENT):
                last = token.string
    except (tokenize.TokenError, SyntaxError):
        return False
    return last == ";"
