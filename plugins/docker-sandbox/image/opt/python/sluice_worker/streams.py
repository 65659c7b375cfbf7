"""Standard output and error of an interpreter, which its code may replace, close or take away."""

import ctypes
import io
import posix  # Not `os`, whose functions code replaces, for a test or for good.
import sys
from selectors import EVENT_READ, DefaultSelector

STREAMS = (("stdout", 1, "surrogateescape"), ("stderr", 2, "backslashreplace"))
#: Copies of descriptors 1 and 2, for code that closes those.
copies = {}


class Whole(io.FileIO):
    """Writes all of it at once, or fails: nothing waits in a buffer when the process is killed."""

    def write(self, data):
        view = memoryview(data).cast("B")
        size = len(view)
        while view:
            view = view[super().write(view) :]
        return size


def stream(name, fd, errors):
    """As `sys` has it, and kept here."""
    raw = Whole(fd, "w", closefd=False)
    raw.name = "<%s>" % name
    text = io.TextIOWrapper(raw, encoding="utf-8", errors=errors, line_buffering=True, write_through=True)
    text.mode = "w"
    globals()[name] = text
    setattr(sys, "__%s__" % name, text)
    return text


def begin():
    """New ones: those of a preloaded interpreter were made before its pipes were there."""
    global c_streams, c_flush
    for name, fd, errors in STREAMS:
        setattr(sys, name, stream(name, fd, errors))
        copies[fd] = posix.dup(fd)
    try:
        c = ctypes.CDLL(None)
        c_streams = [ctypes.c_void_p.in_dll(c, name) for name in ("stdout", "stderr")]
        c_flush = c.fflush
    except (OSError, ValueError, AttributeError):
        # Another C library than glibc or musl.
        c_streams = []


def mend():
    """Before a cell: its output has somewhere to go, whatever the last one closed."""
    for fd, copy in copies.items():
        try:
            posix.fstat(fd)
        except OSError:
            try:
                posix.dup2(copy, fd)
            except OSError:
                pass
    for name, fd, errors in STREAMS:
        ours = kept = globals()[name]
        try:
            closed = ours.closed
        except ValueError:
            # The code has detached it, to write in another encoding.
            closed = True
        if closed:
            ours = stream(name, fd, errors)
        if getattr(sys, name, kept) is kept:
            setattr(sys, name, ours)


def flush():
    """After a cell, what C code has printed too."""
    flush_python()
    for one in c_streams:
        c_flush(one)


def flush_python():
    for name in ("stdout", "stderr"):
        try:
            getattr(sys, name).flush()
        except Exception:
            pass


def complain(text):
    """To the run's standard error, whatever stands in its place: `%%capture` and a redirection do not hide an error."""
    flush_python()
    for fd in (copies.get(2, 2), 2):
        try:
            Whole(fd, "w", closefd=False).write(text.encode("utf-8", "backslashreplace"))
            return
        except OSError:
            pass


def pass_on(pairs):
    with DefaultSelector() as selector:
        for source, target in pairs.items():
            selector.register(source, EVENT_READ, target)
        while selector.get_map():
            for key, _ in selector.select():
                data = posix.read(key.fd, 65536)
                if not data:
                    selector.unregister(key.fileobj)
                elif key.data is not None:
                    key.data.write(data.decode("utf-8", "replace"))
