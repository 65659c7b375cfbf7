"""What ended a cell: told as Python tells it, without the frames of whoever ran it."""

import codeop
import linecache
import os
from traceback import TracebackException

OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep
#: Parts of IPython that stand between a cell and what it calls.
BETWEEN = (
    *("core/" + name for name in ("interactiveshell.", "compilerop.", "magic.", "magics/", "async_helpers.")),
    *("core/displayhook.", "core/formatters.", "lib/pretty.", "utils/py3compat."),
)
MOST_FRAMES = 1000


def hidden(filename):
    if filename.startswith((OURS, "<decorator-gen-", codeop.__file__)):
        return True
    _, ipython, rest = filename.rpartition("/IPython/")
    return bool(ipython) and rest.startswith(BETWEEN)


def text_of(error, trace):
    """The traceback, plain; the error alone where the code has replaced what telling more takes."""
    try:
        return told(error, trace)
    except Exception:
        return "%s: %s\n" % (type(error).__name__, error)


def told(error, trace):
    whole = TracebackException(type(error), error, trace, limit=MOST_FRAMES)
    for part in parts(whole):
        if part.stack is not None:
            part.stack[:] = [frame for frame in part.stack if not hidden(frame.filename)]
            part.stack = part.stack or None
        if getattr(part, "lineno", None) and part.text is None:
            # What the compiler finds behind the parser comes without its line.
            part.text = linecache.getline(part.filename, int(part.lineno)) or None
    return "".join(whole.format())


def parts(whole):
    pending, seen = [whole], set()
    while pending:
        part = pending.pop()
        if part is None or id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        pending += [part.__cause__, part.__context__, *(getattr(part, "exceptions", None) or ())]


def exit_code(code):
    """Of `SystemExit`, and what it wants printed."""
    if code is None:
        return 0, ""
    if isinstance(code, int):
        return code & 0xFF, ""
    try:
        return 1, "%s\n" % (code,)
    except Exception:
        return 1, ""
