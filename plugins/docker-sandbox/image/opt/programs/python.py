"""`python3 FILE ARGS`, with the value of a last expression told. Started by process 1 as `python3 -I -S`.

The file is compiled here, and Python is started anew to run what came of it: no frame of ours is below the program's.
"""

import _ast
import os
import sys
from marshal import dumps

try:
    from _frozen_importlib_external import MAGIC_NUMBER
except ImportError:
    from importlib.util import MAGIC_NUMBER

HOME = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HOME)
CO_COROUTINE = 0x80
CODE = 205
#: Shows a value; no program can have a name of its own like it.
SHOW = "<show>"


def call(function, arguments, at):
    place = {name: getattr(at, name) for name in ("lineno", "col_offset", "end_lineno", "end_col_offset")}
    name = _ast.Name(id=function, ctx=_ast.Load(), **place)
    return _ast.Expr(value=_ast.Call(func=name, args=arguments, keywords=[], **place), **place)


def complete(tree, last, name, mode):
    """The program with what makes its process ready before it, and its last value shown."""
    if last is not None:
        tree.body[-1] = call(SHOW, [last.value], last.value)
    begin = "__import__('sys').path.insert(0, %r) or __import__('entered').enter(globals(), %r, %r)" % (HOME, name, mode)
    at = 1 if tree.body and is_text(tree.body[0]) else 0
    while at < len(tree.body) and getattr(tree.body[at], "module", None) == "__future__":
        at += 1
    if last is not None and at == len(tree.body) == 1:
        # A text alone is the program's docstring and its last value.
        tree.body.insert(0, last)
    tree.body[at:at] = compile(begin, "<sluice>", "exec", 0x400, True).body
    return tree


def is_text(statement):
    value = getattr(statement, "value", None)
    return type(statement) is _ast.Expr and type(value) is _ast.Constant and isinstance(value.value, str)


def start(arguments):
    """Becomes Python itself. Nothing that an earlier program has put into its home runs before the program."""
    os.execv(sys.executable, ["python3", "-s", *arguments])


def main(mode, name, *args):
    from source import TOP_LEVEL_AWAIT, parse

    path = os.path.join(os.getcwd(), name)
    try:
        tree, last = parse(path)
        code = compile(complete(tree, last, name, mode), path, "exec", TOP_LEVEL_AWAIT, True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        # Python says it better. Only process 1 is told here.
        from hooks import CONTROL, REPORT, Link, message_of

        Link(CONTROL, REPORT).send("e", message_of(error, None, path))
        os.closerange(3, 1024)
        start([name, *args])
    if code.co_flags & CO_COROUTINE:
        start([HOME + "/awaiting.py", mode, name, *args])
    file = os.memfd_create("program", 0)
    os.dup2(file, CODE)
    with open(file, "wb") as out:
        out.write(MAGIC_NUMBER + bytes(12) + dumps(code))
    start(["/proc/self/fd/%d" % CODE, *args])


main(*sys.argv[1:])
