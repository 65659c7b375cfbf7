"""What process 1 is told: from the program itself alone, since a process that it forked has nothing to report.

A program may have a file of the name of any library beside it, so libraries are not used here, only their parts in C.
"""

import os

try:
    from _json import encode_basestring_ascii as quoted
except ImportError:
    from json.encoder import py_encode_basestring_ascii as quoted

REPORT = 204
LONGEST = 20 * 1024 * 1024
OWNER = os.getpid()


def send(kind, payload):
    if os.getpid() != OWNER or len(payload) > LONGEST:
        return False
    data = memoryview(len(payload).to_bytes(4, "big") + kind.encode() + payload)
    try:
        while data:
            data = data[os.write(REPORT, data) :]
    except OSError:
        # The program has closed all descriptors, as a daemon does.
        return False
    return True


def tell(error, trace, path):
    """Why the program failed, for whoever does not read standard error."""
    line = error.lineno if isinstance(error, SyntaxError) and error.filename == path else None
    while trace is not None:
        line = trace.tb_lineno if trace.tb_frame.f_code.co_filename == path else line
        trace = trace.tb_next
    try:
        place = ', "line": %d' % line if line else ""
        message = '{"name": %s, "message": %s%s}' % (quoted(type(error).__name__), quoted(str(error)[:4000]), place)
        send("e", message.encode())
    except Exception:
        pass
