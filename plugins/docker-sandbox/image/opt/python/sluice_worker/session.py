"""An interpreter's life: it takes code, runs it in one namespace, and reports results and ends."""

import os
import signal
import sys
import types

from . import display, hooks
from .cell import Cell, Failure
from .link import Link

OURS = os.path.dirname(os.path.abspath(__file__))


def serve(inward, outward):
    """Runs cells until process 1 is gone."""
    link = Link(inward, outward)
    # New ones: those of a preloaded interpreter were made before its pipes were there.
    sys.stdout = sys.__stdout__ = open(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)
    sys.stderr = sys.__stderr__ = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)
    # As `python -c` has it; our own folder goes last, for what is imported late.
    sys.path.append(sys.path[0])
    sys.path[0] = ""
    sys.argv[:] = [""]
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    namespace = module.__dict__
    display.install(link, namespace)
    hooks.install(link, namespace)
    cell = Cell(namespace)
    signal.signal(signal.SIGINT, idle)
    while True:
        try:
            message = link.receive()
        except KeyboardInterrupt:
            continue
        if message is None:
            os._exit(0)
        kind, payload = message
        if kind != "c":
            continue
        number, _, code = payload.partition(b"\n")
        failure = None
        try:
            # A handler that the user's code set stays.
            swap(idle, signal.default_int_handler)
            try:
                let_interrupts_in()
                failure = cell.run(code, "<cell %d>" % int(number))
                display.flush_figures()
            finally:
                swap(signal.default_int_handler, idle)
        except KeyboardInterrupt as error:
            failure = failure or Failure(error, None)
        except BaseException as error:
            failure = Failure(error, None)
        end_cell(link, failure, int(number))


def idle(number, frame):
    """An interrupt between two cells is nobody's."""


def swap(old, new):
    if signal.getsignal(signal.SIGINT) is old:
        signal.signal(signal.SIGINT, new)


def end_cell(link, failure, number):
    try:
        code = failure.tell(link) if failure else 0
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:
                pass
    except KeyboardInterrupt:
        code = 130
    if os.getpid() != link.owner:
        os._exit(code & 0xFF)
    link.send("d", b"%d %d %d" % (code & 0xFF, bool(failure and failure.interrupted), number))


def let_interrupts_in():
    """Held back until the first code runs, so that an early one interrupts it instead of ending the interpreter."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
