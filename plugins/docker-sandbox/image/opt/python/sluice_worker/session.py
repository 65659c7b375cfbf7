"""A session's interpreter: it takes cells, has its shell run them in one namespace, and reports results and ends."""

import _signal as signal
import builtins
import os
import posix
import sys
import types

from . import isolation  # noqa: I001  First of all.
from . import display, hooks, streams
from .failures import text_of
from .handlers import Handlers
from .link import Link, message_of
from .packages import add_own


def prepare():
    """The shell that runs cells: IPython's, or a plain one where the image has no IPython."""
    with open(sys.path[0] + "/shell") as file:
        name = file.read()
    if name == "ipython":
        from . import shell
    else:
        from . import plain as shell
    return shell.build(types.ModuleType("__main__", "Automatically created module for IPython interactive environment"))


def serve(inward, outward, shell=None):
    """The process ends with process 1, or when it is killed."""
    shell = shell or prepare()
    link = display.link = Link(inward, outward)
    streams.begin()
    # As `python -c` has it; our own folder goes last, for the matplotlib backend.
    sys.path.append(sys.path[0])
    sys.path[0] = ""
    add_own(missing=True)
    sys.argv[:] = [""]
    # The streams here need it not, and children of a cell are to write as they do elsewhere: `--out` of IPython's
    # script magics keeps the last piece alone.
    os.environ.pop("PYTHONUNBUFFERED", None)
    hooks.install(link)
    isolation.private["input"] = builtins.input
    scatter()
    shell.begin()
    link.wake = shell.runner.wake
    handlers = Handlers()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    handlers.hold()
    shell.warm()
    # Bound before there is any code to put another in its place.
    execute = shell.execute
    link.send("b", b"")
    while True:
        if not link.kept:
            shell.runner.wait(inward)
        message = link.receive()
        if message is None:
            posix._exit(0)
        if message[0] == "v":
            give(message[1])
        elif message[0] == "c":
            head, _, source = message[1].partition(b"\n")
            run(link, execute, handlers, head.split()[1], source)


def give(variables, environ=os.environb):
    """What the host gives the cells to come."""
    for each in variables.split(b"\0"):
        name, _, value = each.partition(b"=")
        environ[name] = value


def scatter():
    """What a fork has copied and must not share: the random numbers to come."""
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()
    uuid = sys.modules.get("uuid")
    if uuid is not None:
        uuid._node = uuid._last_timestamp = None


def run(link, execute, handlers, token, source):
    code, report, interrupted = 1, None, False
    try:
        streams.mend()
        try:
            handlers.release()
            link.active = True
            # Held back until the first cell, so that an early interrupt finds it instead of ending the interpreter.
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
            code, report, interrupted = execute(source.decode("utf-8-sig", "surrogatepass"))
        finally:
            link.active = False
            handlers.hold()
    except KeyboardInterrupt as error:
        # It came before the cell's first line, or after its last.
        streams.complain("KeyboardInterrupt\n")
        code, interrupted, report = 130, True, message_of(error, None, None)
    except BaseException as error:
        handlers.hold()
        if not handlers.raised(error):
            # The code has taken away what running code takes, as `builtins.len = None` does: the next cell begins anew.
            streams.complain("%s: %s\nNo cell can run after this one: the interpreter ends.\n" % (type(error).__name__, error))
            posix._exit(1)
        # The code's own handler, between two lines of ours.
        streams.complain(text_of(error, error.__traceback__))
        code, report = 1, message_of(error, None, None)
    if link.is_copy():
        posix._exit(code)
    streams.flush()
    if report:
        link.send("e", report)
    if not link.send("d", b"%d %d %s" % (code, interrupted, token)):
        # Its descriptors were closed: process 1 sees the end of the process, and that its state is lost.
        posix._exit(code)
