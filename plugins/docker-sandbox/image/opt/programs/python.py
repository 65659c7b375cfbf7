"""`python3 FILE ARGS`, with the value of a last expression told. Done in a fork of process 1, as the user; where the
program's Python is another than process 1's, started as `python3 -I -S`.

The file is compiled here, and Python is started anew to run what came of it: no frame of ours is below the program's.
"""

import _ast
import os
import sys
from marshal import dumps

from _frozen_importlib_external import MAGIC_NUMBER

HOME = os.path.dirname(os.path.abspath(__file__))
CODE = 205
#: What Python heeds while it compiles.
HEEDED = ("PYTHONOPTIMIZE", "PYTHONWARNINGS")
ONLY_AST, TOP_LEVEL_AWAIT, CO_COROUTINE, FUTURES = 0x400, 0x2000, 0x80, 0x1FE0000
#: Shows a value, and runs code that awaits; no program can have names of its own like them.
SHOW, RUN = "<show>", "<run>"
ENTER = "__import__('sys').path.insert(0, %r) or __import__('entered').enter(globals(), %r, %r, %r)"


def prepared(path, enter):
    """The program's code, which makes its process ready first. Code that awaits is given to what makes it ready."""
    with open(path, "rb") as file:
        source = file.read()
    tree = compile(source, path, "exec", ONLY_AST | TOP_LEVEL_AWAIT, True)
    body = tree.body
    last = body[-1] if body else None
    told = type(last) is _ast.Expr and not silenced(source, last)
    if told:
        body[-1] = call(SHOW, [last.value], last.value)
    at = 1 if body and is_text(body[0]) else 0
    while at < len(body) and getattr(body[at], "module", None) == "__future__":
        at += 1
    if told and at == 0 and is_text(last) and len(body) == 1:
        # A text alone is the program's docstring and its last value.
        body.insert(0, last)
        at = 1
    body[at:at] = compile(enter(None), "<sluice>", "exec", ONLY_AST, True).body
    code = compile(tree, path, "exec", TOP_LEVEL_AWAIT, True)
    if not code.co_flags & CO_COROUTINE:
        return code
    if type(last) is _ast.Expr:
        end = body.pop()
        first = compile(tree, path, "exec", TOP_LEVEL_AWAIT, True)
        if not first.co_flags & CO_COROUTINE:
            # What stands before the only thing that awaits needs no loop, and finds no library of one loaded.
            flags = TOP_LEVEL_AWAIT | first.co_flags & FUTURES
            awaited = compile(_ast.Module(body=[end], type_ignores=[]), path, "exec", flags, True)
            mark = os.urandom(16)
            body.append(call(RUN, [located(_ast.Constant(value=mark), end)], end))
            return holding(compile(tree, path, "exec", 0, True), mark, awaited)
        body.append(end)
    del body[at]
    code = compile(tree, path, "exec", TOP_LEVEL_AWAIT, True)
    return holding(compile(enter("code"), "<sluice>", "exec", 0, True), "code", code)


def holding(outer, mark, code):
    """Code is no constant of a syntax tree: it takes the place of one that is."""
    return outer.replace(co_consts=tuple(code if each == mark else each for each in outer.co_consts))


def silenced(source, last):
    """As in IPython, a semicolon behind the last expression hides its value."""
    lines = source.splitlines()
    return lines[last.end_lineno - 1][last.end_col_offset :].lstrip().startswith(b";")


def call(function, arguments, at):
    name = located(_ast.Name(id=function, ctx=_ast.Load()), at)
    return located(_ast.Expr(value=located(_ast.Call(func=name, args=arguments, keywords=[]), at)), at)


def located(node, at):
    for name in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
        setattr(node, name, getattr(at, name))
    return node


def is_text(statement):
    value = getattr(statement, "value", None)
    return type(statement) is _ast.Expr and type(value) is _ast.Constant and isinstance(value.value, str)


def pass_on(code, folder):
    """In a file without a name, beside the program: Python takes that for the program's folder."""
    for way in (lambda: os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o600), lambda: os.memfd_create("program")):
        try:
            with open(way(), "wb") as file:
                file.write(MAGIC_NUMBER + bytes(12) + dumps(code))
                file.flush()
                os.dup2(file.fileno(), CODE)
            return
        except OSError:
            pass


def start(binary, env, arguments):
    """Becomes Python itself. Nothing that an earlier program has put into its home runs before the program."""
    os.execve(binary, ["python3", "-s", *arguments], env)


def main(binary, env, mode, name, *args):
    if sys.flags.isolated and any(env.get(each) for each in HEEDED):
        start(binary, env, ["-S", __file__, mode, name, *args])
    path = os.path.join(os.getcwd(), name)
    try:
        code = prepared(path, lambda code: ENTER % (HOME, name, mode, code))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        # Python says it better. Only process 1 is told here.
        sys.path.insert(0, HOME)
        from hooks import CONTROL, REPORT, Link, message_of

        Link(CONTROL, REPORT).send("e", message_of(error, None, path))
        os.closerange(3, 1024)
        start(binary, env, [name, *args])
    pass_on(code, os.path.dirname(path))
    start(binary, env, ["/proc/self/fd/%d" % CODE, *args])


if __name__ == "__main__":
    main(sys.executable or "/proc/self/exe", os.environ, *sys.argv[1:])
