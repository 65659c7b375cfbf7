"""A program's text as Python compiles it: untouched, but for the one expression at its end whose value is told."""

import _ast

ONLY_AST, TOP_LEVEL_AWAIT = 0x400, 0x2000


def parse(path):
    """The tree, and its last expression where its value is to be told."""
    with open(path, "rb") as file:
        source = file.read()
    tree = compile(source, path, "exec", ONLY_AST | TOP_LEVEL_AWAIT, True)
    last = tree.body[-1] if tree.body else None
    if type(last) is not _ast.Expr or silenced(source, last):
        return tree, None
    return tree, last


def silenced(source, last):
    """As in IPython, a semicolon behind the last expression hides its value."""
    lines = source.splitlines()
    return lines[last.end_lineno - 1][last.end_col_offset :].lstrip().startswith(b";")
